//! `pooldeck inventory offer`: which servers could be offered, and the lines that offer them.
//! Must never write a file: the lines go to standard output, where they are put is the operator's.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::{
    Answer, Exit, Failure, Shell, document, open,
    table::{Align, table},
    words::{gib, or_dash},
};
use crate::{
    deck::world::{Candidate, May, candidates},
    fleet::{ServerName, inventory},
};

/// Shows every server as the deck's first question does, or prints the lines for those that are named.
///
/// # Errors
/// [`Failure`].
pub fn offer(shell: &mut Shell<'_>, names: &[ServerName]) -> Answer {
    let world = open::world(shell)?;
    let all = candidates(&world, shell.now());
    if !names.is_empty() {
        return lines(shell, &all, names);
    }
    if shell.json() {
        let servers: Vec<Value> = all.iter().map(described).collect();
        shell.document(&json!({ "servers": servers }))?;
        return Ok(Exit::Done);
    }
    let heading = [
        ("SERVER", Align::Left),
        ("CPUs", Align::Right),
        ("GiB", Align::Right),
        ("SSH", Align::Left),
        ("SUDO", Align::Left),
        ("OFFER", Align::Left),
        ("FOUND ON IT", Align::Left),
    ];
    let cells = |it: &Candidate| {
        [
            it.name.to_string(),
            or_dash(it.capacity.map(|capacity| capacity.cores)),
            or_dash(it.capacity.map(|capacity| gib(capacity.memory))),
            it.ssh.to_owned(),
            it.sudo.to_owned(),
            it.may.word().to_owned(),
            it.found.clone(),
        ]
    };
    let rows: Vec<[String; 7]> = all.iter().map(cells).collect();
    shell.say_all(table(heading, &rows))
}

fn described(it: &Candidate) -> Value {
    json!({
        "name": it.name,
        "capacity": it.capacity.map(document::capacity),
        "ssh": it.ssh,
        "sudo": it.sudo,
        "offer": it.may.word(),
        "found": it.found,
    })
}

fn lines(shell: &mut Shell<'_>, all: &[Candidate], names: &[ServerName]) -> Answer {
    for name in names {
        let found = all.iter().find(|it| it.name == *name);
        let Some(it) = found else {
            return Err(Failure::Refused(format!(
                "there is no server `{name}`\nhint: `pooldeck server list` shows every server"
            )));
        };
        if !matches!(it.may, May::Offer | May::Is) {
            return Err(Failure::Refused(format!(
                "`{name}` cannot be offered now: {}; ssh {}, sudo {}; found on it: {}\nhint: `pooldeck server show {name}` says what to do",
                it.may.word(),
                it.ssh,
                it.sudo,
                it.found
            )));
        }
    }
    let names: BTreeSet<ServerName> = names.iter().cloned().collect();
    if let Some(place) = open::inventory_place(shell) {
        inventory::offer::compose(&place, &names).map_err(Failure::Refused)?;
    }
    shell.say_all([inventory::offer::text(&names).trim_end()])
}
