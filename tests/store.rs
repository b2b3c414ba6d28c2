//! What every store promises, whatever it is made of: one suite, run against each.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the answer")]

#[path = "store/lost.rs"]
mod lost;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use pooldeck::{
    fleet::{BootId, Epoch},
    store::{
        Commit, LEASE, Store, StoreError,
        machine::{Clock, Moment, new_fleet},
        memory::Memory,
        sqlite::Sqlite,
    },
};

use lost::a_lost_fleets_store_is_made_again_whole_and_under_no_captains_hands;

/// A store that can be opened again and again, and a clock that only the test moves.
struct Bench {
    open: Box<dyn Fn(Clock) -> Arc<dyn Store>>,
    moment: Arc<Mutex<Moment>>,
}

impl Bench {
    fn on(open: impl Fn(Clock) -> Arc<dyn Store> + 'static) -> Self {
        let moment = Moment {
            boot: BootId("first".to_owned()),
            since: Duration::from_mins(1),
        };
        Self {
            open: Box::new(open),
            moment: Arc::new(Mutex::new(moment)),
        }
    }

    fn clock(&self) -> Clock {
        let moment = Arc::clone(&self.moment);
        Arc::new(move || moment.lock().unwrap().clone())
    }

    fn store(&self) -> Arc<dyn Store> {
        (self.open)(self.clock())
    }

    fn wait(&self, time: Duration) {
        self.moment.lock().unwrap().since += time;
    }

    fn reboot(&self) {
        *self.moment.lock().unwrap() = Moment {
            boot: BootId("second".to_owned()),
            since: Duration::from_secs(61),
        };
    }
}

fn memory() -> Bench {
    let held: Mutex<Option<Arc<Memory>>> = Mutex::new(None);
    Bench::on(move |clock| {
        let mut held = held.lock().unwrap();
        let store = held.get_or_insert_with(|| Arc::new(Memory::with(new_fleet().unwrap(), clock)));
        Arc::clone(store) as Arc<dyn Store>
    })
}

fn sqlite() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    Bench::on(move |clock| {
        Arc::new(Sqlite::open_with_clock(&dir.path().join("pooldeck.db"), clock).unwrap())
    })
}

macro_rules! suite {
    ($($name:ident)*) => {
        mod memory {
            $(#[test] fn $name() { super::$name(&super::memory()); })*
        }
        mod sqlite {
            $(#[test] fn $name() { super::$name(&super::sqlite()); })*
        }
    };
}

suite! {
    what_was_committed_is_read_by_everybody
    a_key_that_is_not_there_has_revision_zero
    each_commit_raises_the_revisions_of_the_keys_that_it_writes_and_of_no_other
    a_commit_whose_reads_have_changed_writes_nothing
    a_key_that_was_deleted_and_made_again_is_not_the_one_that_was_read
    a_prefix_lists_its_keys_in_order_and_no_others
    of_many_who_raise_one_number_nobody_is_lost
    the_version_changes_with_every_commit_of_anybody_and_with_what_is_seen
    reading_does_not_change_the_version
    what_is_seen_is_read_by_everybody_and_is_apart_from_what_lasts
    one_lease_at_a_time_and_each_with_a_higher_epoch
    a_lease_that_is_not_renewed_lapses_after_ten_seconds
    a_lease_from_before_a_reboot_is_nobodys
    a_lease_that_was_given_back_is_free_at_once
    a_captain_whose_term_is_over_commits_nothing
    the_lease_says_who_and_how_long_ago
    every_opening_is_of_the_same_fleet
    a_lost_fleets_store_is_made_again_whole_and_under_no_captains_hands
}

fn put(key: &str, value: &str) -> Commit {
    Commit {
        writes: BTreeMap::from([(key.to_owned(), Some(value.to_owned()))]),
        ..Commit::default()
    }
}

fn delete(key: &str) -> Commit {
    Commit {
        writes: BTreeMap::from([(key.to_owned(), None)]),
        ..Commit::default()
    }
}

fn reading(key: &str, revision: u64, commit: Commit) -> Commit {
    Commit {
        reads: BTreeMap::from([(key.to_owned(), revision)]),
        ..commit
    }
}

fn under(epoch: Epoch, commit: Commit) -> Commit {
    Commit {
        epoch: Some(epoch),
        ..commit
    }
}

fn revision(store: &dyn Store, key: &str) -> u64 {
    store.get(key).unwrap().map_or(0, |fact| fact.revision)
}

fn what_was_committed_is_read_by_everybody(bench: &Bench) {
    let (one, other) = (bench.store(), bench.store());
    one.commit(&put("pool/web", "{\"cores\":8}")).unwrap();
    assert_eq!(
        other.get("pool/web").unwrap().unwrap().value,
        "{\"cores\":8}"
    );
    other.commit(&delete("pool/web")).unwrap();
    assert_eq!(one.get("pool/web").unwrap(), None);
}

fn a_key_that_is_not_there_has_revision_zero(bench: &Bench) {
    let store = bench.store();
    let make = reading("pool/web", 0, put("pool/web", "1"));
    store.commit(&make).unwrap();
    assert!(matches!(store.commit(&make), Err(StoreError::Conflict(key)) if key == "pool/web"));
}

fn each_commit_raises_the_revisions_of_the_keys_that_it_writes_and_of_no_other(bench: &Bench) {
    let store = bench.store();
    store.commit(&put("a", "1")).unwrap();
    store.commit(&put("b", "1")).unwrap();
    let (a, b) = (revision(&*store, "a"), revision(&*store, "b"));
    store.commit(&put("a", "1")).unwrap();
    assert!(revision(&*store, "a") > a);
    assert_eq!(revision(&*store, "b"), b);
}

fn a_commit_whose_reads_have_changed_writes_nothing(bench: &Bench) {
    let (one, other) = (bench.store(), bench.store());
    one.commit(&put("server/s01", "spare")).unwrap();
    let read = revision(&*one, "server/s01");
    other.commit(&put("server/s01", "in web")).unwrap();
    let mut late = reading("server/s01", read, put("server/s01", "in lab"));
    late.writes
        .insert("aaa".to_owned(), Some("first".to_owned()));
    assert!(matches!(one.commit(&late), Err(StoreError::Conflict(key)) if key == "server/s01"));
    assert_eq!(one.get("server/s01").unwrap().unwrap().value, "in web");
    assert_eq!(one.get("aaa").unwrap(), None);
}

fn a_key_that_was_deleted_and_made_again_is_not_the_one_that_was_read(bench: &Bench) {
    let store = bench.store();
    store.commit(&put("pool/web", "first")).unwrap();
    let read = revision(&*store, "pool/web");
    store.commit(&delete("pool/web")).unwrap();
    store.commit(&put("pool/web", "second")).unwrap();
    let late = reading("pool/web", read, put("pool/web", "third"));
    assert!(matches!(store.commit(&late), Err(StoreError::Conflict(_))));
}

fn a_prefix_lists_its_keys_in_order_and_no_others(bench: &Bench) {
    let store = bench.store();
    for key in ["run/2", "run/10", "run", "runs/1", "run/é", "pool/web"] {
        store.commit(&put(key, "x")).unwrap();
    }
    let keys = |prefix| -> Vec<String> { store.list(prefix).unwrap().into_keys().collect() };
    assert_eq!(keys("run/"), ["run/10", "run/2", "run/é"]);
    assert_eq!(keys("pool"), ["pool/web"]);
    assert_eq!(keys("").len(), 6);
    assert!(keys("zzz").is_empty());
}

fn of_many_who_raise_one_number_nobody_is_lost(bench: &Bench) {
    let raise = |store: Arc<dyn Store>| {
        for _ in 0..25 {
            loop {
                let now = store.get("n").unwrap();
                let read = now.as_ref().map_or(0, |fact| fact.revision);
                let next = now.map_or(0, |fact| fact.value.parse::<u32>().unwrap()) + 1;
                match store.commit(&reading("n", read, put("n", &next.to_string()))) {
                    Ok(()) => break,
                    Err(StoreError::Conflict(_)) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            let store = bench.store();
            scope.spawn(move || raise(store));
        }
    });
    assert_eq!(bench.store().get("n").unwrap().unwrap().value, "100");
}

fn the_version_changes_with_every_commit_of_anybody_and_with_what_is_seen(bench: &Bench) {
    let (one, other) = (bench.store(), bench.store());
    let mut last = one.version().unwrap();
    let mut changed = |by: &str| {
        let now = one.version().unwrap();
        assert_ne!(now, last, "{by}");
        last = now;
    };
    one.commit(&put("a", "1")).unwrap();
    changed("own commit");
    other.commit(&put("a", "2")).unwrap();
    changed("another's commit");
    other
        .see(&BTreeMap::from([("s".to_owned(), Some("1".to_owned()))]))
        .unwrap();
    changed("what another saw");
    one.see(&BTreeMap::from([("s".to_owned(), None)])).unwrap();
    changed("what was seen here");
    other.campaign("other").unwrap();
    changed("the lease");
}

fn reading_does_not_change_the_version(bench: &Bench) {
    let store = bench.store();
    store.commit(&put("a", "1")).unwrap();
    let version = store.version().unwrap();
    store.get("a").unwrap();
    store.list("").unwrap();
    store.seen("").unwrap();
    store.lease().unwrap();
    assert_eq!(store.version().unwrap(), version);
}

fn what_is_seen_is_read_by_everybody_and_is_apart_from_what_lasts(bench: &Bench) {
    let (one, other) = (bench.store(), bench.store());
    let saw = |key: &str, value: Option<&str>| (key.to_owned(), value.map(str::to_owned));
    one.see(&BTreeMap::from([
        saw("server/s01", Some("up")),
        saw("server/s02", Some("up")),
    ]))
    .unwrap();
    one.see(&BTreeMap::from([
        saw("server/s01", None),
        saw("server/s03", None),
    ]))
    .unwrap();
    let seen = other.seen("server/").unwrap();
    assert_eq!(
        seen,
        BTreeMap::from([("server/s02".to_owned(), "up".to_owned())])
    );
    assert!(other.list("").unwrap().is_empty());
}

fn one_lease_at_a_time_and_each_with_a_higher_epoch(bench: &Bench) {
    let (one, other) = (bench.store(), bench.store());
    assert_eq!(one.lease().unwrap(), None);
    let first = one.campaign("one").unwrap().unwrap();
    assert_eq!(other.campaign("other").unwrap(), None);
    assert_eq!(one.campaign("one").unwrap(), None, "not even to itself");
    bench.wait(LEASE + Duration::from_millis(1));
    let second = other.campaign("other").unwrap().unwrap();
    assert!(second > first);
    assert!(
        matches!(one.renew(first), Err(StoreError::Fenced { now, had }) if now == second && had == first)
    );
}

fn a_lease_that_is_not_renewed_lapses_after_ten_seconds(bench: &Bench) {
    let (one, other) = (bench.store(), bench.store());
    let epoch = one.campaign("one").unwrap().unwrap();
    for _ in 0..5 {
        bench.wait(Duration::from_secs(9));
        one.renew(epoch).unwrap();
    }
    bench.wait(LEASE);
    assert_eq!(
        other.campaign("other").unwrap(),
        None,
        "at ten seconds it still holds"
    );
    bench.wait(Duration::from_millis(1));
    assert!(other.campaign("other").unwrap().is_some());
}

fn a_lease_from_before_a_reboot_is_nobodys(bench: &Bench) {
    let epoch = bench.store().campaign("one").unwrap().unwrap();
    bench.reboot();
    let store = bench.store();
    assert_eq!(store.lease().unwrap().unwrap().age, Duration::MAX);
    assert!(store.campaign("other").unwrap().unwrap() > epoch);
}

fn a_lease_that_was_given_back_is_free_at_once(bench: &Bench) {
    let (one, other) = (bench.store(), bench.store());
    let first = one.campaign("one").unwrap().unwrap();
    one.resign(first).unwrap();
    assert!(matches!(one.renew(first), Err(StoreError::Fenced { .. })));
    let second = other.campaign("other").unwrap().unwrap();
    assert!(second > first);
    one.resign(first).unwrap();
    assert_eq!(
        one.campaign("one").unwrap(),
        None,
        "an old epoch gives nothing back"
    );
}

fn a_captain_whose_term_is_over_commits_nothing(bench: &Bench) {
    let (one, other) = (bench.store(), bench.store());
    let first = one.campaign("one").unwrap().unwrap();
    one.commit(&under(first, put("run/1", "mine"))).unwrap();
    bench.wait(LEASE * 2);
    one.commit(&under(first, put("run/1", "late, and still alone")))
        .unwrap();
    let second = other.campaign("other").unwrap().unwrap();
    assert!(matches!(
        one.commit(&under(first, put("run/1", "too late"))),
        Err(StoreError::Fenced { .. })
    ));
    let future = Epoch(second.0 + 1);
    assert!(matches!(
        one.commit(&under(future, put("run/1", "made up"))),
        Err(StoreError::Fenced { .. })
    ));
    other.resign(second).unwrap();
    assert!(matches!(
        other.commit(&under(second, put("run/1", "gone"))),
        Err(StoreError::Fenced { .. })
    ));
    assert_eq!(
        one.get("run/1").unwrap().unwrap().value,
        "late, and still alone"
    );
    one.commit(&put("request/1", "people need no term"))
        .unwrap();
}

fn the_lease_says_who_and_how_long_ago(bench: &Bench) {
    let store = bench.store();
    let epoch = store.campaign("ops1 on jump1, pid 812").unwrap().unwrap();
    bench.wait(Duration::from_millis(2500));
    let lease = store.lease().unwrap().unwrap();
    assert_eq!(lease.holder, "ops1 on jump1, pid 812");
    assert_eq!(
        (lease.epoch, lease.age),
        (epoch, Duration::from_millis(2500))
    );
    store.resign(epoch).unwrap();
    assert_eq!(store.lease().unwrap().unwrap().age, Duration::MAX);
}

fn every_opening_is_of_the_same_fleet(bench: &Bench) {
    assert_eq!(bench.store().fleet(), bench.store().fleet());
    assert_eq!(bench.store().fleet().0.len(), 16);
}
