//! The one way for a step's task to speak: facts are stored before the task goes on, lines may be dropped.

use tokio::sync::{mpsc, oneshot};

use crate::{
    fleet::{ClusterSeen, PoolName, RunId, ServerName},
    plan::StepId,
    run::{Fact, Job},
    ssh::{ProbeText, TransportError},
};

/// Everything that reaches the captain's one owner, one at a time.
#[derive(Debug)]
pub enum Input {
    /// Facts of a run, to be stored before the answer.
    Record {
        /// Which run.
        run: RunId,
        /// What happened.
        facts: Vec<Fact>,
        /// Answered once they are stored; dropped when the captain is no longer one.
        stored: oneshot::Sender<()>,
    },
    /// A step's task has ended; all it had to say is stored.
    Ended {
        /// Which run.
        run: RunId,
        /// Which job.
        job: Job,
    },
    /// One line of a step's output.
    Line {
        /// Which run.
        run: RunId,
        /// Which step.
        step: StepId,
        /// The line.
        text: String,
    },
    /// A probe came back, or did not.
    Probed {
        /// Whose.
        server: ServerName,
        /// What it said.
        result: Result<ProbeText, TransportError>,
    },
    /// A cluster was heard.
    Cluster {
        /// Whose.
        pool: PoolName,
        /// What it looks like.
        seen: ClusterSeen,
    },
    /// A cluster's watch ended.
    ClusterLost {
        /// Whose.
        pool: PoolName,
        /// Why.
        why: String,
    },
    /// A server took over this captain's epoch, or could not be reached for it.
    Fence {
        /// Which.
        server: ServerName,
        /// It has the epoch now.
        done: bool,
    },
    /// The inventory's files changed.
    InventoryChanged,
    /// A server or the store said that a later captain is there: this one ends.
    Fenced {
        /// Which.
        server: ServerName,
        /// What it said.
        why: String,
    },
    /// Somebody told the process to end.
    Terminate,
}

/// The captain no longer acts: a task that hears this ends at once and says nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over;

/// A task's way to the owner.
#[derive(Debug, Clone)]
pub struct Door {
    to: mpsc::Sender<Input>,
    run: RunId,
    step: StepId,
}

impl Door {
    /// A door for the task of one step.
    #[must_use]
    pub const fn new(to: mpsc::Sender<Input>, run: RunId, step: StepId) -> Self {
        Self { to, run, step }
    }

    /// Stores facts; returns once they are durable.
    ///
    /// # Errors
    /// [`Over`] when this captain may not act any more.
    pub async fn record(&self, facts: Vec<Fact>) -> Result<(), Over> {
        let (stored, answer) = oneshot::channel();
        let input = Input::Record {
            run: self.run,
            facts,
            stored,
        };
        self.to.send(input).await.map_err(|_| Over)?;
        answer.await.map_err(|_| Over)
    }

    /// Shows a line of output; dropped when the owner is too busy to take it.
    pub fn line(&self, text: String) {
        // Progress may be dropped; facts may not.
        drop(self.to.try_send(Input::Line {
            run: self.run,
            step: self.step,
            text,
        }));
    }

    /// Says that a later captain holds the server.
    pub async fn fenced(&self, server: &ServerName, why: String) {
        let server = server.clone();
        drop(self.to.send(Input::Fenced { server, why }).await);
    }
}
