//! What people answer to a drain that waits, and to a newcomer that is waited for; also when the captain dies before it has acted on it.

use std::time::Duration;

use pooldeck::{
    fleet::{Bytes, Role, RunId, ServerName, TroubleKind},
    plan::{Action, IfBlocked, Request},
    run::{Outcome, Reply, State, Word},
    store::record::{Answer, What},
};

use crate::{
    crash::without_one,
    site::{Site, newcomer, resize, story},
};

/// A worker of web leaves whose pods these budgets keep; once its drain waits.
async fn blocked(site: &Site, sets: &[&str]) -> (RunId, ServerName) {
    for set in sets {
        site.rack
            .deploy("web", set, 12, Some(12), (10, Bytes(1 << 20)));
    }
    let request = without_one(site, "web");
    let Request::Resize(wish) = &request else {
        unreachable!()
    };
    let server = wish.remove.first().unwrap().clone();
    let run = site.start(request).await;
    site.until("blocked", |snapshot| {
        snapshot.runs[&run].blockade(&server).map(|_| ())
    })
    .await;
    (run, server)
}

/// A person's word.
fn word(run: RunId, server: &ServerName, reply: Reply, typed: Option<&str>) -> What {
    What::Answer(Word {
        run,
        server: server.clone(),
        reply,
        typed: typed.map(str::to_owned),
    })
}

fn force(run: RunId, server: &ServerName, typed: Option<&str>) -> What {
    word(run, server, Reply::Force("db/hold".to_owned()), typed)
}

async fn refused(site: &Site, what: What) -> String {
    match site.ask(what).await {
        Answer::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

fn pods_on(site: &Site, server: &ServerName, set: &str) -> usize {
    let on = |pod: &&pooldeck::sim::cluster::Pod| {
        pod.set == set && pod.node.as_deref() == Some(server.as_str())
    };
    site.rack
        .cluster("web", |cluster| cluster.pods.iter().filter(on).count())
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_waits_says_for_which_pod_and_budget_since_when_and_until_when() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = blocked(&site, &["db/hold"]).await;
    let run = site.run(run);
    let blockade = run.blockade(&server).unwrap();
    assert_eq!(blockade.then, IfBlocked::Back);
    let kept = &blockade.kept[0];
    assert!(kept.pod.starts_with("db/hold-"), "{kept:?}");
    assert_eq!(
        (kept.budget.as_str(), kept.owner.as_str()),
        ("db/hold", "ReplicaSet hold")
    );
    assert_eq!((kept.ready, kept.all), (12, 12));
    let began = run.of(blockade.step).unwrap().began.unwrap();
    let waits = blockade.until.unwrap().duration_since(began);
    assert_eq!(waits.as_secs(), 900);
    assert!(began < blockade.since && blockade.since < blockade.until.unwrap());
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn who_is_kept_waiting_has_its_whole_time_again_and_is_then_held_for_a_person() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = blocked(&site, &["db/hold"]).await;
    let first = site.run(run).blockade(&server).unwrap().until.unwrap();
    tokio::time::sleep(Duration::from_mins(10)).await;
    site.ask(word(run, &server, Reply::Wait, None)).await;
    captain.abort();
    let captain = site.captain();
    let later = site.run(run).blockade(&server).unwrap().until.unwrap();
    assert!(later.duration_since(first).as_mins() >= 9, "{later}");
    site.held(run, &server).await;
    let now = site.rack.clock.now();
    assert!(first < now && site.run(run).is_open());
    // Asked once more it is tried again, and goes when the budget lets it.
    site.ask(word(run, &server, Reply::Wait, None)).await;
    site.rack
        .cluster("web", |cluster| cluster.budgets.remove("db/hold"));
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_put_back_is_uncordoned_and_the_run_ends_without_it() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = blocked(&site, &["db/hold"]).await;
    site.ask(word(run, &server, Reply::Back, None)).await;
    captain.abort();
    let captain = site.captain();
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::SucceededWithout(vec![server.clone()]));
    assert!(site.run(run).put_back[&server].contains("ops1@jump1"));
    assert!(site.pool("web").unwrap().members.contains_key(&server));
    let cordoned = site.rack.cluster("web", |cluster| {
        cluster.nodes[server.as_str()].cordoned.is_some()
    });
    assert_eq!(cordoned, Some(false));
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn another_server_is_named_where_a_person_wants_one_and_the_drained_one_stays() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = blocked(&site, &["db/hold"]).await;
    site.ask(word(run, &server, Reply::Another, None)).await;
    captain.abort();
    let captain = site.captain();
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::SucceededWithout(vec![server.clone()]));
    let proposed = site.run(run).proposed.unwrap();
    assert!(
        proposed.contains(&format!("would do instead of {server}")),
        "{proposed}"
    );
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn evicting_by_force_wants_the_budgets_name_and_works_also_for_the_next_captain() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = blocked(&site, &["db/hold"]).await;
    let protected = site.pool("web").unwrap().protected;
    let wanted = if protected { "web db/hold" } else { "db/hold" };
    for typed in [None, Some("db"), Some("db/hold ")] {
        let why = refused(&site, force(run, &server, typed)).await;
        assert!(
            why.contains(&format!("`{wanted}` has to be typed")),
            "{why}"
        );
    }
    assert!(pods_on(&site, &server, "db/hold") > 0);
    site.ask(force(run, &server, Some(wanted))).await;
    // Nothing was done yet: the attempt that is under way knows nothing of it.
    assert!(pods_on(&site, &server, "db/hold") > 0);
    captain.abort();
    let captain = site.captain();
    assert_eq!(
        site.ended(run).await,
        Outcome::Succeeded,
        "{}",
        story(&site.run(run))
    );
    let answers = site.run(run).answers;
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].by, "ops1@jump1");
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn force_is_bound_to_its_budget_and_everybody_elses_keeps_its_pods() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = blocked(&site, &["db/hold", "db/firm"]).await;
    let why = word(
        run,
        &server,
        Reply::Force("db/none".to_owned()),
        Some("db/none"),
    );
    let why = refused(&site, why).await;
    assert!(why.contains("keeps no pod on"), "{why}");
    let protected = site.pool("web").unwrap().protected;
    let wanted = if protected { "web db/hold" } else { "db/hold" };
    let firm = pods_on(&site, &server, "db/firm");
    site.ask(force(run, &server, Some(wanted))).await;
    site.until("only the other budget holds it up", |snapshot| {
        let blockade = snapshot.runs[&run].blockade(&server)?;
        (blockade.words() == format!("{server} drain waits for db/firm")).then_some(())
    })
    .await;
    assert_eq!(pods_on(&site, &server, "db/hold"), 0);
    assert_eq!(pods_on(&site, &server, "db/firm"), firm);
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::SucceededWithout(vec![server.clone()]));
    // Another run of the same server knows nothing of it.
    site.rack
        .cluster("web", |cluster| cluster.budgets.remove("db/firm"));
    site.rack
        .deploy("web", "db/hold", 0, Some(12), (10, Bytes(1 << 20)));
    let next = site.start(without_one(&site, "web")).await;
    assert!(site.run(next).all_overridden().is_empty());
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_the_last_seconds_of_a_drain_counts() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = blocked(&site, &["db/hold"]).await;
    let until = site.run(run).blockade(&server).unwrap().until.unwrap();
    let left = until.duration_since(site.rack.clock.now());
    let left = Duration::try_from(left).unwrap();
    tokio::time::sleep(left.saturating_sub(Duration::from_secs(3))).await;
    let wanted = if site.pool("web").unwrap().protected {
        "web db/hold"
    } else {
        "db/hold"
    };
    site.ask(force(run, &server, Some(wanted))).await;
    assert_eq!(
        site.ended(run).await,
        Outcome::Succeeded,
        "{}",
        story(&site.run(run))
    );
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn answers_that_mean_nothing_are_refused_with_the_reason() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let (run, server) = blocked(&site, &["db/hold"]).await;
    let stays = site.pool("web").unwrap();
    let stays = stays.members.keys().find(|it| **it != server).unwrap();
    let why = refused(&site, word(run, stays, Reply::Wait, None)).await;
    assert!(why.contains(&format!("no drain of {stays} waits")), "{why}");
    let why = refused(&site, word(run, stays, Reply::Back, None)).await;
    assert!(why.contains("does not leave with run"), "{why}");
    let why = refused(&site, word(run, &server, Reply::Without, None)).await;
    assert!(why.contains("is not on its way into a pool"), "{why}");
    site.ask(What::Cancel(run)).await;
    let why = refused(&site, force(run, &server, Some("db/hold"))).await;
    assert!(
        why.contains("goes back already") || why.contains("has ended"),
        "{why}"
    );
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_without_a_newcomer_that_refuses_us() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(resize("batch", "+12")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    site.rack.trouble(&server, Some(TroubleKind::SudoRefused));
    site.until("parked", |snapshot| {
        let run = &snapshot.runs[&run];
        run.parked.contains_key(&server).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_mins(20)).await;
    assert!(site.run(run).is_open(), "it waits as long as it refuses");
    site.ask(word(run, &server, Reply::Without, None)).await;
    captain.abort();
    let captain = site.captain();
    let outcome = site.ended(run).await;
    assert!(!site.pool("batch").unwrap().members.contains_key(&server));
    assert!(
        matches!(&outcome, Outcome::SucceededWithout(all) if *all == [server.clone()]),
        "{outcome:?}"
    );
    assert!(site.run(run).left_out.contains_key(&server));
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_without_a_newcomer_that_lost_its_power() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(resize("batch", "+12")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    site.reaches(run, Action::Claim, &server, &State::Proved)
        .await;
    site.rack.power_off(&server);
    site.ask(word(run, &server, Reply::Without, None)).await;
    assert!(site.run(run).left_out.contains_key(&server));
    // What was begun on it is tried to be taken back as long as that step may take.
    tokio::time::sleep(Duration::from_mins(20)).await;
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::SucceededWithout(vec![server.clone()]));
    let snapshot = site.snapshot();
    assert!(
        snapshot.records[&server].debt.is_some(),
        "it owes its cleaning"
    );
    assert!(!snapshot.fleet.pools["batch"].members.contains_key(&server));
    captain.abort();
}
