//! The world as the deck shows it: one reading of the store, worked out into rows once, away from the screen.
//! Must never look at a clock or a terminal: what grows with time is worked out again at the next reading.

mod candidate;
mod certificate;
mod history;
mod light;
mod pool;
mod problem;
mod server;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

pub use self::{
    candidate::{Candidate, May, candidates},
    certificate::{Ending, endings},
    history::{Act, ActKey, ended},
    light::Light,
    pool::{Figure, Four, PoolRow},
    problem::{Problem, Target},
    server::ServerRow,
};
use crate::{
    fleet::{Capacity, PoolName, RunId, ServerName, Standing},
    plan::{Action, StepId},
    run::{Run, State, Times},
    store::{note::ProblemId, snapshot::Snapshot},
};

/// A captain that has said nothing for so long holds no lease any more.
pub const CAPTAIN_GONE: SignedDuration = SignedDuration::from_secs(10);

/// One reading of the store and the rows made of it.
#[derive(Debug, Clone)]
pub struct World {
    /// What was read.
    pub snapshot: Snapshot,
    /// Every pool, by name.
    pub pools: Vec<PoolRow>,
    /// Every server, by name.
    pub servers: Vec<ServerRow>,
    /// What is wrong now, worst first.
    pub problems: Vec<Problem>,
    /// Runs as they are listed: open ones first, then the newest.
    pub runs: Vec<RunId>,
    /// Who did what, the newest first.
    pub history: Vec<Act>,
    /// Cells that the longest server's name takes, within reason.
    pub longest: u16,
    /// How many servers are offered.
    pub offered: usize,
    /// The oldest of what is known of offered servers and of pools; what was never seen has no age.
    pub oldest: Option<Timestamp>,
    /// How many servers could be taken now, and their hardware.
    pub spare: (usize, Capacity),
    /// Offered servers in no pool that could not be taken, each with its state: the first few, and how many in all.
    pub unusable: (Vec<String>, usize),
    /// How long steps took here until now.
    pub times: Times,
}

/// As many of the servers that cannot be taken are named; the list of servers has them all.
const NAMED: usize = 3;

impl World {
    /// Works the rows out of a reading at `now`.
    #[must_use]
    pub fn of(snapshot: Snapshot, now: Timestamp) -> Self {
        let at_work = server::at_work(&snapshot);
        let servers: Vec<ServerRow> = snapshot
            .fleet
            .servers
            .keys()
            .map(|name| ServerRow::of(&snapshot, &at_work, name, now))
            .collect();
        let pools: Vec<PoolRow> = snapshot
            .fleet
            .pools
            .values()
            .map(|pool| PoolRow::of(&snapshot, &servers, pool, now))
            .collect();
        let offered = snapshot.fleet.servers.values();
        let offered = offered.filter(|server| server.offered).count();
        let oldest = oldest(&snapshot);
        let spares: Vec<Capacity> = servers
            .iter()
            .filter(|row| row.is_spare())
            .map(|row| row.capacity.unwrap_or_default())
            .collect();
        let spare = (spares.len(), spares.into_iter().sum());
        let out = || {
            let free = servers.iter().filter(|row| row.is_free());
            free.filter(|row| !row.is_spare() && row.busy().is_none())
        };
        let named = out()
            .take(NAMED)
            .map(|row| format!("{} {}", row.name, row.state));
        let unusable = (named.collect(), out().count());
        let lengths = servers.iter().map(|row| row.name.as_str().len());
        let longest = lengths.max().unwrap_or(0).clamp(6, 24);
        let longest = u16::try_from(longest).unwrap_or(24);
        let history = history::all(&snapshot);
        let problems = problem::all(&snapshot, &servers, &pools, now);
        let mut runs: Vec<RunId> = snapshot.runs.keys().rev().copied().collect();
        runs.sort_by_key(|id| !snapshot.runs[id].is_open());
        let times = Times::of(&snapshot.runs, None);
        Self {
            snapshot,
            pools,
            servers,
            problems,
            runs,
            history,
            longest,
            offered,
            oldest,
            spare,
            unusable,
            times,
        }
    }

    /// How many problems are wrong that nobody has acknowledged, and how many somebody has.
    #[must_use]
    pub fn wrong(&self) -> (usize, usize) {
        let known = self.problems.iter().filter(|it| it.acknowledged.is_some());
        let known = known.count();
        (self.problems.len() - known, known)
    }

    /// A problem by its name.
    #[must_use]
    pub fn problem(&self, id: &ProblemId) -> Option<&Problem> {
        self.problems.iter().find(|it| it.id == *id)
    }

    /// The row of a server.
    #[must_use]
    pub fn server(&self, name: &ServerName) -> Option<&ServerRow> {
        let at = self.servers.binary_search_by(|row| row.name.cmp(name));
        at.ok().map(|at| &self.servers[at])
    }

    /// The row of a pool.
    #[must_use]
    pub fn pool(&self, name: &PoolName) -> Option<&PoolRow> {
        self.pools.iter().find(|row| row.name == *name)
    }

    /// A run.
    #[must_use]
    pub fn run(&self, id: RunId) -> Option<&Run> {
        self.snapshot.runs.get(&id)
    }

    /// Runs that have not ended, oldest first.
    pub fn open_runs(&self) -> impl Iterator<Item = &Run> {
        self.snapshot.runs.values().filter(|run| run.is_open())
    }

    /// The open run that works on a pool.
    #[must_use]
    pub fn run_of(&self, pool: &PoolName) -> Option<&Run> {
        self.open_runs()
            .find(|run| run.plan().request.pool() == Some(pool))
    }

    /// Runs of a pool, the newest first.
    pub fn runs_of(&self, pool: &PoolName) -> impl Iterator<Item = &Run> {
        let runs = self.snapshot.runs.values().rev();
        runs.filter(move |run| run.plan().request.pool() == Some(pool))
    }

    /// Runs that touch a server, the newest first.
    pub fn runs_on(&self, server: &ServerName) -> impl Iterator<Item = &Run> {
        let touches = move |run: &&Run| run.plan().steps.iter().any(|it| it.subject == *server);
        self.snapshot.runs.values().rev().filter(touches)
    }

    /// Servers that could be taken now.
    pub fn spares(&self) -> impl Iterator<Item = &ServerRow> {
        self.servers.iter().filter(|row| row.is_spare())
    }

    /// How many offered servers are free by our record, and could not be seen.
    #[must_use]
    pub fn unseen(&self) -> usize {
        let unknown = |row: &&ServerRow| matches!(row.standing, Standing::Unknown(_));
        self.servers.iter().filter(unknown).count()
    }

    /// Hardware of the named servers, as far as it is known.
    #[must_use]
    pub fn capacity<'a>(&self, names: impl IntoIterator<Item = &'a ServerName>) -> Capacity {
        let rows = names.into_iter().filter_map(|name| self.server(name));
        rows.filter_map(|row| row.capacity).sum()
    }

    /// Since when no captain acts; none while one does.
    #[must_use]
    pub fn no_captain_since(&self, now: Timestamp) -> Option<Option<Timestamp>> {
        match &self.snapshot.captain {
            None => Some(None),
            // A word from the future is none: a clock was set back.
            Some(captain) if now.duration_since(captain.at).abs() > CAPTAIN_GONE => {
                Some(Some(captain.at))
            }
            Some(_) => None,
        }
    }

    /// How many workers of a pool each zone has.
    #[must_use]
    pub fn zones<'a>(
        &self,
        names: impl IntoIterator<Item = &'a ServerName>,
    ) -> BTreeMap<String, usize> {
        let mut zones = BTreeMap::new();
        for row in names.into_iter().filter_map(|name| self.server(name)) {
            *zones
                .entry(row.zone.clone().unwrap_or_default())
                .or_default() += 1;
        }
        zones
    }
}

fn oldest(snapshot: &Snapshot) -> Option<Timestamp> {
    let observed = &snapshot.observed;
    let servers = observed.servers.iter();
    let offered = servers.filter(|(name, _)| snapshot.offers(name));
    let pools = observed.pools.values().filter_map(|it| it.seen);
    offered.filter_map(|(_, it)| it.seen).chain(pools).min()
}

/// The step of a run that waits for an answer; else the one that is at work now; else the last that was begun.
#[must_use]
pub fn current(run: &Run) -> Option<StepId> {
    if let Some(blockade) = run.blockades().next() {
        return Some(blockade.step);
    }
    let working = |state: &State| {
        matches!(
            state,
            State::Running | State::Retrying { .. } | State::Undoing | State::UndoRetrying { .. }
        )
    };
    let begun = || {
        run.progress()
            .filter(|(_, progress)| progress.began.is_some())
    };
    begun()
        .find(|(_, progress)| working(&progress.state))
        .or_else(|| begun().max_by_key(|(_, progress)| progress.began))
        .map(|(step, _)| step.id)
}

/// The newest step that failed for good on a server, in which run and why; none once a later run did well there.
#[must_use]
pub fn failed_on<'w>(world: &'w World, server: &ServerName) -> Option<(RunId, Action, &'w str)> {
    let run = world.runs_on(server).next()?;
    run.progress()
        .filter(|(step, _)| step.subject == *server)
        .find_map(|(step, progress)| match &progress.state {
            State::Failed { why } | State::UndoFailed { why } => {
                Some((run.id(), step.action, &**why))
            }
            _ => None,
        })
}
