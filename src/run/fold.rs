//! The fold: one event at a time, and every illegal one is an error that names the case.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{Cause, Deed, Event, Fact, Progress, Run, RunRecord, State};
use crate::{fleet::Epoch, plan::StepId};

/// An event that cannot follow what went before: the store was damaged or two captains wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "run {run}: event {number} cannot follow: {why}\nhint: keep the store as it is and report this"
)]
pub struct IllegalEvent {
    /// Which run.
    pub run: u64,
    /// Which event, from 0.
    pub number: usize,
    /// What is wrong.
    pub why: String,
}

impl Run {
    /// A run of which nothing has happened yet.
    #[must_use]
    pub fn new(record: RunRecord) -> Self {
        let fresh = Progress {
            state: State::Waiting,
            attempt: 0,
            changes: false,
            executor: None,
            began: None,
            undo_began: None,
            ended: None,
            grace: SignedDuration::ZERO,
            tries: Vec::new(),
        };
        Self {
            steps: vec![fresh; record.plan.steps.len()],
            left_out: BTreeMap::new(),
            put_back: BTreeMap::new(),
            parked: BTreeMap::new(),
            held: BTreeSet::new(),
            blocked: BTreeMap::new(),
            answers: Vec::new(),
            proposed: None,
            paused: None,
            paused_at: None,
            unwinding: None,
            failure: None,
            deeds: Vec::new(),
            outcome: None,
            events: 0,
            last: record.accepted,
            epoch: Epoch::default(),
            record,
        }
    }

    /// The run as its events left it.
    ///
    /// # Errors
    /// [`IllegalEvent`].
    pub fn replay(
        record: RunRecord,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<Self, IllegalEvent> {
        let mut run = Self::new(record);
        for event in events {
            run.apply(&event)?;
        }
        Ok(run)
    }

    /// Takes one more event in.
    ///
    /// # Errors
    /// [`IllegalEvent`]; the run is then as before.
    pub fn apply(&mut self, event: &Event) -> Result<(), IllegalEvent> {
        if let Some(outcome) = &self.outcome {
            return Err(self.illegal(format!("the run has ended: {}", outcome.word())));
        }
        match &event.fact {
            Fact::Started {
                step,
                attempt,
                changes,
                executor,
            } => {
                let progress = self.expect(*step, "started", |state| {
                    matches!(state, State::Waiting | State::Retrying { .. })
                })?;
                // The first check of the first attempt decides, once; a later one never takes it back.
                if progress.attempt == 0 {
                    progress.changes = *changes;
                }
                progress.began.get_or_insert(event.at);
                progress.attempt = *attempt;
                progress.tries.push(event.at);
                progress.executor.clone_from(executor);
                progress.state = State::Running;
            }
            Fact::Proved { step } => {
                let progress = self.expect(*step, "proved", |state| *state == State::Running)?;
                progress.state = State::Proved;
                progress.ended = Some(event.at);
            }
            Fact::Retrying { step, why, after } => {
                let progress = self.expect(*step, "to be tried again", |state| {
                    // Before its work begins, too: its first check could not tell.
                    matches!(
                        state,
                        State::Waiting | State::Retrying { .. } | State::Running | State::Undoing
                    )
                })?;
                let (why, after) = (why.clone(), *after);
                progress.began.get_or_insert(event.at);
                progress.state = if progress.state == State::Undoing {
                    State::UndoRetrying { why, after }
                } else {
                    State::Retrying { why, after }
                };
            }
            Fact::Failed { step, why } => {
                let progress = self.expect(*step, "failed", |state| {
                    matches!(
                        state,
                        State::Running | State::Retrying { .. } | State::Waiting
                    )
                })?;
                progress.state = State::Failed { why: why.clone() };
                progress.ended = Some(event.at);
                self.fail(*step, why);
            }
            Fact::UndoStarted {
                step,
                attempt,
                executor,
            } => {
                let progress = self.expect(*step, "undone", |state| {
                    // A step that never began is taken back, too: what it was to wait for may have come.
                    !matches!(
                        state,
                        State::Running | State::Undoing | State::Undone | State::UndoFailed { .. }
                    )
                })?;
                progress.undo_began.get_or_insert(event.at);
                progress.attempt = *attempt;
                progress.executor.clone_from(executor);
                progress.state = State::Undoing;
            }
            Fact::Undone { step } => {
                let progress = self.expect(*step, "undone", |state| *state == State::Undoing)?;
                progress.state = State::Undone;
                progress.ended = Some(event.at);
            }
            Fact::UndoFailed { step, why } => {
                let progress =
                    self.expect(*step, "not undone", |state| *state == State::Undoing)?;
                progress.state = State::UndoFailed { why: why.clone() };
                progress.ended = Some(event.at);
            }
            other => self.take(other, event.at),
        }
        if self.epoch < event.epoch {
            // Nobody acted meanwhile: that is no part of anybody's deadline.
            self.begin_again(None, event.at);
            self.epoch = event.epoch;
        }
        self.events += 1;
        self.last = event.at;
        Ok(())
    }

    fn fail(&mut self, step: StepId, why: &str) {
        if let (Some(step), None) = (self.record.plan.step(step), &self.failure) {
            let text = format!("{} of {}: {why}", step.action.name(), step.subject);
            self.failure = Some(text);
        }
    }

    /// Facts that may come at any time.
    fn take(&mut self, fact: &Fact, at: Timestamp) {
        self.deeds.extend(Deed::of(fact, at));
        match fact {
            Fact::LeftOut { server, why } => {
                self.left_out.insert(server.clone(), why.clone());
                self.wake(server);
            }
            Fact::PutBack { server, why } => {
                self.put_back.insert(server.clone(), why.clone());
                self.wake(server);
            }
            Fact::Paused { by, why } => {
                self.paused = Some((by.clone(), why.clone()));
                self.paused_at = Some(at);
            }
            Fact::Resumed { .. } => {
                self.paused = None;
                self.begin_again(None, at);
            }
            Fact::Unwinding { by, cause } => {
                self.unwinding = Some((*cause, by.clone()));
                // What a person paused goes on when a person says so, also backwards.
                if *cause != Cause::Failure {
                    self.paused = None;
                }
            }
            Fact::Parked { server, why } => {
                self.parked.insert(server.clone(), why.clone());
            }
            Fact::Held { server, why } => {
                self.parked.insert(server.clone(), why.clone());
                self.held.insert(server.clone());
            }
            Fact::Unparked { server } => {
                let was_parked = self.parked.contains_key(server);
                let was_held = self.wake(server);
                if was_parked {
                    self.begin_again(Some(server), at);
                }
                if was_held {
                    self.drain_again(server, at);
                }
            }
            Fact::Proposed { text } => self.proposed = Some(text.clone()),
            Fact::Ended { outcome } => self.outcome = Some(outcome.clone()),
            other => self.hear(other, at),
        }
    }

    fn expect(
        &mut self,
        step: StepId,
        what: &str,
        legal: impl Fn(&State) -> bool,
    ) -> Result<&mut Progress, IllegalEvent> {
        let (run, number) = (self.record.id.0, self.events);
        let illegal = |why: String| IllegalEvent { run, number, why };
        let Some(progress) = self.steps.get_mut(step.0 as usize) else {
            return Err(illegal(format!("there is no step {}", step.0)));
        };
        if legal(&progress.state) {
            Ok(progress)
        } else {
            Err(illegal(format!(
                "step {} cannot be {what} from {:?}",
                step.0, progress.state
            )))
        }
    }

    fn illegal(&self, why: String) -> IllegalEvent {
        IllegalEvent {
            run: self.record.id.0,
            number: self.events,
            why,
        }
    }
}
