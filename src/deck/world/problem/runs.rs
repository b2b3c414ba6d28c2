//! What is wrong with runs: those that wait for somebody, those that stand still, those that ended badly of late.

use jiff::{SignedDuration, Timestamp};

use super::{Light, Problem, Target};
use crate::{
    run::{Outcome, Run},
    store::snapshot::Snapshot,
};

/// A stuck or failed run is a problem for a week; then it is history.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 7);

pub(super) fn all(snapshot: &Snapshot, now: Timestamp) -> Vec<Problem> {
    let mut found = Vec::new();
    for run in snapshot.runs.values() {
        if run.is_open() {
            found.extend(waits(run));
        }
        let bad = match &run.outcome {
            Some(Outcome::Stuck(why)) => Some((Light::Down, "stuck", why)),
            Some(Outcome::Failed(why)) => Some((Light::Degraded, "failed", why)),
            _ => None,
        };
        if let Some((light, kind, why)) = bad
            && now.duration_since(run.last) < REMEMBERED
        {
            let target = Target::Run(run.id());
            let text = format!("{kind}: {}", why.lines().next().unwrap_or_default());
            found.push(Problem::new(light, target, kind, text).since(Some(run.last)));
        }
    }
    found
}

/// What an open run waits for, each with the next action.
fn waits(run: &Run) -> Vec<Problem> {
    let target = || Target::Run(run.id());
    let mut found = Vec::new();
    for it in run.blockades() {
        let text = it.words();
        let kind = format!("{} blocked", it.server);
        let problem = Problem::new(Light::Degraded, target(), &kind, text);
        found.push(problem.since(Some(it.since)));
    }
    let blocked = |server| run.blockade(server).is_some();
    for (server, why) in run.parked.iter().filter(|(server, _)| !blocked(server)) {
        let why = why.lines().next().unwrap_or_default();
        let text = format!("{server} waits: {why}");
        let kind = format!("{server} waits");
        found.push(Problem::new(Light::Degraded, target(), &kind, text));
    }
    if let Some((by, why)) = &run.paused {
        let text = format!("paused by {by}: {why}");
        let problem = Problem::new(Light::Maintenance, target(), "paused", text);
        found.push(problem.since(run.paused_at));
    }
    found
}
