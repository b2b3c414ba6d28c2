//! Everything that is wrong now, worst first, each with its next action.

mod runs;
mod servers;

use std::cmp::Reverse;

use jiff::Timestamp;

use super::{Light, PoolRow, ServerRow, certificate};
use crate::{
    fleet::{Note, PoolName, RunId, ServerName},
    plan::Request,
    run::Run,
    store::{
        FREE_TO_START,
        note::{Acknowledged, ProblemId, Severity},
        snapshot::Snapshot,
    },
};

/// With less free space than this where the store is, somebody should look before nothing starts any more.
const NEARLY_FULL: u64 = 1_000_000_000;

/// What a problem is about, so that Enter can open it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The fleet as a whole.
    Fleet,
    /// A pool.
    Pool(PoolName),
    /// A server.
    Server(ServerName),
    /// A run.
    Run(RunId),
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad.
    pub light: Light,
    /// About what.
    pub target: Target,
    /// The name that stands in front.
    pub subject: String,
    /// A sentence: what is wrong and what to do.
    pub text: String,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
    /// Its name: the same as long as it is the same problem.
    pub id: ProblemId,
    /// Somebody knows of it: it does not count.
    pub acknowledged: Option<Note>,
}

impl Problem {
    /// A problem of a kind: a word or three that stay the same while it lasts.
    #[must_use]
    pub fn new(light: Light, target: Target, kind: &str, text: impl Into<String>) -> Self {
        let subject = match &target {
            Target::Fleet => "fleet".to_owned(),
            Target::Pool(pool) => pool.to_string(),
            Target::Server(server) => server.to_string(),
            Target::Run(run) => format!("run {run}"),
        };
        Self {
            light,
            id: ProblemId::of(&subject, kind),
            target,
            subject,
            text: text.into(),
            since: None,
            acknowledged: None,
        }
    }

    /// How bad it is to a monitoring check.
    #[must_use]
    pub fn severity(&self) -> Severity {
        if self.light >= Light::Down {
            Severity::Critical
        } else {
            Severity::Warning
        }
    }

    /// Since when it is so.
    #[must_use]
    pub fn since(mut self, at: Option<Timestamp>) -> Self {
        self.since = at;
        self
    }
}

pub(super) fn all(
    snapshot: &Snapshot,
    servers: &[ServerRow],
    pools: &[PoolRow],
    now: Timestamp,
) -> Vec<Problem> {
    let mut found = fleet(snapshot);
    found.extend(pools.iter().flat_map(|pool| of_pool(snapshot, pool)));
    found.extend(servers.iter().filter_map(|row| servers::of(snapshot, row)));
    found.extend(runs::all(snapshot, now));
    found.extend(certificate::problems(snapshot, now));
    for problem in &mut found {
        let known = snapshot.acknowledged.get(&problem.id);
        // What became worse is not what somebody knew of.
        let holds = |it: &&Acknowledged| it.note.holds(now) && problem.severity() <= it.severity;
        problem.acknowledged = known.filter(holds).map(|it| it.note.clone());
    }
    let key = |it: &Problem| {
        (
            it.acknowledged.is_some(),
            Reverse(it.light),
            it.target.clone(),
        )
    };
    found.sort_by_cached_key(key);
    found
}

fn fleet(snapshot: &Snapshot) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut say = |light, kind, text: String| {
        found.push(Problem::new(light, Target::Fleet, kind, text));
    };
    if let Some(stop) = &snapshot.stop {
        say(
            Light::Maintenance,
            "stopped",
            format!("{} said stop: nothing new starts", stop.by),
        );
    }
    if let Some(why) = snapshot
        .captain
        .as_ref()
        // A full disk has a sentence of its own below.
        .filter(|it| it.store_free.is_none_or(|free| FREE_TO_START <= free.0))
        .and_then(|captain| captain.holds_back.as_ref())
    {
        say(
            Light::Degraded,
            "holds back",
            format!("the captain holds back: {why}"),
        );
    }
    let captain = snapshot.captain.as_ref();
    if let Some(why) = captain.and_then(|it| it.uncopied.as_ref()) {
        say(
            Light::Degraded,
            "no copy",
            format!("the store has no new copy on a server: {why}"),
        );
    }
    let free = captain.and_then(|it| it.store_free);
    if let Some(free) = free.filter(|free| free.0 < NEARLY_FULL) {
        let (megabytes, place) = (free.0 / 1_000_000, &snapshot.place);
        let light = if free.0 < FREE_TO_START {
            Light::Down
        } else {
            Light::Degraded
        };
        say(
            light,
            "store full",
            format!(
                "{megabytes} MB are free at {place}; below {} MB nothing new starts",
                FREE_TO_START / 1_000_000
            ),
        );
    }
    if let Some(first) = snapshot.listed.problems.first() {
        let first = first.lines().next().unwrap_or_default();
        say(
            Light::Degraded,
            "inventory",
            format!("the inventory cannot be read, the last good one counts: {first}"),
        );
    }
    found
}

fn of_pool(snapshot: &Snapshot, row: &PoolRow) -> Vec<Problem> {
    let target = || Target::Pool(row.name.clone());
    let mut found = Vec::new();
    found.extend(
        below_asked(snapshot, row)
            .map(|text| Problem::new(Light::Degraded, target(), "below asked", text)),
    );
    let Some(cluster) = snapshot.observed.pools.get(&row.name) else {
        return found;
    };
    let is_made_or_ended = |run: &Run| {
        let request = &run.plan().request;
        let of_it = run.is_open() && request.pool() == Some(&row.name);
        of_it && matches!(request, Request::Create(_) | Request::Destroy(_))
    };
    let expected = snapshot.runs.values().any(is_made_or_ended);
    if let Some(trouble) = cluster.trouble.as_ref().filter(|_| !expected) {
        let trouble = trouble.lines().next().unwrap_or_default();
        let text = format!("its API is not heard: {trouble}");
        found.push(Problem::new(Light::Down, target(), "api silent", text).since(cluster.seen));
    }
    match cluster.pending {
        0 => (),
        1 => found.push(Problem::new(
            Light::Degraded,
            target(),
            "pods wait",
            "1 pod waits for a place",
        )),
        n => found.push(Problem::new(
            Light::Degraded,
            target(),
            "pods wait",
            format!("{n} pods wait for a place"),
        )),
    }
    if let (Some(used), Some(req)) = (row.memory.used, row.memory.req)
        && used.value > req.value
        && req.value > 0
    {
        let gib = |value: u64| crate::fleet::Bytes(value).as_gib();
        let text = format!(
            "memory: pods use {:.0} GiB and requested only {:.0}",
            gib(used.value),
            gib(req.value)
        );
        let high = row
            .memory
            .max
            .is_some_and(|max| used.value * 100 > max.value * 85);
        if high {
            found.push(Problem::new(Light::Degraded, target(), "memory over", text));
        }
    }
    found
}

/// A pool that lost a server has less than was asked; up to 5 % less may be what was accepted.
fn below_asked(snapshot: &Snapshot, row: &PoolRow) -> Option<String> {
    let pool = snapshot.fleet.pools.get(&row.name)?;
    let changes = |run: &Run| run.is_open() && run.plan().request.pool() == Some(&row.name);
    if snapshot.runs.values().any(changes) {
        return None;
    }
    let (hw, asked) = (pool.capacity(), pool.asked);
    let short = |has: u64, asked: u64| has.saturating_mul(100) < asked.saturating_mul(95);
    let is_short = short(hw.cores.into(), asked.cores.into()) || short(hw.memory.0, asked.memory.0);
    is_short.then(|| {
        format!(
            "has {} CPUs, {}: asked were {}",
            hw.cores,
            hw.memory,
            asked.asked_words()
        )
    })
}

#[cfg(test)]
mod tests;
