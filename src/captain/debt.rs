//! Pays debts: a server that left unproved is cleaned when it is seen again, by a request that takes the same road as a person's.
//! Must never clean where the claim is not ours or names another pool than the debt.

use jiff::Timestamp;

use super::{accept, state::State};
use crate::{
    fleet::{Debt, ServerName},
    plan::{Clean, Request, Site, plan},
    store::{Commit, StoreError},
};

/// After this many runs that did not pay, a person has to look (a server that cannot be cleaned was tried 50 times by others).
const TRIES: usize = 2;

/// Starts a run for the first debt that can be paid now.
///
/// # Errors
/// Those of the store.
pub fn pay(state: &mut State, site: &Site, now: Timestamp) -> Result<(), StoreError> {
    let fleet = &state.snapshot.fleet;
    let payable = fleet
        .debts
        .iter()
        .find(|(server, debt)| is_payable(state, server, debt, now));
    let Some((server, _)) = payable else {
        return Ok(());
    };
    let request = Request::Clean(Clean {
        server: server.clone(),
    });
    let Ok(plan) = plan(fleet, &state.snapshot.observed, &request, now, site) else {
        return Ok(());
    };
    if plan.is_empty() {
        return Ok(());
    }
    let mut commit = Commit::default();
    accept::create(state, &mut commit, plan, "captain (owes clean)", now)?;
    match state.commit(commit) {
        Err(StoreError::Conflict(_)) => Ok(()),
        other => other,
    }
}

fn is_payable(state: &State, server: &ServerName, debt: &Debt, now: Timestamp) -> bool {
    let snapshot = &state.snapshot;
    // Nothing is done under the hands of whoever works on it.
    if snapshot.fleet.maintenance(server, now).is_some() {
        return false;
    }
    if snapshot.fleet.busy.contains_key(server) || tries(state, server, debt) >= TRIES {
        return false;
    }
    let Some(seen) = snapshot.observed.servers.get(server) else {
        return false;
    };
    let Some(facts) = seen.facts.as_ref().filter(|_| seen.trouble.is_none()) else {
        return false;
    };
    let Some(claim) = &facts.claim else {
        return false;
    };
    facts.machine.as_ref() == Some(&debt.machine)
        && claim.is_of(&snapshot.fleet.id)
        && claim.pool == debt.pool.as_str()
        && seen.seen.is_some_and(|at| debt.since < at)
}

/// How many runs have tried to pay it since it was made.
fn tries(state: &State, server: &ServerName, debt: &Debt) -> usize {
    let pays =
        |request: &Request| matches!(request, Request::Clean(clean) if clean.server == *server);
    let runs = state.snapshot.runs.values();
    runs.filter(|run| pays(&run.plan().request) && debt.since <= run.record.accepted)
        .count()
}
