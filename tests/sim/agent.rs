//! A captain whose logins hang on a forwarded agent: said beforehand, parked when it is gone, and gone on with when it is back.

use std::{sync::Arc, time::Duration};

use pooldeck::{
    captain::{Ending, Options, captain},
    deck::{World, runbook},
    fleet::{RunId, ServerName, TroubleKind},
    plan::{Plan, plan},
    run::{Outcome, Run},
    store::{Store, StoreError, snapshot::Snapshot},
};
use tokio::{task::JoinHandle, time::sleep};

use crate::site::{Site, create, story};

/// A captain that somebody started over SSH, with an agent behind it or not.
fn begun(site: &Site, forwarded_agent: bool) -> JoinHandle<Result<Ending, StoreError>> {
    let store: Arc<dyn Store> = site.store.clone();
    let rack = Arc::new(site.rack.clone());
    let options = Options {
        forwarded_agent,
        ..site.options()
    };
    tokio::spawn(captain(store, Arc::clone(&rack), rack, options))
}

/// The preview as deck and command line make it: with what the captain says of its place.
async fn preview(site: &Site) -> Plan {
    let request = create("fast", 4, 4);
    site.plan(&request).await.unwrap();
    let place = site.until("introduced", |snapshot| {
        Some(snapshot.captain.as_ref()?.site())
    });
    let (place, it) = (place.await, site.snapshot());
    let now = site.rack.clock.now();
    plan(&it.fleet, &it.observed, &request, now, &place).unwrap()
}

fn every(site: &Site, trouble: Option<TroubleKind>) {
    let servers = site.snapshot().fleet.servers.into_keys();
    servers.for_each(|server| site.rack.trouble(&server, trouble));
}

/// Servers of the run that wait for a key.
fn waiting(run: &Run) -> Vec<ServerName> {
    let parked = run.parked.iter();
    let wait = parked.filter(|(_, why)| why.starts_with("needs a key"));
    wait.map(|(server, _)| server.clone()).collect()
}

fn is_begun(snapshot: &Snapshot, run: RunId) -> Option<()> {
    (snapshot.runs[&run].done().0 > 0).then_some(())
}

#[tokio::test(start_paused = true)]
async fn the_preview_says_that_the_run_parks_when_its_person_logs_out() {
    let says = |plan: &Plan| {
        let mut notes = plan.effects.notes.iter();
        notes.any(|it| it.starts_with("this run parks when you log out"))
    };
    let mut ids = Vec::new();
    for forwarded in [true, false] {
        let site = Site::new(18, 3);
        drop(begun(&site, forwarded));
        let plan = preview(&site).await;
        assert_eq!(says(&plan), forwarded, "{:?}", plan.effects.notes);
        ids.push(plan.id);
    }
    assert_eq!(
        ids[0], ids[1],
        "it is a word, and no part of what is promised"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_key_is_gone_waits_for_it_says_so_and_goes_on_by_itself() {
    let site = Site::new(18, 3);
    let captain = begun(&site, true);
    let run = site.start(create("fast", 4, 4)).await;
    site.until("begun", |snapshot| is_begun(snapshot, run))
        .await;
    every(&site, Some(TroubleKind::NeedsKey));
    let servers = site.until("parked", |snapshot| {
        let waiting = waiting(&snapshot.runs[&run]);
        (!waiting.is_empty()).then_some(waiting)
    });
    let servers = servers.await;
    // Longer than any step may take, and than a server may be away.
    sleep(Duration::from_mins(45)).await;
    let it = site.run(run);
    assert!(it.is_open() && it.failure.is_none(), "{}", story(&it));
    assert!(
        it.held.is_empty(),
        "nobody has to say go on: {}",
        story(&it)
    );
    let world = World::of(site.snapshot(), site.rack.clock.now());
    for server in &servers {
        let mut problems = world.problems.iter();
        let said = |text: &str| text.contains(&format!("{server} waits: needs a key"));
        assert!(problems.any(|it| said(&it.text)), "{:?}", world.problems);
        let what = runbook::of_server(&world, server);
        assert!(what[0].contains("log in with your agent again"), "{what:?}");
        let row = world.server(server).unwrap();
        assert!(!row.state.contains("unreachable"), "{}", row.state);
    }
    every(&site, None);
    sleep(Duration::from_mins(1)).await;
    assert!(!captain.is_finished(), "{:?}", captain.await);
    let outcome = site.ended(run).await;
    let it = site.run(run);
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&it));
    for (step, _) in it.progress() {
        let line = format!("{run} {} apply", step.id.0);
        let applied = site.rack.applied(&step.subject);
        assert!(
            applied.iter().filter(|it| **it == line).count() <= 1,
            "{line}"
        );
    }
    site.judge();
}
