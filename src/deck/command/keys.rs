//! Which keys mean which command: those of the table, and what a person has put in their place.

use std::{collections::HashMap, sync::Arc};

use crossterm::event::KeyCode;

use super::{Command, Entry, Key, TABLE, ch, ctrl, key};

/// The keys of every command. By default those of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(Arc<HashMap<Command, Vec<Key>>>);

/// Keys that are known by their names.
const NAMED: [(&str, KeyCode); 15] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
];

impl Keys {
    /// The table's keys but for these commands.
    #[must_use]
    pub fn with(others: HashMap<Command, Vec<Key>>) -> Self {
        Self(Arc::new(others))
    }

    /// The keys of a command, the first is the one that is shown.
    #[must_use]
    pub fn of<'a>(&'a self, entry: &'a Entry) -> &'a [Key] {
        self.0
            .get(&entry.command)
            .map_or(entry.keys, |keys| keys.as_slice())
    }

    /// The key that is shown for a command, where a sentence names it.
    #[must_use]
    pub fn word(&self, command: Command) -> String {
        let entry = TABLE.iter().find(|entry| entry.command == command);
        let first = entry.and_then(|entry| self.of(entry).first());
        first.map_or_else(|| "no key".to_owned(), ToString::to_string)
    }
}

impl Key {
    /// A key by its name: `k`, `ctrl-r`, `space`, `f5`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut letters = name.chars();
        if let (Some(letter), None) = (letters.next(), letters.next()) {
            return (!letter.is_control() && !letter.is_whitespace()).then(|| ch(letter));
        }
        let lower = name.to_ascii_lowercase();
        if let Some((_, code)) = NAMED.iter().find(|(known, _)| *known == lower) {
            return Some(key(*code));
        }
        if let Some(letter) = lower.strip_prefix("ctrl-") {
            let letter = letter.parse().ok().filter(char::is_ascii_lowercase);
            return letter.map(ctrl);
        }
        let number: u8 = lower.strip_prefix('f')?.parse().ok()?;
        (1..=12).contains(&number).then(|| key(KeyCode::F(number)))
    }
}
