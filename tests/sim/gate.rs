//! What may not begin: a step that somebody forbade while it was looked at, anything on another machine, anything under a pause.

use std::time::Duration;

use pooldeck::{
    fleet::{self, MachineId, Role, RunId, ServerName, TroubleKind, Verb},
    plan::{Action, Move},
    run::{Outcome, State},
    sim::Lie,
    store::{
        record::{Answer, What},
        snapshot::Snapshot,
    },
};

use crate::{
    crash::without_one,
    site::{Site, create, newcomer, resize, state, story},
};

fn control_plane(site: &Site, pool: &str) -> ServerName {
    let pool = site.pool(pool).unwrap();
    let (server, _) = pool.with_role(Role::ControlPlane).next().unwrap();
    server.clone()
}

/// A worker leaves the pool, and the first look at its drain lasts: the run, the worker and its control plane, at that moment.
pub async fn looking_at_a_drain(site: &Site) -> (RunId, ServerName) {
    let executor = control_plane(site, "web");
    site.rack
        .spoil(&executor, "drain", Verb::Check, Lie::Takes(60), 1);
    let request = without_one(site, "web");
    let run = site.start(request).await;
    let leaves = site.run(run).plan().effects.outgoing[0].server.clone();
    site.reaches(run, Action::Cordon, &leaves, &State::Proved)
        .await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    (run, leaves)
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_cancelled_while_it_is_looked_at_never_begins() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, leaves) = looking_at_a_drain(&site).await;
    site.ask(What::Cancel(run)).await;
    assert_eq!(site.ended(run).await, Outcome::Cancelled);
    let ended = site.run(run);
    assert_eq!(state(&ended, Action::Drain, &leaves), State::Waiting);
    assert!(site.pool("web").unwrap().members.contains_key(&leaves));
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_paused_while_it_is_looked_at_begins_when_the_run_goes_on() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, leaves) = looking_at_a_drain(&site).await;
    site.ask(What::Pause(run)).await;
    tokio::time::sleep(Duration::from_mins(20)).await;
    let paused = site.run(run);
    assert_eq!(state(&paused, Action::Drain, &leaves), State::Waiting);
    site.ask(What::Resume(run)).await;
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_failure_does_not_lift_a_pause() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(create("fast", 4, 4)).await;
    let server = newcomer(&site.run(run), Role::ControlPlane);
    site.rack.spoil(&server, "init", Verb::Apply, Lie::Hangs, 1);
    site.reaches(run, Action::Init, &server, &State::Running)
        .await;
    site.ask(What::Pause(run)).await;
    let unwinds = |snapshot: &Snapshot| snapshot.runs[&run].unwinding.as_ref().map(|_| ());
    site.until("failed", unwinds).await;
    tokio::time::sleep(Duration::from_mins(10)).await;
    let paused = site.run(run);
    assert!(paused.paused.is_some(), "{}", story(&paused));
    let undone = paused.progress().filter(|(_, it)| it.undo_began.is_some());
    assert_eq!(undone.count(), 0, "{}", story(&paused));
    site.ask(What::Resume(run)).await;
    assert!(matches!(site.ended(run).await, Outcome::Failed(_)));
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn another_machine_at_the_address_of_a_server_is_never_touched() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(resize("batch", "+4")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    site.rack
        .spoil(&server, "prepare", Verb::Check, Lie::Takes(5), 1);
    site.until("claimed", |_| site.rack.claim(&server)).await;
    let before = site.rack.machine(&server, |machine| {
        let other = MachineId("00000000000000000000000000000000".to_owned());
        std::mem::replace(&mut machine.hardware.machine, other)
    });
    let applied = site.rack.applied(&server);
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(
        site.rack.applied(&server),
        applied,
        "{}",
        story(&site.run(run))
    );
    site.rack.machine(&server, |machine| {
        machine.hardware.machine = before.unwrap();
    });
    site.ask(What::Resume(run)).await;
    site.ended(run).await;
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn what_a_control_plane_refuses_parks_the_control_plane_and_not_who_joins() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let executor = control_plane(&site, "batch");
    let run = site.start(resize("batch", "+4")).await;
    let joins = newcomer(&site.run(run), Role::Worker);
    site.rack
        .spoil(&joins, "join", Verb::Check, Lie::Takes(20), 1);
    site.reaches(run, Action::Network, &joins, &State::Proved)
        .await;
    site.rack
        .trouble(&executor, Some(TroubleKind::Authentication));
    let parked = site.until("parked", |snapshot| {
        let parked = &snapshot.runs[&run].parked;
        (!parked.is_empty()).then(|| parked.clone())
    });
    let parked = parked.await;
    assert_eq!(parked.keys().collect::<Vec<_>>(), [&executor]);
    site.rack.trouble(&executor, None);
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_a_run_let_go_of_is_spare_when_it_was_looked_at_again_and_not_before() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(without_one(&site, "web")).await;
    let leaves = site.run(run).plan().effects.outgoing[0].server.clone();
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    let snapshot = site.snapshot();
    let left = snapshot.fleet.left[&leaves];
    let now = site.rack.clock.now();
    let mut seen = snapshot.observed.servers[&leaves].clone();
    seen.seen = Some(left);
    let standing = |seen| fleet::standing(&snapshot.fleet, Some(seen), &leaves, now);
    assert_eq!(standing(&seen).word(), "unknown");
    site.until("looked at again", |snapshot| {
        (snapshot.observed.servers[&leaves].seen > Some(left)).then_some(())
    })
    .await;
    site.start(resize("web", "+1")).await;
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_somebody_rebooted_meanwhile_waits_for_a_person() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(resize("batch", "+4")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    site.rack
        .spoil(&server, "join", Verb::Apply, Lie::Reboots, 1);
    let why = site.held(run, &server).await;
    let said = format!("it was rebooted while run {run} worked on it\nhint: ");
    assert!(why.starts_with(&said), "{why}");
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert!(site.run(run).is_open());
    site.ask(What::Resume(run)).await;
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_run_with_a_rebooted_server_can_be_cancelled() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(resize("batch", "+4")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    site.rack
        .spoil(&server, "join", Verb::Apply, Lie::Reboots, 1);
    site.held(run, &server).await;
    site.ask(What::Cancel(run)).await;
    assert_eq!(site.ended(run).await, Outcome::Cancelled);
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_node_whose_cordon_somebody_lifted_waits_for_a_person_and_is_cordoned_again() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, leaves) = looking_at_a_drain(&site).await;
    site.rack.cluster("web", |cluster| {
        cluster.nodes.get_mut(leaves.as_str()).unwrap().cordoned = None;
    });
    let why = site.held(run, &leaves).await;
    assert!(
        why.starts_with("it was uncordoned by somebody else"),
        "{why}"
    );
    tokio::time::sleep(Duration::from_hours(1)).await;
    let waits = site.run(run);
    assert_eq!(state(&waits, Action::StopKubelet, &leaves), State::Waiting);
    site.ask(What::Resume(run)).await;
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_does_not_go_on_where_it_is_worse_than_was_confirmed() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let plan = site.plan(&create("fast", 4, 4)).await.unwrap();
    let worker = |it: &&Move| it.role == Role::Worker;
    let server = plan.effects.incoming.iter().find(worker).unwrap();
    let server = server.server.clone();
    site.rack
        .spoil(&server, "claim", Verb::Check, Lie::Takes(60), 1);
    let run = site.start(create("fast", 4, 4)).await;
    site.ask(What::Pause(run)).await;
    let serve = |what: &[&str]| {
        site.rack.machine(&server, |machine| {
            machine.strangers.listeners = what.iter().map(ToString::to_string).collect();
        });
    };
    serve(&["mysqld on 3306"]);
    let answer = site.ask(What::Resume(run)).await;
    let Answer::Refused(why) = answer else {
        panic!("{answer:?}");
    };
    let said = format!("{server} is no longer spare: in use: ");
    assert!(why.contains(&said), "{why}");
    assert!(site.run(run).paused.is_some());
    serve(&[]);
    site.ask(What::Resume(run)).await;
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    site.judge();
    captain.abort();
}
