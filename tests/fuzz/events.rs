//! What stands in a store: records and events, folded to runs, and the rows that people see of it.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use pooldeck::{
    deck::world::World,
    fleet::{BootId, FleetId},
    run::{Event, Run, estimate::Times},
    store::{
        Commit, Store,
        machine::{Clock, Moment},
        memory::Memory,
        snapshot::Snapshot,
    },
};

use super::{now, text};

/// Lines `fact KEY JSON` and `seen KEY JSON`: read as a store, then worked out to what a deck shows.
pub fn events(data: &[u8]) {
    let text = text(data);
    let store = Memory::with(FleetId("91c2aa00bb11cc22".to_owned()), clock());
    let mut commit = Commit::default();
    let mut seen = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(kind), Some(key), Some(value)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        if let Ok(event) = serde_json::from_str::<Event>(value) {
            let printed = serde_json::to_string(&event).unwrap_or_default();
            assert_eq!(serde_json::from_str(&printed).ok(), Some(event), "an event");
        }
        match kind {
            "fact" => drop(commit.writes.insert(key.to_owned(), Some(value.to_owned()))),
            _ => drop(seen.insert(key.to_owned(), Some(value.to_owned()))),
        }
    }
    assert!(store.commit(&commit).is_ok() && store.see(&seen).is_ok());
    // What cannot be read is refused by name; what can be read can be shown.
    match Snapshot::read(&store) {
        Err(refused) => assert!(
            refused.to_string().contains("cannot be understood"),
            "{refused}"
        ),
        Ok(snapshot) => shown(snapshot),
    }
}

fn shown(snapshot: Snapshot) {
    for run in snapshot.runs.values() {
        folded(run);
    }
    drop(Times::of(&snapshot.runs, None));
    let world = World::of(snapshot, now());
    let (wrong, known) = world.wrong();
    assert_eq!(wrong + known, world.problems.len());
}

/// What a captain asks of each run that it finds.
fn folded(run: &Run) {
    let ready = run.ready(now());
    assert!(
        run.is_open() || ready.is_empty(),
        "a run that has ended does nothing"
    );
    for job in ready {
        assert!(run.plan().step(job.step).is_some(), "a step that there is");
    }
    drop(run.settled());
    drop(run.at_end());
    assert!(run.blockades().count() <= run.plan().steps.len());
    let (proved, all) = run.done();
    assert!(proved <= all);
}

/// A clock that stands still: the lease of such a store is nobody's.
fn clock() -> Clock {
    static CLOCK: OnceLock<Clock> = OnceLock::new();
    let still = || -> Clock {
        Arc::new(|| Moment {
            boot: BootId("boot".to_owned()),
            since: Duration::from_secs(1),
        })
    };
    CLOCK.get_or_init(still).clone()
}
