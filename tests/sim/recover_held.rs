//! A copy that was made in the middle of a run: the run is held, knows what was done since, and goes on or is ended.

use std::time::Duration;

use pooldeck::{
    fleet::{Epoch, Role, ServerName, Verb},
    plan::Request,
    run::Outcome,
    sim::Lie,
    store::record::{Answer, What},
};

use crate::{
    crash::{stride, without_one},
    recover::{Way, asked_again, finished, found, lost_at, recovered, requests, room},
    site::{Site, resize, story},
};

/// Something of the request takes seven minutes, so that a copy is made before it is done.
fn slowed(site: &Site, name: &str, request: &Request) {
    let (script, servers): (_, Vec<ServerName>) = match request {
        Request::Create(_) | Request::Resize(_) if !is_leaving(request) => (
            "prepare",
            site.snapshot().fleet.servers.into_keys().collect(),
        ),
        _ => {
            let pool = site.pool(name).unwrap();
            let heads = pool.with_role(Role::ControlPlane);
            ("drain", heads.map(|(head, _)| head.clone()).collect())
        }
    };
    for server in servers {
        site.rack
            .spoil(&server, script, Verb::Apply, Lie::Takes(420), 1);
    }
}

fn is_leaving(request: &Request) -> bool {
    matches!(request, Request::Resize(wish) if !wish.remove.is_empty())
}

/// What was seen on the way, so that no test passes because nothing happened.
#[derive(Debug, Default)]
struct Seen {
    losses: usize,
    held: usize,
    behind: usize,
    over: usize,
}

async fn lost_in_a_long_run(
    name: &'static str,
    request: Request,
    at: u64,
    way: Way,
) -> Option<Seen> {
    let place = format!("{name}: lost at commit {at}, {way:?}");
    let mut site = room(true);
    slowed(&site, name, &request);
    if !lost_at(&site, &request, at).await {
        return None;
    }
    site.lose_the_store();
    let made = recovered(&site).await;
    let held = made.runs.values().filter(|it| it.over.is_none());
    let seen = Seen {
        losses: 1,
        held: held.clone().count(),
        behind: held.map(|it| it.behind).sum(),
        over: made.runs.values().filter(|it| it.over.is_some()).count(),
    };
    let captain = site.captain();
    finished(&site, way, &place).await;
    site.judge();
    asked_again(&site, name, &request, &place).await;
    captain.abort();
    Some(seen)
}

#[tokio::test(start_paused = true)]
async fn a_run_of_a_copy_is_held_and_goes_on_or_back_wherever_the_store_was_lost() {
    let (mut all, mut failed) = (Seen::default(), Vec::new());
    for (name, request) in requests() {
        // The copy is made in the middle; what comes before it is tried elsewhere.
        for at in (10..).step_by(stride(11)) {
            let way = if at % 2 == 0 { Way::On } else { Way::Back };
            let one = lost_in_a_long_run(name, request.clone(), at, way);
            match tokio::spawn(one).await {
                Ok(None) => break,
                Ok(Some(seen)) => {
                    all.losses += seen.losses;
                    all.held += seen.held;
                    all.behind += seen.behind;
                    all.over += seen.over;
                }
                Err(why) => failed.push(format!("{name}, commit {at}, {way:?}: {why}")),
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(0 < all.losses && 0 < all.held && 0 < all.behind, "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_server_another_run_has_worked_on_since_is_over() {
    let mut site = room(true);
    let request = without_one(&site, "web");
    slowed(&site, "web", &request);
    let captain = site.captain();
    let run = site.start(request).await;
    tokio::time::sleep(Duration::from_mins(6)).await;
    assert!(site.run(run).is_open());
    site.store
        .whole
        .store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    let gone = site.run(run).plan().effects.outgoing[0].server.clone();
    let Request::Resize(mut wish) = resize("batch", "+1") else {
        unreachable!()
    };
    (wish.cores, wish.add) = (None, [gone.clone()].into());
    tokio::time::sleep(Duration::from_secs(30)).await;
    let again = site.start(Request::Resize(wish)).await;
    assert_eq!(
        site.ended(again).await,
        Outcome::Succeeded,
        "{}",
        story(&site.run(again))
    );
    captain.abort();
    site.lose_the_store();
    let made = recovered(&site).await;
    assert!(made.runs[&run].over.is_some());
    let pool = made.pool_of(&gone).unwrap();
    assert_eq!(pool.name.as_str(), "batch");
    let captain = site.captain();
    finished(&site, Way::On, "over").await;
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn the_captain_of_the_lost_store_is_refused_by_every_server_once_the_new_one_has_told_it() {
    let mut site = room(false);
    let old = site.captain();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let request = resize("batch", "+4");
    let plan = site.plan(&request).await.unwrap();
    let old_store = site.store.clone();
    site.lose_the_store();
    let made = recovered(&site).await;
    assert!(!made.pools.is_empty());
    let new = site.captain();
    let all = site.until("told", |snapshot| {
        let recovered = snapshot.recovered.as_ref()?;
        recovered.untold.is_empty().then_some(())
    });
    all.await;
    for (server, claim) in site.rack.claims() {
        assert!(made.epoch < Epoch(claim.epoch), "{server}: {claim:?}");
    }
    // The old one still lives, and is asked for something.
    let other = Site::beside(&site, old_store);
    let run = other
        .ask(What::Confirm {
            plan: Box::new(plan),
            typed: None,
        })
        .await;
    tokio::time::sleep(Duration::from_mins(20)).await;
    if let Answer::Run(run) = run {
        let run = other.run(run);
        assert!(run.is_open(), "it waits for a person: {}", story(&run));
    }
    let (_, again) = found(&site).await;
    for (name, remade) in &again.pools {
        assert_eq!(remade.pool.members, made.pools[name].pool.members, "{name}");
    }
    old.abort();
    new.abort();
}
