//! What goes wrong in a history, by seed, and how all of it ends.

use std::{collections::BTreeMap, time::Duration};

use pooldeck::{
    fleet::{Bytes, Server, ServerName, TroubleKind, Verb},
    sim::{ApiFault, Cut, Lie, prng::Prng},
    store::{
        Commit, Store,
        record::{Stop, key},
    },
};
use tokio::time::sleep;

use crate::history::Stage;

/// Scripts that change something, with the verbs that they have.
const SCRIPTS: [(&str, bool); 19] = [
    ("claim", true),
    ("preflight", false),
    ("prepare", true),
    ("network", true),
    ("init", true),
    ("join", true),
    ("await-ready", true),
    ("cordon", true),
    ("drain", false),
    ("uncordon", false),
    ("stop-kubelet", false),
    ("remove-node", false),
    ("reset", false),
    ("clean", false),
    ("prove-clean", false),
    ("release", false),
    ("verify-pool", false),
    ("fence", false),
    ("keep-copy", false),
];

/// How long what passes lasts, in seconds.
const LASTS: (u64, u64) = (1, 25);

/// So much goes wrong, one after the other.
pub async fn strikes(stage: &Stage, mut prng: Prng) {
    let (least, most) = if stage.large { (4, 30) } else { (0, 9) };
    for _ in 0..prng.between(least, most) {
        sleep(Duration::from_millis(prng.between(50, 4_000))).await;
        strike(stage, &mut prng).await;
    }
}

/// One fault.
async fn strike(stage: &Stage, prng: &mut Prng) {
    let server = victim(stage, prng);
    let rack = &stage.site.rack;
    let lasts = Duration::from_secs(prng.between(LASTS.0, LASTS.1));
    match prng.below(32) {
        0..=2 => kill(stage, prng),
        3 => zombie(stage, prng).await,
        4..=6 => {
            let cuts = [
                ("before", Cut::Before),
                ("during", Cut::During),
                ("after", Cut::After),
            ];
            let (word, cut) = cuts[index(prng, cuts.len())];
            rack.cut(rack.commands() + prng.below(3), cut);
            stage.fault(&format!("cut {word}"));
        }
        7..=9 => {
            rack.reboot(&server);
            stage.fault("reboot");
        }
        10 | 11 => {
            rack.power_off(&server);
            stage.fault("power lost");
            sleep(lasts).await;
            rack.power_on(&server);
        }
        12 if stage.lost.lock().unwrap().is_empty() && prng.chance(50) => {
            rack.power_off(&server);
            stage.lost.lock().unwrap().insert(server);
            stage.fault("power lost for ever");
        }
        13 | 14 => {
            let kinds = [
                ("needs a key", TroubleKind::NeedsKey),
                ("another host key", TroubleKind::HostKeyChanged),
                ("sudo refused", TroubleKind::SudoRefused),
                ("unreadable", TroubleKind::Unreadable),
                ("another machine", TroubleKind::Stranger),
            ];
            let (word, kind) = kinds[index(prng, kinds.len())];
            rack.trouble(&server, Some(kind));
            stage.fault(word);
            sleep(lasts).await;
            rack.trouble(&server, None);
        }
        15 | 16 => {
            rack.free(&server, Bytes(0));
            stage.fault("disk full");
            sleep(lasts).await;
            stage.free(&server);
        }
        17 => {
            rack.clock_ahead(&server, 300.0);
            stage.fault("clock off");
            sleep(lasts).await;
            rack.clock_ahead(&server, 0.0);
        }
        18 | 19 => {
            let pools: Vec<String> = stage
                .site
                .store
                .with(|it| it.fleet.pools.keys().map(ToString::to_string).collect());
            if let Some(pool) = pools.get(index(prng, pools.len())) {
                let kinds = [
                    ("API silent", ApiFault::Silent),
                    ("API behind", ApiFault::Behind),
                ];
                let (word, kind) = kinds[index(prng, 2)];
                rack.api(pool, Some(kind));
                stage.fault(word);
                sleep(lasts).await;
                rack.api(pool, None);
            }
        }
        20 => {
            rack.with(|world| {
                world
                    .clusters
                    .values_mut()
                    .for_each(|it| it.stale_tokens += 1);
            });
            stage.fault("join token expired");
        }
        21 => inventory(stage, &server, prng, lasts).await,
        22 => {
            stop(stage, true);
            stage.fault("stop said");
            sleep(lasts).await;
            stop(stage, false);
        }
        _ => lie(stage, &server, prng),
    }
}

/// Whoever is at work is hit most often.
fn victim(stage: &Stage, prng: &mut Prng) -> ServerName {
    let (busy, all): (Vec<ServerName>, Vec<ServerName>) = stage.site.store.with(|it| {
        (
            it.fleet.busy.keys().cloned().collect(),
            stage.site.room.listed.keys().cloned().collect(),
        )
    });
    let from = if !busy.is_empty() && prng.chance(80) {
        busy
    } else {
        all
    };
    from[index(prng, from.len())].clone()
}

fn kill(stage: &Stage, prng: &mut Prng) {
    let seats = stage.seats.lock().unwrap();
    let living = seats.living.lock().unwrap();
    let Some(reins) = living.get(index(prng, living.len())) else {
        return;
    };
    if prng.chance(50) {
        reins.kill_at_commit(prng.below(4), prng.chance(50));
        stage.fault("kill at a commit");
    } else {
        reins.kill_after(prng.below(60));
        stage.fault("kill anywhere");
    }
}

/// A captain is stopped, another takes over, and the first wakes up.
async fn zombie(stage: &Stage, prng: &mut Prng) {
    let reins = {
        let mut seats = stage.seats.lock().unwrap();
        let reins = seats.living.lock().unwrap().first().cloned();
        if seats.living.lock().unwrap().len() < 2 {
            seats.seat();
        }
        reins
    };
    let Some(reins) = reins else { return };
    // Most often between its commit and its command: that command is on its way when it wakes up.
    reins.stop_at_commit(prng.below(5));
    for _ in 0..30 {
        if reins.is_stopped() {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    reins.stop();
    stage.fault("zombie");
    sleep(Duration::from_secs(prng.between(8, 45))).await;
    reins.wake();
}

/// The operator edits the list while somebody acts on it.
async fn inventory(stage: &Stage, server: &ServerName, prng: &mut Prng, lasts: Duration) {
    let word = match prng.below(4) {
        0 => {
            let problem = "hosts.yaml:3:1: `offred` is no key".to_owned();
            drop(stage.list.send_replace(Err(vec![problem])));
            "inventory broken"
        }
        1 => {
            stage.edit(|list| drop(list.remove(server)));
            "server taken out of the inventory"
        }
        2 => {
            stage.edit(|list| {
                with(list, server, |it| {
                    "198.18.255.1".clone_into(&mut it.access.host);
                });
            });
            "address changed"
        }
        _ => {
            stage.edit(|list| with(list, server, |it| it.offered = false));
            "server withdrawn"
        }
    };
    stage.fault(word);
    sleep(lasts).await;
    stage.edit(|_| ());
}

fn with(
    list: &mut BTreeMap<ServerName, Server>,
    server: &ServerName,
    change: impl FnOnce(&mut Server),
) {
    if let Some(server) = list.get_mut(server) {
        change(server);
    }
}

fn stop(stage: &Stage, all: bool) {
    let stop = Stop {
        by: "ops2@jump1".to_owned(),
        at: stage.site.rack.clock.now(),
        all: true,
    };
    let mut commit = Commit::default();
    let value = all.then(|| serde_json::to_string(&stop).unwrap());
    commit.writes.insert(key::STOP.to_owned(), value);
    stage.site.store.commit(&commit).unwrap();
}

/// A script goes wrong once, or twice.
fn lie(stage: &Stage, server: &ServerName, prng: &mut Prng) {
    let (script, undone) = SCRIPTS[index(prng, SCRIPTS.len())];
    let rack = &stage.site.rack;
    let times = u32::try_from(prng.between(1, 2)).unwrap();
    // Where kubectl runs is as often the one that lies.
    let heads = stage.site.store.with(|it| {
        let pools = it.fleet.pools.values();
        pools
            .flat_map(|pool| pool.with_role(pooldeck::fleet::Role::ControlPlane))
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    });
    let executed = [
        "await-ready",
        "cordon",
        "drain",
        "uncordon",
        "remove-node",
        "verify-pool",
    ]
    .contains(&script);
    let server = if executed && !heads.is_empty() {
        &heads[index(prng, heads.len())]
    } else {
        server
    };
    match prng.below(10) {
        0 => {
            let script = ["token", "kubeconfig"][index(prng, 2)];
            for head in &heads {
                rack.spoil(head, script, Verb::Fetch, Lie::Fails(3), times);
            }
            stage.fault(&format!("script {script}"));
        }
        1 => {
            rack.spoil(server, script, Verb::Check, Lie::Fails(3), times);
            stage.fault(&format!("script {script} cannot tell"));
        }
        _ => {
            let lies = [
                Lie::Fails(1),
                Lie::Fails(75),
                Lie::DoesButSays(1),
                Lie::SaysButDoesNot,
                Lie::SaysButDoesNot,
                Lie::Reboots,
                Lie::Takes(prng.between(5, 40)),
                if prng.chance(20) {
                    Lie::Hangs
                } else {
                    Lie::Fails(75)
                },
            ];
            let lie = lies[index(prng, lies.len())];
            let verb = if undone && prng.chance(20) {
                Verb::Undo
            } else {
                Verb::Apply
            };
            rack.spoil(server, script, verb, lie, times);
            stage.fault(&format!("script {script}"));
        }
    }
}

/// A place in a list of so many; 0 for an empty one.
pub fn index(prng: &mut Prng, len: usize) -> usize {
    usize::try_from(prng.below(len as u64)).unwrap()
}

/// Nothing goes wrong any more, but for who never comes back.
pub fn cease(stage: &Stage) {
    let rack = &stage.site.rack;
    let lost = stage.lost.lock().unwrap().clone();
    for server in stage.site.room.listed.keys() {
        let (off, ahead) = stage.odd[server];
        rack.machine(server, |machine| {
            machine.faults = pooldeck::sim::fault::Faults::default();
            machine.clock_ahead = ahead;
        });
        stage.free(server);
        let on = rack.machine(server, |machine| machine.power).unwrap();
        if !on && !off && !lost.contains(server) {
            rack.power_on(server);
        }
        if on && off {
            rack.power_off(server);
        }
    }
    rack.with(|world| {
        world.apis.clear();
        world.cuts.clear();
        world
            .clusters
            .values_mut()
            .for_each(|it| it.stale_tokens = 0);
    });
    stage.edit(|_| ());
    stop(stage, false);
    let seats = stage.seats.lock().unwrap();
    let living = seats.living.lock().unwrap();
    living.iter().for_each(|reins| reins.wake());
}
