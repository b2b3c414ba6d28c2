//! The rules as functions from texts to complaints. They read words, not syntax: what slips through is for reviewers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use pooldeck::plan::Action;

/// Paths below the project's folder, and texts.
pub type Files = BTreeMap<String, String>;

/// Which room may know which. Whoever is not named here may be known by nobody but `main`.
const ARROWS: [(&str, &[&str]); 11] = [
    ("fleet", &[]),
    ("plan", &["fleet"]),
    ("run", &["fleet", "plan"]),
    ("store", &["fleet", "plan", "run"]),
    ("ssh", &["fleet"]),
    // Its way to an API is a server's connection.
    ("cluster", &["fleet", "ssh"]),
    (
        "captain",
        &["fleet", "plan", "run", "store", "ssh", "cluster"],
    ),
    ("deck", &["fleet", "plan", "run", "store"]),
    // Of `deck`, its rows, its look and its hold on the terminal.
    ("wall", &["fleet", "plan", "run", "store", "deck"]),
    // Of `ssh`, the operator's own known_hosts.
    ("cli", &["fleet", "plan", "run", "store", "deck", "ssh"]),
    (
        "sim",
        &["fleet", "plan", "run", "store", "ssh", "cluster", "captain"],
    ),
];

pub fn arrows(files: &Files) -> Vec<String> {
    let of_tests = test_modules(files);
    let mut complaints = BTreeSet::new();
    for (path, text) in files.iter().filter(|(path, _)| !of_tests.contains(*path)) {
        let Some((room, _)) = path
            .strip_prefix("src/")
            .and_then(|path| path.split_once('/'))
        else {
            continue;
        };
        let Some((_, may)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            complaints.insert(format!("{path}: `{room}` is no room of ARCHITECTURE.md"));
            continue;
        };
        let depth = path.matches('/').count() - usize::from(path.ends_with("/mod.rs"));
        let code = code(text);
        let up = "super::".repeat(depth);
        let known = [first_names(&code, "crate::"), first_names(&code, &up)].concat();
        for other in known {
            let is_room = ARROWS.iter().any(|(name, _)| *name == other);
            if is_room && other != room && !may.contains(&other.as_str()) {
                complaints.insert(format!("{path}: `{room}` knows `{other}`"));
            }
        }
    }
    complaints.into_iter().collect()
}

/// What follows a path's beginning: `a` in `crate::a::b`, `a` and `c` in `crate::{a::{b}, c}`.
fn first_names(code: &str, beginning: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let mut names = Vec::new();
    for (at, _) in code.match_indices(beginning) {
        let rest = &code[at + beginning.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(name(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = 0;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' | '}' if depth == 0 => {
                    names.push(name(&group[start..at]));
                    start = at + 1;
                    if c == '}' {
                        break;
                    }
                }
                _ => {}
            }
        }
    }
    names
}

pub fn lengths(files: &Files) -> Vec<String> {
    let too_long = |(path, text): (&String, &String)| {
        let allowed = if path.starts_with("tests/") { 400 } else { 300 };
        let lines = text.lines().count();
        (lines > allowed).then(|| format!("{path}: {lines} lines, {allowed} are allowed"))
    };
    files.iter().filter_map(too_long).collect()
}

pub fn words(files: &Files) -> Vec<String> {
    const WORDS: [&str; 5] = [
        concat!("Man", "ager"),
        concat!("Han", "dler"),
        concat!("Hel", "per"),
        concat!("hel", "per"),
        concat!("ut", "ils"),
    ];
    let mut complaints = Vec::new();
    for (path, text) in files {
        // Kubernetes may name things so, and then we say it in quotes.
        let code = code(text);
        for word in WORDS {
            if path.contains(word) || code.contains(word) {
                complaints.push(format!("{path}: `{word}` says nothing"));
            }
        }
    }
    complaints
}

pub fn unwraps(files: &Files) -> Vec<String> {
    let of_tests = test_modules(files);
    let outside = files.iter().filter(|(path, _)| !of_tests.contains(*path));
    outside
        .flat_map(|(path, text)| {
            lines_with(path, &code(text), ".unwrap()", "`.unwrap()` outside tests")
        })
        .collect()
}

pub fn switched_off(files: &Files) -> Vec<String> {
    let mark = concat!("#[ign", "ore");
    files
        .iter()
        .flat_map(|(path, text)| lines_with(path, text, mark, "a test is switched off"))
        .collect()
}

pub fn impure(files: &Files) -> Vec<String> {
    const NEVER: [&str; 7] = [
        "Instant",
        "SystemTime",
        "::now()",
        "tokio",
        "TcpStream",
        "std::env",
        "std::process",
    ];
    const DISK: [&str; 3] = ["std::fs", ", fs}", "fs::"];
    let mut complaints = Vec::new();
    for (path, text) in files {
        let pure = ["src/fleet/", "src/plan/", "src/run/"]
            .iter()
            .any(|room| path.starts_with(room));
        let reads = path.starts_with("src/fleet/inventory");
        let code = code(text);
        let words = NEVER
            .iter()
            .chain(if reads { [].iter() } else { DISK.iter() });
        let found: Vec<_> = words.filter(|word| pure && code.contains(*word)).collect();
        complaints.extend(
            found
                .iter()
                .map(|word| format!("{path}: `{word}` in a room without a world")),
        );
    }
    complaints
}

pub fn introductions(files: &Files) -> Vec<String> {
    let silent = files.iter().filter(|(_, text)| !text.starts_with("//! "));
    silent
        .map(|(path, _)| format!("{path}: does not begin with `//! What it is.`"))
        .collect()
}

pub fn embedded(
    files: &Files,
    embedded: impl Fn(&str) -> Option<&'static str>,
    actions: &[Action],
) -> Vec<String> {
    let name = |path: &str| {
        Path::new(path)
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    let missing = files
        .iter()
        .filter(|(path, text)| embedded(&name(path)) != Some(text.as_str()));
    let needed = actions
        .iter()
        .map(|action| format!("assets/steps/{}.sh", action.script()));
    missing
        .map(|(path, _)| format!("{path}: is not embedded"))
        .chain(
            needed
                .filter(|path| !files.contains_key(path))
                .map(|path| format!("{path}: an action needs it")),
        )
        .collect()
}

/// Compares the fenced block after the heading "Commands" with the program's own table.
pub fn commands(readme: &str, table: &str) -> Vec<String> {
    let block = readme
        .split_once("\n## Commands\n")
        .and_then(|(_, rest)| rest.split_once("```text\n"))
        .and_then(|(_, rest)| rest.split_once("\n```"));
    let Some((block, _)) = block else {
        return vec!["README.md: has no block of commands".to_owned()];
    };
    let lines = |text: &str| -> BTreeSet<String> {
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    let (shown, there) = (lines(block), lines(table));
    let wrong = shown
        .difference(&there)
        .map(|line| format!("README.md: `{line}` is not so"));
    let missing = there
        .difference(&shown)
        .map(|line| format!("README.md: `{line}` is missing"));
    wrong.chain(missing).collect()
}

/// The text without comments, string literals, and what follows `#[cfg(test)] mod … {`, which ends every file
/// that has it. Lines keep their numbers.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let mut code = String::new();
    let mut rest = &text[..end];
    while let Some(at) = rest.find(['/', '"', '\'']) {
        let (before, found) = rest.split_at(at);
        code.push_str(before);
        let length = if found.starts_with("//") {
            found.find('\n').unwrap_or(found.len())
        } else if found.starts_with('"') {
            string(before, found)
        } else if found.starts_with("'\"'") || found.starts_with("'\\'") {
            3 + usize::from(found.starts_with("'\\''"))
        } else {
            code.push_str(&found[..1]);
            1
        };
        code.extend(found[..length].matches('\n'));
        rest = &found[length..];
    }
    code + rest
}

/// The length of the string literal that begins `found`; what stands before it says whether it is a raw one.
fn string(before: &str, found: &str) -> usize {
    let hashes = before.len() - before.trim_end_matches('#').len();
    if before[..before.len() - hashes].ends_with('r') {
        let end = format!("\"{}", "#".repeat(hashes));
        return found[1..]
            .find(&end)
            .map_or(found.len(), |at| 1 + at + end.len());
    }
    let mut escaped = false;
    let end = found[1..].find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.map_or(found.len(), |at| at + 2)
}

/// Files that are modules under `#[cfg(test)]`.
fn test_modules(files: &Files) -> BTreeSet<String> {
    let mut of_tests = BTreeSet::new();
    for (path, text) in files {
        let inside = path
            .strip_suffix("/mod.rs")
            .or_else(|| path.strip_suffix(".rs"))
            .unwrap_or(path);
        for (at, mark) in text.match_indices("#[cfg(test)]\nmod ") {
            if let Some((name, _)) = text[at + mark.len()..].split_once(';') {
                of_tests.insert(format!("{inside}/{name}.rs"));
            }
        }
    }
    of_tests
}

fn lines_with(path: &str, text: &str, what: &str, complaint: &str) -> Vec<String> {
    let found = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains(what));
    found
        .map(|(at, _)| format!("{path}:{}: {complaint}", at + 1))
        .collect()
}

/// All files below a folder of the project that end so; none where there is no such folder.
pub fn read(folder: &str, endings: &[&str]) -> Files {
    let mut files = Files::new();
    let Ok(entries) = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) else {
        return files;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files.extend(read(&path, endings));
        } else if endings
            .iter()
            .any(|ending| path.ends_with(&format!(".{ending}")))
        {
            files.insert(path, fs::read_to_string(entry.path()).unwrap());
        }
    }
    files
}
