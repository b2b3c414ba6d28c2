//! What got worse between the preview that was read and the plan of now. Better passes; worse is refused, and named.
//! Must never call a difference harmless that takes something away from anybody.

use std::collections::BTreeSet;

use super::{Confirm, Move, Plan};
use crate::fleet::{Pool, ServerName, Sources};

type Setting = fn(&Pool) -> String;

/// What a pool is made with, as it was read.
const SETTINGS: [(&str, Setting); 4] = [
    ("the version", |pool| pool.version.clone()),
    ("the pods' range", |pool| pool.pod_cidr.to_string()),
    ("the services' range", |pool| pool.service_cidr.to_string()),
    ("where packages and images come from", |pool| {
        let of =
            |place: &Option<String>| place.clone().unwrap_or_else(|| "the community".to_owned());
        let Sources {
            packages, images, ..
        } = &pool.sources;
        format!("{} and {}", of(packages), of(images))
    }),
];

/// Every way in which `new` keeps less than `old` promised, for people; empty when it may be done.
#[must_use]
pub fn worse(old: &Plan, new: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    if old.request != new.request {
        found.push("it is another request".to_owned());
    }
    moves(
        "in",
        [old, new].map(|it| &it.effects.incoming),
        new,
        &mut found,
    );
    moves(
        "out",
        [old, new].map(|it| &it.effects.outgoing),
        new,
        &mut found,
    );
    generations(old, new, &mut found);
    identity(old, new, &mut found);
    capacity(old, new, &mut found);
    let (was, is) = (old.effects.quorum.lowest, new.effects.quorum.lowest);
    if is.0 < was.0 {
        found.push(format!(
            "{} of {} control planes would be left, not {} of {}",
            is.0, is.1, was.0, was.1
        ));
    }
    more(
        "would be lost",
        &old.effects.lost,
        &new.effects.lost,
        &mut found,
    );
    more(
        "would hold it up",
        &old.effects.blocked,
        &new.effects.blocked,
        &mut found,
    );
    for (what, of) in SETTINGS {
        let values = [old, new].map(|plan| plan.pool.as_ref().map(of));
        if let [Some(was), Some(is)] = values
            && was != is
        {
            found.push(format!("{what} would be {is}, not {was}"));
        }
    }
    if let (Confirm::Yes, Confirm::TypeName { why, .. }) =
        (&old.effects.confirm, &new.effects.confirm)
    {
        found.push(format!("the name has to be typed now: {why}"));
    }
    found
}

/// Who moves otherwise than was read; why, where the new plan says what is against it.
fn moves(way: &str, [old, new]: [&Vec<Move>; 2], plan: &Plan, found: &mut Vec<String>) {
    let names = |moves: &[Move]| -> BTreeSet<(ServerName, _)> {
        moves
            .iter()
            .map(|it| (it.server.clone(), it.role))
            .collect()
    };
    let (old, new) = (names(old), names(new));
    for (server, role) in old.difference(&new) {
        let mut left_out = plan.effects.left_out.iter();
        let why = left_out.find(|it| it.server == *server);
        let why = why.map_or_else(String::new, |it| format!(" ({})", it.why));
        found.push(format!("{server} no longer moves {way} as {role}{why}"));
    }
    for (server, role) in new.difference(&old) {
        found.push(format!("{server} would move {way} as {role}"));
    }
}

/// An accepted run has touched the pool or a server since: the preview is used up.
fn generations(old: &Plan, new: &Plan, found: &mut Vec<String>) {
    if old.generations.pool != new.generations.pool {
        found.push("another run has changed the pool".to_owned());
    }
    for (server, was) in &old.generations.servers {
        if new
            .generations
            .servers
            .get(server)
            .is_some_and(|is| is != was)
        {
            found.push(format!("another run has used {server}"));
        }
    }
}

/// The same name on another machine is another server.
fn identity(old: &Plan, new: &Plan, found: &mut Vec<String>) {
    let (Some(old), Some(new)) = (&old.pool, &new.pool) else {
        return;
    };
    for (server, was) in &old.members {
        if new
            .members
            .get(server)
            .is_some_and(|is| is.machine != was.machine || is.address != was.address)
        {
            found.push(format!(
                "{server} is another machine, or has another address"
            ));
        }
    }
}

fn capacity(old: &Plan, new: &Plan, found: &mut Vec<String>) {
    let (was, is) = (old.effects.after, new.effects.after);
    if is.cores < was.cores {
        found.push(format!(
            "the pool would have {} CPUs, not {}",
            is.cores, was.cores
        ));
    }
    if is.memory < was.memory {
        found.push(format!(
            "the pool would have {}, not {}",
            is.memory, was.memory
        ));
    }
}

fn more(what: &str, old: &[String], new: &[String], found: &mut Vec<String>) {
    let old: BTreeSet<&String> = old.iter().collect();
    found.extend(
        new.iter()
            .filter(|text| !old.contains(text))
            .map(|text| format!("{what}: {text}")),
    );
}
