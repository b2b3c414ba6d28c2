//! The fold of a run's events, under every order and every failure that chance can think of.

#![expect(clippy::unwrap_used, reason = "a test that fails by it says so")]

#[path = "run/by_hand.rs"]
mod by_hand;
#[path = "plan/room.rs"]
#[expect(dead_code, reason = "the planner's tests use the rest of it")]
mod room;
#[path = "run/world.rs"]
mod world;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use pooldeck::{
    fleet::{Epoch, RunId},
    plan::{Action, Plan, Request, StepId},
    run::{Cause, Event, Fact, Outcome, Run, RunRecord, Span, State, Times},
};
use proptest::prelude::*;
use room::{Room, create, destroy, name, resize, room, server};
use world::{Next, World};

fn spare() -> Room {
    room((1..=8).map(|n| server(&format!("s{n:02}")).size(4, 16)))
}

fn web() -> Room {
    spare().pool("web", "s01", &["s02", "s03", "s04"])
}

/// A plan of each kind: create, grow, shrink, both at once, destroy.
fn plans() -> Vec<Plan> {
    let mut down = resize("web", "4", "16GiB");
    down.shrink = true;
    let mut swap = resize("web", "", "");
    (swap.add, swap.remove) = ([name("s06")].into(), [name("s02")].into());
    vec![
        spare()
            .plan(&Request::Create(create("web", 12, 40)))
            .unwrap(),
        web()
            .plan(&Request::Resize(resize("web", "+8", "")))
            .unwrap(),
        web().plan(&Request::Resize(down)).unwrap(),
        web().plan(&Request::Resize(swap)).unwrap(),
        web().plan(&destroy("web", false)).unwrap(),
    ]
}

#[test]
fn a_run_in_which_all_goes_well_succeeds_with_every_step_proved() {
    for plan in plans() {
        let title = plan.effects.title.clone();
        let mut world = World::new(plan);
        world.live(&[]);
        assert_eq!(world.run.outcome, Some(Outcome::Succeeded), "{title}");
        assert!(
            world
                .run
                .steps
                .iter()
                .all(|step| step.state == State::Proved),
            "{title}"
        );
        world.judge();
        world.cut_everywhere();
    }
}

#[test]
fn after_its_end_a_run_takes_no_event_and_names_the_case() {
    let mut world = World::new(plans().remove(0));
    world.live(&[]);
    let late = Event {
        at: world.now,
        epoch: Epoch(1),
        fact: Fact::Proved { step: StepId(0) },
    };
    let before = world.run.clone();
    let error = world.run.apply(&late).unwrap_err();
    assert!(
        error.to_string().contains("the run has ended: succeeded"),
        "{error}"
    );
    assert_eq!(world.run, before);
}

#[test]
fn taking_back_has_a_time_of_its_own_however_long_ago_the_step_was_proved() {
    let mut world = World::new(plans().remove(0));
    let step = StepId(0);
    let executor = None;
    world.record(vec![
        Fact::Started {
            step,
            attempt: 1,
            changes: true,
            executor: executor.clone(),
        },
        Fact::Proved { step },
    ]);
    world.now += SignedDuration::from_mins(10);
    let by = "ops1".to_owned();
    let begun = Fact::UndoStarted {
        step,
        attempt: 1,
        executor,
    };
    let cause = Cause::Cancel;
    world.record(vec![Fact::Unwinding { by, cause }, begun]);
    assert_eq!(world.run.of(step).unwrap().undo_began, Some(world.now));
}

#[test]
fn the_first_failure_anywhere_ends_with_no_server_lost() {
    for plan in plans() {
        for broken in 0..plan.steps.len() {
            let mut world = World::new(plan.clone());
            let step = StepId(u32::try_from(broken).unwrap());
            while world.run.is_open() {
                world.look();
                let fails = world.run.of(step).unwrap().state == State::Running;
                match world.options().swap_remove(0) {
                    _ if fails => world.record(vec![Fact::Failed {
                        step,
                        why: "broken".to_owned(),
                    }]),
                    Next::Facts(facts) => world.record(facts),
                    Next::Wait(until) => world.now = until,
                }
            }
            world.judge();
            assert_ne!(
                world.run.outcome,
                Some(Outcome::Succeeded),
                "step {broken} failed"
            );
        }
    }
}

#[test]
fn a_node_is_deleted_only_after_its_kubelet_has_stopped() {
    let mut world = World::new(plans().remove(1));
    let joined = |world: &World| {
        let mut steps = world.run.progress();
        steps.any(|(step, progress)| {
            step.action == Action::AwaitReady && progress.state == State::Proved
        })
    };
    while !joined(&world) {
        match world.options().swap_remove(0) {
            Next::Facts(facts) => world.record(facts),
            Next::Wait(until) => world.now = until,
        }
    }
    world.record(vec![Fact::Unwinding {
        by: "ops1".to_owned(),
        cause: Cause::Rollback,
    }]);
    world.live(&[]);
    let undone = |action: Action| {
        let is = |event: &Event| matches!(event.fact, Fact::Undone { step } if world.run.plan().step(step).unwrap().action == action);
        world.events.iter().position(is)
    };
    assert!(undone(Action::Join).unwrap() < undone(Action::AwaitReady).unwrap());
    assert_eq!(world.run.outcome, Some(Outcome::RolledBack));
    world.judge();
}

#[test]
fn a_pause_is_no_part_of_a_deadline() {
    let mut world = World::new(plans().remove(0));
    let begun = |world: &World| {
        let mut steps = world.run.progress();
        steps.find_map(|(step, it)| (it.state == State::Running).then_some(step.id))
    };
    while begun(&world).is_none() {
        match world.options().swap_remove(0) {
            Next::Facts(facts) => world.record(facts),
            Next::Wait(until) => world.now = until,
        }
    }
    let step = begun(&world).unwrap();
    let (by, why) = ("ops1".to_owned(), "lunch".to_owned());
    world.record(vec![Fact::Paused {
        by: by.clone(),
        why,
    }]);
    world.now += SignedDuration::from_hours(2);
    world.record(vec![Fact::Resumed { by }]);
    let progress = world.run.of(step).unwrap();
    let counts_from = progress.began.unwrap() + progress.grace;
    assert_eq!(counts_from, world.now, "its whole time again");
    let others = world.run.progress().filter(|(it, _)| it.id != step);
    assert!(others.into_iter().all(|(_, it)| it.grace.is_zero()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_a_run_ends_and_no_server_is_lost(plan in 0..5_usize, choices in prop::collection::vec(any::<u8>(), 0..120)) {
        let mut world = World::new(plans().swap_remove(plan));
        world.live(&choices);
        world.judge();
        world.cut_everywhere();
    }
}

/// The same plan as an earlier run in which each step took so many seconds, one after the other.
fn history(plan: &Plan, id: u64, seconds: i64) -> Run {
    played(plan, id, seconds, true)
}

/// The same, where each had something to do or none had.
fn played(plan: &Plan, id: u64, seconds: i64, changes: bool) -> Run {
    let mut run = Run::new(RunRecord {
        id: RunId(id),
        plan: plan.clone(),
        by: "ops1@jump1".to_owned(),
        accepted: room::now(),
    });
    let mut at = room::now();
    for step in &plan.steps {
        let started = Fact::Started {
            step: step.id,
            attempt: 1,
            changes,
            executor: None,
        };
        for (fact, later) in [(started, seconds), (Fact::Proved { step: step.id }, 0)] {
            let epoch = Epoch(1);
            run.apply(&Event { at, epoch, fact }).unwrap();
            at += SignedDuration::from_secs(later);
        }
    }
    run
}

#[test]
fn a_run_is_foretold_by_its_longest_way_and_not_at_all_where_a_step_was_never_measured() {
    let [create, grow, shrink, ..] = &plans()[..] else {
        panic!("plans of each kind");
    };
    let runs = BTreeMap::from([
        (RunId(1), history(grow, 1, 10)),
        (RunId(2), history(grow, 2, 30)),
    ]);
    let times = Times::of(&runs, None);
    assert_eq!(times.of_plan(create), None, "nobody ever ran an init here");
    assert_eq!(times.of_plan(shrink), None, "nobody ever drained here");
    let span = times.of_plan(grow).unwrap();
    let subject = |name| {
        grow.steps
            .iter()
            .filter(|step| step.subject == name)
            .count()
    };
    let longest = grow
        .steps
        .iter()
        .map(|step| subject(step.subject.clone()))
        .max();
    let least = 10 * i64::try_from(longest.unwrap()).unwrap();
    let all = 10 * i64::try_from(grow.steps.len()).unwrap();
    assert!((least..all).contains(&span.least.as_secs()), "{span:?}");
    assert_eq!(span.most, span.least * 3);
    // What was measured later foretells nothing of an earlier run.
    let earlier = Times::of(&runs, Some(RunId(2)));
    assert_eq!(earlier.of_plan(grow).unwrap().most, span.least);
}

#[test]
fn what_is_left_of_a_run_shrinks_with_time_and_is_not_known_of_a_step_that_takes_too_long() {
    let plan = &plans()[1];
    let runs = BTreeMap::from([(RunId(1), history(plan, 1, 60))]);
    let times = Times::of(&runs, None);
    let mut world = World::new(plan.clone());
    let whole = times.left(&world.run, world.now).unwrap();
    assert_eq!(Some(whole), times.of_plan(plan));
    let first = plan
        .steps
        .iter()
        .find(|step| step.needs.is_empty())
        .unwrap();
    world.apply(Fact::Started {
        step: first.id,
        attempt: 1,
        changes: true,
        executor: None,
    });
    let later = |seconds| world.now + SignedDuration::from_secs(seconds);
    let left = times.left(&world.run, later(20)).unwrap();
    assert!(left.least <= whole.least && left.most <= whole.most);
    assert_eq!(times.left(&world.run, later(61)), None);
    let (by, why) = ("ops1@jump1".to_owned(), "paused by a person".to_owned());
    let mut paused = world.run.clone();
    let (at, epoch) = (world.now, Epoch(1));
    paused
        .apply(&Event {
            at,
            epoch,
            fact: Fact::Paused { by, why },
        })
        .unwrap();
    assert_eq!(times.left(&paused, later(1)), None, "a person is no step");
}

#[test]
fn a_step_that_found_its_work_done_does_not_teach_how_long_the_work_takes() {
    let plan = &plans()[1];
    let worked = BTreeMap::from([(RunId(1), history(plan, 1, 30))]);
    let mut both = worked.clone();
    both.insert(RunId(2), played(plan, 2, 0, false));
    let [worked, both] = [worked, both].map(|runs| Times::of(&runs, None));
    let claim = |plan: &Plan| {
        let mut plan = plan.clone();
        plan.steps.retain(|step| step.action == Action::Claim);
        plan
    };
    let span = worked.of_plan(&claim(plan)).unwrap();
    assert_eq!(both.of_plan(&claim(plan)), Some(span));
    // What only looks or waits takes as long as it took, also where it was so at once.
    let mut proof = plan.clone();
    proof.steps.retain(|step| step.action == Action::VerifyPool);
    assert!(both.of_plan(&proof).unwrap().least.is_zero());
    let idle = BTreeMap::from([(RunId(1), played(plan, 1, 0, false))]);
    assert_eq!(
        Times::of(&idle, None).of_plan(plan),
        None,
        "nothing was ever joined"
    );
}

#[test]
fn the_last_seconds_count_down_and_longer_times_are_rounded() {
    let words = |least, most| {
        let [least, most] = [least, most].map(SignedDuration::from_secs);
        Span { least, most }.words()
    };
    assert_eq!(
        [words(0, 0), words(3, 7), words(19, 19)],
        ["1 s", "3-7 s", "19 s"]
    );
    assert_eq!([words(3, 24), words(41, 52)], ["10-20 s", "40-50 s"]);
    assert_eq!(words(360, 660), "6-11 min");
}

#[test]
fn nothing_is_retried_or_waits_in_a_run_that_was_cancelled() {
    let mut world = World::new(plans().swap_remove(1));
    let step = world.run.plan().steps[0].id;
    let words = |world: &World| -> Vec<&str> {
        let all = world.run.progress();
        all.map(|(step, progress)| world.run.word(step, progress))
            .collect()
    };
    assert!(words(&world).iter().all(|word| *word == "waiting"));
    let why = "no route".to_owned();
    let after = world.now;
    world.apply(Fact::Started {
        step,
        attempt: 1,
        changes: false,
        executor: None,
    });
    world.apply(Fact::Retrying { step, why, after });
    assert_eq!(words(&world)[0], "retrying");
    let by = "ops1@jump1".to_owned();
    world.apply(Fact::Unwinding {
        by,
        cause: Cause::Cancel,
    });
    for _ in 0..2 {
        assert_eq!(words(&world)[0], "cancelled");
        assert!(words(&world)[1..].iter().all(|word| *word == "not-begun"));
        let outcome = world.run.settled();
        if let Some(outcome) = outcome.filter(|_| world.run.is_open()) {
            world.apply(Fact::Ended { outcome });
        }
    }
    assert!(!world.run.is_open());
}
