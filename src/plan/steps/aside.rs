//! The steps of a worker that is set aside, and of its way back.

use super::{super::env, Action, DRAIN_SECONDS, Draft, Step};
use crate::fleet::{Pool, RunId, ServerName};

/// Steps that empty a worker, which stays: each proves itself, and nothing else of the pool is touched.
pub(in crate::plan) fn maintain(pool: &Pool, name: &ServerName) -> Vec<Step> {
    let mut draft = Draft::default();
    let drain = env::drain(pool, name, DRAIN_SECONDS);
    let links = [
        (Action::Cordon, env::node(pool, name)),
        (Action::Drain, drain),
    ];
    draft.chain(name, &[], links);
    draft.steps
}

/// The step that lets it take pods again: `run` has cordoned it.
pub(in crate::plan) fn give_back(pool: &Pool, name: &ServerName, run: RunId) -> Vec<Step> {
    let mut draft = Draft::default();
    draft.add(Action::Uncordon, name, &[], env::uncordon(pool, name, run));
    draft.steps
}
