//! The verb table as text: what the README shows, made from the same table as the help.
//! Must never be written by hand.

use clap::{Arg, Command, CommandFactory};

use super::Cli;

/// One line for each verb: how it is typed, and what it says of itself.
#[must_use]
pub fn table() -> String {
    let mut rows = Vec::new();
    let root = Cli::command();
    rows.push((
        "pooldeck".to_owned(),
        "the deck, and a captain that observes where there is none".to_owned(),
    ));
    for verb in root.get_subcommands() {
        walk(verb, "pooldeck", &mut rows);
    }
    let common: Vec<String> = root.get_arguments().filter_map(shown).collect();
    let width = rows
        .iter()
        .map(|(typed, _)| typed.chars().count())
        .filter(|width| *width < 60)
        .max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for (typed, about) in rows {
        let gap = match width.checked_sub(typed.chars().count()) {
            None => format!("\n{:width$}", ""),
            Some(gap) => " ".repeat(gap),
        };
        text.extend([typed.as_str(), &gap, "  ", &about, "\n"]);
    }
    text.extend(["common: ", &common.join("  "), "\n"]);
    text.push_str(super::args::EXIT_CODES);
    text
}

fn walk(verb: &Command, before: &str, rows: &mut Vec<(String, String)>) {
    let typed = format!("{before} {}", verb.get_name());
    if verb.has_subcommands() {
        for verb in verb.get_subcommands() {
            walk(verb, &typed, rows);
        }
        return;
    }
    let mut parts = vec![typed];
    let own = |arg: &&Arg| !arg.is_global_set() && !arg.is_hide_set();
    parts.extend(verb.get_positionals().filter(own).filter_map(shown));
    let options = verb.get_arguments().filter(|arg| !arg.is_positional());
    parts.extend(options.filter(own).filter_map(shown));
    let about = verb
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    rows.push((parts.join(" "), about));
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
    let long = arg.get_long().map(|long| format!("--{long}"));
    let text = match long {
        None => format!("{value}{dots}"),
        Some(long) if is_flag(arg) => long,
        Some(long) => format!("{long} {value}{dots}"),
    };
    let required = arg.is_required_set();
    Some(if required { text } else { format!("[{text}]") })
}
