//! What may begin now, and what comes too late to be recorded.
//! Must never let a step begin that a person has cancelled or paused while it was looked at.

use jiff::Timestamp;

use super::owner::Owner;
use crate::{
    cluster::ClusterApi,
    fleet::{RunId, Verb},
    run::Fact,
    ssh::Transport,
};

impl<T: Transport, C: ClusterApi> Owner<T, C> {
    /// Starts all that may start now.
    pub(super) fn pump(&mut self) {
        let held_back = self.is_held_back();
        self.engine
            .pump(&self.state, &self.options.holder, &self.unfenced, held_back);
    }

    /// False for what comes too late: a beginning that somebody forbade while the step was looked at, or anything of a run that
    /// has ended. The task hears that it is over.
    pub(super) fn may_be_recorded(&self, id: RunId, facts: &[Fact], now: Timestamp) -> bool {
        let open = |run: &&crate::run::Run| run.is_open();
        let Some(run) = self.state.snapshot.runs.get(&id).filter(open) else {
            return false;
        };
        let begins = facts.iter().find_map(|fact| match fact {
            Fact::Started { step, .. } => Some((*step, Verb::Apply)),
            Fact::UndoStarted { step, .. } => Some((*step, Verb::Undo)),
            _ => None,
        });
        begins.is_none_or(|begins| {
            let ready = run.ready(now);
            !self.is_held_back() && ready.iter().any(|job| (job.step, job.verb) == begins)
        })
    }

    fn is_held_back(&self) -> bool {
        let stop = self.state.snapshot.stop.as_ref();
        stop.is_some_and(|stop| stop.all) || self.holds_back.is_some() || self.is_full()
    }
}
