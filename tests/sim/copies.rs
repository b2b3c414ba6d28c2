//! Copies of the store on servers: after each run, during a long one, on members only.

use std::{sync::atomic::Ordering, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use pooldeck::{
    fleet::{ServerName, Verb},
    run::Outcome,
    sim::Lie,
    store::Store,
};

use crate::{
    crash::without_one,
    site::{Site, resize, story},
};

/// Servers with a copy, and of which revision.
fn copies(site: &Site) -> Vec<(ServerName, String)> {
    let servers = site.snapshot().fleet.servers.into_keys();
    let copy = |server: ServerName| {
        let text = site.rack.machine(&server, |it| it.disk.copy.clone());
        Some((server, text.flatten()?))
    };
    servers.filter_map(copy).collect()
}

fn site() -> Site {
    let site = Site::new(18, 3);
    site.store.copies.store(true, Ordering::SeqCst);
    site
}

async fn a_moment() {
    tokio::time::sleep(Duration::from_secs(40)).await;
}

#[tokio::test(start_paused = true)]
async fn two_members_keep_a_copy_after_each_run_and_nobody_else_does() {
    let site = site();
    let captain = site.captain();
    for request in [resize("batch", "+4"), without_one(&site, "web")] {
        let run = site.start(request).await;
        assert_eq!(site.ended(run).await, Outcome::Succeeded);
        a_moment().await;
        let kept = copies(&site);
        assert_eq!(kept.len(), 2, "{kept:?}");
        let newest = STANDARD.encode(site.store.revision().unwrap().to_string());
        for (server, copy) in &kept {
            assert_eq!(*copy, newest, "{server}");
            assert!(site.snapshot().fleet.pool_of(server).is_some());
        }
    }
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_long_run_is_copied_every_five_minutes() {
    let site = site();
    let captain = site.captain();
    a_moment().await;
    let plan = site.plan(&resize("batch", "+4")).await.unwrap();
    let server = &plan.effects.incoming[0].server;
    site.rack
        .spoil(server, "prepare", Verb::Apply, Lie::Takes(420), 1);
    let run = site.start(resize("batch", "+4")).await;
    let before = copies(&site);
    tokio::time::sleep(Duration::from_mins(6)).await;
    assert!(site.run(run).is_open(), "{}", story(&site.run(run)));
    assert_ne!(copies(&site), before);
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_cannot_be_kept_is_said_and_tried_again() {
    let site = site();
    let captain = site.captain();
    a_moment().await;
    let kept: Vec<ServerName> = copies(&site)
        .into_iter()
        .map(|(server, _)| server)
        .collect();
    for server in &kept {
        site.rack
            .spoil(server, "keep-copy", Verb::Apply, Lie::Fails(1), 1);
        site.rack
            .machine(server, |machine| machine.disk.copy = None);
    }
    site.start(resize("batch", "+4")).await;
    let said = site.until("said", |snapshot| {
        snapshot.captain.as_ref()?.uncopied.clone()
    });
    assert!(said.await.contains("it did not work"));
    a_moment().await;
    assert_eq!(copies(&site).len(), 2);
    let said = site.snapshot().captain.and_then(|it| it.uncopied);
    assert_eq!(said, None);
    captain.abort();
}
