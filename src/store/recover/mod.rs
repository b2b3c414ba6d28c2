//! A lost store made again: from a copy of it, the claims on the servers and what the clusters say, as one pure function.
//! Must never take a server for free because nobody knows of it, nor for ours because one word says so: where the witnesses
//! contradict each other it stays with a person, and is never selected.

mod debts;
mod document;
mod fleets;
mod found;
mod members;
mod pools;
mod runs;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{
    document::{holds_work, write},
    fleets::choose,
    found::{Copied, Found, Knows, NodeTold, Told, Witness},
    runs::Carried,
};
use super::record::ServerRecord;
use crate::fleet::{Debt, Epoch, FleetId, MachineId, Pool, PoolName, RunId, ServerName};

/// The key of [`Recovered`].
pub const RECOVERED: &str = "recovered";

/// Terms and runs of the store that was lost are counted below the next thousand: its captain may still live, and begin some more.
const APART: u64 = 1000;

/// What a store that was made again remembers of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovered {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// The next run's number is above it: units on servers have the run's number in their names.
    pub run: RunId,
    /// Servers that have not heard of the new term yet: until then an older captain may act there, so we do not.
    pub untold: BTreeSet<ServerName>,
}

/// The store as it will be, and what was made of what.
#[derive(Debug, Clone)]
pub struct Recovery {
    /// When it was looked at.
    pub at: Timestamp,
    /// Whose.
    pub fleet: FleetId,
    /// The highest term that was found.
    pub found: Epoch,
    /// The next captain's term is above it.
    pub epoch: Epoch,
    /// The next run's number is above it.
    pub run: RunId,
    /// The copy: where it was kept, and its revision.
    pub copy: Option<(ServerName, u64)>,
    /// Pools.
    pub pools: BTreeMap<PoolName, Remade>,
    /// Pools that cannot be made again now, and why; a person says that it goes on without them.
    pub lost: BTreeMap<PoolName, String>,
    /// Runs that were open.
    pub runs: BTreeMap<RunId, Carried>,
    /// What is owed to servers.
    pub debts: BTreeMap<ServerName, Debt>,
    /// What contradicts itself, and what was made of it.
    pub doubts: Vec<Doubt>,
    /// Servers on which work of the lost captain still runs, and which: what they hold is known when it has ended.
    pub working: BTreeMap<ServerName, String>,
    /// Servers of which nobody says anything, and why; a person says that it goes on without them.
    pub unseen: BTreeMap<ServerName, String>,
    /// Servers that another fleet holds, and which.
    pub not_ours: BTreeMap<ServerName, String>,
    /// Signs that the captain of the lost store still lives.
    pub alive: Vec<String>,
    /// Records of servers.
    records: BTreeMap<ServerName, ServerRecord>,
}

/// A pool that was made again.
#[derive(Debug, Clone)]
pub struct Remade {
    /// As it is from now on.
    pub pool: Pool,
    /// Where its settings are from.
    pub from: &'static str,
    /// Its size was not asked for by anybody who is known: it is what it has.
    pub sized: bool,
    /// Who says of each member that it is one: `copy, claim, cluster`.
    pub by: BTreeMap<ServerName, String>,
}

/// A contradiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// About which server or pool.
    pub about: String,
    /// What contradicts what.
    pub what: String,
    /// What was made of it.
    pub so: String,
}

/// Makes the store again, as far as it can be.
#[must_use]
pub fn recover(found: &Found) -> Recovery {
    let highest = highest_term(found);
    let epoch = Epoch(apart(highest.0));
    let mut made = Recovery {
        at: found.at,
        fleet: found.fleet.clone(),
        found: highest,
        epoch,
        run: RunId(apart(highest_run(found))),
        copy: found
            .copy
            .as_ref()
            .map(|copy| (copy.server.clone(), copy.revision)),
        pools: BTreeMap::new(),
        lost: BTreeMap::new(),
        runs: runs::runs(found, epoch),
        debts: BTreeMap::new(),
        doubts: Vec::new(),
        working: working(found),
        unseen: BTreeMap::new(),
        not_ours: BTreeMap::new(),
        alive: signs_of_life(found),
        records: BTreeMap::new(),
    };
    pools::pools(found, &mut made);
    debts::of_the_copy(found, &mut made);
    document::records(found, &mut made);
    debts::unseen(found, &mut made);
    made
}

impl Recovery {
    /// True when something is known of the server, though it may not answer: it is a member, owes, or a held run works on it.
    #[must_use]
    pub fn knows(&self, server: &ServerName) -> bool {
        self.pool_of(server).is_some()
            || self.debts.contains_key(server)
            || self.bound().contains_key(server)
    }

    /// The pool that a server is in.
    #[must_use]
    pub fn pool_of(&self, server: &ServerName) -> Option<&Pool> {
        let mut pools = self.pools.values().map(|remade| &remade.pool);
        pools.find(|pool| pool.members.contains_key(server))
    }

    /// Servers that a held run works on.
    fn bound(&self) -> BTreeMap<&ServerName, RunId> {
        let held = self.runs.values().filter(|it| it.over.is_none());
        held.flat_map(|it| {
            let id = it.run.id();
            let subjects = it.run.plan().subjects();
            subjects.into_iter().map(move |server| (server, id))
        })
        .collect()
    }

    fn doubt(&mut self, about: &impl ToString, what: impl Into<String>, so: impl Into<String>) {
        self.doubts.push(Doubt {
            about: about.to_string(),
            what: what.into(),
            so: so.into(),
        });
    }
}

impl Found {
    /// Servers that answer with a claim of this fleet: by the name that the claim says, for that is its node's.
    fn claimed(&self) -> impl Iterator<Item = Claimed<'_>> {
        self.servers.values().filter_map(|witness| {
            let claim = witness.claim().filter(|claim| claim.is_of(&self.fleet))?;
            let name = claim.server.parse().ok();
            Some(Claimed {
                name: name.unwrap_or_else(|| witness.server.name.clone()),
                pool: claim.pool.parse().ok()?,
                machine: witness.machine()?,
                witness,
            })
        })
    }

    /// The server that answers as that machine; the one by its claim's name where two names lead to it.
    fn machine(&self, machine: &MachineId) -> Option<&Witness> {
        let all = self.servers.values();
        let mut same: Vec<&Witness> = all.filter(|it| it.machine() == Some(machine)).collect();
        same.sort_by_key(|it| {
            it.claim()
                .is_none_or(|claim| claim.server != it.server.name.as_str())
        });
        same.first().copied()
    }
}

/// A server that answers with a claim of this fleet.
#[derive(Clone)]
struct Claimed<'a> {
    name: ServerName,
    pool: PoolName,
    machine: &'a MachineId,
    witness: &'a Witness,
}

/// The next thousand.
const fn apart(number: u64) -> u64 {
    (number / APART + 1) * APART
}

/// What can have been counted in a fleet's life, at one a microsecond for 200 years; more is no number but a mistake, and a store
/// has room for twice as much.
const MOST: u64 = i64::MAX as u64 / 2;

const fn can_be(number: u64) -> bool {
    number < MOST
}

/// The highest term of the fleet that anybody has heard of.
#[must_use]
pub fn highest_term(found: &Found) -> Epoch {
    let ours = |said: &Option<(String, u64)>| {
        let (fleet, number) = said.as_ref()?;
        (*fleet == found.fleet.0).then_some(*number)
    };
    let heard = found
        .servers
        .values()
        .filter_map(|it| ours(&it.knows.heard));
    let claims = found
        .claimed()
        .filter_map(|it| Some(it.witness.claim()?.epoch));
    let copy = found.copy.as_ref();
    let copy = copy.and_then(|copy| Some(copy.snapshot.lease.as_ref()?.epoch.0));
    // One that cannot be read is above all others, and no number (`Claim::read`).
    let all = heard.chain(claims).chain(copy).filter(|it| can_be(*it));
    Epoch(all.max().unwrap_or(0))
}

fn highest_run(found: &Found) -> u64 {
    let counted = found.servers.values().map(|it| it.knows.last);
    let claims = found
        .claimed()
        .filter_map(|it| it.witness.claim()?.run.parse().ok());
    let copy = found.copy.iter();
    let copy = copy.filter_map(|copy| Some(copy.snapshot.runs.keys().last()?.0));
    let all = counted.chain(claims).chain(copy).filter(|it| can_be(*it));
    all.max().unwrap_or(0)
}

fn working(found: &Found) -> BTreeMap<ServerName, String> {
    let ours = format!("pooldeck-{}-", found.fleet);
    let each = found.servers.iter().filter_map(|(name, it)| {
        let unit = it.knows.work.iter().find(|unit| unit.starts_with(&ours))?;
        Some((
            name.clone(),
            format!("{unit} still runs on it, and ends by itself"),
        ))
    });
    each.collect()
}

/// A server that was worked on within this many seconds may be worked on by a captain that still lives.
const FRESH: u64 = 900;

fn signs_of_life(found: &Found) -> Vec<String> {
    let fresh = found.claimed().filter_map(|it| {
        let claim = it.witness.claim()?;
        let ago = it.witness.knows.touched.or_else(|| {
            let at: Timestamp = claim.at.parse().ok()?;
            u64::try_from(found.at.duration_since(at).as_secs()).ok()
        })?;
        let (name, holder) = (&it.name, &claim.holder);
        (ago < FRESH).then(|| format!("{name} was worked on {ago} s ago, by {holder}"))
    });
    fresh.collect()
}

#[cfg(test)]
mod tests;
