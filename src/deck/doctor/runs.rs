//! Runs that are open and that nobody carries on, without having said why.

use jiff::{SignedDuration, Timestamp};

use super::{Area, Finding};
use crate::{
    run::{Run, State},
    store::{LEASE, note::Severity, snapshot::Snapshot},
};

/// After that long a captain takes a run for one that stood still, and asks before it goes on.
const STOOD_STILL: SignedDuration = SignedDuration::from_mins(10);

pub(super) fn all(snapshot: &Snapshot, now: Timestamp) -> Vec<Finding> {
    let carried = snapshot
        .lease
        .as_ref()
        .is_some_and(|lease| lease.age <= LEASE);
    let open = snapshot
        .runs
        .values()
        .filter(|run| run.is_open() && run.paused.is_none());
    let still = open.filter(|run| !carried || stands_still(run, now));
    still
        .map(|run| {
            let (id, title) = (run.id(), &run.plan().effects.title);
            let minutes = now.duration_since(run.last).as_mins().max(0);
            Finding::new(
                Severity::Critical,
                (Area::Runs, &format!("run {id}")),
                format!("{title}: it is open, and nothing has happened in it for {minutes} min"),
                format!("`pooldeck run show {id}` shows where it stands; with a captain, `pooldeck run resume {id}` or `run cancel {id}`"),
            )
        })
        .collect()
}

/// Nothing is under way, nothing is waited for, and nothing has happened for long.
fn stands_still(run: &Run, now: Timestamp) -> bool {
    let at_work = |state: &State| {
        matches!(
            state,
            State::Running | State::Undoing | State::Retrying { .. } | State::UndoRetrying { .. }
        )
    };
    let busy = run.progress().any(|(_, progress)| at_work(&progress.state));
    let waits = !run.parked.is_empty() || !run.held.is_empty();
    !busy && !waits && STOOD_STILL < now.duration_since(run.last)
}
