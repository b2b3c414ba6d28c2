//! What is taken back, and in which order.
//! Must never take back what something else still stands on.

use super::{Fate, Run, State};
use crate::{
    fleet::ServerName,
    plan::{Action, Step, StepId, Undo},
};

impl Run {
    /// True when nothing stands in the way of taking the step back.
    pub(super) fn may_undo(&self, step: &Step) -> bool {
        self.to_undo(step)
            && !self.is_at_work(&step.subject)
            && !self
                .progress()
                .any(|(other, _)| self.goes_before(other, step) && self.stands(other))
    }

    /// True when `other` is taken back before `step`: the last first. But a joined server's Node is deleted once its kubelet has
    /// stopped, and not before: a living one registers it again within seconds.
    pub(super) fn goes_before(&self, other: &Step, step: &Step) -> bool {
        let same = other.subject == step.subject;
        match (other.action, step.action) {
            (Action::Join, Action::AwaitReady) if same => return true,
            (Action::AwaitReady, Action::Join) if same => return false,
            // Nodes are deleted through the API that an undone init ends.
            (Action::AwaitReady, Action::Init) => return true,
            _ => (),
        }
        let needs = |id: &StepId| {
            let need = self.record.plan.step(*id);
            *id == step.id
                || step.action == Action::Join
                    && need.is_some_and(|need| {
                        need.action == Action::AwaitReady && need.subject == step.subject
                    })
        };
        same && other.id > step.id || other.needs.iter().any(needs)
    }

    /// True when the step changed something that is to be taken back and is not yet.
    fn to_undo(&self, step: &Step) -> bool {
        // The Node is made by the join, even by one that failed; it is deleted by the step that waits for it.
        let by_join = step.action == Action::AwaitReady && self.has_begun_to_join(&step.subject);
        self.of(step.id).is_some_and(|progress| {
            step.action.undo() == Undo::Undo
                && match progress.state {
                    State::Waiting => by_join,
                    State::Proved
                    | State::Failed { .. }
                    | State::Retrying { .. }
                    | State::UndoRetrying { .. } => by_join || progress.changes,
                    _ => false,
                }
        })
    }

    fn has_failed_to_undo(&self, server: &ServerName) -> bool {
        self.progress().any(|(step, progress)| {
            step.subject == *server && matches!(progress.state, State::UndoFailed { .. })
        })
    }

    pub(super) fn has_begun_to_join(&self, server: &ServerName) -> bool {
        self.progress().any(|(step, progress)| {
            step.subject == *server && step.action == Action::Join && progress.changes
        })
    }

    /// True while a step stands in the way of undoing one that it was built on.
    fn stands(&self, step: &Step) -> bool {
        let running = self.of(step.id).is_some_and(|progress| {
            // What could not be taken back is there: nothing below it is taken away, and its server keeps its claim.
            matches!(
                progress.state,
                State::Running | State::Undoing | State::UndoFailed { .. }
            )
        });
        running || (self.fate(&step.subject) == Fate::Back && self.to_undo(step))
    }

    /// True when all that is to be taken back has been: until then the cluster has nodes that are not of the pool.
    pub(super) fn nobody_goes_back(&self) -> bool {
        self.progress().all(|(step, progress)| {
            let at_work = matches!(progress.state, State::Running | State::Undoing);
            // Where an undo failed the rest stays: that server owes.
            let goes = self.to_undo(step) && !self.has_failed_to_undo(&step.subject);
            self.fate(&step.subject) != Fate::Back || !goes && !at_work
        })
    }
}
