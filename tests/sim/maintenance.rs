//! Servers that people work on: left alone until their time is over, and never taken meanwhile.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use pooldeck::{
    deck::World,
    fleet::{ServerName, Standing, standing},
    plan::Request,
    store::{
        note::Say,
        record::{Answer, What},
        snapshot::Snapshot,
    },
};

use crate::site::{Site, resize};

fn stands(site: &Site, snapshot: &Snapshot, server: &ServerName) -> Standing {
    let seen = snapshot.observed.servers.get(server);
    standing(&snapshot.fleet, seen, server, site.rack.clock.now())
}

/// A server that could be taken.
async fn a_spare(site: &Site) -> ServerName {
    site.until("a spare server", |snapshot| {
        let mut servers = snapshot.fleet.servers.keys();
        let spare = |it: &&ServerName| stands(site, snapshot, it) == Standing::Spare;
        servers.find(spare).cloned()
    })
    .await
}

async fn maintain(site: &Site, server: &ServerName, minutes: i64) -> Answer {
    site.ask(What::Say(Say::Maintain {
        server: server.clone(),
        until: site.rack.clock.now() + SignedDuration::from_mins(minutes),
        why: "a new disk".to_owned(),
    }))
    .await
}

fn refused(answer: &Answer, why: &str) {
    assert!(
        matches!(answer, Answer::Refused(text) if text.contains(why)),
        "{answer:?}"
    );
}

/// Adds that server to `batch` by hand.
fn take(server: &ServerName) -> Request {
    let Request::Resize(mut wish) = resize("batch", "+1") else {
        unreachable!()
    };
    (wish.cores, wish.add) = (None, BTreeSet::from([server.clone()]));
    Request::Resize(wish)
}

#[tokio::test(start_paused = true)]
async fn a_spare_server_in_maintenance_is_not_taken_by_hand_nor_chosen_until_it_ends() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let server = a_spare(&site).await;
    assert!(matches!(
        maintain(&site, &server, 120).await,
        Answer::Done(_)
    ));
    assert!(matches!(
        stands(&site, &site.snapshot(), &server),
        Standing::Maintained(_)
    ));
    let why = site.plan(&take(&server)).await.unwrap_err().to_string();
    assert!(why.contains("maintenance until"), "{why}");
    let all = site.plan(&resize("batch", "+4")).await.unwrap();
    assert!(all.effects.incoming.iter().all(|it| it.server != server));
    let left_out = &all.effects.left_out;
    let it = left_out.iter().find(|it| it.server == server).unwrap();
    assert!(it.why.contains("a new disk"), "{}", it.why);

    // Whoever works on it switches it off: that is nobody's problem.
    site.rack.power_off(&server);
    tokio::time::sleep(std::time::Duration::from_mins(5)).await;
    let world = World::of(site.snapshot(), site.rack.clock.now());
    let of_it = |it: &&pooldeck::deck::world::Problem| it.subject == server.as_str();
    assert_eq!(world.problems.iter().find(of_it), None);
    site.rack.power_on(&server);

    let end = || What::Say(Say::EndMaintenance(server.clone()));
    assert!(matches!(site.ask(end()).await, Answer::Done(_)));
    refused(&site.ask(end()).await, "is not in maintenance");
    site.until("spare again", |snapshot| {
        (stands(&site, snapshot, &server) == Standing::Spare).then_some(())
    })
    .await;
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn the_maintenance_of_a_spare_server_ends_by_itself_at_its_time() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let server = a_spare(&site).await;
    maintain(&site, &server, 10).await;
    let until = site.snapshot().fleet.maintained[&server].note.until;
    site.until("forgotten", |snapshot| {
        snapshot.fleet.maintained.is_empty().then_some(())
    })
    .await;
    assert!(until <= site.rack.clock.now(), "forgotten too early");
    assert_eq!(a_spare(&site).await, server, "the first spare one again");
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_member_and_a_server_that_is_not_offered_cannot_be_put_aside_by_a_word() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    a_spare(&site).await;
    let member = site.pool("web").unwrap().members.into_keys().next_back();
    refused(&maintain(&site, &member.unwrap(), 60).await, "is in pool");
    let snapshot = site.snapshot();
    let mut servers = snapshot.fleet.servers.values();
    let other = servers.find(|it| !it.offered).unwrap();
    refused(&maintain(&site, &other.name, 60).await, "is not offered");
    let nobody: ServerName = "nobody".parse().unwrap();
    refused(&maintain(&site, &nobody, 60).await, "there is no server");
    captain.abort();
}
