//! Open runs of a copy: carried over and held, with what the servers' own counters say was done after the copy was made; or over.
//! Must never let one go on by itself, nor undo what it cannot know that the run had changed.

use std::collections::{BTreeMap, BTreeSet};

use super::found::{Found, Witness};
use crate::{
    fleet::{Epoch, RunId, ServerName},
    plan::{Step, StepId},
    run::{Cause, Event, Fact, Outcome, Run, State},
};

/// An open run of the copy.
#[derive(Debug, Clone)]
pub struct Carried {
    /// As it is from now on.
    pub run: Run,
    /// What happened to it that the copy does not have, with its end or its hold.
    pub news: Vec<Event>,
    /// Steps that were begun after the copy was made.
    pub behind: usize,
    /// Why it is over, where it is.
    pub over: Option<String>,
}

/// Who says so.
const BY: &str = "recover";

/// All open runs of the copy, by number.
pub(super) fn runs(found: &Found, epoch: Epoch) -> BTreeMap<RunId, Carried> {
    let copy = found.copy.as_ref();
    let all = copy
        .into_iter()
        .flat_map(|copy| copy.snapshot.runs.values());
    let open = all.filter(|run| run.is_open());
    open.map(|run| (run.id(), carried(found, run, epoch)))
        .collect()
}

fn carried(found: &Found, before: &Run, epoch: Epoch) -> Carried {
    let mut carried = Carried {
        run: before.clone(),
        news: Vec::new(),
        behind: 0,
        over: is_over(found, before),
    };
    let take = |carried: &mut Carried, fact: Fact| {
        let at = found.at;
        let event = Event { at, epoch, fact };
        // What cannot follow is no news.
        if carried.run.apply(&event).is_ok() {
            carried.news.push(event);
            return true;
        }
        false
    };
    if let Some(why) = carried.over.clone() {
        let outcome = Outcome::Stuck(why);
        take(&mut carried, Fact::Ended { outcome });
        return carried;
    }
    for fact in begun(found, before) {
        let begins = matches!(fact, Fact::Started { .. });
        carried.behind += usize::from(take(&mut carried, fact) && begins);
    }
    if carried.run.unwinding.is_none() && goes_back(found, before) {
        let (by, cause) = (BY.to_owned(), Cause::Cancel);
        take(&mut carried, Fact::Unwinding { by, cause });
    }
    if carried.run.paused.is_none() {
        let why = "the store was made again from a copy: look at the rest before it goes on";
        let (by, why) = (BY.to_owned(), why.to_owned());
        take(&mut carried, Fact::Paused { by, why });
    }
    carried
}

/// A server that a later run has worked on, or that is held for another pool, was let go of by this one.
fn is_over(found: &Found, run: &Run) -> Option<String> {
    let pool = run.plan().pool.as_ref().map(|pool| &pool.name);
    let subjects = run.plan().subjects();
    subjects.into_iter().find_map(|server| {
        let witness = found.servers.get(server)?;
        let later = witness.knows.applied.iter().find(|(by, ..)| run.id() < *by);
        if let Some((later, ..)) = later {
            return Some(format!("run {later} worked on {server} after it"));
        }
        let claim = witness.claim().filter(|claim| claim.is_of(&found.fleet))?;
        let other = pool.is_some_and(|pool| claim.pool != pool.as_str());
        other.then(|| format!("{server} is held for pool {} by now", claim.pool))
    })
}

/// What the servers' counters of this run say.
fn counted<'a>(
    found: &'a Found,
    run: &Run,
    verb: &'a str,
) -> impl Iterator<Item = (&'a ServerName, StepId)> {
    let id = run.id();
    let line = move |(name, witness): (&'a ServerName, &'a Witness)| {
        let lines = witness.knows.applied.iter();
        lines
            .filter(move |(by, _, what)| *by == id && what == verb)
            .map(move |(_, step, _)| (name, StepId(*step)))
    };
    found.servers.iter().flat_map(line)
}

/// What the servers' counters know and the copy does not. A step's apply was counted, so it was not so before, and is the run's to
/// undo. A captain begins a server's next step when it has seen the one before: those are proved. How far the last one came nobody
/// knows: it is looked at again.
fn begun(found: &Found, run: &Run) -> Vec<Fact> {
    let counted: BTreeMap<StepId, &ServerName> = counted(found, run, "apply")
        .map(|(server, step)| (step, server))
        .collect();
    let over: BTreeSet<StepId> = counted.keys().flat_map(|step| before(run, *step)).collect();
    let facts = |step: &Step| {
        let (step, subject) = (step.id, &step.subject);
        let progress = run.of(step)?;
        let (server, is_over) = (counted.get(&step), over.contains(&step));
        let is_known = progress.attempt > 0 && (!is_over || progress.state == State::Proved);
        if is_known || (server.is_none() && !is_over) {
            return None;
        }
        let started = Fact::Started {
            step,
            attempt: progress.attempt + 1,
            changes: server.is_some() && progress.attempt == 0,
            executor: server
                .filter(|server| **server != subject)
                .map(|server| (*server).clone()),
        };
        let (why, after) = ("the store was made again from a copy".to_owned(), found.at);
        let then = if is_over {
            Fact::Proved { step }
        } else {
            Fact::Retrying { step, why, after }
        };
        Some(match progress.state {
            State::Running => vec![then],
            _ => vec![started, then],
        })
    };
    let steps = run.plan().steps.iter();
    steps.filter_map(facts).flatten().collect()
}

/// The steps of the same server that had to be seen before this one was begun.
fn before(run: &Run, step: StepId) -> BTreeSet<StepId> {
    let plan = run.plan();
    let subject = plan.step(step).map(|step| &step.subject);
    let mut all = BTreeSet::new();
    let mut next = vec![step];
    while let Some(step) = next.pop().and_then(|step| plan.step(step)) {
        for need in &step.needs {
            let of_same = plan.step(*need).map(|need| &need.subject) == subject;
            if of_same && all.insert(*need) {
                next.push(*need);
            }
        }
    }
    all
}

/// True when something was taken back that the copy does not know of: the run was ended, or goes on without a server.
fn goes_back(found: &Found, run: &Run) -> bool {
    counted(found, run, "undo").any(|(_, step)| {
        run.of(step).is_some_and(|it| {
            !matches!(
                it.state,
                State::Undoing
                    | State::Undone
                    | State::UndoRetrying { .. }
                    | State::UndoFailed { .. }
            )
        })
    })
}
