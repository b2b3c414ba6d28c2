//! The machine with the store is lost, at any commit of any run: what stands on the servers and in the clusters makes it again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
    time::Duration,
};

use pooldeck::{
    captain::{Source, recover::look},
    fleet::{PoolName, ServerName, Standing, standing},
    plan::{Clean, Request},
    run::{Outcome, Run},
    store::{
        Store,
        record::{Answer, What},
        recover::{Found, Recovery, holds_work, recover, write},
    },
};

use crate::{
    crash::{stride, without_one},
    site::{Site, create, destroy, resize, story},
};

/// The room of these tests: small, so that many places can be tried.
pub fn room(copies: bool) -> Site {
    let site = Site::new(18, 3);
    site.store.whole.store(copies, Ordering::SeqCst);
    site
}

pub fn listed(site: &Site) -> BTreeMap<ServerName, pooldeck::fleet::Server> {
    match site.options().source {
        Source::Fixed(listed) => listed,
        Source::Folder(_) | Source::Edited(_) => unreachable!(),
    }
}

/// What a person says to a run that is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Way {
    On,
    Back,
}

/// What every server and every cluster has counted; a look must not change it.
fn counted(site: &Site) -> BTreeMap<ServerName, Vec<String>> {
    let servers = listed(site).into_keys();
    servers
        .map(|name| {
            let lines = site.rack.applied(&name);
            (name, lines)
        })
        .collect()
}

/// Looks, twice, and writes nothing.
pub async fn found(site: &Site) -> (Found, Recovery) {
    let before = (counted(site), site.rack.claims());
    let clock = site.rack.clock;
    let servers = listed(site);
    let at = clock.now();
    let found = look(&site.rack, &servers, None, || at).await.unwrap();
    let made = recover(&found);
    let again = recover(&look(&site.rack, &servers, None, || at).await.unwrap());
    if made.working.is_empty() {
        assert_eq!(
            (counted(site), site.rack.claims()),
            before,
            "a look writes nothing"
        );
        assert_eq!(format!("{:?}", again.pools), format!("{:?}", made.pools));
        assert_eq!(again.debts, made.debts);
        assert_eq!(again.doubts, made.doubts);
    }
    (found, made)
}

/// Makes the store again, in place of one that holds nothing.
pub async fn recovered(site: &Site) -> Recovery {
    assert_eq!(holds_work(&site.snapshot()), None);
    let (found, made) = loop {
        let (found, made) = found(site).await;
        if made.working.is_empty() {
            break (found, made);
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    };
    let aside = made.doubts.iter().filter_map(|it| it.about.parse().ok());
    *site.store.aside.lock().unwrap() = aside.collect();
    let revision = site.store.revision().unwrap();
    write(site.store.as_ref(), revision, &found, &made, "ops1@jump2").unwrap();
    assert!(write(site.store.as_ref(), revision, &found, &made, "ops1@jump2").is_err());
    made
}

/// Lets the captain of the store that was made again finish: held runs go on, debts are paid, what is left to people they clean.
pub async fn finished(site: &Site, way: Way, place: &str) {
    let held: Vec<_> = site
        .snapshot()
        .runs
        .into_values()
        .filter(Run::is_open)
        .collect();
    for run in &held {
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert!(
            site.run(run.id()).paused.is_some(),
            "{place}: it waits for a person"
        );
        let answer = match way {
            Way::On => site.ask(What::Resume(run.id())).await,
            Way::Back => Answer::Refused("a person wants it ended".to_owned()),
        };
        if !matches!(answer, Answer::Run(_)) {
            let cancelled = site.ask(What::Cancel(run.id())).await;
            assert!(
                matches!(cancelled, Answer::Run(_)),
                "{place}: {answer:?} {cancelled:?}"
            );
        }
        site.ended(run.id()).await;
    }
    let paid = site.until("paid", |snapshot| {
        let fleet = &snapshot.fleet;
        (fleet.debts.is_empty() && fleet.busy.is_empty()).then_some(())
    });
    paid.await;
    let left: Vec<ServerName> = {
        let (snapshot, now) = (site.snapshot(), site.rack.clock.now());
        let names = snapshot.fleet.servers.keys();
        let left = names.filter(|name| {
            let seen = snapshot.observed.servers.get(*name);
            matches!(
                standing(&snapshot.fleet, seen, name, now),
                Standing::Leftovers(_)
            )
        });
        left.cloned().collect()
    };
    for server in left {
        let request = Request::Clean(Clean { server });
        let run = site.start(request).await;
        assert_eq!(
            site.ended(run).await,
            Outcome::Succeeded,
            "{place}: {}",
            story(&site.run(run))
        );
    }
    site.store.aside.lock().unwrap().clear();
}

pub fn requests() -> [(&'static str, Request); 4] {
    [
        ("fast", create("fast", 4, 4)),
        ("batch", resize("batch", "+4")),
        ("web", without_one(&room(false), "web")),
        ("lab", destroy("lab")),
    ]
}

/// Lives until that commit; false when the run was over before.
pub async fn lost_at(site: &Site, request: &Request, at: u64) -> bool {
    *site.store.dies.lock().unwrap() = Some((at, true));
    let captain = site.captain();
    let dead = async {
        while !site.store.dead.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let lives = async {
        let run = site.start(request.clone()).await;
        site.ended(run).await
    };
    let died = tokio::select! {
        () = dead => true,
        _ = lives => false,
    };
    captain.abort();
    died
}

async fn lost_and_recovered(copies: bool) {
    let (mut tried, mut failed) = (0, Vec::new());
    for (name, request) in requests() {
        for at in (0..).step_by(stride(13)) {
            let place = format!("{name}: lost at commit {at}, copies: {copies}");
            let one = lost_once(name, request.clone(), at, copies, place.clone());
            // Each in a task of its own: all places that fail are named.
            match tokio::spawn(one).await {
                Ok(false) => break,
                Ok(true) => (),
                Err(why) => failed.push(format!("{place}: {why}")),
            }
            tried += 1;
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(8 < tried, "{tried} losses, copies: {copies}");
}

/// One loss and its recovery; false when the run was over before.
async fn lost_once(
    name: &'static str,
    request: Request,
    at: u64,
    copies: bool,
    place: String,
) -> bool {
    let mut site = room(copies);
    let before = site.snapshot().fleet.pools;
    if !lost_at(&site, &request, at).await {
        return false;
    }
    site.lose_the_store();
    let made = recovered(&site).await;
    let off = site.rack.off();
    assert!(
        made.unseen.keys().all(|name| off.contains(name)),
        "{place}: {:?}",
        made.unseen
    );
    assert!(made.epoch > made.found);
    let captain = site.captain();
    finished(&site, Way::On, &place).await;
    site.judge();
    for (pool, was) in before.iter().filter(|(pool, _)| pool.as_str() != name) {
        let is = site.pool(pool.as_str()).unwrap();
        assert_eq!(is.members, was.members, "{place}: {pool}");
        assert_eq!(
            (is.pod_cidr, is.service_cidr),
            (was.pod_cidr, was.service_cidr)
        );
    }
    asked_again(&site, name, &request, &place).await;
    captain.abort();
    true
}

/// What was not done is asked for once more, and done.
pub async fn asked_again(site: &Site, name: &str, request: &Request, place: &str) {
    let is_there = site.pool(name).is_some();
    let again = match request {
        Request::Create(_) if is_there => destroy(name),
        Request::Create(_) | Request::Resize(_) => request.clone(),
        _ if is_there => request.clone(),
        _ => return,
    };
    let plan = site.plan(&again).await;
    if plan.is_ok_and(|plan| !plan.is_empty()) {
        let run = site.start(again).await;
        let outcome = site.ended(run).await;
        assert_eq!(
            outcome,
            Outcome::Succeeded,
            "{place}: {}",
            story(&site.run(run))
        );
    }
    site.judge();
}

#[tokio::test(start_paused = true)]
async fn lost_at_any_commit_without_a_copy_claims_and_clusters_make_the_store_again() {
    lost_and_recovered(false).await;
}

#[tokio::test(start_paused = true)]
async fn lost_at_any_commit_with_copies_on_members_the_store_is_made_again_and_runs_go_on() {
    lost_and_recovered(true).await;
}

#[tokio::test(start_paused = true)]
async fn a_look_writes_nothing_and_a_store_with_work_is_never_written_over() {
    let site = room(true);
    let captain = site.captain();
    tokio::time::sleep(Duration::from_secs(40)).await;
    captain.abort();
    let before = (counted(&site), site.rack.claims());
    let (_, made) = found(&site).await;
    assert_eq!((counted(&site), site.rack.claims()), before);
    assert!(holds_work(&site.snapshot()).is_some());
    let pools: BTreeSet<&PoolName> = made.pools.keys().collect();
    let fleet = site.snapshot().fleet;
    assert_eq!(pools, fleet.pools.keys().collect());
    for (name, remade) in &made.pools {
        let was = &fleet.pools[name];
        assert_eq!(remade.pool.members, was.members, "{name}");
        let settings =
            |pool: &pooldeck::fleet::Pool| (pool.asked, pool.env.clone(), pool.protected);
        assert_eq!(settings(&remade.pool), settings(was), "{name}");
    }
    assert!(
        made.debts.is_empty() && made.doubts.is_empty(),
        "{:?}",
        made.doubts
    );
}
