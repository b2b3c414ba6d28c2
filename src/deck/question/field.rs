//! One line of a question: its label, its words, what they have to be.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::fleet::{
    note::{LONGEST, steers},
    until::{self, until},
};

/// One line of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What is wanted.
    pub label: &'static str,
    /// Which words it takes.
    pub kind: Kind,
    /// What was typed.
    pub text: String,
    /// The focus was here and went on: from then on it says what is wrong.
    pub left: bool,
}

/// Which words a field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Anything, but not nothing.
    Words,
    /// A time ahead.
    Until,
    /// Exactly this name, typed by hand.
    Name(String),
}

impl Field {
    /// An empty one.
    #[must_use]
    pub const fn new(label: &'static str, kind: Kind) -> Self {
        Self {
            label,
            kind,
            text: String::new(),
            left: false,
        }
    }

    /// Why these words are not what is wanted.
    #[must_use]
    pub fn trouble(&self, now: Timestamp, zone: &TimeZone) -> Option<String> {
        match &self.kind {
            Kind::Words => self.text.trim().is_empty().then(|| "say why".to_owned()),
            Kind::Until => until(&self.text, now, zone).err().map(|error| {
                let why = error.to_string();
                why.lines().next().unwrap_or_default().to_owned()
            }),
            Kind::Name(name) => {
                (*name != self.text).then(|| "this is not the name that is wanted".to_owned())
            }
        }
    }

    /// What the field takes, in a few words; of a time that is there, which it is.
    #[must_use]
    pub fn hint(&self, now: Timestamp, zone: &TimeZone) -> String {
        match &self.kind {
            Kind::Words => "a few words for the others".to_owned(),
            Kind::Until => match until(&self.text, now, zone) {
                Ok(at) => {
                    let ahead = at.duration_since(now) + SignedDuration::from_secs(30);
                    let (days, hours) = (ahead.as_hours() / 24, ahead.as_hours() % 24);
                    let day = zone.to_datetime(at).strftime("%-d %b %H:%M");
                    let minutes = ahead.as_mins() % 60;
                    match days {
                        0 => format!("{day}, in {hours}h{minutes:02}m"),
                        _ => format!("{day}, in {days}d {hours}h"),
                    }
                }
                Err(_) => until::WRITTEN.to_owned(),
            },
            Kind::Name(name) => format!("type {name}"),
        }
    }

    /// Takes a text in as far as it fits. One line, and nothing that a terminal would obey.
    pub fn push(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.text.chars().count());
        let plain = text.chars().filter(|c| !steers(*c));
        self.text.extend(plain.take(room));
    }
}
