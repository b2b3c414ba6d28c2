//! What to do. Pure: the same fleet, the same knowledge and the same request make the same plan, to the byte.
//! Must never look at a clock, a file or the network, and never leave a choice to the one who executes.

mod candidates;
mod clean;
mod command;
pub mod compare;
mod create;
mod deadline;
mod destroy;
mod draft;
pub mod effects;
mod env;
pub mod error;
mod id;
mod kubeadm;
mod leaving;
pub mod lint;
mod maintain;
mod members;
mod pick;
mod ranges;
mod reasons;
pub mod request;
mod reserve;
mod resize;
mod room;
pub mod script;
mod select;
mod settings;
pub mod site;
pub mod step;
mod steps;
mod team;
mod totals;
mod unseen;
pub mod weigh;
mod words;
mod workers;
mod world;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::world::World;
pub use self::{
    clean::cleaning,
    effects::{Confirm, Effects, LeftOut, Move, Offer, Quorum},
    error::PlanError,
    request::{Clean, Create, Destroy, IfBlocked, Maintain, Request, Resize, Return},
    site::Site,
    step::{Action, On, Phase, Step, StepId, Undo},
};
use crate::fleet::{Fleet, Observed, PlanId, Pool, ServerName};

/// What to do so that `request` comes true, or why it cannot.
///
/// # Errors
/// [`PlanError`]; its text says what to do next.
pub fn plan(
    fleet: &Fleet,
    observed: &Observed,
    request: &Request,
    now: Timestamp,
    site: &Site,
) -> Result<Plan, PlanError> {
    let world = World {
        fleet,
        observed,
        now,
        site,
    };
    let mut draft = match request {
        Request::Create(wish) => create::create(&world, wish),
        Request::Resize(wish) => resize::resize(&world, wish),
        Request::Destroy(wish) => destroy::destroy(&world, wish),
        Request::Clean(wish) => clean::clean(&world, wish),
        Request::Maintain(wish) => maintain::maintain(&world, wish),
        Request::Return(wish) => maintain::give_back(&world, wish),
    }?;
    unseen::refuse(&draft, &world)?;
    unseen::note(&mut draft, &world);
    if site.forwarded_agent {
        let note = "this run parks when you log out: the captain's logins hang on a forwarded agent, and it goes on when one is back";
        draft.effects.notes.insert(0, note.to_owned());
    }
    Ok(draft.finish(fleet))
}

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

    /// The pool when the run is over: without those that left; none when nobody is left, or when it is about no pool.
    #[must_use]
    pub fn pool_after(&self) -> Option<Pool> {
        let mut pool = self.pool.clone()?;
        for gone in &self.effects.outgoing {
            pool.members.remove(&gone.server);
        }
        (!pool.members.is_empty()).then_some(pool)
    }
}
