//! What is wrong with runs: those that wait, and those that ended badly of late.

use jiff::{SignedDuration, Timestamp};

use super::{Light, Problem, Target};
use crate::{run::Outcome, store::snapshot::Snapshot};

/// A stuck or failed run is a problem for a week; then it is history.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 7);

pub(super) fn all(snapshot: &Snapshot, now: Timestamp) -> Vec<Problem> {
    let mut found = Vec::new();
    for run in snapshot.runs.values() {
        let target = || Target::Run(run.id());
        for (server, why) in &run.parked {
            if run.is_open() {
                let why = why.lines().next().unwrap_or_default();
                found.push(Problem::new(
                    Light::Degraded,
                    target(),
                    &format!("{server} waits"),
                    format!("{server} waits: {why}"),
                ));
            }
        }
        let bad = match &run.outcome {
            Some(Outcome::Stuck(why)) => Some((Light::Down, "stuck", why)),
            Some(Outcome::Failed(why)) => Some((Light::Degraded, "failed", why)),
            _ => None,
        };
        if let Some((light, kind, why)) = bad
            && now.duration_since(run.last) < REMEMBERED
        {
            let text = format!("{kind}: {}", why.lines().next().unwrap_or_default());
            found.push(Problem::new(light, target(), kind, text).since(Some(run.last)));
        }
    }
    found
}
