//! The verb table as text: what the README shows, made from the same table as the help.
//! Must never be written by hand.

use clap::{Arg, Command, CommandFactory};
use unicode_width::UnicodeWidthStr;

use super::Cli;

/// Columns of a line before its words go on below it.
const WIDTH: usize = 100;
/// Columns of what is typed, where it fits.
const TYPED: usize = 38;

/// Each verb: how it is typed, and what it says of itself; then the flags of all, and the exit codes.
#[must_use]
pub fn table() -> String {
    let root = Cli::command();
    let deck = "the deck; starts a captain that observes where there is none, and says so";
    let mut lines = vec![format!("{:TYPED$}{deck}", "pooldeck")];
    for verb in root.get_subcommands() {
        walk(verb, "pooldeck", &mut lines);
    }
    let common = root.get_arguments().filter_map(shown);
    lines.extend(wrapped("common:", common));
    lines.push(super::args::ASKS.to_owned());
    lines.push(super::args::EXIT_CODES.to_owned());
    lines.join("\n")
}

fn walk(verb: &Command, before: &str, lines: &mut Vec<String>) {
    let typed = format!("{before} {}", verb.get_name());
    if verb.has_subcommands() {
        for verb in verb.get_subcommands() {
            walk(verb, &typed, lines);
        }
        return;
    }
    let own = |arg: &&Arg| !arg.is_global_set() && !arg.is_hide_set();
    let typed = wrapped(&typed, verb.get_arguments().filter(own).filter_map(shown));
    let about = verb
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    match typed.as_slice() {
        [one] if one.width() < TYPED => {
            let gap = " ".repeat(TYPED - one.width());
            lines.push(format!("{one}{gap}{about}"));
        }
        _ => {
            lines.extend(typed);
            lines.push(format!("{:TYPED$}{about}", ""));
        }
    }
}

/// Words one after the other; what does not fit goes on in the next line, further in.
fn wrapped(first: &str, words: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    for word in words {
        if line.width() + 1 + word.width() > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".repeat(8)));
        }
        line.extend([" ", &word]);
    }
    lines.push(line);
    lines
}

fn is_flag(arg: &Arg) -> bool {
    !arg.is_positional() && !arg.get_action().takes_values()
}

/// `NAME`, `--cores N`, `[--all]`; none for clap's own.
fn shown(arg: &Arg) -> Option<String> {
    let name = arg.get_id().as_str();
    if name == "help" || name == "version" && is_flag(arg) {
        return None;
    }
    let value = arg.get_value_names().and_then(|names| names.first());
    let value = value.map_or_else(|| name.to_uppercase(), ToString::to_string);
    let many = arg
        .get_num_args()
        .is_some_and(|range| range.max_values() > 1)
        || arg.is_positional() && matches!(arg.get_action(), clap::ArgAction::Append);
    let dots = if many { "…" } else { "" };
    let long = match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(_)) => Some(format!("-{short}")),
        (_, long) => long.map(|long| format!("--{long}")),
    };
    let text = match long {
        None => format!("{value}{dots}"),
        Some(long) if is_flag(arg) => long,
        Some(long) => format!("{long} {value}{dots}"),
    };
    let required = arg.is_required_set();
    Some(if required { text } else { format!("[{text}]") })
}
