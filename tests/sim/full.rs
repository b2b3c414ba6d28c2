//! The disk of the store is full for a while: nothing is begun, nothing is believed, and it goes on by itself.

use std::time::Duration;

use pooldeck::{
    fleet::{Bytes, RunId},
    plan::Request,
    run::{Outcome, Run, State},
    store::FREE_TO_START,
};
use tokio::time::sleep;

use crate::{
    crash::without_one,
    site::{Site, create, destroy, resize, story},
};

/// Far below what a commit needs.
const NEXT_TO_NOTHING: u64 = 1_000_000;
/// Enough for a commit, too little to begin something new.
const LITTLE: u64 = FREE_TO_START - 1;

fn room(site: &Site, free: Option<u64>) {
    *site.store.free.lock().unwrap() = free;
}

fn proved(run: &Run) -> usize {
    run.done().0
}

/// Waits until so many steps of a run are proved.
async fn once_proved(site: &Site, run: RunId, steps: usize) {
    while proved(&site.run(run)) < steps {
        sleep(Duration::from_millis(200)).await;
    }
}

/// How often each step of the run was applied on its server; more than once is too often.
fn twice(site: &Site, run: RunId) -> Vec<String> {
    let run = site.run(run);
    let mut found = Vec::new();
    for (step, _) in run.progress() {
        let line = format!("{} {} apply", run.id(), step.id.0);
        let applied = site.rack.applied(&step.subject);
        if 1 < applied.iter().filter(|it| **it == line).count() {
            found.push(format!("{} of {}", step.action.script(), step.subject));
        }
    }
    found
}

fn requests(site: &Site) -> [Request; 4] {
    let grow = resize("batch", "+4");
    [
        create("fast", 4, 4),
        grow,
        without_one(site, "web"),
        destroy("lab"),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_run_stands_still_while_the_disk_is_full_and_goes_on_by_itself() {
    let amounts = [0, NEXT_TO_NOTHING, LITTLE, NEXT_TO_NOTHING];
    for (number, free) in amounts.into_iter().enumerate() {
        let site = Site::new(18, 3);
        let request = requests(&site)[number].clone();
        let captain = site.captain();
        let run = site.start(request).await;
        let place = format!("{free} bytes free, request {number}");
        once_proved(&site, run, number * 2 + 1).await;
        room(&site, Some(free));
        // What was sent already comes to its end there.
        sleep(Duration::from_mins(1)).await;
        let before = site.run(run);
        let claims = site.rack.claims();
        sleep(Duration::from_mins(1)).await;
        let after = site.run(run);
        assert_eq!(before.events, after.events, "{place}: {}", story(&after));
        assert_eq!(claims, site.rack.claims(), "{place}");
        assert!(after.is_open(), "{place}: {}", story(&after));
        assert!(!captain.is_finished(), "{place}: the captain has ended");
        room(&site, None);
        let outcome = site.ended(run).await;
        let story = story(&site.run(run));
        assert_eq!(outcome, Outcome::Succeeded, "{place}: {story}");
        assert_eq!(twice(&site, run), Vec::<String>::new(), "{place}: {story}");
        site.judge();
        captain.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn while_there_is_little_room_nothing_new_starts_and_it_is_said_why() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    room(&site, Some(LITTLE));
    let refused = site.try_start(&resize("batch", "+4")).await.unwrap_err();
    assert!(refused.contains("199 MB are free"), "{refused}");
    assert_eq!(site.snapshot().runs.len(), 0);
    room(&site, None);
    let run = site.start(create("fast", 4, 4)).await;
    once_proved(&site, run, 3).await;
    room(&site, Some(LITTLE));
    let why = site.until("said", |snapshot| {
        snapshot.captain.as_ref()?.holds_back.clone()
    });
    assert_eq!(why.await, "only 199 MB are free at `memory`");
    sleep(Duration::from_mins(1)).await;
    let at_work = |run: &Run| run.progress().any(|(_, it)| it.state == State::Running);
    assert!(
        !at_work(&site.run(run)),
        "what was under way is stored, and nothing new began"
    );
    room(&site, None);
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    site.until("nothing holds it back", |snapshot| {
        let captain = snapshot.captain.as_ref()?;
        captain.holds_back.is_none().then_some(())
    })
    .await;
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fills_up_again_and_again_loses_nothing() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(create("fast", 4, 4)).await;
    let mut full = false;
    while site.run(run).is_open() {
        full = !full;
        room(&site, full.then_some(NEXT_TO_NOTHING));
        sleep(Duration::from_millis(if full { 700 } else { 4_300 })).await;
    }
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    assert_eq!(twice(&site, run), Vec::<String>::new());
    room(&site, None);
    site.judge();
    let free = site.snapshot().captain.and_then(|it| it.store_free);
    assert!(free.is_none_or(|free| free < Bytes(FREE_TO_START)));
    captain.abort();
}
