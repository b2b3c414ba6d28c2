//! The captain is killed anywhere, and another one goes on: every history ends as the undisturbed one did.
//!
//! Killed at every commit (before it is written, and when it is written and nobody has heard of it), at every command (before it
//! is sent, while it is on its way, when its answer is not read), and at every turn of its own between them; and every connection
//! is cut at every command. Compared with the undisturbed history are: the run's end and each step's, how often each step was
//! applied on its server, the pool's members, every server's claim and files, every cluster's nodes and pods. A plain `cargo
//! test` takes a part of all moments, `POOLDECK_CRASH=all` takes every one, and twice as many pairs of them.
//!
//! A pool has one control plane today (`create` refuses others), so no history here has a second one to lose or to keep.

mod doom;
mod proof;
pub mod tale;
pub mod told;

use std::time::Duration;

use pooldeck::{
    fleet::{Role, Verb},
    plan::{Action, Request},
    run::{Outcome, State},
    sim::{Cut, Lie, prng::Prng},
};

use self::{
    doom::Moment,
    proof::{Proof, Trial, Undisturbed, undisturbed},
    tale::{REQUESTS, STEERED, Tale},
};
use crate::site::{Site, create, newcomer, resize, state, story};

/// A worker of that pool leaves.
pub fn without_one(site: &Site, name: &str) -> Request {
    let pool = site.pool(name).unwrap();
    let (server, _) = pool.with_role(Role::Worker).next().unwrap();
    let Request::Resize(mut wish) = resize(name, "0") else {
        unreachable!()
    };
    (wish.cores, wish.remove) = (None, [server.clone()].into());
    Request::Resize(wish)
}

/// All moments are tried, not only some.
pub fn is_all() -> bool {
    std::env::var("POOLDECK_CRASH").is_ok_and(|value| value == "all")
}

const CUTS: [Cut; 3] = [Cut::Before, Cut::During, Cut::After];

/// Every moment of a life.
fn moments(of: &Undisturbed) -> [Vec<Moment>; 4] {
    let lived = of.lived;
    let each = |at: u64| CUTS.map(|cut| (at, cut));
    let commits = (0..lived.commits).flat_map(|at| [false, true].map(|it| (at, it)));
    let commands = || (0..lived.commands).flat_map(each);
    [
        commits.map(|(at, it)| Moment::Commit(at, it)).collect(),
        commands().map(|(at, it)| Moment::Command(at, it)).collect(),
        (0..lived.turns).map(Moment::Turn).collect(),
        commands().map(|(at, it)| Moment::Link(at, it)).collect(),
    ]
}

/// Every place with `POOLDECK_CRASH=all`, else every so many.
pub fn stride(otherwise: usize) -> usize {
    if is_all() { 1 } else { otherwise }
}

/// So many of them, from the first to the last, or all. The number is made odd to the pattern of before, during and after.
fn some(all: Vec<Moment>, at_most: usize) -> Vec<Moment> {
    let stride = all.len().div_ceil(at_most.max(1)).max(1);
    let stride = if stride > 1 && stride.is_multiple_of(3) {
        stride + 1
    } else {
        stride
    };
    all.into_iter().step_by(stride).collect()
}

/// One kill, or one cut, for each of some moments of each kind.
fn single(of: &Undisturbed, at_most: [usize; 4]) -> Vec<Trial<'_>> {
    let chosen = moments(of).into_iter().zip(at_most);
    let chosen = chosen.flat_map(|(all, at_most)| some(all, at_most));
    let trial = |moment| Trial {
        of,
        fate: vec![moment],
    };
    chosen.map(trial).collect()
}

/// Two kills: the second one hits whoever makes good the first one.
fn pairs(of: &Undisturbed, count: usize, seed: u64) -> Vec<Trial<'_>> {
    let mut prng = Prng::new(seed);
    let [commits, commands, turns, _] = moments(of);
    let mut draw = |early: usize| {
        let kinds = [&commits, &commands, &turns];
        let kind = kinds[usize::try_from(prng.below(3)).unwrap()];
        let among = (kind.len() / early).max(1) as u64;
        kind[usize::try_from(prng.below(among)).unwrap()]
    };
    // A recovery begins with the fence and with what was under way: that is in its first third.
    let trial = |_| Trial {
        of,
        fate: vec![draw(1), draw(3)],
    };
    (0..count).map(trial).collect()
}

#[test]
fn killed_anywhere_the_next_captain_ends_it_as_if_nothing_had_been() {
    let known = undisturbed(&[&REQUESTS[..], &STEERED[..]].concat());
    let all = is_all();
    let (every, steered, two) = if all {
        ([usize::MAX; 4], [60, 60, 60, 60], 60)
    } else {
        ([5, 8, 4, 3], [2, 2, 2, 1], 3)
    };
    let mut trials = Vec::new();
    for (number, of) in known.iter().enumerate() {
        println!("{:?}: {:?}", of.tale, of.lived);
        let at_most = if REQUESTS.contains(&of.tale) {
            every
        } else {
            steered
        };
        trials.extend(single(of, at_most));
        trials.extend(pairs(of, two, number as u64));
    }
    Proof::of(&trials, known.len()).tell();
}

#[test]
fn killed_while_sixty_servers_come_the_next_captain_ends_it_as_if_nothing_had_been() {
    let known = undisturbed(&[Tale::Large]);
    println!("{:?}", known[0].lived);
    let few = if is_all() { [8, 8, 4, 4] } else { [1, 1, 1, 1] };
    let mut trials = single(&known[0], few);
    if !is_all() {
        // One history of so many servers takes seconds: one kill, in the middle of it.
        let middle = Moment::Command(known[0].lived.commands / 2, Cut::During);
        trials.truncate(1);
        trials[0].fate = vec![middle];
    }
    trials.extend(pairs(&known[0], few[2] / 2, 7));
    Proof::of(&trials, known.len()).tell();
}

#[tokio::test(start_paused = true)]
async fn work_that_takes_long_goes_on_when_the_captain_is_killed() {
    let site = Site::new(18, 3);
    for server in site.snapshot().fleet.servers.keys() {
        site.rack
            .spoil(server, "prepare", Verb::Apply, Lie::Takes(600), 1);
    }
    let captain = site.captain();
    let run = site.start(create("fast", 4, 4)).await;
    site.until("prepared", |snapshot| {
        let mut steps = snapshot.runs.get(&run)?.progress();
        steps
            .any(|(step, at)| step.action == Action::Prepare && at.state == State::Running)
            .then_some(())
    })
    .await;
    captain.abort();
    let next = site.captain();
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    for (step, _) in site.run(run).progress() {
        let line = format!("{run} {} apply", step.id.0);
        let done = site.rack.applied(&step.subject);
        let times = done.iter().filter(|it| **it == line).count();
        assert!(
            times <= 1 || step.action != Action::Prepare,
            "{line} {times} times"
        );
    }
    site.judge();
    next.abort();
}

#[tokio::test(start_paused = true)]
async fn the_time_without_a_captain_is_no_part_of_a_steps_deadline() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let run = site.start(resize("batch", "+4")).await;
    let server = newcomer(&site.run(run), Role::Worker);
    // A minute is all that a network step has: its second try ends long after that, and not well either.
    site.rack
        .spoil(&server, "network", Verb::Apply, Lie::Fails(75), 2);
    site.until("tried once", |snapshot| {
        let now = state(&snapshot.runs[&run], Action::Network, &server);
        matches!(now, State::Retrying { .. }).then_some(())
    })
    .await;
    captain.abort();
    tokio::time::sleep(Duration::from_mins(5)).await;
    let next = site.captain();
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
    site.judge();
    next.abort();
}
