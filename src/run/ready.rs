//! What is ready: which steps may begin, which are to be taken back, and whether all is over.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Cause, Outcome, Progress, Run, State};
use crate::{
    fleet::{Role, ServerName, Verb},
    plan::{Action, Request, Step, StepId, Undo},
};

/// One thing that may begin now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Job {
    /// Which step.
    pub step: StepId,
    /// Apply or undo.
    pub verb: Verb,
    /// From 1.
    pub attempt: u32,
}

/// Which way a server's steps go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// On to the end.
    Forward,
    /// What was changed is taken back.
    Back,
    /// Neither: past its line and given up, a debt remains; or a node by now, which nobody resets under its pods.
    Halted,
}

impl Run {
    /// Which way a server's steps go now.
    #[must_use]
    pub fn fate(&self, server: &ServerName) -> Fate {
        if self.put_back.contains_key(server) {
            return Fate::Back;
        }
        let crossed = self.crossed(server);
        if self.left_out.contains_key(server) {
            let stays = crossed || self.unwinding.is_none() && self.has_come(server);
            return if stays { Fate::Halted } else { Fate::Back };
        }
        match self.unwinding {
            Some(_) if !crossed && !self.is_headless() => Fate::Back,
            _ => Fate::Forward,
        }
    }

    /// The end of its pool has reached the control plane: nobody stays in a pool without one.
    pub(super) fn is_headless(&self) -> bool {
        let mut leaves = self.record.plan.effects.outgoing.iter();
        matches!(&self.record.plan.request, Request::Destroy(wish) if wish.without_drain)
            && leaves.any(|it| it.role == Role::ControlPlane && self.crossed(&it.server))
    }

    /// True when the server came with this run and was seen as a Ready node.
    #[must_use]
    pub fn has_come(&self, server: &ServerName) -> bool {
        self.progress().any(|(step, progress)| {
            step.subject == *server
                && step.action == Action::AwaitReady
                && progress.state == State::Proved
        })
    }

    /// Newcomers that never came. A member that a step failed on is left out of what follows, and is a node all the same.
    pub fn absent(&self) -> impl Iterator<Item = &ServerName> {
        let incoming = &self.record.plan.effects.incoming;
        self.left_out.keys().filter(|server| {
            incoming.iter().any(|new| new.server == **server) && !self.has_come(server)
        })
    }

    /// True when the server is past the line behind which it is finished instead of undone.
    #[must_use]
    pub fn crossed(&self, server: &ServerName) -> bool {
        self.progress().any(|(step, progress)| {
            step.subject == *server
                && step.action.undo() == Undo::ForwardOnly
                && progress.changes
                && progress.state != State::Undone
        })
    }

    fn any_crossed(&self) -> bool {
        let subjects = self.record.plan.subjects();
        subjects.into_iter().any(|server| self.crossed(server))
    }

    /// Everything that may begin at `now`, one job for each subject. Steps at work are not among them.
    #[must_use]
    pub fn ready(&self, now: Timestamp) -> Vec<Job> {
        if self.outcome.is_some() || self.paused.is_some() {
            return Vec::new();
        }
        let due = |state: &State| match state {
            State::Retrying { after, .. } | State::UndoRetrying { after, .. } => *after <= now,
            _ => true,
        };
        let mut subjects = BTreeSet::new();
        self.possible()
            .filter(|(step, job)| {
                !self.parked.contains_key(&step.subject)
                    && self
                        .of(job.step)
                        .is_some_and(|progress| due(&progress.state))
                    && subjects.insert(&step.subject)
            })
            .map(|(_, job)| job)
            .collect()
    }

    /// When the earliest step that waits for its next try may begin; those that nobody will try again do not count.
    #[must_use]
    pub fn next_try(&self) -> Option<Timestamp> {
        self.possible()
            .filter_map(|(_, job)| match &self.of(job.step)?.state {
                State::Retrying { after, .. } | State::UndoRetrying { after, .. } => Some(*after),
                _ => None,
            })
            .min()
    }

    /// How it ends, when nothing is at work and nothing can begin any more.
    #[must_use]
    pub fn settled(&self) -> Option<Outcome> {
        if self.outcome.is_some() {
            return self.outcome.clone();
        }
        let at_work = |state: &State| matches!(state, State::Running | State::Undoing);
        if self.steps.iter().any(|step| at_work(&step.state)) || self.possible().next().is_some() {
            return None;
        }
        if let Some((step, why)) = self.stuck_undo() {
            let text = format!(
                "{} of {} could not be undone: {why}",
                step.action.name(),
                step.subject
            );
            return Some(Outcome::Stuck(text));
        }
        if let Some((cause, _)) = &self.unwinding {
            return Some(match cause {
                // What was past its line was finished: that is no rollback.
                Cause::Rollback if self.any_crossed() => Outcome::Cancelled,
                Cause::Cancel => Outcome::Cancelled,
                Cause::Rollback => Outcome::RolledBack,
                Cause::Failure => Outcome::Failed(self.first_failure()),
            });
        }
        let unproved = self.progress().filter(|(step, progress)| {
            self.fate(&step.subject) == Fate::Forward && progress.state != State::Proved
        });
        let has_failed =
            |(_, progress): &(&Step, &Progress)| matches!(progress.state, State::Failed { .. });
        Some(match unproved.min_by_key(|it| !has_failed(it)) {
            Some((step, progress)) => Outcome::Stuck(match &progress.state {
                State::Failed { why } => format!("{}: {why}", step.action.name()),
                _ => format!("{} of {} cannot go on", step.action.name(), step.subject),
            }),
            None if self
                .record
                .plan
                .subjects()
                .iter()
                .all(|server| self.left_out.contains_key(*server))
                && !self.left_out.is_empty() =>
            {
                Outcome::Failed(self.first_failure())
            }
            None if self.left_out.is_empty() && self.put_back.is_empty() => Outcome::Succeeded,
            None => Outcome::SucceededWithout(
                self.left_out
                    .keys()
                    .chain(self.put_back.keys())
                    .cloned()
                    .collect(),
            ),
        })
    }

    /// What may begin, whether or not its time has come, whether or not somebody holds it up.
    fn possible(&self) -> impl Iterator<Item = (&Step, Job)> {
        self.progress().filter_map(|(step, progress)| {
            let verb = match self.fate(&step.subject) {
                Fate::Forward if self.may_apply(step) => Verb::Apply,
                Fate::Back if self.may_undo(step) => Verb::Undo,
                _ => return None,
            };
            let same = match progress.state {
                State::UndoRetrying { .. } => verb == Verb::Undo,
                State::Retrying { .. } => verb == Verb::Apply,
                _ => false,
            };
            let attempt = if same {
                progress.attempt.saturating_add(1)
            } else {
                1
            };
            Some((
                step,
                Job {
                    step: step.id,
                    verb,
                    attempt,
                },
            ))
        })
    }

    fn may_apply(&self, step: &Step) -> bool {
        let Some(progress) = self.of(step.id) else {
            return false;
        };
        matches!(progress.state, State::Waiting | State::Retrying { .. })
            && !self.is_at_work(&step.subject)
            && step.needs.iter().all(|need| self.is_met(*need))
            && (step.action != Action::VerifyPool || self.nobody_goes_back())
    }

    /// A need is met when it is proved, or when its server no longer goes forward.
    fn is_met(&self, need: StepId) -> bool {
        let (Some(step), Some(progress)) = (self.record.plan.step(need), self.of(need)) else {
            return false;
        };
        progress.state == State::Proved || self.fate(&step.subject) != Fate::Forward
    }

    pub(super) fn is_at_work(&self, server: &ServerName) -> bool {
        self.progress().any(|(step, progress)| {
            step.subject == *server && matches!(progress.state, State::Running | State::Undoing)
        })
    }

    /// A step of the server is being taken back.
    #[must_use]
    pub fn is_undoing(&self, server: &ServerName) -> bool {
        self.progress()
            .any(|(step, progress)| step.subject == *server && progress.state == State::Undoing)
    }

    /// An undo that failed, but for a server that the run went on without: that one owes, and the run did what it could.
    fn stuck_undo(&self) -> Option<(&Step, &str)> {
        let owes =
            |step: &Step| self.unwinding.is_none() && self.left_out.contains_key(&step.subject);
        self.progress()
            .find_map(|(step, progress)| match &progress.state {
                State::UndoFailed { why } if !owes(step) => Some((step, why.as_str())),
                _ => None,
            })
    }

    fn first_failure(&self) -> String {
        let left_out = || {
            let (server, why) = self.left_out.first_key_value()?;
            Some(format!("{server}: {why}"))
        };
        let failure = self.failure.clone().or_else(left_out);
        failure.unwrap_or_else(|| "no reason was kept".to_owned())
    }

    /// It is lost, and leaves without being asked: nothing is done but that its node is deleted.
    #[must_use]
    pub fn is_given_up(&self, server: &ServerName) -> bool {
        let plan = self.plan();
        let leaves = plan.effects.outgoing.iter();
        let released = |step: &Step| step.subject == *server && step.action == Action::Release;
        leaves.map(|it| &it.server).any(|name| name == server) && !plan.steps.iter().any(released)
    }

    /// True when the server is past its line by more than a drain: its kubelet was stopped.
    #[must_use]
    pub fn has_left(&self, server: &ServerName) -> bool {
        if self.is_given_up(server) {
            // Nothing was done on it: it stays as long as its node does.
            return self.progress().any(|(step, progress)| {
                step.subject == *server
                    && step.action == Action::RemoveNode
                    && progress.state == State::Proved
            });
        }
        self.progress().any(|(step, progress)| {
            step.subject == *server
                && step.action.undo() == Undo::ForwardOnly
                && step.action != Action::Drain
                && progress.changes
        })
    }
}
