//! Captains that are killed at every commit, connections that are cut at every command, and chance.

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use pooldeck::{
    fleet::{Role, RunId, ServerName, Verb},
    plan::{Action, On, Request},
    run::{Outcome, State},
    sim::{Cut, Lie},
};

use crate::{
    maintenance::setting_aside,
    site::{Site, create, destroy, newcomer, resize, state, story},
};

/// The room of these tests: small, so that every place can be tried.
fn room() -> Site {
    Site::new(18, 3)
}

/// How often each step was applied, all servers together.
fn counters(site: &Site) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    let servers = site.snapshot().fleet.servers.into_keys();
    for line in servers.flat_map(|server: ServerName| site.rack.applied(&server)) {
        *counted.entry(line).or_default() += 1;
    }
    counted
}

/// Each of the run's steps was applied once; what runs kubectl may be asked again, since nobody waits for it.
fn applied_once(site: &Site, run: RunId, place: &str) {
    let counted = counters(site);
    let run = site.run(run);
    for (step, progress) in run
        .progress()
        .filter(|(step, _)| step.action.on() == On::Subject)
    {
        let line = format!("{} {} apply", run.id(), step.id.0);
        let count = counted.get(&line).copied().unwrap_or(0);
        let once = usize::from(progress.changes);
        assert_eq!(
            count,
            once,
            "{place}: {} of {} was applied {count} times\n{}",
            step.action.script(),
            step.subject,
            story(&run)
        );
    }
}

/// One request in a fresh room, undisturbed or not.
async fn live(site: &Site, request: Request, place: &str) -> RunId {
    let run = site.start(request).await;
    let outcome = site.ended(run).await;
    assert_eq!(
        outcome,
        Outcome::Succeeded,
        "{place}: {}",
        story(&site.run(run))
    );
    site.judge();
    run
}

/// A worker of that pool leaves.
pub fn without_one(site: &Site, name: &str) -> Request {
    let pool = site.pool(name).unwrap();
    let (server, _) = pool.with_role(Role::Worker).next().unwrap();
    let Request::Resize(mut wish) = resize(name, "0") else {
        unreachable!()
    };
    (wish.cores, wish.remove) = (None, [server.clone()].into());
    Request::Resize(wish)
}

fn requests() -> [Request; 5] {
    [
        create("fast", 4, 4),
        resize("batch", "+4"),
        without_one(&room(), "web"),
        destroy("lab"),
        setting_aside(&room()).1,
    ]
}

/// How many places there are: commits and commands of the undisturbed history.
async fn places(request: Request) -> (u64, u64) {
    let site = room();
    let captain = site.captain();
    live(&site, request, "undisturbed").await;
    captain.abort();
    (
        site.store.commits.load(Ordering::SeqCst),
        site.rack.commands(),
    )
}

/// Every place with `POOLDECK_CRASH=all`, else every so many.
fn stride(otherwise: usize) -> usize {
    if std::env::var("POOLDECK_CRASH").is_ok_and(|value| value == "all") {
        1
    } else {
        otherwise
    }
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_commit_the_next_captain_finishes_the_run_and_applies_nothing_twice() {
    let mut tried = 0;
    for request in requests() {
        let (commits, _) = places(request.clone()).await;
        for at in (0..commits).step_by(stride(17)) {
            for written in [false, true] {
                let site = room();
                *site.store.dies.lock().unwrap() = Some((at, written));
                let captains = site.captains();
                let place = format!("killed at commit {at} of {commits} (written: {written})");
                let run = live(&site, request.clone(), &place).await;
                applied_once(&site, run, &place);
                captains.abort();
                tried += 1;
            }
        }
    }
    println!("{tried} crash points");
}

#[tokio::test(start_paused = true)]
async fn cut_off_at_any_command_the_run_goes_on_and_applies_nothing_twice() {
    let mut tried = 0;
    for request in requests() {
        let (_, commands) = places(request.clone()).await;
        for (at, cut) in (0..commands)
            .step_by(stride(23))
            .zip([Cut::Before, Cut::During, Cut::After].into_iter().cycle())
        {
            let site = room();
            site.rack.cut(at, cut);
            let captain = site.captain();
            let place = format!("cut {cut:?} command {at} of {commands}");
            let run = live(&site, request.clone(), &place).await;
            applied_once(&site, run, &place);
            captain.abort();
            tried += 1;
        }
    }
    println!("{tried} cuts");
}

#[tokio::test(start_paused = true)]
async fn work_that_takes_long_goes_on_when_the_captain_is_killed() {
    let site = room();
    for server in site.snapshot().fleet.servers.keys() {
        site.rack
            .spoil(server, "prepare", Verb::Apply, Lie::Takes(600), 1);
    }
    let captain = site.captain();
    let run = site.start(create("fast", 4, 4)).await;
    site.until("prepared", |snapshot| {
        let mut steps = snapshot.runs.get(&run)?.progress();
        steps
            .any(|(step, at)| step.action == Action::Prepare && at.state == State::Running)
            .then_some(())
    })
    .await;
    captain.abort();
    let next = site.captain();
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    applied_once(&site, run, "killed while prepare took ten minutes");
    site.judge();
    next.abort();
}

#[tokio::test(start_paused = true)]
async fn the_time_without_a_captain_is_no_part_of_a_steps_deadline() {
    let site = room();
    let captain = site.captain();
    let run = site.start(resize("batch", "+4")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    // A minute is all that a network step has: its second try ends long after that, and not well either.
    site.rack
        .spoil(&server, "network", Verb::Apply, Lie::Fails(75), 2);
    site.until("tried once", |snapshot| {
        let now = state(&snapshot.runs[&run], Action::Network, &server);
        matches!(now, State::Retrying { .. }).then_some(())
    })
    .await;
    captain.abort();
    tokio::time::sleep(Duration::from_mins(5)).await;
    let next = site.captain();
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    site.judge();
    next.abort();
}
