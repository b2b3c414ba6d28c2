//! Facts of a run as one commit: each with what follows from it at once, and with what it means for servers and pool.
//! Must never leave out a consequence: a captain that is killed in between would not know it.

use jiff::Timestamp;

use super::state::{State, json};
use crate::{
    fleet::{Epoch, RunId},
    run::{Event, Fact, Fate, Leaving, Run},
    store::{Commit, StoreError, record::key},
};

impl State {
    /// The commit that stores them.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for a fact that cannot follow.
    pub(super) fn facts(
        &self,
        id: RunId,
        facts: &[Fact],
        now: Timestamp,
    ) -> Result<Commit, StoreError> {
        let Some(before) = self.snapshot.runs.get(&id) else {
            return Err(StoreError::Broken(format!("there is no run {id}")));
        };
        let mut run = before.clone();
        let mut commit = Commit::default();
        let mut leaving = Vec::new();
        for fact in facts {
            for fact in with_consequences(&run, fact, now) {
                take(&mut run, fact, now, self.epoch, &mut commit)?;
            }
            leaving.extend(settled_step(&run, fact));
        }
        if let Some(outcome) = run.settled() {
            if run.is_open() {
                if let Some(fact) = self.another(&run, now) {
                    take(&mut run, fact, now, self.epoch, &mut commit)?;
                }
                take(
                    &mut run,
                    Fact::Ended { outcome },
                    now,
                    self.epoch,
                    &mut commit,
                )?;
            }
            leaving.extend(run.at_end());
        }
        self.settle(&run, &leaving, now, &mut commit)?;
        let changed: Vec<String> = commit.writes.keys().cloned().collect();
        for key in changed {
            let revision = self.snapshot.revisions.get(&key).copied().unwrap_or(0);
            commit.reads.entry(key).or_insert(revision);
        }
        Ok(commit)
    }
}

/// A fact and what follows from it at once.
fn with_consequences(run: &Run, fact: &Fact, now: Timestamp) -> Vec<Fact> {
    let mut facts = vec![fact.clone()];
    match fact {
        Fact::Failed { step, why } => {
            if let Some(step) = run.plan().step(*step) {
                if let Some(instead) = run.waits(step, why, now) {
                    return instead;
                }
                facts.extend(run.after_failure(step, why));
                if facts.iter().any(|it| matches!(it, Fact::Unwinding { .. })) {
                    facts.extend(run.after_unwinding());
                }
            }
        }
        Fact::Unwinding { .. } => facts.extend(run.after_unwinding()),
        // A late word of a step that was begun before the run, or its server, was to go back: what refuses us holds up no end.
        Fact::Parked { server, .. }
            if (run.unwinding.is_some() || run.fate(server) != Fate::Forward)
                && !run.is_undoing(server) =>
        {
            return Vec::new();
        }
        Fact::Blocked { step, kept } if run.is_known(*step, kept) => return Vec::new(),
        _ => (),
    }
    facts
}

fn settled_step(run: &Run, fact: &Fact) -> Option<Leaving> {
    let (step, undone) = match fact {
        Fact::Proved { step } => (step, false),
        Fact::Undone { step } => (step, true),
        _ => return None,
    };
    run.after_step(run.plan().step(*step)?, undone)
}

fn take(
    run: &mut Run,
    fact: Fact,
    at: Timestamp,
    epoch: Epoch,
    commit: &mut Commit,
) -> Result<(), StoreError> {
    let event = Event { at, epoch, fact };
    let number = run.events;
    run.apply(&event)
        .map_err(|error| StoreError::Broken(error.to_string()))?;
    let key = key::event(run.id(), number);
    // Nobody else may have written this number in between.
    commit.reads.insert(key.clone(), 0);
    commit.writes.insert(key, Some(json(&event)?));
    Ok(())
}
