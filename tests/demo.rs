//! The demo lives: other processes see its servers and pools through the store, and it is gone when it ends.

#![expect(clippy::unwrap_used, reason = "a test that fails by it says so")]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use pooldeck::{
    sim::demo::{Demo, Options, demo},
    store::{Store, StoreError, place::Place, snapshot::Snapshot, sqlite::Sqlite},
};

fn small() -> Options {
    Options {
        servers: 24,
        seed: 7,
    }
}

/// What another process sees once every server was tried and every pool was heard.
fn seen(demo: &Demo) -> Snapshot {
    let file = Path::new(demo.place.strip_prefix("sqlite:").unwrap());
    let other: Arc<dyn Store> = Place::Named(file.to_owned()).open().unwrap();
    let limit = Instant::now() + Duration::from_secs(30);
    loop {
        let snapshot = Snapshot::read(other.as_ref()).unwrap();
        let heard = snapshot
            .observed
            .pools
            .values()
            .filter(|pool| pool.trouble.is_none());
        let all = snapshot.observed.servers.len() == snapshot.fleet.servers.len();
        if all && !snapshot.fleet.servers.is_empty() && heard.count() == 3 {
            return snapshot;
        }
        assert!(Instant::now() < limit, "{:?}", snapshot.observed.pools);
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_demo_shows_a_living_room_to_other_processes_and_leaves_nothing_behind() {
    let demo = demo(small(), None).unwrap();
    let it = seen(&demo);
    assert_eq!(it.fleet.servers.len(), 24);
    let pools: Vec<&str> = it
        .fleet
        .pools
        .keys()
        .map(pooldeck::fleet::PoolName::as_str)
        .collect();
    assert_eq!(pools, ["batch", "lab", "web"]);
    for pool in it.fleet.pools.values() {
        let nodes = &it.observed.pools[&pool.name].nodes;
        assert_eq!(nodes.len(), pool.members.len(), "{}", pool.name);
        assert!(
            nodes
                .values()
                .all(|node| node.ready && node.req_millicores > 0),
            "{nodes:?}"
        );
    }
    let words = it.fleet.servers.keys().map(|name| {
        let now = jiff::Timestamp::now();
        pooldeck::fleet::standing(&it.fleet, it.observed.servers.get(name), name, now).word()
    });
    let words: std::collections::BTreeSet<&str> = words.collect();
    for word in [
        "ok",
        "spare",
        "in use",
        "not ours",
        "unknown",
        "not offered",
    ] {
        assert!(words.contains(word), "{word} is missing: {words:?}");
    }
    let file = Path::new(demo.place.strip_prefix("sqlite:").unwrap()).to_owned();
    drop(demo);
    assert!(!file.exists(), "{} is left", file.display());
}

#[test]
fn a_demo_goes_on_in_a_store_that_was_named_and_refuses_one_that_is_not_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let place = format!("sqlite:{}", dir.path().join("demo.db").display());
    let first = demo(small(), Some(&place)).unwrap();
    let before = seen(&first).fleet;
    drop(first);
    let other = Options {
        servers: 100,
        seed: 9,
    };
    let again = demo(other, Some(&place)).unwrap();
    let after = seen(&again).fleet;
    assert_eq!(after.pools, before.pools);
    assert_eq!(after.machines, before.machines);
    drop(again);

    let real = dir.path().join("real.db");
    let store = Sqlite::open(&real).unwrap();
    let mut commit = pooldeck::store::Commit::default();
    commit
        .writes
        .insert("inventory".to_owned(), Some("{}".to_owned()));
    store.commit(&commit).unwrap();
    let refused = demo(small(), Some(&format!("sqlite:{}", real.display())));
    let Err(StoreError::Place(why)) = refused else {
        panic!("a real store was taken for a demo's");
    };
    assert!(why.contains("is not a demo's store"), "{why}");
}
