//! What was waited for has come: its steps have their whole time again, and a drain that somebody may have undone is done once more.
//! Must never count a person's time as a step's.

use jiff::Timestamp;

use super::{Progress, Run, State};
use crate::{
    fleet::ServerName,
    plan::{Action, Step},
};

impl Run {
    /// True when it was held.
    pub(super) fn wake(&mut self, server: &ServerName) -> bool {
        self.parked.remove(server);
        self.held.remove(server)
    }

    /// What waited for a person has its whole time again: on one server, or on all.
    pub(super) fn begin_again(&mut self, server: Option<&ServerName>, at: Timestamp) {
        for (step, progress) in self.record.plan.steps.iter().zip(&mut self.steps) {
            let about = |server: &ServerName| {
                step.subject == *server || progress.executor.as_ref() == Some(server)
            };
            if !server.is_none_or(about) {
                continue;
            }
            match progress.state {
                State::Running | State::Retrying { .. } => {
                    let began = progress.began.unwrap_or(at);
                    progress.grace = at.duration_since(began);
                }
                State::Undoing | State::UndoRetrying { .. } => progress.undo_began = Some(at),
                _ => (),
            }
        }
    }

    /// Somebody may have lifted the cordon of a server whose kubelet still runs: it is cordoned and drained once more.
    pub(super) fn drain_again(&mut self, server: &ServerName, at: Timestamp) {
        let stopped = |(step, progress): (&Step, &Progress)| {
            step.subject == *server
                && step.action == Action::StopKubelet
                && progress.state != State::Waiting
        };
        if self.progress().any(stopped) {
            return;
        }
        for (step, progress) in self.record.plan.steps.iter().zip(&mut self.steps) {
            let again = matches!(step.action, Action::Cordon | Action::Drain);
            if step.subject == *server && again && progress.state == State::Proved {
                let why = "a person was waited for".to_owned();
                progress.state = State::Retrying { why, after: at };
                progress.grace = at.duration_since(progress.began.unwrap_or(at));
                progress.ended = None;
                // What is cordoned now is cordoned by us, whoever had done so before.
                progress.changes |= step.action == Action::Cordon;
            }
        }
    }
}
