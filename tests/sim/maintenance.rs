//! Servers that people work on: left alone until their time is over, and never taken meanwhile.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use pooldeck::{
    deck::{World, world::Light},
    fleet::{Bytes, Role, RunId, ServerName, Standing, standing},
    plan::{Action, Maintain, Request, Return},
    run::{Outcome, State},
    sim::cluster::{Cluster, Owner, Pod},
    store::{
        note::Say,
        record::{Answer, What},
        snapshot::Snapshot,
    },
};

use std::sync::atomic::Ordering;

use crate::site::{Site, resize, story};

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

pub async fn maintain(site: &Site, server: &ServerName, minutes: i64) -> Answer {
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

/// A worker of `web`, and the wish to work on it for two hours.
pub fn setting_aside(site: &Site) -> (ServerName, Request) {
    let pool = site.pool("web").unwrap();
    let mut workers = pool.with_role(Role::Worker);
    let server = workers.next().unwrap().0.clone();
    // Whole seconds, as `fleet::until` reads it; the same in every room, since rooms begin at one time.
    let until = "2026-01-05T21:00:00Z".parse().unwrap();
    let wish = Maintain {
        pool: pool.name.clone(),
        server: server.clone(),
        until,
        why: "a new disk".to_owned(),
    };
    (server, Request::Maintain(wish))
}

fn giving_back(server: &ServerName) -> Request {
    let (pool, server) = ("web".parse().unwrap(), server.clone());
    Request::Return(Return { pool, server })
}

/// Who has cordoned a node of `web`, and how many pods that can move are on it.
fn node(site: &Site, server: &ServerName) -> (Option<String>, usize) {
    let on_it = |cluster: &mut Cluster| {
        let node = &cluster.nodes[server.as_str()];
        let pods = cluster.pods.iter();
        let moves =
            |pod: &&Pod| pod.node.as_deref() == Some(server.as_str()) && pod.owner != Owner::Node;
        let here = pods.filter(moves);
        (node.cordoned.clone(), here.count())
    };
    site.rack.cluster("web", on_it).unwrap()
}

/// It is cordoned by that run, empty, a member, and written down as being worked on.
fn is_aside(site: &Site, server: &ServerName, run: RunId, place: &str) {
    let (cordoned, pods) = node(site, server);
    assert_eq!(cordoned, Some(run.to_string()), "{place}");
    assert_eq!(pods, 0, "{place}: pods are left on {server}");
    let snapshot = site.snapshot();
    assert_eq!(snapshot.fleet.maintained[server].run, Some(run), "{place}");
    let pool = snapshot.fleet.pool_of(server);
    assert_eq!(pool.unwrap().name.as_str(), "web", "{place}");
    site.judge();
}

/// It takes pods, and nobody is written down as working on it.
fn is_back(site: &Site, server: &ServerName, place: &str) {
    assert_eq!(node(site, server).0, None, "{place}: it is cordoned");
    let snapshot = site.snapshot();
    assert!(!snapshot.fleet.maintained.contains_key(server), "{place}");
    assert!(snapshot.fleet.pool_of(server).is_some(), "{place}");
    site.judge();
}

async fn done(site: &Site, request: &Request, place: &str) -> RunId {
    let run = site.start(request.clone()).await;
    let outcome = site.ended(run).await;
    let text = story(&site.run(run));
    assert_eq!(outcome, Outcome::Succeeded, "{place}: {text}");
    run
}

#[tokio::test(start_paused = true)]
async fn a_worker_in_maintenance_is_empty_and_stays_a_member_until_it_is_returned() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (server, request) = setting_aside(&site);
    assert!(node(&site, &server).1 > 0, "nothing would have to move");
    let run = done(&site, &request, "to it").await;
    is_aside(&site, &server, run, "aside");

    // Never anything else in between: what was heard before the cordon is no news.
    for _ in 0..60 {
        let world = World::of(site.snapshot(), site.rack.clock.now());
        let row = world.server(&server).unwrap();
        assert_eq!(
            (row.light, row.state.as_str()),
            (Light::Maintenance, "maintenance")
        );
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    let world = World::of(site.snapshot(), site.rack.clock.now());
    let pool = world.pool(&"web".parse().unwrap()).unwrap();
    assert_eq!(pool.state, "ok", "maintenance is no degradation");
    let hardware = world.server(&server).unwrap().capacity.unwrap();
    let (max, hw) = (pool.cpus.max.unwrap().value, pool.cpus.hw.unwrap().value);
    let without = hw - 1000 * u64::from(hardware.cores);
    assert!(max <= without, "{max} of {hw} counts what takes no pods");
    let said = world
        .problems
        .iter()
        .find(|it| it.subject == server.as_str());
    assert_eq!(said, None);
    site.rack.cluster("web", |cluster| {
        cluster.nodes.get_mut(server.as_str()).unwrap().cordoned = None;
    });
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    let world = World::of(site.snapshot(), site.rack.clock.now());
    let row = world.server(&server).unwrap();
    assert_eq!(row.state, "not cordoned", "somebody lifted the cordon");
    site.rack.cluster("web", |cluster| {
        let node = cluster.nodes.get_mut(server.as_str()).unwrap();
        node.cordoned = Some(run.to_string());
    });
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;

    let grown = site.plan(&resize("web", "+4")).await.unwrap();
    let said = grown.effects.unknown.join(" ");
    assert!(said.contains("the proof of the pool fails"), "{said}");
    let refused = site.plan(&request).await.unwrap_err().to_string();
    assert!(refused.contains("in maintenance already"), "{refused}");
    let prolonged = maintain(&site, &server, 600).await;
    assert!(matches!(prolonged, Answer::Done(_)), "{prolonged:?}");
    let end = What::Say(Say::EndMaintenance(server.clone()));
    self::refused(&site.ask(end).await, "is cordoned");
    assert_eq!(site.snapshot().fleet.maintained[&server].run, Some(run));

    done(&site, &giving_back(&server), "back").await;
    is_back(&site, &server, "returned");
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_over_nothing_happens_but_that_it_is_a_problem() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (server, request) = setting_aside(&site);
    let run = done(&site, &request, "to it").await;
    maintain(&site, &server, 10).await;
    tokio::time::sleep(std::time::Duration::from_mins(20)).await;
    is_aside(&site, &server, run, "over");
    let world = World::of(site.snapshot(), site.rack.clock.now());
    let of_it = world
        .problems
        .iter()
        .find(|it| it.subject == server.as_str());
    let text = &of_it.unwrap().text;
    assert!(
        text.contains(&format!("`pooldeck server return {server}`")),
        "{text}"
    );
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_cordon_of_somebody_else_is_neither_lifted_nor_believed_to_be_a_return() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (server, request) = setting_aside(&site);
    done(&site, &request, "to it").await;
    let theirs = |cluster: &mut Cluster| {
        let node = cluster.nodes.get_mut(server.as_str()).unwrap();
        node.cordoned = Some("somebody".to_owned());
    };
    site.rack.cluster("web", theirs).unwrap();
    let run = site.start(giving_back(&server)).await;
    let outcome = site.ended(run).await;
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    assert_eq!(node(&site, &server).0.as_deref(), Some("somebody"));
    assert!(site.snapshot().fleet.maintained.contains_key(&server));
    captain.abort();
}

/// Waits until pods are being moved.
async fn drains(site: &Site, run: RunId) {
    site.until("draining", |snapshot| {
        let mut steps = snapshot.runs.get(&run)?.progress();
        let begun = |it: &State| matches!(it, State::Running | State::Retrying { .. });
        steps
            .any(|(step, it)| step.action == Action::Drain && begun(&it.state))
            .then_some(())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_or_blocked_maintenance_lets_the_server_take_pods_again() {
    for cancelled in [true, false] {
        let site = Site::new(18, 3);
        let captain = site.captain();
        site.rack
            .deploy("web", "db/hold", 12, Some(12), (10, Bytes(1 << 20)));
        let (server, request) = setting_aside(&site);
        let run = site.start(request).await;
        if cancelled {
            drains(&site, run).await;
            assert!(matches!(site.ask(What::Cancel(run)).await, Answer::Run(_)));
            assert_eq!(site.ended(run).await, Outcome::Cancelled);
        } else {
            let outcome = site.ended(run).await;
            assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
        }
        is_back(&site, &server, &story(&site.run(run)));
        captain.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_pool_sets_one_worker_aside_at_a_time_and_never_its_control_plane() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (server, request) = setting_aside(&site);
    done(&site, &request, "the first").await;
    let pool = site.pool("web").unwrap();
    let other = |role: Role| {
        let mut all = pool.with_role(role).map(|(name, _)| name);
        let Request::Maintain(wish) = request.clone() else {
            unreachable!()
        };
        let server = all.find(|it| **it != server).unwrap().clone();
        Request::Maintain(Maintain { server, ..wish })
    };
    let why = site.plan(&other(Role::Worker)).await.unwrap_err();
    assert!(why.to_string().contains("one at a time"), "{why}");
    let why = site.plan(&other(Role::ControlPlane)).await.unwrap_err();
    assert!(why.to_string().contains("only control plane"), "{why}");
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_commit_the_next_captain_brings_it_to_the_same_end_and_back() {
    let undisturbed = Site::new(18, 3);
    let captain = undisturbed.captain();
    let (server, request) = setting_aside(&undisturbed);
    done(&undisturbed, &request, "undisturbed").await;
    done(&undisturbed, &giving_back(&server), "undisturbed").await;
    let commits = undisturbed.store.commits.load(Ordering::SeqCst);
    captain.abort();
    for at in 0..commits {
        for written in [false, true] {
            let place = format!("killed at commit {at} of {commits} (written: {written})");
            let site = Site::new(18, 3);
            *site.store.dies.lock().unwrap() = Some((at, written));
            let captains = site.captains();
            let run = done(&site, &request, &place).await;
            is_aside(&site, &server, run, &place);
            done(&site, &giving_back(&server), &place).await;
            is_back(&site, &server, &place);
            captains.abort();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_commit_a_cancelled_maintenance_still_lets_the_server_take_pods_again() {
    // As many commits as a cancelled one has, and some more.
    for at in 0..18 {
        let site = Site::new(18, 3);
        let pods = (10, Bytes(1 << 20));
        site.rack.deploy("web", "db/hold", 12, Some(12), pods);
        let written = at % 2 == 0;
        *site.store.dies.lock().unwrap() = Some((at, written));
        let captains = site.captains();
        let place = format!("killed at commit {at} (written: {written})");
        let (server, request) = setting_aside(&site);
        let run = site.start(request).await;
        drains(&site, run).await;
        let said = site.ask(What::Cancel(run)).await;
        assert!(matches!(said, Answer::Run(_)), "{place}: {said:?}");
        assert_eq!(site.ended(run).await, Outcome::Cancelled, "{place}");
        is_back(&site, &server, &place);
        captains.abort();
    }
}
