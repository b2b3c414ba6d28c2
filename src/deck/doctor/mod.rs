//! The doctor: what is wrong without anybody seeing it, each with what to do. What `problem list` says it takes from there.
//! Must never find a fault in what a run is just changing, nor in what was seen before a run let go of it.

mod captain;
mod claims;
mod known;
mod pools;
mod runs;
mod servers;
mod store;
mod units;

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::Timestamp;

use super::World;
use crate::{
    fleet::{Facts, ServerName},
    store::{copies::Copies, look::OnDisk, note::Severity, snapshot::Snapshot},
};

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// The store itself.
    Store,
    /// Who acts.
    Captain,
    /// Copies of the store on servers.
    Copies,
    /// The operator's files.
    Inventory,
    /// How old knowledge is.
    Seen,
    /// Runs.
    Runs,
    /// Pools and their clusters.
    Pools,
    /// Servers.
    Servers,
}

impl Area {
    /// The word for tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Captain => "captain",
            Self::Copies => "copies",
            Self::Inventory => "inventory",
            Self::Seen => "seen",
            Self::Runs => "runs",
            Self::Pools => "pools",
            Self::Servers => "servers",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// About what.
    pub area: Area,
    /// Its name.
    pub subject: String,
    /// A sentence: what is wrong.
    pub text: String,
    /// What to do.
    pub todo: String,
}

impl Finding {
    fn new(
        severity: Severity,
        (area, subject): (Area, &str),
        text: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            area,
            subject: subject.to_owned(),
            text: text.into(),
            todo: todo.into(),
        }
    }
}

/// What the store says of itself, beside what stands in it.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// What its integrity check says, where it could be made.
    pub wrong: Vec<String>,
    /// Its files.
    pub files: Vec<OnDisk>,
    /// Room where it is.
    pub free: Option<u64>,
    /// The newest copies of it.
    pub copies: Option<Copies>,
    /// What is wrong with the inventory's files as they are now, where this process could read them.
    pub inventory: Vec<String>,
}

/// Everything that is wrong, worst first.
#[must_use]
pub fn findings(world: &World, looked: &Looked, now: Timestamp) -> Vec<Finding> {
    let snapshot = &world.snapshot;
    let mut found = store::all(world, looked);
    found.extend(captain::all(snapshot, looked, now));
    found.extend(known::all(world));
    found.extend(runs::all(snapshot, now));
    found.extend(pools::all(snapshot));
    found.extend(claims::all(world));
    found.extend(servers::all(snapshot));
    found.extend(units::all(snapshot));
    found.sort_by_cached_key(|it| (Reverse(it.severity), it.area, it.subject.clone()));
    found
}

/// What is to be told when the store cannot even be read: the refusal's own words and its hint.
#[must_use]
pub fn unreadable(refusal: &str) -> Finding {
    let (what, todo) = refusal
        .split_once("\nhint: ")
        .unwrap_or((refusal, "look at the file and its rights"));
    Finding::new(Severity::Critical, (Area::Store, "store"), what, todo)
}

/// What a probe found of each server since a run was last at it; none while one is, and where the last probe failed.
fn all_found(snapshot: &Snapshot) -> impl Iterator<Item = (&ServerName, &Facts)> {
    let fleet = &snapshot.fleet;
    let touched = last_touched(snapshot);
    fleet.servers.keys().filter_map(move |name| {
        let seen = snapshot.observed.servers.get(name)?;
        let at = seen.seen.filter(|_| seen.trouble.is_none())?;
        let before = touched.get(name).copied().max(fleet.left.get(name));
        let settled = !fleet.busy.contains_key(name) && before.is_none_or(|before| *before < at);
        let facts = seen.facts.as_ref().filter(|_| settled)?;
        Some((name, facts))
    })
}

/// When something last happened in a run that is about a server: what was seen of it before is of another time.
fn last_touched(snapshot: &Snapshot) -> BTreeMap<&ServerName, &Timestamp> {
    let mut touched = BTreeMap::new();
    for run in snapshot.runs.values() {
        for name in run.plan().subjects() {
            let last = touched.entry(name).or_insert(&run.last);
            *last = (*last).max(&run.last);
        }
    }
    touched
}
