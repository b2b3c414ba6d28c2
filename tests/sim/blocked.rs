//! Drains that a disruption budget blocks, and the answers to them.

use std::time::Duration;

use pooldeck::{
    fleet::{Bytes, RunId, ServerName},
    plan::{IfBlocked, Request},
    run::Outcome,
    store::record::What,
};

use crate::{
    crash::without_one,
    site::{Site, story},
};

#[tokio::test(start_paused = true)]
async fn a_drain_that_a_budget_blocks_puts_the_server_back_and_nothing_is_forced() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    site.rack
        .deploy("web", "db/hold", 12, Some(12), (10, Bytes(1 << 20)));
    let run = site.start(without_one(&site, "web")).await;
    let outcome = site.ended(run).await;
    assert!(
        matches!(outcome, Outcome::SucceededWithout(_)),
        "{outcome:?}: {}",
        story(&site.run(run))
    );
    site.judge();
    let (cordoned, held) = site
        .rack
        .cluster("web", |cluster| {
            let cordoned = cluster
                .nodes
                .values()
                .filter(|node| node.cordoned.is_some())
                .count();
            (
                cordoned,
                cluster
                    .pods
                    .iter()
                    .filter(|pod| pod.set == "db/hold")
                    .count(),
            )
        })
        .unwrap();
    assert_eq!((cordoned, held), (0, 12));
    captain.abort();
}

/// A worker leaves whose pods a budget keeps, with that answer; the run and the worker.
async fn blocked(site: &Site, answer: IfBlocked) -> (RunId, ServerName) {
    site.rack
        .deploy("web", "db/hold", 12, Some(12), (10, Bytes(1 << 20)));
    let Request::Resize(mut wish) = without_one(site, "web") else {
        unreachable!()
    };
    wish.if_blocked = answer;
    let server = wish.remove.first().unwrap().clone();
    (site.start(Request::Resize(wish)).await, server)
}

#[tokio::test(start_paused = true)]
async fn a_blocked_drain_waits_for_a_person_who_sees_to_the_pods_and_resumes() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = blocked(&site, IfBlocked::Wait).await;
    let why = site.held(run, &server).await;
    assert!(why.contains("`pooldeck run resume"), "{why}");
    // A server that is seen does not wake by itself.
    tokio::time::sleep(Duration::from_mins(30)).await;
    assert!(site.run(run).parked.contains_key(&server));
    site.rack
        .cluster("web", |cluster| cluster.budgets.remove("db/hold"));
    site.ask(What::Resume(run)).await;
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cancelled_while_a_drain_waits_for_a_person_puts_the_server_back() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = blocked(&site, IfBlocked::Wait).await;
    site.held(run, &server).await;
    site.ask(What::Cancel(run)).await;
    assert_eq!(site.ended(run).await, Outcome::Cancelled);
    assert!(site.pool("web").unwrap().members.contains_key(&server));
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_to_take_another_server_ends_by_naming_it_and_the_command() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = blocked(&site, IfBlocked::Another).await;
    let outcome = site.ended(run).await;
    assert!(
        matches!(outcome, Outcome::SucceededWithout(_)),
        "{outcome:?}"
    );
    let said = site.run(run).proposed.unwrap();
    let other = site.pool("web").unwrap();
    let other = other
        .members
        .keys()
        .find(|name| said.starts_with(&format!("{name} would do instead of {server}")));
    let command = format!(
        "hint: `pooldeck pool resize web --remove {} --if-blocked another`",
        other.unwrap_or_else(|| panic!("{said}"))
    );
    assert!(said.ends_with(&command), "{said}");
    site.judge();
    captain.abort();
}
