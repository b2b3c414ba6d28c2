//! Who is asked before what: the one rule of the help, for every verb of the table.

use std::collections::BTreeSet;

use clap::CommandFactory;
use pooldeck::cli::Cli;

use crate::{answer, room::Room};

/// Whom a verb asks before it does anything, with words that it can be tried with: in a room with a pool `web` of s02 and s03, which
/// run 1 made, and a RUN that waits for an answer about s02.
const VERBS: [(&str, Asks); 34] = [
    ("server list", Asks::Nobody),
    ("server show s02", Asks::Nobody),
    ("server check s02", Asks::Nobody),
    ("server clean s04", Asks::Elsewhere),
    ("server maintain s04 --until 2h --reason disk", Asks::Nobody),
    ("server maintain s02 --until 2h --reason disk", Asks::Name),
    ("server return s04", Asks::Nobody),
    ("server trust s02", Asks::Elsewhere),
    ("server forget s04", Asks::Yes),
    ("pool list", Asks::Nobody),
    ("pool show web", Asks::Nobody),
    ("pool kubeconfig web", Asks::Elsewhere),
    ("pool set web --env TEST", Asks::Nobody),
    ("pool set web --unprotected", Asks::Name),
    (
        "pool create web --cores 16 --memory 64GiB --server s02 s03",
        Asks::Yes,
    ),
    ("pool resize web --add s04", Asks::Yes),
    ("pool destroy web", Asks::Name),
    ("run list", Asks::Nobody),
    ("run history", Asks::Nobody),
    ("run show 1", Asks::Nobody),
    ("run logs 1", Asks::Nobody),
    ("run by-hand 1", Asks::Nobody),
    ("doctor", Asks::Nobody),
    ("recover --from-servers", Asks::Elsewhere),
    ("run pause RUN", Asks::Nobody),
    ("run resume RUN", Asks::Yes),
    ("run answer RUN s02 put-back", Asks::Yes),
    ("run cancel RUN", Asks::Yes),
    ("run rollback RUN", Asks::Yes),
    ("stop", Asks::Nobody),
    ("problem list", Asks::Nobody),
    ("problem ack", Asks::Elsewhere),
    ("problem unack s04/no-ssh", Asks::Nobody),
    ("stop --clear", Asks::Nobody),
];

/// Processes, and what reads and writes the operator's own files.
const OTHERS: [&str; 6] = [
    "inventory check",
    "inventory offer",
    "inventory hosts import-keys",
    "inventory export",
    "wall",
    "demo",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// It does what it does at once.
    Nobody,
    /// `--yes`.
    Yes,
    /// `--confirm`.
    Name,
    /// It needs more than a room in memory: a test of its own holds it.
    Elsewhere,
}

fn leaves(command: &clap::Command, before: &str, all: &mut BTreeSet<String>) {
    for verb in command.get_subcommands() {
        let typed = format!("{before} {}", verb.get_name());
        if verb.has_subcommands() {
            leaves(verb, &typed, all);
        } else {
            all.insert(typed.trim().to_owned());
        }
    }
}

#[test]
fn the_rule_who_is_asked_speaks_of_every_verb_there_is() {
    let mut all = BTreeSet::new();
    leaves(&Cli::command(), "", &mut all);
    all.remove("captain");
    let is_in = |verb: &&String| {
        let begins = |line: &str| line == **verb || line.starts_with(&format!("{verb} "));
        VERBS.iter().any(|(line, _)| begins(line)) || OTHERS.iter().any(|line| begins(line))
    };
    let missing: Vec<&String> = all.iter().filter(|verb| !is_in(verb)).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[test]
fn what_lets_something_be_done_on_a_server_asks_first_and_a_note_does_not() {
    let room = Room::new(&crate::SIZES).seen();
    let holds = |room: &Room, line: &str, asks: Asks| {
        let said = room.run(line);
        let asked = said.notes.contains("--yes") && said.notes.contains("nothing was changed");
        let named = said.notes.contains("add `--confirm");
        let wanted = match asks {
            Asks::Nobody => !asked && !named,
            Asks::Yes => asked && !named && said.code == 1,
            Asks::Name => named && said.code == 1,
            Asks::Elsewhere => return,
        };
        assert!(wanted, "{line}: {asks:?}: {said:?}");
    };
    let (create, on_runs) = (
        |line: &str| line.starts_with("pool create"),
        |line: &str| line.contains(" RUN"),
    );
    for (line, asks) in VERBS.into_iter().filter(|(line, _)| create(line)) {
        holds(&room, line, asks);
    }
    let room = answer::with_kept(room);
    let others = VERBS.into_iter().filter(|(line, _)| !create(line));
    let (last, first): (Vec<_>, Vec<_>) = others.partition(|(line, _)| on_runs(line));
    for (line, asks) in first {
        holds(&room, line, asks);
    }
    let run = answer::waiting(&room)["id"].to_string();
    for (line, asks) in last {
        holds(&room, &line.replace("RUN", &run), asks);
    }
}
