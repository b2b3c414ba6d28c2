//! What a person said for a while: who, since when, until when, why.
//! Must never hold what would be read as an order by a terminal.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{RunId, until::FURTHEST};

/// A reason stands in one row of a screen, so it is a short one.
pub const LONGEST: usize = 100;

/// What is asked may lie for a minute before somebody takes it.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(2);

/// A word of a person that holds for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Who: `ops1@jump1`.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub why: String,
}

/// A server that people work on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// By whom, until when, why.
    #[serde(flatten)]
    pub note: Note,
    /// The run that cordoned and drained it; none for a server in no pool.
    #[serde(default)]
    pub run: Option<RunId>,
}

/// True for what a terminal obeys instead of showing it: controls, and the marks that turn the direction of writing
/// or have no width (Unicode's general category Cf, as far as it is found in plain text).
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl Note {
    /// A note that begins now.
    ///
    /// # Errors
    /// Why it cannot be one, with a `hint:`.
    pub fn new(by: &str, at: Timestamp, until: Timestamp, why: &str) -> Result<Self, String> {
        let why = why.trim();
        if why.is_empty() {
            return Err("a reason is missing\nhint: say in a few words why".to_owned());
        }
        if LONGEST < why.chars().count() || why.chars().any(steers) {
            return Err(format!(
                "the reason does not fit into a row\nhint: one line of at most {LONGEST} letters"
            ));
        }
        if until <= at {
            return Err("the time has gone\nhint: give a time that is ahead".to_owned());
        }
        if FURTHEST + ON_ITS_WAY < until.duration_since(at) {
            return Err("the time is too far\nhint: at most 90 days ahead".to_owned());
        }
        Ok(Self {
            by: by.to_owned(),
            at,
            until,
            why: why.to_owned(),
        })
    }

    /// True while its time is not over.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// Who it was, without where they sat: `ops1`.
    #[must_use]
    pub fn who(&self) -> &str {
        self.by.split_once('@').map_or(&*self.by, |(who, _)| who)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_has_a_short_reason_and_a_time_ahead_that_is_not_far() {
        let now: Timestamp = "2026-11-21T12:41:07Z".parse().unwrap();
        let note = |hours: i64, why: &str| {
            let until = now + SignedDuration::from_hours(hours);
            Note::new("ops1@jump1 from 10.0.0.9", now, until, why)
        };
        let good = note(2, " new disk ").unwrap();
        assert_eq!((good.who(), good.why.as_str()), ("ops1", "new disk"));
        assert!(good.holds(now) && !good.holds(good.until));
        for (hours, why) in [(2, " "), (2, "a\nb"), (0, "x"), (-1, "x"), (91 * 24, "x")] {
            assert!(note(hours, why).is_err(), "{hours} {why:?}");
        }
        assert!(note(2, &"x".repeat(LONGEST + 1)).is_err());
    }
}
