//! Doing it, as values: a run is a plan plus the fold of its events.
//! Must never act: it says what is ready, the captain does it.

mod again;
pub mod answer;
mod back;
pub mod block;
pub mod by_hand;
mod consequence;
pub mod estimate;
pub mod event;
mod fold;
mod homeless;
mod ready;
mod rest;
mod stands;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::{
    answer::{Answered, Reply, Word},
    block::{Blockade, Blocked, Kept},
    consequence::Leaving,
    estimate::{Span, Times},
    event::{Cause, Event, Fact, Outcome},
    fold::IllegalEvent,
    ready::{Fate, Job},
    rest::Rest,
};
use crate::{
    fleet::{Epoch, RunId, ServerName},
    plan::{Plan, Step, StepId},
};

/// One run as it was accepted; what happens after that are its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its number.
    pub id: RunId,
    /// What it does.
    pub plan: Plan,
    /// Who confirmed it: `ops1@jump1`.
    pub by: String,
    /// When it was accepted.
    pub accepted: Timestamp,
}

/// One execution of a plan: the record and the fold of its events.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What was accepted.
    pub record: RunRecord,
    /// One for each step of the plan, in its order.
    pub steps: Vec<Progress>,
    /// Servers that the run goes on without, and why.
    pub left_out: BTreeMap<ServerName, String>,
    /// Servers that were to leave and stay in the pool; why.
    pub put_back: BTreeMap<ServerName, String>,
    /// Servers whose steps wait for the world, and for what.
    pub parked: BTreeMap<ServerName, String>,
    /// Those of them whom only a person wakes.
    pub held: BTreeSet<ServerName>,
    /// Drains that budgets hold up, as they said last.
    pub blocked: BTreeMap<StepId, Blocked>,
    /// What people answered, oldest first.
    pub answers: Vec<Answered>,
    /// What would do instead of what could not be done.
    pub proposed: Option<String>,
    /// Who paused it, and why.
    pub paused: Option<(String, String)>,
    /// Since when.
    pub paused_at: Option<Timestamp>,
    /// Why it goes backwards, and who wanted it.
    pub unwinding: Option<(Cause, String)>,
    /// The first step that failed for good, and why; kept although the step may be undone afterwards.
    pub failure: Option<String>,
    /// What people, and rules, said to it after it was accepted, in order.
    pub deeds: Vec<Deed>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// How many events there are: the next one's number.
    pub events: usize,
    /// When something happened last.
    pub last: Timestamp,
    /// The term of the captain that recorded it; 0 before anything happened.
    pub epoch: Epoch,
}

/// What somebody said to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// Who, or what rule.
    pub by: String,
    /// What, past tense: `paused`.
    pub what: String,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Where it stands.
    pub state: State,
    /// Tries so far.
    pub attempt: u32,
    /// The first check of its first attempt said `not so`: what it did is ours to undo.
    pub changes: bool,
    /// The control plane that its script runs on now, when it is not the subject.
    pub executor: Option<ServerName>,
    /// When its first attempt began.
    pub began: Option<Timestamp>,
    /// When it was first begun to be taken back.
    pub undo_began: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How much later its deadline is: a person who was waited for gives it the whole time again.
    pub grace: SignedDuration,
    /// When each try to do it began.
    pub tries: Vec<Timestamp>,
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not begun.
    Waiting,
    /// At work.
    Running,
    /// Will be tried again.
    Retrying {
        /// Why.
        why: String,
        /// Not before.
        after: Timestamp,
    },
    /// Seen to be so.
    Proved,
    /// Not so, for good.
    Failed {
        /// Why.
        why: String,
    },
    /// Being taken back.
    Undoing,
    /// Will be tried again to be taken back.
    UndoRetrying {
        /// Why.
        why: String,
        /// Not before.
        after: Timestamp,
    },
    /// Taken back.
    Undone,
    /// Could not be taken back.
    UndoFailed {
        /// Why.
        why: String,
    },
}

impl Deed {
    /// What an event says of a person, or of a rule; most say nothing.
    fn of(fact: &Fact, at: Timestamp) -> Option<Self> {
        let (by, what) = match fact {
            Fact::Paused { by, .. } => (by, "paused"),
            Fact::Resumed { by } => (by, "resumed"),
            Fact::Unwinding { by, cause } => (
                by,
                match cause {
                    Cause::Cancel => "cancelled",
                    Cause::Rollback => "rolled back",
                    Cause::Failure => "failed, undone",
                },
            ),
            _ => return None,
        };
        Some(Self {
            at,
            by: by.clone(),
            what: what.to_owned(),
        })
    }
}

impl Run {
    /// The run's number.
    #[must_use]
    pub const fn id(&self) -> RunId {
        self.record.id
    }

    /// What it does.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.record.plan
    }

    /// True while it has no outcome.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    /// True when it stands still, or has ended so, until a person does something.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        match &self.outcome {
            Some(outcome) => matches!(outcome, Outcome::Stuck(_)),
            None => self.paused.is_some() || !self.parked.is_empty(),
        }
    }

    /// Steps with their progress, in the plan's order.
    pub fn progress(&self) -> impl Iterator<Item = (&Step, &Progress)> {
        self.record.plan.steps.iter().zip(&self.steps)
    }

    /// How far a step is.
    #[must_use]
    pub fn of(&self, step: StepId) -> Option<&Progress> {
        self.steps.get(step.0 as usize)
    }

    /// Steps proved, and steps in all that are still to be proved or are.
    #[must_use]
    pub fn done(&self) -> (usize, usize) {
        let proved = self
            .steps
            .iter()
            .filter(|step| step.state == State::Proved)
            .count();
        (proved, self.steps.len())
    }
}
