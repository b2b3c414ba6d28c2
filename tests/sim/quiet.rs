//! A captain reads what is new, and nothing when nothing is.

use std::{sync::atomic::Ordering, time::Duration};

use pooldeck::{fleet::PoolName, run::Outcome};

use crate::site::{Site, create, destroy};

#[tokio::test(start_paused = true)]
async fn a_captain_with_nothing_to_do_reads_nothing() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    tokio::time::sleep(Duration::from_mins(1)).await;
    let before = site.store.lists.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert_eq!(site.store.lists.load(Ordering::SeqCst), before);
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn commit_by_commit_is_known_what_a_new_reading_would_say() {
    let site = Site::new(18, 3);
    let mut known = site.snapshot();
    let from = site.store.log.lock().unwrap().len();
    let captain = site.captain();
    for request in [create("fast", 4, 4), destroy("fast")] {
        let run = site.start(request).await;
        assert_eq!(site.ended(run).await, Outcome::Succeeded);
    }
    captain.abort();
    for writes in &site.store.log.lock().unwrap()[from..] {
        known.take(writes).unwrap();
    }
    let fresh = site.snapshot();
    assert_eq!(known.fleet, fresh.fleet);
    assert_eq!(known.runs, fresh.runs);
    assert_eq!(known.asks, fresh.asks);
    assert_eq!(known.records, fresh.records);
    assert_eq!(known.revision, fresh.revision);
    assert_eq!(known.revisions, fresh.revisions);
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_long_ago_is_forgotten() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(create("fast", 4, 4)).await;
    site.ended(run).await;
    assert!(!site.snapshot().asks.is_empty());
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert!(site.snapshot().asks.is_empty());
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_is_made_has_no_trouble_before_it_has_an_api() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(create("fast", 4, 4)).await;
    let fast: PoolName = "fast".parse().unwrap();
    let mut troubles = Vec::new();
    site.until("ended", |snapshot| {
        let seen = snapshot.observed.pools.get(&fast);
        troubles.extend(seen.and_then(|seen| seen.trouble.clone()));
        snapshot.runs[&run].outcome.clone()
    })
    .await;
    assert_eq!(troubles, Vec::<String>::new());
    let heard = site.snapshot().observed.pools[&fast].seen;
    assert!(heard.is_some(), "it is heard when its run has ended");
    captain.abort();
}
