//! Messages in, effects out. The wall takes two keys, and both leave it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;

use super::{model::Model, source::Feed, turn};
use crate::deck;

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// It is that late now.
    Time(Timestamp),
    /// A key was pressed.
    Key(KeyEvent),
    /// The source said something.
    Heard(Box<Feed>),
    /// The source cannot be heard; why.
    Lost(String),
    /// Something that a wall takes no notice of.
    Nothing,
}

impl From<deck::Msg> for Msg {
    fn from(msg: deck::Msg) -> Self {
        match msg {
            deck::Msg::Key(key) => Self::Key(key),
            _ => Self::Nothing,
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Paint the whole screen anew.
    Repaint,
}

/// Takes one message in.
pub fn update(model: &mut Model, msg: Msg) -> Option<Effect> {
    match msg {
        Msg::Time(now) => {
            let due = turn::repaints(model.now, now);
            model.now = now;
            return due.then_some(Effect::Repaint);
        }
        Msg::Key(key) => return leaves(key).then_some(Effect::Quit),
        Msg::Heard(feed) => {
            model.heard = Some(model.now);
            model.ahead = model.now.duration_since(feed.sent);
            model.trouble = feed.trouble;
            if let Some(view) = feed.view {
                model.view = Some(view);
            }
        }
        Msg::Lost(why) => model.trouble = Some(why),
        Msg::Nothing => (),
    }
    None
}

fn leaves(key: KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('q') => !control,
        KeyCode::Char('c') => control,
        _ => false,
    }
}
