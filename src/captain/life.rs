//! A captain's beginning and end: the lease, and who still needs it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use super::{options::Options, state::State};
use crate::{
    fleet::Epoch,
    run::Fact,
    store::{
        Store, StoreError,
        record::{self, seen_key},
    },
};

/// How often a captain that waits for the lease looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A run that nobody carried on for that long goes on only after a new preview (PROTOCOL.md section 1).
const STOOD_STILL: SignedDuration = SignedDuration::from_mins(10);

/// The new term, and how long ago the last captain was alive (none: unknown). None when another holds
/// the lease and this captain was started only so that there is one.
///
/// # Errors
/// Those of the store.
pub async fn take_lease(
    store: &dyn Store,
    options: &Options,
) -> Result<Option<(Epoch, Option<Duration>)>, StoreError> {
    loop {
        let before = store.lease()?.map(|lease| lease.age);
        if let Some(epoch) = store.campaign(&options.holder)? {
            return Ok(Some((epoch, before)));
        }
        let mine = crate::store::LEASE;
        // The last captain may have been killed: its lease runs out within ten seconds.
        let alive = store.lease()?.is_some_and(|lease| lease.age < mine / 2);
        if options.until_idle && alive {
            return Ok(None);
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Pauses what stood still for too long; what was alive lately goes on by itself.
///
/// # Errors
/// Those of the store.
pub fn pause_what_stood_still(
    state: &mut State,
    captain_gone: Option<Duration>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let gone = captain_gone.and_then(|gone| SignedDuration::try_from(gone).ok());
    let open = state
        .snapshot
        .runs
        .values()
        .filter(|run| run.is_open() && run.paused.is_none());
    let still: Vec<_> = open
        .filter_map(|run| {
            let silent = now.duration_since(run.last);
            let stood = gone.map_or(silent, |gone| gone.min(silent));
            (STOOD_STILL < stood).then(|| (run.id(), stood.as_mins()))
        })
        .collect();
    for (id, minutes) in still {
        let why = format!("stood still for {minutes} min: look at it before it goes on");
        state.record(
            id,
            &[Fact::Paused {
                by: "captain".to_owned(),
                why,
            }],
            now,
        )?;
    }
    Ok(())
}

/// True when nobody looks, nothing runs and nothing is asked.
#[must_use]
pub fn is_unneeded(state: &State, idle_after: Duration, now: Timestamp) -> bool {
    let snapshot = &state.snapshot;
    let busy = snapshot
        .runs
        .values()
        .any(|run| run.is_open() && run.paused.is_none());
    let asked = snapshot.asks.values().any(|ask| ask.answer.is_none());
    if busy || asked {
        return false;
    }
    let Ok(readers) = state.store.seen(seen_key::READERS) else {
        return false;
    };
    let limit = SignedDuration::try_from(idle_after).unwrap_or(SignedDuration::MAX);
    !readers
        .values()
        .any(|at| record::looked(at).is_some_and(|at| now.duration_since(at) < limit))
}
