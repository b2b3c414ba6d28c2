//! Somebody else's hand: a server that is withdrawn in the inventory, a claim that was edited, a node that was replaced.

use std::{collections::BTreeMap, time::Duration};

use pooldeck::{
    fleet::{Role, RunId, Server, ServerName, TroubleKind, Verb},
    plan::Action,
    run::{Outcome, State},
    sim::{Lie, cluster::Pod},
    store::{
        Commit, Store,
        record::{Answer, What, key},
    },
};

use crate::{
    gate::looking_at_a_drain,
    site::{Site, create, newcomer, resize, story},
};

/// A worker comes to `batch`; all but its join is done, and the first look at that lasts.
async fn before_a_join(site: &Site) -> (RunId, ServerName) {
    let run = site.start(resize("batch", "+4")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    site.rack
        .spoil(&server, "join", Verb::Check, Lie::Takes(30), 1);
    site.reaches(run, Action::Network, &server, &State::Proved)
        .await;
    (run, server)
}

/// The inventory says so from now on.
fn list(site: &Site, edit: impl FnOnce(&mut BTreeMap<ServerName, Server>)) {
    let mut listed = site.snapshot().listed;
    edit(&mut listed.servers);
    let listed = serde_json::to_string(&listed).unwrap();
    let mut commit = Commit::default();
    commit
        .writes
        .insert(key::INVENTORY.to_owned(), Some(listed));
    site.store.commit(&commit).unwrap();
}

fn claim_epoch(site: &Site, server: &ServerName, epoch: u64) {
    site.rack.with(|world| {
        let machine = world.machines.get_mut(server).unwrap();
        machine.disk.claim.as_mut().unwrap().epoch = epoch;
    });
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_that_is_withdrawn_waits_until_it_is_offered_again() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = before_a_join(&site).await;
    list(&site, |all| all.get_mut(&server).unwrap().offered = false);
    let why = site.held(run, &server).await;
    assert!(
        why.starts_with("it was withdrawn in the inventory"),
        "{why}"
    );
    let done = site.rack.applied(&server);
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(site.rack.applied(&server), done);
    let refused = site.ask(What::Resume(run)).await;
    assert!(
        matches!(&refused, Answer::Refused(why) if why.contains("is not offered any more")),
        "{refused:?}"
    );
    list(&site, |all| all.get_mut(&server).unwrap().offered = true);
    site.ask(What::Resume(run)).await;
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn an_edited_claim_holds_its_own_server_and_ends_no_captain() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = before_a_join(&site).await;
    let epoch = site.rack.claim(&server).unwrap().epoch;
    claim_epoch(&site, &server, 999_999);
    let why = site.held(run, &server).await;
    assert!(why.contains("its claim was edited"), "{why}");
    let other = site.start(create("fast", 4, 4)).await;
    assert_eq!(site.ended(other).await, Outcome::Succeeded);
    assert!(!captain.is_finished());
    claim_epoch(&site, &server, epoch);
    site.ask(What::Resume(run)).await;
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_another_machine_by_now_is_not_drained() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, leaves) = looking_at_a_drain(&site).await;
    let pods = |site: &Site| {
        let on = |pod: &&Pod| pod.node.as_deref() == Some(leaves.as_str());
        site.rack
            .cluster("web", |cluster| cluster.pods.iter().filter(on).count())
            .unwrap()
    };
    let before = pods(&site);
    assert!(before > 0);
    site.rack.cluster("web", |cluster| {
        cluster.nodes.get_mut(leaves.as_str()).unwrap().machine = "f".repeat(32);
    });
    site.ended(run).await;
    let failed = site.run(run).put_back;
    let why = failed.get(&leaves).unwrap();
    assert!(why.contains("is another machine"), "{why}");
    assert_eq!(pods(&site), before);
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_that_left_the_inventory_is_not_gone_on_with_either() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = before_a_join(&site).await;
    let mut line = None;
    list(&site, |all| line = all.remove(&server));
    site.held(run, &server).await;
    let done = site.rack.applied(&server);
    let refused = site.ask(What::Resume(run)).await;
    assert!(
        matches!(&refused, Answer::Refused(why) if why.contains("is not offered any more")),
        "{refused:?}"
    );
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert_eq!(site.rack.applied(&server), done);
    list(&site, |all| drop(all.insert(server.clone(), line.unwrap())));
    site.ask(What::Resume(run)).await;
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_run_with_a_server_that_refuses_us_for_good_can_be_cancelled_and_it_owes() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = before_a_join(&site).await;
    site.rack
        .trouble(&server, Some(TroubleKind::Authentication));
    site.until("parked", |snapshot| {
        let parked = &snapshot.runs[&run].parked;
        parked.contains_key(&server).then_some(())
    })
    .await;
    site.ask(What::Cancel(run)).await;
    let outcome = site.ended(run).await;
    assert!(
        matches!(outcome, Outcome::Stuck(_) | Outcome::Cancelled),
        "{outcome:?}"
    );
    assert!(site.snapshot().fleet.debts.contains_key(&server));
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_loses_power_right_after_its_join_is_not_given_up_for_what_is_still_coming_up()
 {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(resize("batch", "+4")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    // Not joined; looked at for a minute, in which the power goes; booted, and its kubelet does not run yet.
    for lie in [Lie::Fails(1), Lie::Takes(60), Lie::Fails(1)] {
        site.rack.spoil(&server, "join", Verb::Check, lie, 1);
    }
    let steps = site.run(run).plan().steps.clone();
    let join = steps.iter().find(|step| step.action == Action::Join);
    let line = format!("{} {} apply", run.0, join.unwrap().id.0);
    site.until("joined", |_| {
        site.rack.applied(&server).contains(&line).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    site.rack.power_off(&server);
    tokio::time::sleep(Duration::from_secs(5)).await;
    site.rack.power_on(&server);
    site.held(run, &server).await;
    site.ask(What::Resume(run)).await;
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    site.judge();
    captain.abort();
}
