//! What a step is called that stands so: one word for tables, JSON and screens.

use super::{Cause, Fate, Progress, Run, State};
use crate::plan::Step;

impl Run {
    /// `retrying`, `proved` …: where nobody goes on with a step any more, nothing waits and nothing is tried again.
    #[must_use]
    pub fn word(&self, step: &Step, progress: &Progress) -> &'static str {
        let ended = !self.is_open();
        let over = ended || self.fate(&step.subject) != Fate::Forward;
        let given_up = match self.unwinding {
            Some((Cause::Cancel, _)) => "cancelled",
            _ => "given-up",
        };
        match progress.state {
            State::Waiting if over => "not-begun",
            State::Waiting => "waiting",
            // Its first check could not tell.
            State::Retrying { .. } if over && progress.attempt == 0 => "not-begun",
            State::Retrying { .. } if over => given_up,
            State::Running | State::Undoing | State::UndoRetrying { .. } if ended => given_up,
            State::Running => "running",
            State::Retrying { .. } => "retrying",
            State::Proved => "proved",
            State::Failed { .. } => "failed",
            State::Undoing => "undoing",
            State::UndoRetrying { .. } => "undo-retrying",
            State::Undone => "undone",
            State::UndoFailed { .. } => "undo-failed",
        }
    }
}
