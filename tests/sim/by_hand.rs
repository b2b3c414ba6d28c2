//! The text for a person on each server that a run holds: there while it is held, newer while it moves, gone when it is over.

use std::time::Duration;

use pooldeck::{
    fleet::{Role, RunId, ServerName, Verb},
    plan::Action,
    run::{Outcome, State},
    sim::Lie,
    store::record::What,
};

use crate::{
    crash::without_one,
    site::{Site, create, destroy, newcomer, resize, story},
};

/// Servers on which a text lies, with it.
fn texts(site: &Site) -> Vec<(ServerName, String)> {
    let servers = site.snapshot().fleet.servers.into_keys();
    let text = |server: ServerName| {
        let text = site
            .rack
            .machine(&server, |it| it.disk.by_hand.text().map(str::to_owned));
        Some((server, text.flatten()?))
    };
    servers.filter_map(text).collect()
}

/// It lies on whom the run holds, and on nobody else; it is of this run, begins with its reader, and names no token.
fn look(site: &Site, run: RunId) {
    let held = site.run(run).held_servers();
    let texts = texts(site);
    let on: Vec<&ServerName> = texts.iter().map(|(server, _)| server).collect();
    assert_eq!(
        on,
        held.iter().collect::<Vec<_>>(),
        "{}",
        story(&site.run(run))
    );
    for (server, text) in &texts {
        assert!(text.starts_with("exit 1 #"), "{text}");
        assert!(text.contains(&format!("# run {run}: ")), "{text}");
        if let Some((_, own)) = text.split_once("where this lies") {
            let first = own.split("\n# part ").nth(1).unwrap_or_default();
            assert!(first.contains(&format!(": {server}")), "{first}");
        }
        let words =
            text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.'));
        let is_token = |word: &&str| {
            word.len() == 23 && word.find('.') == Some(6) && word.rfind('.') == Some(6)
        };
        assert_eq!(
            words.filter(is_token).collect::<Vec<_>>(),
            Vec::<&str>::new()
        );
    }
}

async fn a_moment() {
    tokio::time::sleep(Duration::from_secs(70)).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_a_run_holds_has_the_text_in_each_phase_and_nobody_afterwards() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(create("fresh", 8, 16)).await;
    let control_plane = newcomer(&site.run(run), Role::ControlPlane);
    for action in ["prepare", "init", "await-ready"] {
        site.rack
            .spoil(&control_plane, action, Verb::Apply, Lie::Takes(100), 1);
    }
    for action in [Action::Prepare, Action::Init, Action::AwaitReady] {
        site.reaches(run, action, &control_plane, &State::Running)
            .await;
        a_moment().await;
        look(&site, run);
    }
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    a_moment().await;
    assert_eq!(texts(&site), []);
    for request in [without_one(&site, "web"), destroy("fresh")] {
        let run = site.start(request).await;
        let leaves = site.run(run).plan().effects.outgoing[0].server.clone();
        site.rack
            .spoil(&leaves, "reset", Verb::Apply, Lie::Takes(100), 1);
        site.reaches(run, Action::Reset, &leaves, &State::Running)
            .await;
        a_moment().await;
        look(&site, run);
        assert_eq!(site.ended(run).await, Outcome::Succeeded);
        a_moment().await;
        assert_eq!(texts(&site), []);
    }
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_stands_still_has_its_newest_text_and_a_captain_that_is_killed_leaves_it() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(resize("batch", "+4")).await;
    let comes = newcomer(&site.run(run), Role::Worker);
    site.reaches(run, Action::Claim, &comes, &State::Proved)
        .await;
    site.ask(What::Pause(run)).await;
    a_moment().await;
    look(&site, run);
    let stamp = site.run(run).by_hand_stamp();
    let before = texts(&site);
    assert!(!before.is_empty());
    for (server, text) in &before {
        assert!(text.contains(&format!("({stamp})")), "{server}: {text}");
    }
    captain.abort();
    a_moment().await;
    assert_eq!(texts(&site), before);
    let captain = site.captain();
    site.ask(What::Cancel(run)).await;
    assert_eq!(site.ended(run).await, Outcome::Cancelled);
    a_moment().await;
    assert_eq!(texts(&site), []);
    site.judge();
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_owes_keeps_the_text_of_what_is_owed() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(without_one(&site, "web")).await;
    let leaves = site.run(run).plan().effects.outgoing[0].server.clone();
    site.rack
        .spoil(&leaves, "clean", Verb::Apply, Lie::Fails(1), 99);
    site.ended(run).await;
    for _ in 0..8 {
        a_moment().await;
    }
    assert!(site.snapshot().fleet.debts.contains_key(&leaves));
    let all = texts(&site);
    let [(server, text)] = all.as_slice() else {
        panic!("{all:?}");
    };
    assert_eq!(*server, leaves);
    assert!(text.contains("# what is owed"), "{text}");
    captain.abort();
}
