//! What is wrong with runs: those that wait for somebody, those that stand still, those that ended badly.

use jiff::{SignedDuration, Timestamp};

use super::{Light, Problem, Target};
use crate::{
    run::{Outcome, Run},
    store::snapshot::Snapshot,
};

/// A stuck or failed run is a problem for a week; then it is history.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 7);

/// All of them.
pub fn of_runs(snapshot: &Snapshot, now: Timestamp) -> Vec<Problem> {
    let mut found = Vec::new();
    for run in snapshot.runs.values() {
        if run.is_open() {
            found.extend(waits(run));
        }
        let bad = match &run.outcome {
            Some(Outcome::Stuck(why)) => Some((Light::Down, format!("stuck: {why}"))),
            Some(Outcome::Failed(why)) => Some((Light::Degraded, format!("failed: {why}"))),
            _ => None,
        };
        if let Some((light, why)) = bad
            && now.duration_since(run.last) < REMEMBERED
        {
            let why = why.lines().next().unwrap_or_default().to_owned();
            found.push(Problem::new(light, Target::Run(run.id()), why).since(Some(run.last)));
        }
    }
    found
}

/// What an open run waits for, each with the next action.
fn waits(run: &Run) -> Vec<Problem> {
    let target = || Target::Run(run.id());
    let mut found = Vec::new();
    for it in run.blockades() {
        let text = format!("{} (Enter, then A)", it.words());
        found.push(Problem::new(Light::Degraded, target(), text).since(Some(it.since)));
    }
    let blocked = |server| run.blockade(server).is_some();
    for (server, why) in run.parked.iter().filter(|(server, _)| !blocked(server)) {
        let why = why.lines().next().unwrap_or_default();
        let text = format!("{server} waits: {why}");
        found.push(Problem::new(Light::Degraded, target(), text));
    }
    if let Some((by, why)) = &run.paused {
        let text = format!("paused by {by}: {why} (Enter, then A)");
        found.push(Problem::new(Light::Maintenance, target(), text).since(run.paused_at));
    }
    found
}
