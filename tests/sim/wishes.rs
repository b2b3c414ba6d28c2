//! What people ask for in a history, by seed: every kind of request, words to open runs, two operators at once.

use std::{collections::BTreeSet, time::Duration};

use pooldeck::{
    fleet::{Bytes, Capacity, Change, PoolName, Role, RunId, ServerName},
    plan::{
        Action, Clean, Confirm, Create, Destroy, IfBlocked, Maintain, Plan, Request, Resize,
        Return, Site as Place, plan,
    },
    run::{Reply, Run, Word},
    sim::prng::Prng,
    store::{
        note::Say,
        record::{Answer, What},
        snapshot::Snapshot,
    },
};
use tokio::time::sleep;

use crate::{history::Stage, strikes::index};

/// How often one wish is asked for before it is given up.
const PATIENCE: u32 = 3;

/// One person's wishes, one after the other.
pub async fn operator(stage: &Stage, mut prng: Prng, wishes: u64) {
    for _ in 0..wishes {
        sleep(Duration::from_millis(prng.between(100, 3_000))).await;
        let snapshot = stage.site.snapshot();
        let Some((word, what)) = wish(stage, &snapshot, &mut prng) else {
            continue;
        };
        stage.wish(word);
        let request = match what {
            Wish::Asked(what) => {
                stage.ask(*what).await;
                continue;
            }
            Wish::Run(request) => *request,
        };
        for _ in 0..PATIENCE {
            if let Some(run) = confirm(stage, &request).await {
                stage
                    .wait(Duration::from_secs(prng.between(5, 90)), |it| {
                        it.runs.get(&run).is_none_or(|run| !run.is_open())
                    })
                    .await;
                break;
            }
            sleep(Duration::from_secs(5)).await;
        }
    }
}

/// Confirms what can be planned now.
pub async fn confirm(stage: &Stage, request: &Request) -> Option<RunId> {
    let snapshot = stage.site.snapshot();
    let now = stage.site.rack.clock.now();
    let plan: Plan = plan(
        &snapshot.fleet,
        &snapshot.observed,
        request,
        now,
        &Place::default(),
    )
    .map_err(|why| stage.say(|| format!("no plan: {why}")))
    .ok()?;
    let typed = match &plan.effects.confirm {
        Confirm::Yes => None,
        Confirm::TypeName { name, .. } => Some(name.clone()),
    };
    let plan = Box::new(plan);
    match stage.ask(What::Confirm { plan, typed }).await? {
        Answer::Run(run) => Some(run),
        other => {
            stage.say(|| format!("no run: {other:?}"));
            None
        }
    }
}

enum Wish {
    Run(Box<Request>),
    Asked(Box<What>),
}

/// Something that could be wanted now.
fn wish(stage: &Stage, it: &Snapshot, prng: &mut Prng) -> Option<(&'static str, Wish)> {
    let pools: Vec<&PoolName> = it.fleet.pools.keys().collect();
    let pool = pools
        .get(index(prng, pools.len()))
        .map(|name| (*name).clone());
    let workers = |pool: &PoolName| -> Vec<ServerName> {
        let pool = &it.fleet.pools[pool];
        pool.with_role(Role::Worker)
            .map(|(name, _)| name.clone())
            .collect()
    };
    let spare: Vec<&ServerName> = it
        .fleet
        .servers
        .keys()
        .filter(|name| it.fleet.pool_of(name).is_none())
        .collect();
    let spare = spare
        .get(index(prng, spare.len()))
        .map(|name| (*name).clone());
    let until = stage.site.rack.clock.now() + Duration::from_hours(2);
    let why = "a new fan".to_owned();
    let run = |request| Wish::Run(Box::new(request));
    Some(match prng.below(22) {
        0..=3 => ("create", run(create(prng))),
        4..=6 => (
            "resize up",
            run(resize(pool?, |it| it.cores = Some(Change::More(4)))),
        ),
        7 | 8 => (
            "resize down",
            run(resize(pool?, |it| it.cores = Some(Change::Less(8)))),
        ),
        9 => (
            "resize by memory",
            run(resize(pool?, |it| {
                it.memory = Some(Change::More(Bytes::gib(16)));
            })),
        ),
        10 => ("add by name", run(resize(pool?, |it| it.add.extend(spare)))),
        11 | 12 => {
            let pool = pool?;
            let all = workers(&pool);
            let gone = all.get(index(prng, all.len()))?.clone();
            let blocked = [IfBlocked::Back, IfBlocked::Wait, IfBlocked::Another][index(prng, 3)];
            let request = resize(pool, |it| {
                it.remove.insert(gone);
                it.if_blocked = blocked;
                it.add.extend(spare.filter(|_| prng.chance(40)));
            });
            ("remove by name", run(request))
        }
        13 | 14 => (
            "destroy",
            run(Request::Destroy(Destroy {
                pool: pool?,
                without_drain: false,
            })),
        ),
        15 => (
            "destroy without drain",
            run(Request::Destroy(Destroy {
                pool: pool?,
                without_drain: true,
            })),
        ),
        16 => {
            let server = it.fleet.debts.keys().next().cloned().or(spare)?;
            ("clean", run(Request::Clean(Clean { server })))
        }
        17 | 18 => {
            let pool = pool?;
            let all = workers(&pool);
            let server = all.get(index(prng, all.len()))?.clone();
            if it.fleet.maintained.contains_key(&server) {
                ("return", run(Request::Return(Return { pool, server })))
            } else {
                (
                    "maintain",
                    run(Request::Maintain(Maintain {
                        pool,
                        server,
                        until,
                        why,
                    })),
                )
            }
        }
        _ => return word(stage, it, prng, pool, spare),
    })
}

/// Something to be said that no run has to do.
fn word(
    stage: &Stage,
    it: &Snapshot,
    prng: &mut Prng,
    pool: Option<PoolName>,
    spare: Option<ServerName>,
) -> Option<(&'static str, Wish)> {
    let until = stage.site.rack.clock.now() + Duration::from_hours(2);
    let why = "a new disk".to_owned();
    Some(match prng.below(3) {
        0 => {
            let on = prng.chance(50);
            let typed = Some(pool.as_ref()?.to_string());
            (
                "protect",
                Wish::Asked(Box::new(What::Protect {
                    pool: pool?,
                    on,
                    typed,
                })),
            )
        }
        1 => ("check", Wish::Asked(Box::new(What::Check(Vec::new())))),
        _ => {
            let server = spare?;
            let say = if it.fleet.maintained.contains_key(&server) {
                Say::EndMaintenance(server)
            } else {
                Say::Maintain { server, until, why }
            };
            ("set aside", Wish::Asked(Box::new(What::Say(say))))
        }
    })
}

fn create(prng: &mut Prng) -> Request {
    Request::Create(Create {
        pool: ["fast", "tmp"][index(prng, 2)].parse().unwrap(),
        asked: Capacity::new(u32::try_from(prng.between(1, 40)).unwrap(), Bytes::gib(4)),
        control_planes: 1,
        version: None,
        servers: BTreeSet::new(),
        pod_cidr: None,
        service_cidr: None,
        sources: None,
        accept_less: false,
    })
}

fn resize(pool: PoolName, change: impl FnOnce(&mut Resize)) -> Request {
    let mut wish = Resize {
        pool,
        cores: None,
        memory: None,
        add: BTreeSet::new(),
        remove: BTreeSet::new(),
        shrink: true,
        accept_less: false,
        if_blocked: IfBlocked::default(),
    };
    change(&mut wish);
    Request::Resize(wish)
}

/// Somebody says something to an open run, at any moment.
pub async fn meddler(stage: &Stage, mut prng: Prng) {
    for _ in 0..prng.below(4) {
        sleep(Duration::from_millis(prng.between(500, 12_000))).await;
        let open = |run: &&Run| run.is_open();
        let runs: Vec<Run> = stage
            .site
            .store
            .with(|it| it.runs.values().filter(open).cloned().collect());
        let Some(run) = runs.get(index(&mut prng, runs.len())) else {
            continue;
        };
        let id = run.id();
        let (word, what) = match prng.below(8) {
            0 | 1 => ("cancel", What::Cancel(id)),
            2 => ("rollback", What::Rollback(id)),
            3 => ("pause", What::Pause(id)),
            4 => ("resume", What::Resume(id)),
            _ => {
                let subjects: Vec<_> = run.plan().subjects().into_iter().collect();
                let server = subjects[index(&mut prng, subjects.len())].clone();
                ("answer", answer(run, &server, &mut prng))
            }
        };
        stage.wish(word);
        stage.ask(what).await;
    }
}

fn answer(run: &Run, server: &ServerName, prng: &mut Prng) -> What {
    let budget = ["shop/api", "db/pg"][index(prng, 2)].to_owned();
    let replies = [
        Reply::Wait,
        Reply::Back,
        Reply::Another,
        Reply::Without,
        Reply::Force(budget),
    ];
    let reply = replies[index(prng, replies.len())].clone();
    let typed = reply.wanted(run, prng.chance(50));
    What::Answer(Word {
        run: run.id(),
        server: server.clone(),
        reply,
        typed,
    })
}

/// Goes on with what waits for a person, for ever; what is refused again and again is ended.
pub async fn patient(stage: &Stage, mut prng: Prng) {
    let mut refused = 0;
    loop {
        sleep(Duration::from_secs(prng.between(6, 15))).await;
        let waits = |run: &&Run| {
            run.is_open()
                && (run.paused.is_some() || !run.held.is_empty() || !run.parked.is_empty())
        };
        let open = |run: &&Run| run.is_open();
        let (waiting, blocked): (Vec<RunId>, Vec<(Run, ServerName)>) =
            stage.site.store.with(|it| {
                let waiting = it.runs.values().filter(waits).map(Run::id).collect();
                let blocked = it.runs.values().filter(open).flat_map(|run| {
                    let drains = run
                        .plan()
                        .steps
                        .iter()
                        .filter(|step| step.action == Action::Drain);
                    let held = drains.filter(|step| run.blocked.contains_key(&step.id));
                    held.map(|step| (run.clone(), step.subject.clone()))
                        .collect::<Vec<_>>()
                });
                (waiting, blocked.collect())
            });
        for id in waiting {
            let what = if refused > 4 {
                What::Cancel(id)
            } else {
                What::Resume(id)
            };
            match stage.ask(what).await {
                Some(Answer::Refused(_)) => refused += 1,
                _ => refused = 0,
            }
        }
        for (run, server) in blocked {
            if prng.chance(60) {
                stage.ask(answer(&run, &server, &mut prng)).await;
            }
        }
    }
}
