//! What a run's end, or a server's, means for membership: out of the pool, free or owing; part of the same commit.
//! Must never let a server fall between a pool, a debt and being free.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::state::{State, json};
use crate::{
    fleet::{Debt, Maintenance, Note, ServerName},
    plan::{Action, Request},
    run::{Leaving, Outcome, Run, State::Proved},
    store::{
        Commit, StoreError, note,
        record::{ServerRecord, key},
    },
};

impl State {
    /// Adds to a commit what became of servers; at the run's end nobody is busy with any of them.
    pub(super) fn settle(
        &self,
        run: &Run,
        leaving: &[Leaving],
        now: Timestamp,
        commit: &mut Commit,
    ) -> Result<(), StoreError> {
        let mut records: BTreeMap<&ServerName, ServerRecord> = BTreeMap::new();
        let remembered =
            |name: &ServerName| self.snapshot.records.get(name).cloned().unwrap_or_default();
        for end in leaving {
            let (name, debt) = match end {
                Leaving::Free(name) => (name, None),
                Leaving::Owing(name, why) => (name, self.debt(run, name, why, now)),
            };
            let record = records.entry(name).or_insert_with(|| remembered(name));
            (record.debt, record.busy, record.left) = (debt, None, Some(now));
        }
        let gone: BTreeSet<&ServerName> = records.keys().copied().collect();
        if !run.is_open() {
            for name in run.plan().subjects() {
                records.entry(name).or_insert_with(|| remembered(name)).busy = None;
            }
        }
        for (name, record) in &records {
            commit.writes.insert(key::server(name), Some(json(record)?));
        }
        settle_maintenance(run, commit)?;
        self.settle_pool(run, &gone, commit)
    }

    /// Takes servers that are gone out of the run's pool, and says at its end what the pool is asked for; one without members is no more.
    fn settle_pool(
        &self,
        run: &Run,
        gone: &BTreeSet<&ServerName>,
        commit: &mut Commit,
    ) -> Result<(), StoreError> {
        let name = run.plan().pool.as_ref().map(|pool| &pool.name);
        let Some(mut pool) = name
            .and_then(|name| self.snapshot.fleet.pools.get(name))
            .cloned()
        else {
            return Ok(());
        };
        let before = pool.clone();
        pool.members.retain(|name, _| !gone.contains(name));
        if !run.is_open() {
            pool.asked = run.asked_at_end(&pool);
        }
        if pool.members.is_empty() {
            commit.writes.insert(key::pool(&pool.name), None);
        } else if pool != before {
            commit
                .writes
                .insert(key::pool(&pool.name), Some(json(&pool)?));
        }
        Ok(())
    }

    /// What is owed to a server; a server whose machine was never seen was never touched.
    fn debt(&self, run: &Run, server: &ServerName, why: &str, now: Timestamp) -> Option<Debt> {
        let pool = run.plan().pool.as_ref()?;
        let slot = pool.members.get(server).map(|member| member.slot);
        let pool = pool.name.clone();
        let machine = self.snapshot.fleet.machines.get(server)?.clone();
        Some(Debt {
            pool,
            machine,
            run: run.id(),
            since: now,
            why: why.to_owned(),
            slot,
        })
    }
}

/// Who is emptied is in maintenance from then on; whoever takes pods again is not any more.
fn settle_maintenance(run: &Run, commit: &mut Commit) -> Result<(), StoreError> {
    let proved = |action: Action| {
        let mut steps = run.progress();
        steps.any(|(step, it)| step.action == action && it.state == Proved)
    };
    match &run.plan().request {
        Request::Maintain(wish) if run.outcome == Some(Outcome::Succeeded) => {
            let note = Note {
                by: run.record.by.clone(),
                at: run.record.accepted,
                until: wish.until,
                why: wish.why.clone(),
            };
            let run = Some(run.id());
            let value = json(&Maintenance { note, run })?;
            let key = note::maintenance(&wish.server);
            commit.writes.insert(key, Some(value));
        }
        Request::Return(wish) if proved(Action::Uncordon) => {
            let key = note::maintenance(&wish.server);
            commit.writes.insert(key, None);
        }
        _ => (),
    }
    Ok(())
}
