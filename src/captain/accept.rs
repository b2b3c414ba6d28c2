//! A plan becomes a run: its record, its pool and its servers with their next generation, all in one commit.
//! Must never take a server without the commit that says so.

use jiff::Timestamp;

use super::{
    ask::put_answer,
    state::{State, json},
};
use crate::{
    fleet::{Pool, RunId},
    plan::Plan,
    run::RunRecord,
    store::{
        Commit, StoreError,
        record::{Answer, Ask, key},
    },
};

/// Takes the servers, makes the run and answers.
///
/// # Errors
/// Those of the store; [`StoreError::Conflict`] means: look again.
pub fn accept(
    state: &mut State,
    key: &str,
    ask: &Ask,
    plan: Plan,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut commit = Commit::default();
    let id = create(state, &mut commit, plan, &ask.by, now)?;
    put_answer(state, &mut commit, key, ask, Answer::Run(id))?;
    state.commit(commit)
}

/// Adds a new run to a commit: its record, its pool and its servers with their next generation.
///
/// # Errors
/// [`StoreError::Broken`].
pub fn create(
    state: &State,
    commit: &mut Commit,
    plan: Plan,
    by: &str,
    now: Timestamp,
) -> Result<RunId, StoreError> {
    let snapshot = &state.snapshot;
    let revision = |key: &str| snapshot.revisions.get(key).copied().unwrap_or(0);
    // Units on servers have a run's number in their names: those of a store that was lost are never used again.
    let last = snapshot.runs.keys().last().map_or(0, |last| last.0);
    let before = snapshot.recovered.as_ref().map_or(0, |it| it.run.0);
    let id = RunId(last.max(before) + 1);
    let mut put = |key: String, value: String| {
        commit.reads.insert(key.clone(), revision(&key));
        commit.writes.insert(key, Some(value));
    };
    if let Some(pool) = &plan.pool {
        let pool = Pool {
            generation: pool_generation(state, pool) + 1,
            ..pool.clone()
        };
        put(key::pool(&pool.name), json(&pool)?);
    }
    for server in plan.subjects() {
        let mut record = snapshot.records.get(server).cloned().unwrap_or_default();
        record.generation += 1;
        record.busy = Some(id);
        record.last_listed = snapshot
            .fleet
            .servers
            .get(server)
            .cloned()
            .or(record.last_listed);
        put(key::server(server), json(&record)?);
    }
    let record = RunRecord {
        id,
        plan,
        by: by.to_owned(),
        accepted: now,
    };
    put(key::run(id), json(&record)?);
    commit
        .reads
        .insert(key::STOP.to_owned(), revision(key::STOP));
    Ok(id)
}

fn pool_generation(state: &State, pool: &Pool) -> u64 {
    state
        .snapshot
        .fleet
        .pools
        .get(&pool.name)
        .map_or(0, |pool| pool.generation)
}
