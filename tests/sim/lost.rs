//! Workers that are lost, by two signals: they are given up when they are to leave, and only then.

use std::time::Duration;

use pooldeck::{
    fleet::{Role, RunId, ServerName, Standing, TroubleKind, Verb, standing},
    plan::{Action, Confirm, Request},
    run::{Outcome, State},
    sim::Lie,
    store::{
        note::Say,
        record::{Answer, What},
        snapshot::Snapshot,
    },
};

use crate::{
    crash::without_one,
    maintenance::maintain,
    site::{Site, destroy, story},
};

fn is_away(snapshot: &Snapshot, server: &ServerName) -> bool {
    let seen = snapshot.observed.servers.get(server);
    seen.is_some_and(|seen| seen.trouble.is_some())
}

/// A worker of `web` without power, once both signals say so, and the request that takes it out.
async fn a_dead_worker(site: &Site) -> (ServerName, Request) {
    let pool = site.pool("web").unwrap();
    let (dead, _) = pool.with_role(Role::Worker).next().unwrap();
    site.rack.power_off(dead);
    site.until("known to be dead", |snapshot| {
        let nodes = &snapshot.observed.pools.get(&pool.name)?.nodes;
        let node = nodes.get(dead.as_str())?;
        let away = is_away(snapshot, dead);
        (away && !node.ready).then_some(())
    })
    .await;
    (dead.clone(), without_one(site, "web"))
}

#[tokio::test(start_paused = true)]
async fn a_dead_worker_is_taken_out_of_its_pool_and_owes_its_cleaning() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (dead, request) = a_dead_worker(&site).await;
    let plan = site.plan(&request).await.unwrap();
    let lost = plan.effects.lost.join("\n");
    assert!(lost.contains(dead.as_str()), "{lost}");
    assert!(matches!(plan.effects.confirm, Confirm::TypeName { .. }));
    let run = site.start(request).await;
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    assert!(!site.pool("web").unwrap().members.contains_key(&dead));
    assert!(site.snapshot().fleet.debts.contains_key(&dead));
    site.rack.power_on(&dead);
    site.until("paid", |snapshot| {
        let fleet = &snapshot.fleet;
        (!fleet.debts.contains_key(&dead) && !fleet.busy.contains_key(&dead)).then_some(())
    })
    .await;
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_new_captain_does_not_wait_for_a_dead_server_that_only_its_node_is_deleted_of() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (dead, request) = a_dead_worker(&site).await;
    let pool = site.pool("web").unwrap();
    let (head, _) = pool.with_role(Role::ControlPlane).next().unwrap();
    site.rack
        .spoil(head, "remove-node", Verb::Apply, Lie::Takes(20), 1);
    let run = site.start(request).await;
    site.reaches(run, Action::RemoveNode, &dead, &State::Running)
        .await;
    captain.abort();
    let captain = site.captain();
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    assert!(site.snapshot().fleet.debts.contains_key(&dead));
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_worker_with_a_cut_cable_whose_node_is_still_ready_is_not_given_up() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let pool = site.pool("web").unwrap();
    let (away, _) = pool.with_role(Role::Worker).next().unwrap();
    site.rack.trouble(away, Some(TroubleKind::Unreachable));
    site.until("away", |snapshot| is_away(snapshot, away).then_some(()))
        .await;
    let plan = site.plan(&without_one(&site, "web")).await.unwrap();
    let steps = plan.steps.iter().filter(|step| step.subject == *away);
    let actions: Vec<Action> = steps.map(|step| step.action).collect();
    assert!(
        actions.contains(&Action::Drain) && actions.contains(&Action::Release),
        "{actions:?}"
    );
    captain.abort();
}

/// The dead worker is to leave, and the first look at its node lasts.
async fn looking_at_its_node(site: &Site) -> (RunId, ServerName) {
    let (dead, request) = a_dead_worker(site).await;
    let pool = site.pool("web").unwrap();
    let (head, _) = pool.with_role(Role::ControlPlane).next().unwrap();
    site.rack
        .spoil(head, "remove-node", Verb::Check, Lie::Takes(300), 1);
    (site.start(request).await, dead)
}

#[tokio::test(start_paused = true)]
async fn a_lost_worker_that_is_back_before_its_node_is_deleted_stays() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, dead) = looking_at_its_node(&site).await;
    site.rack.power_on(&dead);
    let outcome = site.ended(run).await;
    let without = Outcome::SucceededWithout(vec![dead.clone()]);
    assert_eq!(outcome, without, "{}", story(&site.run(run)));
    let why = site.run(run).put_back[&dead].clone();
    assert!(why.contains("is Ready again"), "{why}");
    assert!(site.pool("web").unwrap().members.contains_key(&dead));
    assert!(site.snapshot().fleet.debts.is_empty());
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_gives_up_a_server_is_paused_and_goes_on() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, dead) = looking_at_its_node(&site).await;
    site.ask(What::Pause(run)).await;
    tokio::time::sleep(Duration::from_hours(1)).await;
    let resumed = site.ask(What::Resume(run)).await;
    assert_eq!(resumed, Answer::Run(run));
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    assert!(!site.pool("web").unwrap().members.contains_key(&dead));
    let slot = site.snapshot().fleet.debts[&dead].slot;
    assert!(slot.is_some(), "its part of the range is not given away");
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_lost_worker_goes_even_if_its_replacement_does_not_come() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (dead, request) = a_dead_worker(&site).await;
    let Request::Resize(mut wish) = request else {
        unreachable!()
    };
    let spare = site
        .until("spare", |snapshot| {
            let fleet = &snapshot.fleet;
            let now = site.rack.clock.now();
            let spare = |name: &&ServerName| {
                let seen = snapshot.observed.servers.get(*name);
                standing(fleet, seen, name, now) == Standing::Spare
            };
            fleet.servers.keys().find(spare).cloned()
        })
        .await;
    wish.add = [spare.clone()].into();
    site.rack
        .spoil(&spare, "join", Verb::Apply, Lie::Fails(1), 9);
    let run = site.start(Request::Resize(wish)).await;
    let outcome = site.ended(run).await;
    let without = Outcome::SucceededWithout(vec![spare.clone()]);
    assert_eq!(outcome, without, "{}", story(&site.run(run)));
    let members = site.pool("web").unwrap().members;
    assert!(!members.contains_key(&dead) && !members.contains_key(&spare));
    assert!(site.snapshot().fleet.debts.contains_key(&dead));
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_machine_was_replaced_under_its_name_can_leave() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (dead, request) = a_dead_worker(&site).await;
    for kind in [TroubleKind::HostKeyChanged, TroubleKind::Stranger] {
        site.rack.trouble(&dead, Some(kind));
        site.until("seen so", |snapshot| {
            let seen = &snapshot.observed.servers[&dead];
            let found = seen.trouble.as_ref().map(|trouble| trouble.kind);
            (found == Some(kind)).then_some(())
        })
        .await;
        let plan = site.plan(&request).await.unwrap();
        let steps = plan.steps.iter().filter(|step| step.subject == dead);
        let actions: Vec<Action> = steps.map(|step| step.action).collect();
        assert_eq!(actions, [Action::RemoveNode], "{kind:?}");
    }
    let run = site.start(request).await;
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    assert!(!site.pool("web").unwrap().members.contains_key(&dead));
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_node_that_could_not_be_deleted_stays_in_its_pool() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (dead, request) = a_dead_worker(&site).await;
    let pool = site.pool("web").unwrap();
    let (head, _) = pool.with_role(Role::ControlPlane).next().unwrap();
    site.rack
        .spoil(head, "remove-node", Verb::Apply, Lie::Fails(1), 9);
    let run = site.start(request).await;
    let outcome = site.ended(run).await;
    let without = Outcome::SucceededWithout(vec![dead.clone()]);
    assert_eq!(outcome, without, "{}", story(&site.run(run)));
    assert!(site.pool("web").unwrap().members.contains_key(&dead));
    assert!(site.snapshot().fleet.debts.is_empty());
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_pool_with_a_lost_worker_names_the_ways_that_work() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (dead, _) = a_dead_worker(&site).await;
    let plan = site.plan(&destroy("web")).await.unwrap();
    let blocked = plan.effects.blocked.join("\n");
    for way in [
        format!("`pooldeck pool resize web --remove {dead}`"),
        "`--without-drain`".to_owned(),
    ] {
        assert!(blocked.contains(&way), "{blocked}");
    }
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn what_is_owed_to_a_server_waits_until_people_have_done_with_it() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (dead, request) = a_dead_worker(&site).await;
    let run = site.start(request).await;
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    let said = maintain(&site, &dead, 120).await;
    assert!(matches!(said, Answer::Done(_)), "{said:?}");
    let done = site.rack.applied(&dead);
    site.rack.power_on(&dead);
    tokio::time::sleep(Duration::from_mins(30)).await;
    assert_eq!(site.rack.applied(&dead), done, "cleaned under their hands");
    assert!(site.snapshot().fleet.debts.contains_key(&dead));
    site.ask(What::Say(Say::EndMaintenance(dead.clone()))).await;
    site.until("paid", |snapshot| {
        let fleet = &snapshot.fleet;
        (!fleet.debts.contains_key(&dead) && !fleet.busy.contains_key(&dead)).then_some(())
    })
    .await;
    site.judge();
    captain.abort();
}
