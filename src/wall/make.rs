//! From the deck's rows to the view: the same code works the numbers out, so the two cannot disagree.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::{
    veil::Veil,
    view::{Captain, FORMAT, Part, Pool, Problem, Running, Servers, View},
};
use crate::{
    deck::{
        ui,
        world::{Four, PoolRow, World},
    },
    run::Run,
    store::record::CaptainSeen,
};

/// So many problems and so many runs hang on a wall; how many more there are is said.
const MOST: usize = 40;

/// A quiet API is asked every ten seconds (cluster).
const ASKED_EVERY: usize = 10;
/// A large fleet is looked at fifty servers a second, and where a run works five times less often (captain).
const LOOKS_A_SECOND: usize = 50;
const AT_WORK: usize = 5;

impl View {
    /// What of the world may hang on a wall.
    #[must_use]
    pub fn of(world: &World, now: Timestamp, room: Option<String>) -> Self {
        let veil = Veil::of(&world.snapshot);
        let mut pools: Vec<Pool> = world.pools.iter().map(|row| pool(world, row)).collect();
        let badness = |pool: &Pool| Reverse((pool.light, pool.memory_bytes.pressure()));
        pools.sort_by(|a, b| (badness(a), &a.name).cmp(&(badness(b), &b.name)));
        // What somebody knows of is no news to a room.
        let news = || world.problems.iter().filter(|it| it.acknowledged.is_none());
        let problems = news().map(|problem| Problem {
            light: problem.light,
            subject: problem.subject.clone(),
            text: veil.over(&problem.text),
            since: problem.since,
        });
        let open = world.open_runs().count();
        Self {
            format: FORMAT,
            at: now,
            room,
            captain: world.snapshot.captain.as_ref().map(Captain::of),
            servers: Servers {
                all: world.servers.len(),
                offered: world.offered,
                spare: world.spare.0,
                unseen: world.unseen(),
            },
            pools,
            problems: problems.take(MOST).collect(),
            runs: world
                .open_runs()
                .take(MOST)
                .map(|run| running(run, &veil))
                .collect(),
            left_out: news().count().saturating_sub(MOST) + open.saturating_sub(MOST),
        }
    }
}

impl Captain {
    /// What of it may hang on a wall.
    #[must_use]
    pub fn of(seen: &CaptainSeen) -> Self {
        Self {
            host: seen.host.clone(),
            at: seen.at,
        }
    }
}

fn pool(world: &World, row: &PoolRow) -> Pool {
    let heard = world.snapshot.observed.pools.get(&row.name);
    let members = world.servers.iter();
    let members = members.filter(|server| server.pool.as_ref() == Some(&row.name));
    // One server that is silent is a problem of its own; the pool is not seen any more when the last one is not.
    let seen = members.filter_map(|server| server.seen).max();
    let factor = world.run_of(&row.name).map_or(1, |_| AT_WORK);
    let pace = ASKED_EVERY.max(factor * world.servers.len() / LOOKS_A_SECOND);
    Pool {
        name: row.name.to_string(),
        env: row.env.clone(),
        light: row.light,
        state: row.state.to_owned(),
        seen: heard.and_then(|cluster| cluster.seen).min(seen),
        source_seconds: u32::try_from(pace).unwrap_or(u32::MAX),
        cpu_milli: part(row.cpus),
        memory_bytes: part(row.memory),
    }
}

fn part(four: Four) -> Part {
    let figures = [four.used, four.max];
    Part {
        used: four.used.map(|figure| figure.value),
        max: four.max.map(|figure| figure.value),
        partial: figures.into_iter().flatten().any(|figure| figure.partial),
    }
}

fn running(run: &Run, veil: &Veil<'_>) -> Running {
    let (done, all) = run.done();
    let who = run.record.by.split_whitespace().next();
    Running {
        light: ui::light(run).0,
        title: veil.over(&run.plan().effects.title),
        // Without the address that they came from.
        by: who.unwrap_or_default().to_owned(),
        phase: veil.over(&ui::now_doing(run)),
        done,
        all,
        since: run.record.accepted,
    }
}
