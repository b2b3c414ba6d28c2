//! A key map: commands of the table to keys of a person's own.
//! Must never let one key do two things, nor let the key that opens something be the one that says yes to it.

use std::{collections::HashMap, path::Path};

use crossterm::event::KeyCode;

use super::clash::{conflicts, unsafe_yes};
use crate::{
    deck::command::{Command, Entry, Key, Keys, Place as At, TABLE},
    fleet::{
        Place,
        inventory::{Problem, Setting, nearest, settings},
    },
};

/// Keys that mean the same in every deck there is, whatever a file says.
const FIXED: [(&str, Command); 4] = [
    ("esc", Command::Back),
    ("q", Command::Close),
    ("enter", Command::Open),
    ("ctrl-c", Command::Quit),
];

/// What tmux, screen, zellij or a shell may take before it comes here.
const TAKEN: &str = "abgqsotpnhwz";

/// Reads a key map.
///
/// # Errors
/// Every mistake and conflict; nothing of the file counts then.
pub fn keys(file: &Path, text: &str) -> Result<Keys, Vec<Problem>> {
    let found = settings(file, text)?;
    let mut problems = Vec::new();
    let mut others = HashMap::new();
    let mut places = HashMap::new();
    for setting in &found {
        let Some(entry) = TABLE.iter().find(|entry| entry.name == setting.name) else {
            problems.push(no_such(setting));
            continue;
        };
        match of(entry, setting) {
            Ok(keys) => {
                others.insert(entry.command, keys);
                places.insert(entry.command, setting.place.clone());
            }
            Err(problem) => problems.push(problem),
        }
    }
    let keys = Keys::with(others);
    if problems.is_empty() {
        problems.extend(conflicts(&keys, &places));
        problems.extend(unsafe_yes(&keys, &places));
    }
    if problems.is_empty() {
        Ok(keys)
    } else {
        problems.sort();
        problems.dedup();
        Err(problems)
    }
}

/// The keys that a line gives to a command, and those that nobody can take from it.
fn of(entry: &Entry, setting: &Setting) -> Result<Vec<Key>, Problem> {
    let problem = |place: &Place, text: String, hint: &str| Problem {
        place: place.clone(),
        text,
        hint: hint.to_owned(),
    };
    let mut keys = Vec::new();
    for (word, place) in &setting.values {
        let Some(key) = Key::named(word) else {
            return Err(problem(
                place,
                format!("`{word}` is no key"),
                "keys are written `k`, `K`, `ctrl-r`, `space`, `tab`, `pgup`, `f5`",
            ));
        };
        let fixed = FIXED.iter().find(|(name, _)| Key::named(name) == Some(key));
        if fixed.is_some_and(|(_, command)| *command != entry.command) {
            return Err(problem(
                place,
                format!("`{word}` means the same everywhere and cannot be given away"),
                "esc, q, enter and ctrl-c stay as they are",
            ));
        }
        keys.push(key);
    }
    if keys.iter().all(|key| is_taken(*key)) {
        return Err(problem(
            &setting.place,
            format!(
                "tmux, screen or a shell may take every key of `{}`",
                entry.name
            ),
            "give it another key as well",
        ));
    }
    let digit = |key: &&Key| matches!(key.code, KeyCode::Char(c) if c.is_ascii_digit());
    if let Some(key) = keys.iter().find(digit).filter(|_| in_dialogs(entry)) {
        return Err(problem(
            &setting.place,
            format!(
                "{key} is typed into the fields of a dialog, where `{}` is",
                entry.name
            ),
            "take a letter or a sign",
        ));
    }
    let own = FIXED
        .iter()
        .filter(|(_, command)| *command == entry.command);
    let missing: Vec<Key> = own
        .filter_map(|(name, _)| Key::named(name))
        .filter(|key| !keys.contains(key))
        .collect();
    keys.extend(missing);
    Ok(keys)
}

fn in_dialogs(entry: &Entry) -> bool {
    let dialogs = [At::Resize, At::Create];
    entry.on.iter().any(|at| dialogs.contains(at))
}

fn is_taken(key: Key) -> bool {
    match key.code {
        KeyCode::Char(c) => key.ctrl && TAKEN.contains(c),
        _ => false,
    }
}

fn no_such(setting: &Setting) -> Problem {
    let names = TABLE.iter().map(|entry| entry.name);
    let hint = nearest(&setting.name, names).map_or_else(
        || "the commands are named in `?`, in the middle column".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Problem {
        place: setting.place.clone(),
        text: format!("`{}` is no command", setting.name),
        hint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Keys, String> {
        let said = |all: Vec<Problem>| {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            all.join("\n")
        };
        keys(Path::new("keys.yaml"), text).map_err(said)
    }

    fn shown(keys: &Keys, command: Command) -> String {
        let entry = TABLE.iter().find(|entry| entry.command == command).unwrap();
        let all: Vec<String> = keys.of(entry).iter().map(ToString::to_string).collect();
        all.join(" ")
    }

    #[test]
    fn a_key_map_overrides_only_what_it_names_and_fixed_keys_stay() {
        let mine = read("up: [p, up]\nback: backspace\nconfirm: W\n").unwrap();
        assert_eq!(shown(&mine, Command::Up), "p ↑");
        assert_eq!(shown(&mine, Command::Back), "Backspace Esc");
        assert_eq!(shown(&mine, Command::Confirm), "W");
        assert_eq!(shown(&mine, Command::Down), "↓ j");
        assert_eq!(read(""), Ok(Keys::default()));
    }

    #[test]
    fn two_commands_at_one_place_cannot_have_one_key_and_at_two_places_they_can() {
        let both = read("sort: v").unwrap_err();
        assert!(
            both.contains("keys.yaml:1:1: `sort` and `group` would both be on v"),
            "{both}"
        );
        assert!(
            read("sort: v\ngroup: s").is_ok(),
            "two keys may change places"
        );
        assert!(
            read("plan again: s").is_ok(),
            "`sort` is not on the preview"
        );
    }

    #[test]
    fn fixed_keys_and_keys_that_others_take_are_refused_with_their_place() {
        for (text, place, why) in [
            ("sort: q", "1:7", "cannot be given away"),
            ("up: [k, enter]", "1:9", "cannot be given away"),
            ("help: ctrl-c", "1:7", "cannot be given away"),
            ("sort: ctrl-b", "1:1", "may take every key"),
            ("sort: hyper-x", "1:7", "is no key"),
            ("more: '7'", "1:1", "is typed into the fields"),
            ("srt: x", "1:1", "did you mean `sort`?"),
        ] {
            let said = read(text).unwrap_err();
            assert!(
                said.contains(&format!("keys.yaml:{place}: ")) && said.contains(why),
                "{said}"
            );
        }
        assert!(read("page up: [ctrl-b, pgup]").is_ok());
    }

    #[test]
    fn what_says_yes_is_a_key_of_its_own_that_no_name_has() {
        for bad in [
            "agree: A",
            "agree: R",
            "resize: Y",
            "actions: y",
            "confirm: R",
            "confirm: w",
            "confirm: ctrl-y",
            "agree: ctrl-y",
            "confirm: tab",
            "agree: space",
            "confirm: enter",
            "agree: enter",
            "confirm: '7'",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read("agree: J\nconfirm: J").is_ok());
    }
}
