//! Run 11 grew web and is done; run 12 grows batch and joins.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pooldeck::{
    fleet::{Bytes, Capacity, Change, Epoch, PlanId, Role, RunId, ServerName},
    plan::{
        Action, Confirm, Effects, Generations, IfBlocked, Move, Plan, Quorum, Request, Resize,
        Step, StepId,
    },
    run::{Event, Fact, Outcome, RunRecord},
    store::{
        Store,
        record::{Line, key, seen_key},
    },
};

use super::{ago, name, see, write};

const ACTIONS: [Action; 6] = [
    Action::Claim,
    Action::Preflight,
    Action::Prepare,
    Action::Network,
    Action::Join,
    Action::AwaitReady,
];

/// A plan that adds servers to a pool.
pub fn grow(pool: &str, cores: u32, servers: &[&str]) -> Plan {
    let servers: Vec<ServerName> = servers.iter().map(|server| name(server)).collect();
    let mut steps = Vec::new();
    for server in &servers {
        for (at, action) in ACTIONS.into_iter().enumerate() {
            let id = u32::try_from(steps.len()).unwrap();
            let needs = if at == 0 {
                Vec::new()
            } else {
                vec![StepId(id - 1)]
            };
            steps.push(Step {
                id: StepId(id),
                action,
                subject: server.clone(),
                needs,
                env: BTreeMap::new(),
                deadline: 600,
            });
        }
    }
    let capacity = Capacity::new(12, Bytes::gib(47));
    let incoming = servers.iter().map(|server| Move {
        server: server.clone(),
        role: Role::Worker,
        capacity,
        why: "the closest fit; zone c has the fewest of the pool".to_owned(),
        undo_line: "undone until it is Ready".to_owned(),
    });
    let before = Capacity::new(24, Bytes::gib(94));
    Plan {
        id: PlanId("7f3a00000000".to_owned()),
        request: Request::Resize(Resize {
            pool: pool.parse().unwrap(),
            cores: Some(Change::To(cores)),
            memory: None,
            add: BTreeSet::new(),
            remove: BTreeSet::new(),
            shrink: false,
            accept_less: false,
            if_blocked: IfBlocked::Back,
        }),
        effects: Effects {
            title: format!("grow {pool} by {} servers", servers.len()),
            incoming: incoming.collect(),
            before,
            after: Capacity::new(cores, Bytes::gib(188)),
            asked: Capacity::new(cores, Bytes::gib(94)),
            quorum: Quorum {
                before: (1, 1),
                lowest: (1, 1),
                after: (1, 1),
            },
            unknown: vec!["memory in use on s17: last seen 4 min ago".to_owned()],
            confirm: Confirm::Yes,
            ..Effects::default()
        },
        steps,
        generations: Generations::default(),
        pool: None,
        executors: vec![name("s12")],
    }
}

fn event(at: Timestamp, fact: Fact) -> Event {
    Event {
        at,
        epoch: Epoch(4),
        fact,
    }
}

fn started(step: u32, at: i64) -> Event {
    event(
        ago(at),
        Fact::Started {
            step: StepId(step),
            attempt: 1,
            changes: true,
            executor: None,
        },
    )
}

fn proved(step: u32, at: i64) -> Event {
    event(ago(at), Fact::Proved { step: StepId(step) })
}

fn add_run(store: &dyn Store, id: u64, plan: Plan, by: &str, accepted: i64, events: &[Event]) {
    let record = RunRecord {
        id: RunId(id),
        plan,
        by: by.to_owned(),
        accepted: ago(accepted),
    };
    write(store, [(key::run(RunId(id)), record)]);
    let numbered = events.iter().enumerate();
    write(
        store,
        numbered.map(|(n, event)| (key::event(RunId(id), n), event)),
    );
}

/// Adds both to the store.
pub fn add(store: &dyn Store) {
    let mut done: Vec<Event> = (0..6)
        .flat_map(|n| {
            [
                started(n, 1700 - i64::from(n)),
                proved(n, 1600 - i64::from(n)),
            ]
        })
        .collect();
    done.push(event(
        ago(1500),
        Fact::Ended {
            outcome: Outcome::Succeeded,
        },
    ));
    let mut grown = grow("web", 96, &["s11"]);
    grown.effects.before = Capacity::new(84, Bytes::gib(141));
    add_run(store, 11, grown, "op2@jump1", 1800, &done);
    let mut now: Vec<Event> = Vec::new();
    for step in [0, 1, 2, 3] {
        now.push(started(step, 80 - i64::from(step) * 8));
        now.push(started(step + 6, 80 - i64::from(step) * 8));
        now.push(proved(step, 74 - i64::from(step) * 8));
        if step < 3 {
            now.push(proved(step + 6, 73 - i64::from(step) * 8));
        }
    }
    now.push(started(4, 12));
    add_run(
        store,
        12,
        grow("batch", 48, &["s15", "s16"]),
        "ops1@jump1",
        80,
        &now,
    );
    see(store, [(seen_key::lines(RunId(12), StepId(4)), lines())]);
}

/// What a join says.
pub fn lines() -> Vec<Line> {
    let lines = [
        "waiting for the kubelet",
        "the kubelet runs",
        "certificate requested",
    ];
    (0_i64..)
        .zip(lines)
        .map(|(n, text)| Line {
            at: ago(11 - n * 3),
            text: text.to_owned(),
        })
        .collect()
}

/// A plan that takes two servers out of web, in words of its own.
pub fn shrink() -> Plan {
    let mut plan = grow("web", 72, &["s10", "s11"]);
    let effects = &mut plan.effects;
    "shrink web by 2 servers".clone_into(&mut effects.title);
    effects.outgoing = std::mem::take(&mut effects.incoming);
    for it in &mut effects.outgoing {
        "fewest pods; zone b has the most servers".clone_into(&mut it.why);
        "undone until its drain begins; then it is finished".clone_into(&mut it.undo_line);
    }
    effects.before = Capacity::new(96, Bytes::gib(376));
    effects.after = Capacity::new(72, Bytes::gib(282));
    effects.asked = Capacity::new(70, Bytes::gib(280));
    effects.quorum = Quorum {
        before: (3, 3),
        lowest: (3, 3),
        after: (3, 3),
    };
    effects.lost =
        vec!["local data of 2 pods: cache/redis-0 (s10), build/runner-2 (s11)".to_owned()];
    effects.blocked = vec![
        "db/pg-1 (s11): its budget db/pg allows 0 disruptions now; waits up to 15 min, then puts s11 back".to_owned(),
    ];
    effects.confirm = Confirm::TypeName {
        name: "web".to_owned(),
        why: "a quarter of web or more goes: 2 of 8 workers, 24 of 96 CPUs, 94 GiB of 376 GiB"
            .to_owned(),
    };
    plan
}

/// A plan for a new pool of three servers, the first of which controls it.
pub fn new_pool() -> Plan {
    let mut plan = grow("db", 24, &["s23", "s24", "s25"]);
    if let Some(first) = plan.effects.incoming.first_mut() {
        first.role = Role::ControlPlane;
        "the smallest that is fit for a control plane".clone_into(&mut first.why);
    }
    plan
}
