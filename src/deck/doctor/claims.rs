//! Claims on servers against the store's record: each of the two must explain the other.

use super::{Area, Finding, World, all_found};
use crate::{
    fleet::{Claim, Facts, PoolName, ServerName},
    store::{
        note::{ProblemId, Severity},
        snapshot::Snapshot,
    },
};

pub(super) fn all(world: &World) -> Vec<Finding> {
    let snapshot = &world.snapshot;
    let of = |(name, facts): (&ServerName, &Facts)| {
        let record = snapshot.fleet.pool_of(name).map(|pool| &pool.name);
        let against = match (&facts.claim, record) {
            (None, None) => None,
            (Some(claim), None) => unexplained(world, name, claim),
            (claim, Some(pool)) => member(snapshot, pool, claim.as_ref()),
        };
        let later = facts
            .claim
            .as_ref()
            .and_then(|claim| later(snapshot, claim));
        let all = [against, later].into_iter().flatten();
        all.map(|(text, todo)| {
            let todo = todo.replace("SERVER", name.as_str());
            Finding::new(
                Severity::Critical,
                (Area::Servers, name.as_str()),
                text,
                todo,
            )
        })
        .collect::<Vec<_>>()
    };
    all_found(snapshot).flat_map(of).collect()
}

type Against = Option<(String, &'static str)>;

/// A claim of our fleet on a server that is in no pool of this store.
fn unexplained(world: &World, name: &ServerName, claim: &Claim) -> Against {
    let fleet = &world.snapshot.fleet;
    // What it owes says why; of an offered one the list of problems says the same.
    let known = fleet.debts.contains_key(name)
        || world
            .problem(&ProblemId::of(name.as_str(), "leftovers"))
            .is_some();
    (claim.is_of(&fleet.id) && !known).then(|| {
        let (pool, run) = (&claim.pool, &claim.run);
        (
            format!("our claim of pool {pool}, run {run}, is on it, and this store knows nothing of it"),
            "look whether another copy of this store is at work; then offer it again, and `pooldeck server clean SERVER` shows what would be removed",
        )
    })
}

/// A member whose claim is not the one that it should carry.
fn member(snapshot: &Snapshot, pool: &PoolName, claim: Option<&Claim>) -> Against {
    match claim {
        None => Some((
            format!(
                "it is in pool {pool} by this store, and carries no claim: nothing keeps another store from taking it"
            ),
            "look who removed /var/lib/pooldeck/claim on it, and whether it was installed anew; then take it out of its pool",
        )),
        Some(claim) if !claim.is_of(&snapshot.fleet.id) => Some((
            format!(
                "it is in pool {pool} by this store, and {}",
                claim.by_name()
            ),
            "ask whose fleet that is; nothing is done on it by this one until its claim is ours again",
        )),
        Some(claim) if claim.pool != pool.as_str() => Some((
            format!(
                "it is in pool {pool} by this store, and its claim says {}",
                claim.pool
            ),
            "look whether another copy of this store is at work: `cat /var/lib/pooldeck/claim` on it names who wrote it",
        )),
        Some(_) => None,
    }
}

/// A later captain than this store knows of wrote it.
fn later(snapshot: &Snapshot, claim: &Claim) -> Against {
    let known = snapshot.lease.as_ref().map_or(0, |lease| lease.epoch.0);
    (claim.is_of(&snapshot.fleet.id) && known < claim.epoch).then(|| {
        (
            format!("its claim is of epoch {}, and this store has seen {known} at most", claim.epoch),
            "this store is an older copy, or another one is at work: find that one, and start nothing here until then",
        )
    })
}
