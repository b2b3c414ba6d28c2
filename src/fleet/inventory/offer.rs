//! The lines that offer servers: a fragment of an inventory, in a file of its own beside the operator's.
//! Must never write anything, and never make lines that the inventory could not be read with.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{Problem, read_with};
use crate::fleet::ServerName;

/// The file's name without its ending; a number follows where an edited one is in the way.
const NAME: &str = "pooldeck-offer";
/// An operator who edits more of them than this has another plan.
const MOST: usize = 99;
/// By which a file is known as one of these, besides being what it would be.
const HEAD: &str = "\
# Servers that pooldeck may use. It wrote this file, and never writes one again
# that you edited. A server that leaves the inventory has to leave it here, too.
all:
  hosts:
";

/// Lines for a file, as they would stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// Where.
    pub file: PathBuf,
    /// All of the file.
    pub text: String,
    /// What stands there now: an older one of ours.
    pub before: Option<String>,
    /// The inventory is this one file: what is written beside it is not read, the lines have to be moved into it.
    pub single: Option<PathBuf>,
    /// An edited file of ours that is left alone.
    pub left_alone: Option<PathBuf>,
}

/// The lines that offer these servers, and those that an older file of ours offers already.
///
/// # Errors
/// For people: what the inventory has against it, with a `hint:`.
pub fn compose(place: &Path, names: &BTreeSet<ServerName>) -> Result<Lines, String> {
    let single = place.is_file().then(|| place.to_owned());
    let folder = match &single {
        Some(file) => file.parent().unwrap_or(file),
        None => place,
    };
    if !folder.is_dir() {
        return Err(format!(
            "`{}` is no inventory that lines can stand beside\nhint: name one with `--inventory DIR`",
            place.display()
        ));
    }
    let mut left_alone = None;
    for number in 1..=MOST {
        let file = folder.join(match number {
            1 => format!("{NAME}.yaml"),
            n => format!("{NAME}-{n}.yaml"),
        });
        let before = match fs::read_to_string(&file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("`{}` cannot be read: {error}", file.display())),
        };
        let Some(offered) = before.as_deref().map_or(Some(BTreeSet::new()), ours) else {
            left_alone = Some(file);
            continue;
        };
        let lines = Lines {
            text: text(names.iter().chain(&offered)),
            file,
            before,
            single,
            left_alone,
        };
        return judge(place, names, lines);
    }
    Err(format!(
        "`{}` has {MOST} edited files of offers\nhint: put their lines where the servers stand",
        folder.display()
    ))
}

/// A fragment that offers these servers.
#[must_use]
pub fn text<'n>(names: impl IntoIterator<Item = &'n ServerName>) -> String {
    let names: BTreeSet<&ServerName> = names.into_iter().collect();
    let line = |name: &ServerName| {
        // A bare number would be no name, and `null` would be nothing.
        let plain = name.as_str().starts_with(|c: char| c.is_ascii_alphabetic());
        if plain && name.as_str() != "null" {
            format!("    {name}: {{ pooldeck_use: true }}\n")
        } else {
            format!("    \"{name}\": {{ pooldeck_use: true }}\n")
        }
    };
    names
        .into_iter()
        .fold(HEAD.to_owned(), |text, name| text + &line(name))
}

/// The servers of a file that is as we wrote it; none when somebody edited it.
fn ours(before: &str) -> Option<BTreeSet<ServerName>> {
    let name = |line: &str| -> Option<ServerName> {
        line.trim()
            .split(':')
            .next()?
            .trim_matches('"')
            .parse()
            .ok()
    };
    let lines = before.strip_prefix(HEAD)?.lines();
    let names: BTreeSet<ServerName> = lines.map(name).collect::<Option<_>>()?;
    (text(&names) == before).then_some(names)
}

/// Reads the inventory as it would be, so that no line is written that breaks it or offers nobody.
fn judge(place: &Path, names: &BTreeSet<ServerName>, lines: Lines) -> Result<Lines, String> {
    let said = |problems: Vec<Problem>| {
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        all.join("\n")
    };
    let now = read_with(place, None).map_err(said)?;
    if let Some(name) = names.iter().find(|name| !now.servers.contains_key(*name)) {
        return Err(format!(
            "there is no server `{name}` in the inventory\nhint: `pooldeck server list` shows every server"
        ));
    }
    let then = read_with(place, Some((&lines.file, &lines.text))).map_err(said)?;
    let refused = names.iter().find(|name| {
        let server = then.servers.get(*name);
        !server.is_some_and(|server| server.offered)
    });
    refused.map_or(Ok(lines), |name| {
        Err(format!(
            "`{name}` would still not be offered: its host_vars say no\nhint: change `pooldeck_use` there"
        ))
    })
}
