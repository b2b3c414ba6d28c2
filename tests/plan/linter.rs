//! The linter finds what is wrong: each plan here is broken in one way.

use pooldeck::plan::{Action, Confirm, Plan, Request, StepId, lint::lint};

use crate::room::{name, resize, room, server};

/// One server in, one out.
fn sound() -> Plan {
    let room = room([
        server("s01").size(2, 4),
        server("s02").size(1, 16),
        server("s03").size(2, 4),
    ])
    .pool("web", "s01", &["s02"]);
    let wish = Request::Resize(resize("web", "+1", "-12GiB"));
    room.plan(&wish).unwrap()
}

/// What the linter says of the plan after it was broken.
fn broken(how: impl FnOnce(&mut Plan)) -> Vec<String> {
    let mut plan = sound();
    how(&mut plan);
    lint(&plan)
}

fn first(plan: &mut Plan, action: Action) -> &mut pooldeck::plan::Step {
    plan.steps
        .iter_mut()
        .find(|step| step.action == action)
        .unwrap()
}

#[test]
fn a_sound_plan_has_nothing_to_say_about() {
    assert_eq!(lint(&sound()), Vec::<String>::new());
}

#[test]
fn every_way_in_which_a_plan_can_be_wrong_is_said() {
    let all = [
        broken(|plan| first(plan, Action::Cordon).needs.clear()),
        broken(|plan| first(plan, Action::Claim).needs.push(StepId(9))),
        broken(|plan| first(plan, Action::Drain).env.clear()),
        broken(|plan| first(plan, Action::Reset).subject = name("s01")),
        broken(|plan| first(plan, Action::Join).deadline = 0),
        broken(|plan| drop(plan.steps.pop())),
        broken(|plan| plan.steps.swap(0, 1)),
        broken(|plan| plan.effects.confirm = Confirm::Yes),
        broken(|plan| plan.effects.after.cores += 1),
        broken(|plan| plan.effects.asked.cores += 1),
        broken(|plan| plan.effects.incoming[0].why.clear()),
        broken(|plan| plan.effects.outgoing.push(plan.effects.incoming[0].clone())),
        broken(|plan| {
            let members = &mut plan.pool.as_mut().unwrap().members;
            members.get_mut("s03").unwrap().slot = 0;
        }),
        broken(|plan| plan.generations.servers.clear()),
    ];
    let texts: Vec<String> = all.iter().map(|found| found.join("\n")).collect();
    assert!(all.iter().all(|found| !found.is_empty()), "{texts:?}");
    insta::assert_snapshot!(texts.join("\n\n"));
}
