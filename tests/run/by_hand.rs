//! A run as a person finishes it or takes it back: what is listed, in which order, and what the commands are.

use std::{collections::BTreeSet, fs, process::Command};

use pooldeck::{
    fleet::{Debt, Fleet, RunId, ServerName, Verb},
    plan::{Action, Clean, Maintain, Plan, Request, Return, StepId, Undo},
    run::{
        Cause, Fact, Fate, Outcome, Run, State,
        by_hand::{End, Way},
    },
};
use proptest::prelude::*;

use super::{plans, spare, web};
use crate::{
    room::{create, destroy, name, now, pool, resize, room, server},
    world::{Next, World},
};

/// A plan of each kind of request.
fn every_kind() -> Vec<Plan> {
    let mut all = plans();
    let (pool, server) = (pool("web"), name("s03"));
    let maintain = Maintain {
        pool: pool.clone(),
        server: server.clone(),
        until: now() + jiff::SignedDuration::from_hours(2),
        why: "it's a new disk".to_owned(),
    };
    let mut aside = web();
    let note = pooldeck::fleet::Note::new("ops1", now(), maintain.until, &maintain.why).unwrap();
    let maintained = pooldeck::fleet::Maintenance {
        note,
        run: Some(RunId(4)),
    };
    aside.fleet.maintained.insert(server.clone(), maintained);
    let mut lost = resize("web", "", "");
    lost.remove = [name("s03")].into();
    let mut gone = web();
    let seen = gone.observed.servers.get_mut(&name("s03")).unwrap();
    seen.trouble = Some(pooldeck::fleet::Trouble {
        kind: pooldeck::fleet::TroubleKind::Unreachable,
        text: "timeout".to_owned(),
        since: now(),
    });
    let cluster = gone.observed.pools.values_mut().next().unwrap();
    cluster.nodes.get_mut("s03").unwrap().ready = false;
    let owing = self::room([server_owing()]);
    let clean = Request::Clean(Clean {
        server: name("s01"),
    });
    all.extend([
        web().plan(&Request::Maintain(maintain)).unwrap(),
        aside
            .plan(&Request::Return(Return { pool, server }))
            .unwrap(),
        web().plan(&destroy("web", true)).unwrap(),
        gone.plan(&Request::Resize(lost)).unwrap(),
        owing.plan(&clean).unwrap(),
    ]);
    all
}

fn server_owing() -> crate::room::Fixture {
    server("s01").owing("web").claimed_by("91c2aabbccddeeff")
}

fn fleet() -> Fleet {
    web().fleet
}

/// All goes well until so many steps are proved.
fn half_way(plan: Plan, proved: usize) -> World {
    let mut world = World::new(plan);
    while world.run.done().0 < proved {
        match world.options().remove(0) {
            Next::Facts(facts) => world.record(facts),
            Next::Wait(until) => world.now = until,
        }
    }
    world
}

fn listed(way: &Way) -> BTreeSet<(StepId, Verb)> {
    let tasks = way.parts.iter().flat_map(|part| &part.tasks);
    tasks.filter_map(|it| Some((it.step?, it.verb))).collect()
}

/// What is to be done by hand, said once more and otherwise: by looking at each step's state alone.
fn expected(run: &Run) -> BTreeSet<(StepId, Verb)> {
    let came = |server: &ServerName| {
        let mut incoming = run.plan().effects.incoming.iter();
        incoming.any(|it| it.server == *server)
    };
    let joins = |server: &ServerName| {
        run.progress()
            .any(|(step, it)| step.subject == *server && step.action == Action::Join && it.changes)
    };
    let mut all = BTreeSet::new();
    for (step, progress) in run.progress() {
        let server = &step.subject;
        let back = run.fate(server) == Fate::Back;
        let of_members = matches!(step.action, Action::Routes | Action::VerifyPool);
        let stays = of_members && !came(server) && run.unwinding.is_none();
        if progress.state != State::Proved && (!back || stays) {
            all.insert((step.id, Verb::Apply));
        }
        let made_by_join = step.action == Action::AwaitReady && joins(server);
        let stands = progress.state != State::Undone
            && (progress.changes && progress.state != State::Waiting || made_by_join);
        if back && stands && step.action.undo() == Undo::Undo {
            all.insert((step.id, Verb::Undo));
        }
    }
    all
}

/// At this point of the run: exactly what is left is listed, once, and nothing before what it needs.
fn look(run: &Run, fleet: &Fleet) {
    let it = run.by_hand(fleet);
    let open = run.is_open();
    let kept: Vec<&Way> = it.ways.iter().filter(|way| way.end != End::Paid).collect();
    if open {
        let forward = run.unwinding.is_none();
        let end = if forward {
            End::Finished
        } else {
            End::TakenBack
        };
        let way = kept.iter().find(|way| way.end == end);
        let found = way.map(|way| listed(way)).unwrap_or_default();
        assert_eq!(found, expected(run), "{:?}", run.steps);
    }
    for way in kept {
        let mut done = BTreeSet::new();
        let all = listed(way);
        for task in way.parts.iter().flat_map(|part| &part.tasks) {
            let step = run.plan().step(task.step.unwrap()).unwrap();
            assert!(done.insert((step.id, task.verb)), "listed twice: {step:?}");
            assert_ne!(run.of(step.id).unwrap().state, State::Undone);
            if task.verb == Verb::Apply {
                let proved = run.of(step.id).unwrap().state == State::Proved;
                assert!(!proved, "it is proved: {step:?}");
                for need in &step.needs {
                    let later = all.contains(&(*need, Verb::Apply));
                    let before = !later || done.contains(&(*need, Verb::Apply));
                    assert!(before, "{need:?} comes after {step:?}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_has_happened_exactly_what_is_left_is_listed_in_an_order_that_works(
        kind in 0_usize..10, choices in prop::collection::vec(any::<u8>(), 0..60)
    ) {
        let plan = every_kind().swap_remove(kind);
        let mut world = World::new(plan);
        world.live(&choices);
        let fleet = fleet();
        let mut run = Run::new(world.run.record.clone());
        look(&run, &fleet);
        for event in &world.events {
            run.apply(event).unwrap();
            look(&run, &fleet);
        }
    }
}

#[test]
fn what_is_taken_back_is_what_a_cancel_takes_back() {
    for plan in every_kind() {
        for proved in 1..plan.steps.len() {
            let world = half_way(plan.clone(), proved);
            let it = world.run.by_hand(&fleet());
            let mut cancelled = world;
            let by = "ops1".to_owned();
            let cause = Cause::Cancel;
            cancelled.record(vec![Fact::Unwinding { by, cause }]);
            for fact in cancelled.run.after_unwinding() {
                cancelled.apply(fact);
            }
            let back = it.ways.iter().find(|way| way.end == End::TakenBack);
            let wanted = expected(&cancelled.run);
            let undone = wanted.iter().any(|(_, verb)| *verb == Verb::Undo);
            assert_eq!(back.is_some(), undone && cancelled.run.is_open());
            if let Some(back) = back {
                assert_eq!(listed(back), wanted);
            }
        }
    }
}

/// Every text that there can be: each kind of run, at its beginning and half-way, both ways.
fn texts() -> Vec<String> {
    let mut texts = Vec::new();
    for plan in every_kind() {
        let half = plan.steps.len().div_ceil(2);
        for proved in [0, half] {
            let world = half_way(plan.clone(), proved);
            texts.push(world.run.by_hand(&fleet()).text(None));
            texts.push(world.run.by_hand(&fleet()).text(Some(&name("s02"))));
        }
    }
    texts
}

#[test]
fn every_text_is_filled_fits_a_terminal_and_says_why_and_when_it_is_done() {
    for plan in every_kind() {
        let run = half_way(plan, 0).run;
        for way in run.by_hand(&fleet()).ways {
            for task in way.parts.iter().flat_map(|part| &part.tasks) {
                assert!(
                    !task.why.is_empty() && !task.done_when.is_empty(),
                    "{task:?}"
                );
                assert!(!task.blocks.is_empty(), "{task:?}");
            }
        }
    }
    for text in texts() {
        assert!(!text.contains("POOLDECK_"), "a variable of ours: {text}");
        let words = text.split(|c: char| !(c.is_ascii_uppercase() || c == '_' || c == '@'));
        let unfilled = words.filter(|it| it.len() > 2 && it.starts_with('@') && it.ends_with('@'));
        assert_eq!(unfilled.collect::<Vec<_>>(), Vec::<&str>::new());
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{} columns: {line}", line.len());
            assert!(
                !line.contains("iptables -F") || line.starts_with('#'),
                "{line}"
            );
        }
    }
}

#[test]
fn every_command_is_one_that_a_shell_understands() {
    let folder = tempfile::tempdir().unwrap();
    let mut scripts = BTreeSet::new();
    for plan in every_kind() {
        let half = plan.steps.len().div_ceil(2);
        for proved in [0, half] {
            for way in half_way(plan.clone(), proved).run.by_hand(&fleet()).ways {
                for task in way.parts.into_iter().flat_map(|part| part.tasks) {
                    let mut all = vec![task.done_when];
                    all.extend(task.blocks.into_iter().map(|block| block.commands));
                    scripts.insert(all.join("\n"));
                }
            }
        }
    }
    let mut files = Vec::new();
    for (number, script) in scripts.iter().enumerate() {
        let file = folder.path().join(format!("{number}.sh"));
        fs::write(&file, script).unwrap();
        files.push(file);
    }
    for file in &files {
        let said = Command::new("sh").arg("-n").arg(file).output().unwrap();
        assert!(
            said.status.success(),
            "{said:?} {}",
            fs::read_to_string(file).unwrap()
        );
    }
    // What installs the tests' tools has it; without it a shell's own reading has to do.
    if let Ok(said) = Command::new("shellcheck")
        .args(["-s", "sh"])
        .args(&files)
        .output()
    {
        assert!(
            said.status.success(),
            "{}",
            String::from_utf8_lossy(&said.stdout)
        );
    }
}

#[test]
fn what_came_from_a_server_cannot_become_a_command() {
    let mut world = half_way(every_kind().remove(0), 3);
    let step = StepId(3);
    let why = "broken\u{1b}[2J\r\nrm -rf /".to_owned();
    let started = Fact::Started {
        step,
        attempt: 1,
        changes: true,
        executor: None,
    };
    let after = now();
    world.record(vec![started, Fact::Retrying { step, why, after }]);
    let text = world.run.by_hand(&fleet()).text(None);
    assert!(text.contains("tried, not so yet: broken"), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains("\nrm -rf /\n"));
}

#[test]
fn a_run_that_has_ended_says_what_is_owed_or_that_nothing_is() {
    use Action::{Clean, ProveClean, Release, RemoveNode, Reset, StopKubelet};
    let mut world = World::new(every_kind().remove(0));
    world.live(&[]);
    assert_eq!(world.run.outcome, Some(Outcome::Succeeded));
    assert_eq!(world.run.by_hand(&fleet()).ways, []);
    let mut fleet = fleet();
    let debt = Debt {
        pool: pool("web"),
        machine: pooldeck::fleet::MachineId("0".repeat(32)),
        run: RunId(1),
        since: now(),
        why: "left unproved".to_owned(),
        slot: None,
    };
    fleet.debts.insert(name("s02"), debt);
    let ways = world.run.by_hand(&fleet).ways;
    let [
        Way {
            end: End::Paid,
            parts,
        },
    ] = ways.as_slice()
    else {
        panic!("{ways:?}");
    };
    let actions: Vec<Action> = parts[0].tasks.iter().map(|task| task.action).collect();
    assert_eq!(
        actions,
        [StopKubelet, RemoveNode, Reset, Clean, ProveClean, Release]
    );
}

#[test]
fn of_create_resize_and_destroy_half_way() {
    let mut small = create("web", 0, 0);
    small.servers = [name("s02")].into();
    let plan = spare().plan(&Request::Create(small)).unwrap();
    insta::assert_snapshot!("create", half_way(plan, 9).run.by_hand(&fleet()).text(None));
    let mut down = resize("web", "8", "32GiB");
    down.shrink = true;
    let plan = web().plan(&Request::Resize(down)).unwrap();
    let text = half_way(plan, 3)
        .run
        .by_hand(&fleet())
        .text(Some(&name("s03")));
    insta::assert_snapshot!("resize_down", text);
    let small = self::room(["s01", "s02"].map(server)).pool("web", "s01", &["s02"]);
    let plan = small.plan(&destroy("web", false)).unwrap();
    insta::assert_snapshot!(
        "destroy",
        half_way(plan, 2).run.by_hand(&fleet()).text(None)
    );
}
