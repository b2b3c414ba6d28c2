//! `pooldeck doctor`: one look over everything that could be wrong without anybody seeing it.
//! Must never change anything, make a store or start a captain: what is missing is what it is to say.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{
    Answer, Exit, Failure, Shell,
    open::{self, Opened},
    words::age,
};
use crate::{
    deck::{
        doctor::{Finding, Looked, findings, unreadable},
        world::World,
    },
    fleet::ServerName,
    store::{
        Store, StoreError,
        copies::Copies,
        look::{self, OnDisk},
        record::key,
        snapshot::Snapshot,
    },
};

/// Looks, and says what is wrong and what is to be done; exit 1 when something is.
///
/// # Errors
/// [`super::super::Failure`].
pub fn doctor(shell: &mut Shell<'_>) -> Answer {
    let now = shell.now();
    let seen = open::to_look(shell).and_then(|opened| look(shell, &opened, now));
    let (seen, found) = match seen {
        Ok((world, looked)) => {
            let found = findings(&world, &looked, now);
            (Some((world, looked)), found)
        }
        Err(Failure::Store(refusal)) => (None, vec![unreadable(&refusal.to_string())]),
        Err(other) => return Err(other),
    };
    if shell.json() {
        let document = document(seen.as_ref(), &found, now);
        shell.document(&document)?;
    } else {
        let looked_at = seen
            .iter()
            .flat_map(|(world, looked)| summary(world, looked, now));
        let lines: Vec<String> = looked_at.chain(told(&found)).collect();
        shell.say_all(lines)?;
    }
    Ok(if found.is_empty() {
        Exit::Done
    } else {
        Exit::Refused
    })
}

fn look(shell: &Shell<'_>, opened: &Opened, now: Timestamp) -> Result<(World, Looked), Failure> {
    let store = opened.store.as_ref();
    // A file that cannot even be read to its end is the finding, not a failure to look.
    let wrong = store
        .examine()
        .unwrap_or_else(|error| vec![error.to_string()]);
    let looked = Looked {
        wrong,
        files: opened
            .place
            .file()
            .map(|file| look::files(&file))
            .unwrap_or_default(),
        free: store.free_bytes(),
        copies: Copies::read(store)?,
        inventory: inventory(shell, store)?,
    };
    let snapshot = Snapshot::read(store)?;
    Ok((World::of(snapshot, now), looked))
}

/// What is wrong with the files that the captain reads, as they are now; nothing where this process does not see those.
fn inventory(shell: &Shell<'_>, store: &dyn Store) -> Result<Vec<String>, StoreError> {
    let Some(place) = open::inventory_place(shell) else {
        return Ok(Vec::new());
    };
    let listed = Snapshot::read(store)?.listed;
    let same = listed.read.is_none() || listed.place == place.display().to_string();
    if !same || store.get(key::DEMO)?.is_some() {
        return Ok(Vec::new());
    }
    Ok(match open::inventory(shell) {
        Err(Failure::Inventory(problems)) => problems.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    })
}

/// What was looked at, a line for each part.
fn summary(world: &World, looked: &Looked, now: Timestamp) -> Vec<String> {
    let snapshot = &world.snapshot;
    let log: u64 = logs(looked).map(|file| file.bytes).sum();
    let free = looked
        .free
        .map_or("-".to_owned(), |free| format!("{:.1} GB", gigabytes(free)));
    let sound = if looked.wrong.is_empty() {
        "sound"
    } else {
        "not sound"
    };
    let captain = snapshot
        .lease
        .as_ref()
        .filter(|lease| !lease.holder.is_empty());
    let captain = captain.map_or("-".to_owned(), |lease| {
        let heard = snapshot
            .captain
            .as_ref()
            .map(|captain| age(captain.at, now));
        let heard = heard.unwrap_or_else(|| "-".to_owned());
        format!(
            "{}, epoch {}, last heard {heard} ago",
            lease.holder, lease.epoch
        )
    });
    let copies = looked.copies.as_ref().map_or("-".to_owned(), |copies| {
        let servers: Vec<&str> = copies.servers.iter().map(ServerName::as_str).collect();
        format!(
            "{}: revision {}, {} ago",
            servers.join(", "),
            copies.revision,
            age(copies.at, now)
        )
    });
    let oldest = world.oldest.map_or("-".to_owned(), |at| age(at, now));
    vec![
        format!(
            "store    {}, fleet {}, revision {}, {free} free, log {:.1} MB, {sound}",
            snapshot.place,
            snapshot.fleet.id.short(),
            snapshot.revision,
            megabytes(log),
        ),
        format!("captain  {captain}"),
        format!("copies   {copies}"),
        format!(
            "seen     {} of {} servers, {} of {} pools; the oldest {oldest} ago",
            snapshot
                .observed
                .servers
                .values()
                .filter(|it| it.seen.is_some())
                .count(),
            snapshot.fleet.servers.len(),
            snapshot.observed.pools.len(),
            snapshot.fleet.pools.len(),
        ),
        format!(
            "runs     {} open of {}",
            world.open_runs().count(),
            snapshot.runs.len()
        ),
        format!(
            "problems {} that `pooldeck problem list` shows, {} of them acknowledged",
            world.problems.len(),
            world.wrong().1
        ),
    ]
}

fn told(found: &[Finding]) -> Vec<String> {
    if found.is_empty() {
        return vec!["nothing is silently wrong".to_owned()];
    }
    let each = found.iter().flat_map(|it| {
        let (severity, subject, text) = (it.severity.word(), &it.subject, &it.text);
        [
            format!("{severity:<9}{subject}: {text}"),
            format!("{:9}do: {}", "", it.todo),
        ]
    });
    each.collect()
}

fn document(seen: Option<&(World, Looked)>, found: &[Finding], now: Timestamp) -> Value {
    let findings: Vec<Value> = found
        .iter()
        .map(|it| {
            json!({
                "severity": it.severity,
                "area": it.area.word(),
                "subject": it.subject,
                "text": it.text,
                "todo": it.todo,
            })
        })
        .collect();
    json!({
        "well": found.is_empty(),
        "at": now,
        "findings": findings,
        "looked": seen.map(|(world, looked)| parts(world, looked)),
    })
}

fn parts(world: &World, looked: &Looked) -> Value {
    let snapshot = &world.snapshot;
    let lease = snapshot.lease.as_ref();
    json!({
        "place": snapshot.place,
        "fleet": snapshot.fleet.id,
        "revision": snapshot.revision,
        "sound": looked.wrong.is_empty(),
        "free_bytes": looked.free,
        "log_bytes": logs(looked).map(|file| file.bytes).sum::<u64>(),
        "holder": lease.map(|lease| &lease.holder),
        "epoch": lease.map(|lease| lease.epoch),
        "heard": snapshot.captain.as_ref().map(|captain| captain.at),
        "copies": looked.copies,
        "servers": snapshot.fleet.servers.len(),
        "pools": snapshot.fleet.pools.len(),
        "oldest": world.oldest,
        "open_runs": world.open_runs().count(),
        "problems": world.problems.len(),
    })
}

fn logs(looked: &Looked) -> impl Iterator<Item = &OnDisk> {
    looked.files.iter().filter(|file| file.is_log())
}

#[expect(clippy::cast_precision_loss, reason = "for people, with one digit")]
fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

#[expect(clippy::cast_precision_loss, reason = "for people, with one digit")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
