//! A member that is set aside and its way back: what is promised, what is refused, what the linter says of a broken one.

use jiff::SignedDuration;
use pooldeck::{
    fleet::{ClusterSeen, Maintenance, Note, RunId, ServerName},
    plan::{Action, Confirm, Maintain, Plan, Request, Return, StepId, compare::worse, lint::lint},
};

use crate::room::{Room, name, now, pool, room, server};

fn web() -> Room {
    room([
        server("s01").size(2, 4),
        server("s02"),
        server("s03"),
        server("s04").size(9, 33),
    ])
    .pool("web", "s01", &["s02", "s03"])
}

fn wish(server: &str) -> Request {
    Request::Maintain(Maintain {
        pool: pool("web"),
        server: name(server),
        until: now() + SignedDuration::from_hours(2),
        why: "it's the disk".to_owned(),
    })
}

fn back(server: &str) -> Request {
    Request::Return(Return {
        pool: pool("web"),
        server: name(server),
    })
}

/// The room in which run 4 has set it aside.
fn aside(server: &str, hours: i64) -> Room {
    let mut room = web();
    let note = Note {
        by: "ops1@jump1".to_owned(),
        at: now() - SignedDuration::from_hours(3),
        until: now() + SignedDuration::from_hours(hours),
        why: "disk".to_owned(),
    };
    let run = Some(RunId(4));
    let record = Maintenance { note, run };
    room.fleet.maintained.insert(name(server), record);
    room
}

fn actions(plan: &Plan) -> Vec<(Action, ServerName)> {
    let steps = plan.steps.iter();
    steps
        .map(|step| (step.action, step.subject.clone()))
        .collect()
}

fn refused(room: &Room, request: &Request, why: &str) {
    let text = room.plan(request).unwrap_err().to_string();
    assert!(text.contains(why), "{text}");
    assert!(text.contains("\nhint: "), "{text}");
}

#[test]
fn a_worker_is_cordoned_and_drained_and_stays_a_member() {
    let plan = web().plan(&wish("s02")).unwrap();
    let all = [Action::Cordon, Action::Drain].map(|action| (action, name("s02")));
    assert_eq!(actions(&plan), all);
    assert_eq!(lint(&plan), Vec::<String>::new());
    assert!(plan.effects.outgoing.is_empty() && plan.effects.incoming.is_empty());
    assert_eq!(plan.pool_after(), plan.pool);
    let capacity = plan.pool.as_ref().unwrap().members["s02"].capacity;
    assert_eq!(plan.effects.before.less(capacity), plan.effects.after);
    assert!(matches!(plan.effects.confirm, Confirm::TypeName { .. }));
    assert_eq!(
        plan.request.to_string(),
        r"pooldeck server maintain s02 --until 2026-11-21T14:00:00Z --reason 'it'\''s the disk'"
    );
}

#[test]
fn the_way_back_lifts_the_cordon_of_the_run_that_set_it_also_when_the_time_is_over() {
    for hours in [2, -2] {
        let plan = aside("s02", hours).plan(&back("s02")).unwrap();
        assert_eq!(actions(&plan), [(Action::Uncordon, name("s02"))]);
        assert_eq!(plan.steps[0].env["POOLDECK_CORDONED"], "4");
        assert_eq!(lint(&plan), Vec::<String>::new());
        assert_eq!(plan.effects.confirm, Confirm::Yes);
    }
}

#[test]
fn what_cannot_be_set_aside_or_returned_is_refused_with_what_to_do() {
    refused(&web(), &wish("s01"), "only control plane");
    refused(&web(), &wish("s04"), "is not in web");
    refused(&web(), &back("s02"), "is not in maintenance");
    refused(&aside("s02", 2), &wish("s02"), "in maintenance already");
    refused(&aside("s03", 2), &wish("s02"), "one at a time");
    refused(&aside("s03", -2), &wish("s02"), "one at a time");
    let small = room([server("s01").size(2, 4), server("s02")]).pool("web", "s01", &["s02"]);
    refused(&small, &wish("s02"), "only worker");
    let node = |room: &mut Room| {
        let cluster = room.observed.pools.get_mut("web").unwrap();
        cluster.nodes.get_mut("s02").unwrap().ready = false;
    };
    let mut off = aside("s02", 2);
    node(&mut off);
    refused(&off, &back("s02"), "not Ready");
    let mut lost = web();
    node(&mut lost);
    lost.add(server("s02").unreachable());
    refused(&lost, &wish("s02"), "cannot be asked to end");
    // Another worker that takes no pods is none.
    for spoil in [
        |cluster: &mut ClusterSeen| cluster.nodes.get_mut("s03").unwrap().ready = false,
        |cluster: &mut ClusterSeen| cluster.nodes.get_mut("s03").unwrap().cordoned = true,
        |cluster: &mut ClusterSeen| drop(cluster.nodes.remove("s03")),
    ] {
        let mut alone = web();
        spoil(alone.observed.pools.get_mut("web").unwrap());
        refused(&alone, &wish("s02"), "no other worker takes pods");
    }
    let mut busy = web();
    busy.fleet.busy.insert(name("s03"), RunId(9));
    refused(&busy, &wish("s02"), "run 9 is open");
}

#[test]
fn another_time_or_another_server_is_another_request() {
    let plan = web().plan(&wish("s02")).unwrap();
    let other = web().plan(&wish("s03")).unwrap();
    assert!(!worse(&plan, &other).is_empty());
    assert_ne!(plan.id, other.id);
    assert_eq!(plan.id, web().plan(&wish("s02")).unwrap().id);
}

#[test]
fn the_linter_lets_no_other_step_and_no_key_press_into_it() {
    let broken = |how: fn(&mut Plan)| {
        let mut plan = web().plan(&wish("s02")).unwrap();
        how(&mut plan);
        lint(&plan)
    };
    let all: [fn(&mut Plan); 8] = [
        |plan| plan.steps[1].action = Action::StopKubelet,
        |plan| plan.steps[0].subject = name("s03"),
        |plan| drop(plan.steps.pop()),
        |plan| plan.steps[1].needs.clear(),
        |plan| plan.steps[0].id = StepId(3),
        |plan| plan.effects.confirm = Confirm::Yes,
        |plan| plan.effects.after.cores += 1,
        |plan| drop(plan.pool.as_mut().unwrap().members.remove("s03")),
    ];
    for (at, how) in all.into_iter().enumerate() {
        assert!(!broken(how).is_empty(), "number {at} was let through");
    }
}
