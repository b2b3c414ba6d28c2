//! Who acts and what is known: the lease, the captain's word, copies of the store, and how old what was seen is.

use jiff::{SignedDuration, Timestamp};

use super::{super::world::CAPTAIN_GONE, Area, Finding, Looked};
use crate::{
    fleet::ServerName,
    store::{LEASE, note::Severity, snapshot::Snapshot},
};

/// A fleet of thousands is looked at once a minute, and a server that is down is given twenty seconds to say so.
const NOT_LOOKED: SignedDuration = SignedDuration::from_mins(5);
/// A copy is kept within a minute of a run's end, and tried again every half a minute.
const NO_COPY: SignedDuration = SignedDuration::from_mins(15);

pub(super) fn all(snapshot: &Snapshot, looked: &Looked, now: Timestamp) -> Vec<Finding> {
    let mut found: Vec<Finding> = lease(snapshot, now).into_iter().collect();
    // Without a captain nothing is looked at, and nothing is kept: one thing is wrong.
    if found.is_empty() {
        found.extend(ages(snapshot, now));
        found.extend(copies(snapshot, looked, now));
    }
    found.extend(inventory(snapshot, looked));
    found
}

fn lease(snapshot: &Snapshot, now: Timestamp) -> Option<Finding> {
    let critical = |text: String, todo: &str| {
        Some(Finding::new(
            Severity::Critical,
            (Area::Captain, "captain"),
            text,
            todo,
        ))
    };
    let lease = snapshot.lease.as_ref();
    let Some(lease) = lease.filter(|lease| lease.age <= LEASE) else {
        let last = lease.filter(|lease| !lease.holder.is_empty());
        let last = last.map_or(String::new(), |last| {
            format!("; the last was {}", last.holder)
        });
        return critical(
            format!("nobody holds the lease: nothing is watched and nothing goes on{last}"),
            "start one with `pooldeck captain`, or the service that keeps it",
        );
    };
    let holder = &lease.holder;
    let Some(captain) = &snapshot.captain else {
        return critical(
            format!("{holder} holds the lease and has not said a word"),
            "look at its log (captain.log beside the store), or `journalctl -u pooldeck`",
        );
    };
    let age = now.duration_since(captain.at);
    if CAPTAIN_GONE < age {
        return critical(
            format!(
                "{holder} holds the lease and has been silent for {} s",
                age.as_secs()
            ),
            "it may hang: look at its log, and end the process; another one takes over after 10 s",
        );
    }
    if age < -CAPTAIN_GONE {
        return critical(
            format!(
                "the captain's last word is {} s ahead of this clock",
                age.abs().as_secs()
            ),
            "a clock was set back: set it right (`timedatectl`), ages are not to be believed until then",
        );
    }
    None
}

/// Servers and pools that a captain who is there does not look at.
fn ages(snapshot: &Snapshot, now: Timestamp) -> Vec<Finding> {
    let old = |tried: Option<Timestamp>| tried.is_none_or(|at| NOT_LOOKED < now.duration_since(at));
    // A captain looks at what it has read for some minutes already.
    let begun = snapshot
        .listed
        .read
        .is_some_and(|at| NOT_LOOKED < now.duration_since(at));
    let held = |name: &&ServerName| snapshot.offers(name) || snapshot.fleet.pool_of(name).is_some();
    let servers = snapshot.fleet.servers.keys().filter(held);
    let tried = |name: &ServerName| snapshot.observed.servers.get(name).and_then(|it| it.tried);
    let names: Vec<&str> = servers
        .filter(|name| begun && old(tried(name)))
        .map(ServerName::as_str)
        .collect();
    let mut found = Vec::new();
    if let [first, rest @ ..] = names.as_slice() {
        let more = rest.len();
        found.push(Finding::new(
            Severity::Warning,
            (Area::Seen, first),
            format!("it, and {more} more, were not looked at for five minutes, though a captain is there"),
            format!("`pooldeck server check {first}` looks now; if that is not answered, look at the captain's log"),
        ));
    }
    for name in snapshot.fleet.pools.keys() {
        let heard = snapshot.observed.pools.get(name);
        // A pool that is being made has no API yet.
        let open = snapshot
            .runs
            .values()
            .any(|run| run.is_open() && run.plan().request.pool() == Some(name));
        let last = heard.and_then(|it| it.seen.max(it.tried));
        if begun && !open && old(last) {
            found.push(Finding::new(
                Severity::Warning,
                (Area::Seen, name.as_str()),
                "its API was not asked for five minutes, though a captain is there",
                "look at the captain's log (captain.log beside the store), and start it again",
            ));
        }
    }
    found
}

/// After each run a copy goes to servers that we hold.
fn copies(snapshot: &Snapshot, looked: &Looked, now: Timestamp) -> Option<Finding> {
    let members = snapshot
        .fleet
        .pools
        .values()
        .any(|pool| !pool.members.is_empty());
    let ended = snapshot.runs.values().filter(|run| !run.is_open());
    let last = ended.map(|run| run.last).max()?;
    let kept = looked.copies.as_ref().map(|copies| copies.at);
    let late = kept.is_none_or(|at| at < last) && NO_COPY < now.duration_since(last);
    let said = snapshot
        .captain
        .as_ref()
        .and_then(|it| it.uncopied.as_ref());
    (members && late && said.is_none()).then(|| {
        Finding::new(
            Severity::Warning,
            (Area::Copies, "copies"),
            "no server has a copy of the store since the last run ended",
            "a member must answer and carry our claim: `pooldeck server list` shows whether one does",
        )
    })
}

/// The files as they are now: where the captain has not read them, nobody else says it.
fn inventory(snapshot: &Snapshot, looked: &Looked) -> Option<Finding> {
    let first = looked
        .inventory
        .first()
        .filter(|_| snapshot.listed.problems.is_empty())?;
    let (what, more) = (
        first.lines().next().unwrap_or_default(),
        looked.inventory.len() - 1,
    );
    Some(Finding::new(
        Severity::Warning,
        (Area::Inventory, "inventory"),
        format!("it cannot be read: {what}, and {more} more"),
        "`pooldeck inventory check` names every mistake with its line",
    ))
}
