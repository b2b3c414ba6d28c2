//! What to do. Pure: the same fleet, the same knowledge and the same request make the same plan, to the byte.
//! Must never look at a clock, a file or the network, and never leave a choice to the one who executes.

pub mod effects;
pub mod request;
pub mod script;
pub mod step;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{
    effects::{Confirm, Effects, LeftOut, Move, Offer, Quorum},
    request::{Clean, Create, Destroy, IfBlocked, Request, Resize},
    step::{Action, On, Phase, Step, StepId, Undo},
};
use crate::fleet::{PlanId, Pool, ServerName};

/// The ordered work that fulfils a request, and what it promises. Immutable; compared, printed and stored whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its fingerprint.
    pub id: PlanId,
    /// What was wanted.
    pub request: Request,
    /// What people read.
    pub effects: Effects,
    /// What is done, in an order that respects every `needs`.
    pub steps: Vec<Step>,
    /// The generation of the pool and of each server that it touches, as it was planned on.
    pub generations: Generations,
    /// The pool as it is wanted from the moment the run is created (leaving members still in it);
    /// none for a request that is about no pool.
    pub pool: Option<Pool>,
    /// The control planes on which kubectl may run for it.
    pub executors: Vec<ServerName>,
}

/// What a plan was made against.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generations {
    /// The pool's; 0 for a pool that does not exist yet.
    pub pool: u64,
    /// Each touched server's.
    pub servers: BTreeMap<ServerName, u64>,
}

impl Plan {
    /// True when there is nothing to do: the world is as was asked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The step of that number.
    #[must_use]
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.steps.get(id.0 as usize)
    }

    /// Servers that it touches, in order of name.
    #[must_use]
    pub fn subjects(&self) -> std::collections::BTreeSet<&ServerName> {
        self.steps.iter().map(|step| &step.subject).collect()
    }
}
