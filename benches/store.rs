//! What the store costs: a commit waits for the disk; polling for news must cost next to nothing.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark stops where it cannot go on"
)]

use std::collections::BTreeMap;

use divan::Bencher;
use pooldeck::{
    fleet::Epoch,
    store::{Commit, Store, sqlite::Sqlite},
};
use tempfile::TempDir;

fn main() {
    divan::main();
}

fn store() -> (TempDir, Sqlite) {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&dir.path().join("pooldeck.db")).unwrap();
    (dir, store)
}

/// What a probe tells of a server, about as long as in the field.
fn seen(servers: usize) -> BTreeMap<String, Option<String>> {
    let value = "{\"cores\":64}".repeat(50);
    (0..servers)
        .map(|n| (format!("server/s{n:05}"), Some(value.clone())))
        .collect()
}

/// One event of a run: the run's record and the event, fenced, synced.
#[divan::bench(sample_count = 200, sample_size = 1)]
fn commit(bencher: Bencher<'_, '_>) {
    let (_dir, store) = store();
    let epoch: Epoch = store.campaign("bench").unwrap().unwrap();
    let mut number = 0;
    bencher.bench_local(|| {
        number += 1;
        let writes = BTreeMap::from([
            ("run/00000001".to_owned(), Some("{}".repeat(500))),
            (
                format!("run/00000001/event/{number:06}"),
                Some("{}".repeat(100)),
            ),
        ]);
        let commit = Commit {
            writes,
            epoch: Some(epoch),
            ..Commit::default()
        };
        store.commit(&commit).unwrap();
    });
}

/// Asking whether there is news, every 100 ms.
#[divan::bench]
fn version(bencher: Bencher<'_, '_>) {
    let (_dir, store) = store();
    bencher.bench_local(|| store.version().unwrap());
}

/// Writing down what a second of probes has told.
#[divan::bench(args = [24, 500], sample_count = 50, sample_size = 1)]
fn see(bencher: Bencher<'_, '_>, servers: usize) {
    let (_dir, store) = store();
    let seen = seen(servers);
    bencher.bench_local(|| store.see(&seen).unwrap());
}

/// Reading all that was seen, after news.
#[divan::bench(args = [1_000, 10_000], sample_count = 20, sample_size = 1)]
fn list_seen(bencher: Bencher<'_, '_>, servers: usize) {
    let (_dir, store) = store();
    store.see(&seen(servers)).unwrap();
    bencher.bench_local(|| store.seen("server/").unwrap());
}

/// A copy of a store with two thousand facts.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn copy(bencher: Bencher<'_, '_>) {
    let (_dir, store) = store();
    let commit = Commit {
        writes: seen(2_000),
        ..Commit::default()
    };
    store.commit(&commit).unwrap();
    bencher.bench_local(|| store.copy().unwrap());
}
