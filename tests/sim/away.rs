//! Servers that are out of reach for a while, or for good; what could not be taken back.

use std::time::Duration;

use pooldeck::{
    fleet::{Role, ServerName, Standing, TroubleKind, Verb, standing},
    plan::{Action, Destroy, Request},
    run::{Outcome, State},
    sim::Lie,
    store::record::What,
};

use crate::site::{Site, create, newcomer, resize, story};

#[tokio::test(start_paused = true)]
async fn a_control_plane_that_is_away_for_ten_minutes_fails_nothing() {
    let mut site = Site::new(18, 3);
    site.away = Duration::from_mins(15);
    let captain = site.captain();
    let run = site.start(create("fast", 4, 4)).await;
    let server = newcomer(&site.run(run), Role::ControlPlane);
    site.reaches(run, Action::Prepare, &server, &State::Proved)
        .await;
    site.rack.trouble(&server, Some(TroubleKind::Unreachable));
    tokio::time::sleep(Duration::from_mins(10)).await;
    site.rack.trouble(&server, None);
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_is_destroyed_without_drain_keeps_no_dead_server_and_the_dead_one_owes() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let pool = site.pool("lab").unwrap();
    let (dead, _) = pool.with_role(Role::Worker).next().unwrap();
    site.rack.power_off(dead);
    tokio::time::sleep(Duration::from_secs(30)).await;
    let request = Request::Destroy(Destroy {
        pool: "lab".parse().unwrap(),
        without_drain: true,
    });
    let run = site.start(request).await;
    let outcome = site.ended(run).await;
    let without = Outcome::SucceededWithout(vec![dead.clone()]);
    assert_eq!(outcome, without, "{}", story(&site.run(run)));
    assert!(site.pool("lab").is_none());
    assert!(site.snapshot().fleet.debts.contains_key(dead));
    site.rack.power_on(dead);
    site.until("paid", |snapshot| {
        let fleet = &snapshot.fleet;
        (!fleet.debts.contains_key(dead) && !fleet.busy.contains_key(dead)).then_some(())
    })
    .await;
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_undo_failed_keeps_its_claim_and_owes() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(resize("batch", "+4")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    site.rack
        .spoil(&server, "join", Verb::Apply, Lie::Takes(20), 1);
    site.rack
        .spoil(&server, "join", Verb::Undo, Lie::Fails(1), 1);
    site.reaches(run, Action::Join, &server, &State::Running)
        .await;
    site.ask(What::Cancel(run)).await;
    let outcome = site.ended(run).await;
    assert!(matches!(outcome, Outcome::Stuck(_)), "{outcome:?}");
    let told = story(&site.run(run));
    assert!(site.rack.claim(&server).is_some(), "{told}");
    site.until("owed or paid", |snapshot| {
        let fleet = &snapshot.fleet;
        let paid = snapshot.runs.len() > 1 && !fleet.debts.contains_key(&server);
        (paid && !fleet.busy.contains_key(&server)).then_some(())
    })
    .await;
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_says_so_and_is_not_so_is_not_believed() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(resize("batch", "+4")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    site.rack
        .spoil(&server, "network", Verb::Undo, Lie::SaysButDoesNot, 1);
    site.reaches(run, Action::Network, &server, &State::Proved)
        .await;
    site.ask(What::Cancel(run)).await;
    let outcome = site.ended(run).await;
    assert!(
        matches!(outcome, Outcome::Stuck(_)),
        "{outcome:?}: {}",
        story(&site.run(run))
    );
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_machine_under_a_second_name_is_nobody_to_be_taken_or_cleaned() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    site.plan(&create("fast", 4, 4)).await.unwrap();
    let mut snapshot = site.snapshot();
    let pool = snapshot.fleet.pools.values().next().unwrap();
    let (member, known) = pool.members.iter().next().unwrap();
    let (member, machine) = (member.clone(), known.machine.clone());
    let second: ServerName = "web7".parse().unwrap();
    let server = snapshot.fleet.servers[&member].clone();
    snapshot.fleet.servers.insert(second.clone(), server);
    snapshot.fleet.machines.insert(second.clone(), machine);
    snapshot.fleet.find_twins();
    let seen = &snapshot.observed.servers[&member];
    let now = site.rack.clock.now();
    let found = standing(&snapshot.fleet, Some(seen), &second, now);
    assert_eq!(
        found,
        Standing::Unknown(format!("it is the machine of {member}"))
    );
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_that_cannot_be_taken_back_owes_and_the_pool_is_proved_without_it() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(resize("batch", "+36")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    assert!(site.run(run).plan().effects.incoming.len() > 1);
    site.rack
        .spoil(&server, "join", Verb::Apply, Lie::Fails(1), 1);
    site.rack
        .spoil(&server, "join", Verb::Undo, Lie::Fails(1), 1);
    let outcome = site.ended(run).await;
    let without = Outcome::SucceededWithout(vec![server.clone()]);
    assert_eq!(outcome, without, "{}", story(&site.run(run)));
    site.until("paid", |snapshot| {
        let fleet = &snapshot.fleet;
        let paid = snapshot.runs.len() > 1 && !fleet.debts.contains_key(&server);
        (paid && !fleet.busy.contains_key(&server)).then_some(())
    })
    .await;
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_that_was_waited_for_in_vain_is_not_waited_for_again_to_be_taken_back() {
    let mut site = Site::new(18, 3);
    site.away = Duration::from_mins(5);
    let captain = site.captain();
    let run = site.start(resize("batch", "+36")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    site.reaches(run, Action::Prepare, &server, &State::Running)
        .await;
    site.rack.power_off(&server);
    let off = site.rack.clock.now();
    let outcome = site.ended(run).await;
    let took = site.rack.clock.now().duration_since(off);
    let without = Outcome::SucceededWithout(vec![server.clone()]);
    assert_eq!(outcome, without, "{}", story(&site.run(run)));
    // The undo of prepare alone could wait for half an hour.
    assert!(took.as_mins() < 8, "{took}: {}", story(&site.run(run)));
    site.rack.power_on(&server);
    site.until("paid", |snapshot| {
        let fleet = &snapshot.fleet;
        (!fleet.debts.contains_key(&server) && !fleet.busy.contains_key(&server)).then_some(())
    })
    .await;
    site.judge();
    captain.abort();
}
