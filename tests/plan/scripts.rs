//! From a plan's steps to what is sent to servers.

use std::collections::{BTreeMap, BTreeSet};

use pooldeck::{
    fleet::{Epoch, FleetId, RunId, Script, Verb},
    plan::{Action, Plan, Request, script::RunEnv, script::script},
};

use crate::room::{Room, create, name, now, pool, resize, room, server};

fn env() -> RunEnv {
    RunEnv {
        fleet: FleetId("91c2aabbccddeeff".to_owned()),
        epoch: Epoch(5),
        store: "/var/lib/pooldeck".to_owned(),
        holder: "ops1 on jump1".to_owned(),
        run: RunId(12),
        pool: Some(pool("web")),
        now: now(),
        left_out: BTreeSet::new(),
        put_back: BTreeSet::new(),
        overridden: BTreeMap::new(),
    }
}

fn web() -> Room {
    room([
        server("s01").size(2, 4),
        server("s02"),
        server("s03"),
        server("s04").zone("a"),
    ])
}

fn of(plan: &Plan, action: Action, subject: &str, env: &RunEnv) -> Script {
    let mut steps = plan.steps.iter();
    let step = steps
        .rfind(|step| step.action == action && step.subject == name(subject))
        .unwrap();
    script(step, Verb::Apply, env, plan.pool.as_ref())
}

fn shown(script: &Script) -> String {
    let lines = script
        .env
        .iter()
        .map(|(key, value)| format!("{key}={value}"));
    let mut lines: Vec<String> = lines.collect();
    lines.insert(0, format!("{} {}", script.name, script.verb.word()));
    lines.join("\n")
}

#[test]
fn kubeadm_is_told_every_address_range_and_version_and_nothing_secret() {
    let plan = web().plan(&Request::Create(create("web", 16, 64))).unwrap();
    let init = shown(&of(&plan, Action::Init, "s01", &env()));
    let join = shown(&of(&plan, Action::Join, "s03", &env()));
    insta::assert_snapshot!(format!("{init}\n\n{join}"));
}

#[test]
fn every_step_of_a_new_worker_has_what_its_script_asks_for() {
    let plan = web().plan(&Request::Create(create("web", 24, 96))).unwrap();
    let steps = [
        Action::Preflight,
        Action::Prepare,
        Action::Network,
        Action::AwaitReady,
    ];
    let texts: Vec<String> = steps
        .map(|action| shown(&of(&plan, action, "s04", &env())))
        .into();
    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn the_proof_goes_without_whoever_was_left_out() {
    let plan = web().plan(&Request::Create(create("web", 16, 64))).unwrap();
    let nodes =
        |env: &RunEnv| of(&plan, Action::VerifyPool, "s01", env).env["POOLDECK_NODES"].clone();
    assert_eq!(nodes(&env()), "s01 s02 s03");
    let without = RunEnv {
        left_out: [name("s03")].into(),
        ..env()
    };
    assert_eq!(nodes(&without), "s01 s02");
}

#[test]
fn a_server_that_is_put_back_keeps_its_routes_and_is_proved_with_the_others() {
    let room = web().pool("web", "s01", &["s02", "s03", "s04"]);
    let mut wish = resize("web", "", "");
    wish.remove = [name("s03"), name("s04")].into();
    let plan = room.plan(&Request::Resize(wish)).unwrap();
    let routes =
        |env: &RunEnv| of(&plan, Action::Routes, "s02", env).env["POOLDECK_ROUTES"].clone();
    assert_eq!(routes(&env()), "10.244.0.0/24=10.77.0.2");
    let back = RunEnv {
        put_back: [name("s03")].into(),
        ..env()
    };
    assert_eq!(
        routes(&back),
        "10.244.0.0/24=10.77.0.2 10.244.2.0/24=10.77.0.4"
    );
    let proof = of(&plan, Action::VerifyPool, "s01", &back);
    assert_eq!(proof.env["POOLDECK_NODES"], "s01 s02 s03");
    assert!(!proof.env.keys().any(|key| key.ends_with("_LEAVING")));
}

#[test]
fn a_budget_that_was_overridden_is_told_to_the_drain_of_its_server_alone() {
    let room = web().pool("web", "s01", &["s02", "s03", "s04"]);
    let mut wish = resize("web", "", "");
    wish.remove = [name("s03"), name("s04")].into();
    let plan = room.plan(&Request::Resize(wish)).unwrap();
    let one = RunEnv {
        overridden: [(name("s03"), ["db/pg".to_owned()].into())].into(),
        ..env()
    };
    let told = |action, subject| {
        let script = of(&plan, action, subject, &one);
        script.env.get("POOLDECK_OVERRIDE").cloned()
    };
    assert_eq!(told(Action::Drain, "s03").as_deref(), Some("db/pg"));
    assert_eq!(told(Action::Drain, "s04"), None);
    assert_eq!(told(Action::Cordon, "s03"), None);
}

#[test]
fn a_clean_knows_whose_leftovers_it_removes_and_claims_first_what_has_lost_its_claim() {
    let room = room([
        server("s01").owing("old").claimed_by("91c2aabbccddeeff"),
        server("s02").owing("old"),
    ]);
    let clean = |text: &str| {
        let wish = pooldeck::plan::Clean { server: name(text) };
        room.plan(&Request::Clean(wish)).unwrap()
    };
    let nobody = RunEnv {
        pool: None,
        ..env()
    };
    for (subject, steps) in [("s01", 5), ("s02", 6)] {
        let plan = clean(subject);
        assert_eq!(plan.steps.len(), steps, "{subject}");
        assert_eq!(pooldeck::plan::lint::lint(&plan), Vec::<String>::new());
        for step in &plan.steps {
            let script = script(step, Verb::Apply, &nobody, None);
            assert_eq!(script.env["POOLDECK_POOL"], "old");
            assert_eq!(script.env["POOLDECK_ROLE"], "worker");
        }
    }
}
