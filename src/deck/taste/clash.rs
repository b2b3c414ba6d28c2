//! What keys must not do together: two things at one place, or open something and say yes to it.

use std::collections::{BTreeSet, HashMap};

use crossterm::event::KeyCode;

use crate::{
    deck::command::{Command, Key, Keys, TABLE},
    fleet::{Place, inventory::Problem},
};

/// What says yes, and what leads there: no key may do both.
const YES: [Command; 2] = [Command::Confirm, Command::Agree];
const OPENS: [Command; 4] = [
    Command::Open,
    Command::Resize,
    Command::Actions,
    Command::Lines,
];

/// Two commands that would be on one key at one place; and keys that a dialog takes as text.
pub fn conflicts(keys: &Keys, places: &HashMap<Command, Place>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (command, place) in places {
        let Some(entry) = TABLE.iter().find(|entry| entry.command == *command) else {
            continue;
        };
        let mine: BTreeSet<String> = keys.of(entry).iter().map(ToString::to_string).collect();
        let others = TABLE.iter().filter(|other| {
            other.command != *command && other.on.iter().any(|at| entry.on.contains(at))
        });
        for other in others {
            let shared = keys.of(other).iter().map(ToString::to_string);
            for key in shared.filter(|key| mine.contains(key)) {
                problems.push(Problem {
                    place: place.clone(),
                    text: format!(
                        "`{}` and `{}` would both be on {key}",
                        entry.name, other.name
                    ),
                    hint: format!(
                        "give `{}` another key, too, or choose another one",
                        other.name
                    ),
                });
            }
        }
    }
    problems
}

/// A yes is a key of its own, which no name has in it and no hand slips onto.
pub fn unsafe_yes(keys: &Keys, places: &HashMap<Command, Place>) -> Vec<Problem> {
    let entry = |command: Command| TABLE.iter().find(|entry| entry.command == command);
    let mut problems = Vec::new();
    for yes in YES.into_iter().filter_map(entry) {
        let place = places.get(&yes.command);
        for opens in OPENS.into_iter().filter_map(entry) {
            let both = keys.of(yes).iter().find(|key| keys.of(opens).contains(key));
            if let (Some(key), Some(place)) = (both, place.or(places.get(&opens.command))) {
                problems.push(Problem {
                    place: place.clone(),
                    text: format!(
                        "{key} would open (`{}`) and say yes (`{}`)",
                        opens.name, yes.name
                    ),
                    hint: "what says yes wants a key of its own".to_owned(),
                });
            }
        }
        let Some(place) = place else { continue };
        let letter = |key: &&Key| match key.code {
            KeyCode::Char(_) if key.ctrl => false,
            KeyCode::Char(c) if yes.command == Command::Confirm => c.is_ascii_uppercase(),
            KeyCode::Char(c) => c.is_ascii_alphabetic(),
            _ => false,
        };
        if let Some(key) = keys.of(yes).iter().find(|key| !letter(key)) {
            let which = match yes.command {
                Command::Confirm => "a capital letter: a name that is typed has none",
                _ => "a letter",
            };
            problems.push(Problem {
                place: place.clone(),
                text: format!("{key} cannot say yes (`{}`)", yes.name),
                hint: format!("take {which}"),
            });
        }
    }
    problems
}
