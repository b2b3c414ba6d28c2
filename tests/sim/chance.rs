//! Everything at once, by seed: captains killed, connections cut, servers rebooted and without power, scripts that lie.

#![expect(
    clippy::print_stdout,
    reason = "a seed and its history are what a failure is repeated from"
)]

use std::time::Duration;

use pooldeck::{
    fleet::{ServerName, TroubleKind, Verb},
    run::{Outcome, Run},
    sim::{Cut, Lie, prng::Prng},
    store::record::What,
};
use tokio::time::sleep;

use crate::site::{Site, create, destroy, resize, story};

/// Scripts that may go wrong.
const SCRIPTS: [&str; 12] = [
    "claim",
    "preflight",
    "prepare",
    "network",
    "init",
    "join",
    "await-ready",
    "drain",
    "stop-kubelet",
    "reset",
    "clean",
    "release",
];

/// How often a person asks again.
const PATIENCE: u32 = 6;

/// One fault.
async fn strike(site: &Site, prng: &mut Prng) {
    let fleet = site.snapshot().fleet;
    // Those at work are hit most often.
    let busy = !fleet.busy.is_empty() && prng.chance(80);
    let servers: Vec<ServerName> = if busy {
        fleet.busy.into_keys().collect()
    } else {
        fleet.servers.into_keys().collect()
    };
    let server = &servers[usize::try_from(prng.below(servers.len() as u64)).unwrap()];
    match prng.below(8) {
        0 | 1 => {
            let next = site.store.commits.load(std::sync::atomic::Ordering::SeqCst);
            *site.store.dies.lock().unwrap() = Some((next, prng.chance(50)));
        }
        2 => site.rack.cut(
            site.rack.commands(),
            [Cut::Before, Cut::During, Cut::After][usize::try_from(prng.below(3)).unwrap()],
        ),
        3 => site.rack.reboot(server),
        4 => {
            site.rack.power_off(server);
            sleep(Duration::from_secs(prng.between(1, 20))).await;
            site.rack.power_on(server);
        }
        5 => {
            site.rack.trouble(server, Some(TroubleKind::NeedsKey));
            sleep(Duration::from_secs(prng.between(1, 20))).await;
            site.rack.trouble(server, None);
        }
        _ => {
            let script = SCRIPTS[usize::try_from(prng.below(SCRIPTS.len() as u64)).unwrap()];
            let lie = [
                Lie::Fails(1),
                Lie::Fails(75),
                Lie::DoesButSays(1),
                Lie::SaysButDoesNot,
                Lie::Reboots,
                Lie::Hangs,
            ];
            let lie = lie[usize::try_from(prng.below(6)).unwrap()];
            let verb = if prng.chance(20) {
                Verb::Undo
            } else {
                Verb::Apply
            };
            site.rack.spoil(server, script, verb, lie, 1);
        }
    }
}

/// Goes on with what waits for a person, for ever.
async fn operator(site: &Site) {
    loop {
        sleep(Duration::from_secs(20)).await;
        let held = |run: &Run| run.is_open() && !run.held.is_empty();
        let runs = site.snapshot().runs;
        for (id, _) in runs.into_iter().filter(|(_, run)| held(run)) {
            site.ask(What::Resume(id)).await;
        }
    }
}

/// Requests under faults; faults stop, and in the end all is told.
async fn live(seed: u64) {
    let site = Site::new(18, seed);
    let off = site.rack.off();
    let captains = site.captains();
    let mut prng = Prng::new(seed ^ 0x5eed);
    let strikes = async {
        for _ in 0..prng.between(4, 30) {
            sleep(Duration::from_millis(prng.between(100, 5_000))).await;
            strike(&site, &mut prng).await;
        }
        for server in &off {
            site.rack.power_off(server);
        }
    };
    let requests = async {
        for request in [
            create("fast", 4, 4),
            resize("fast", "+4"),
            resize("batch", "+4"),
            destroy("lab"),
            destroy("fast"),
        ] {
            // What changed since the preview is previewed and confirmed again; what cannot be now is asked for later.
            for _ in 0..PATIENCE {
                match site.try_start(&request).await {
                    Ok(run) => {
                        let outcome = site.ended(run).await;
                        let story = || println!("{}", story(&site.run(run)));
                        match outcome {
                            Outcome::Stuck(_) => return story(),
                            Outcome::Failed(_) => story(),
                            _ => break,
                        }
                    }
                    Err(why) => println!("refused: {why}"),
                }
                sleep(Duration::from_secs(10)).await;
            }
        }
    };
    let settled = || {
        site.until("settled", |snapshot| {
            let open = snapshot.runs.values().any(Run::is_open);
            (!open).then_some(())
        })
    };
    let all = async {
        tokio::join!(strikes, requests);
        settled().await;
        // Debts are paid by themselves where that is possible.
        sleep(Duration::from_mins(1)).await;
        settled().await;
    };
    tokio::select! {
        () = all => (),
        () = operator(&site) => (),
    }
    println!(
        "{} commits, {} commands",
        site.store.commits.load(std::sync::atomic::Ordering::SeqCst),
        site.rack.commands()
    );
    let outcomes = site
        .snapshot()
        .runs
        .into_values()
        .map(|run| run.outcome.map_or("open", |it| it.word()));
    println!("seed {seed}: {}", outcomes.collect::<Vec<_>>().join(", "));
    if std::env::var_os("POOLDECK_SEED").is_some() {
        for run in site.snapshot().runs.values() {
            println!("{}", story(run));
        }
    }
    let stuck = site
        .snapshot()
        .runs
        .values()
        .any(|run| matches!(run.outcome, Some(Outcome::Stuck(_))));
    if !stuck {
        site.judge();
    }
    captains.abort();
}

#[test]
fn whatever_goes_wrong_no_server_is_lost_and_every_run_ends() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|value| value.parse::<u64>().ok())
    };
    let seeds = match number("POOLDECK_SEED") {
        Some(seed) => seed..seed + number("POOLDECK_SEEDS").unwrap_or(1),
        None => 0..number("POOLDECK_SEEDS").unwrap_or(3),
    };
    for seed in seeds {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(live(seed));
    }
}
