//! Events: what happened in a run, past tense, stored before anybody may believe it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Kept, Reply};
use crate::{
    fleet::{Epoch, ServerName},
    plan::StepId,
};

/// One durable fact of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When, by the captain's clock.
    pub at: Timestamp,
    /// The captain's term.
    pub epoch: Epoch,
    /// What.
    pub fact: Fact,
}

/// What can happen. Additive: old readers skip nothing, new readers know all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// A step's first check has spoken and its work begins. `changes` is decided here, once: what was
    /// so before is not ours to undo.
    Started {
        /// Which.
        step: StepId,
        /// From 1.
        attempt: u32,
        /// The first check of the first attempt said: not so.
        changes: bool,
        /// The control plane that its script runs on, when it is not the subject itself.
        executor: Option<ServerName>,
    },
    /// The check after it said: so.
    Proved {
        /// Which.
        step: StepId,
    },
    /// It ended not so and will be tried again.
    Retrying {
        /// Which.
        step: StepId,
        /// Why, for people.
        why: String,
        /// Not before.
        after: Timestamp,
    },
    /// It ended not so, for good.
    Failed {
        /// Which.
        step: StepId,
        /// Why, for people, with a `hint:`.
        why: String,
    },
    /// The run goes on without this server.
    LeftOut {
        /// Which.
        server: ServerName,
        /// Why.
        why: String,
    },
    /// A server that was to leave cannot, or need not: what was begun is taken back, and it stays in the pool.
    PutBack {
        /// Which.
        server: ServerName,
        /// Why.
        why: String,
    },
    /// Undo of a step begins.
    UndoStarted {
        /// Which.
        step: StepId,
        /// From 1.
        attempt: u32,
        /// The control plane that its script runs on, when it is not the subject itself.
        executor: Option<ServerName>,
    },
    /// What it had done is taken back.
    Undone {
        /// Which.
        step: StepId,
    },
    /// It could not be taken back: a human must look.
    UndoFailed {
        /// Which.
        step: StepId,
        /// Why.
        why: String,
    },
    /// Nothing new starts until somebody resumes it.
    Paused {
        /// Who, or what rule.
        by: String,
        /// Why.
        why: String,
    },
    /// It goes on.
    Resumed {
        /// Who.
        by: String,
    },
    /// No more forward: each server is undone or, past its line, finished.
    Unwinding {
        /// Who, or what rule.
        by: String,
        /// Why.
        cause: Cause,
    },
    /// A server's steps wait for the world: a key, a server that came back rebooted, disk space.
    Parked {
        /// Which.
        server: ServerName,
        /// Why, with what to do.
        why: String,
    },
    /// A server's steps wait for a person: only `run resume` wakes them.
    Held {
        /// Which.
        server: ServerName,
        /// Why, with what to do.
        why: String,
    },
    /// Budgets hold a drain up; none any more when empty.
    Blocked {
        /// Which.
        step: StepId,
        /// Which pods, and whose no it is.
        kept: Vec<Kept>,
    },
    /// A person said what becomes of a server that was waited for.
    Answered {
        /// Which.
        server: ServerName,
        /// Who.
        by: String,
        /// What.
        reply: Reply,
    },
    /// What would do instead of what could not be done: for a person to confirm, as a plan of its own.
    Proposed {
        /// Which servers, with the command.
        text: String,
    },
    /// They go on.
    Unparked {
        /// Which.
        server: ServerName,
    },
    /// The end.
    Ended {
        /// How.
        outcome: Outcome,
    },
}

/// Why a run goes backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A person cancelled it.
    Cancel,
    /// A person wants it undone.
    Rollback,
    /// A step failed that the rest cannot do without.
    Failure,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All of it, proved.
    Succeeded,
    /// All but these servers.
    SucceededWithout(Vec<ServerName>),
    /// Not done; what it had begun is undone or finished.
    Failed(String),
    /// Undone on request.
    RolledBack,
    /// Stopped on request.
    Cancelled,
    /// A human must look; what at.
    Stuck(String),
}

impl Outcome {
    /// The word for tables.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::SucceededWithout(_) => "succeeded without some",
            Self::Failed(_) => "failed",
            Self::RolledBack => "rolled back",
            Self::Cancelled => "cancelled",
            Self::Stuck(_) => "stuck",
        }
    }
}
