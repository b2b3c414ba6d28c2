//! What the captain knows and the one way in which it changes it: a commit first, then memory.
//! Must never believe what was not stored.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    fleet::{Epoch, MachineId, RunId, Script, ServerName},
    plan::script::RunEnv,
    run::{Fact, Run},
    store::{
        Commit, Store, StoreError,
        record::{Answer, ServerRecord, key},
        snapshot::Snapshot,
    },
};

/// How often a commit is decided anew when somebody else wrote in between; people write rarely.
const CONFLICTS: u32 = 5;

/// The captain's knowledge, kept equal to the store.
pub struct State {
    /// What lasts.
    pub store: Arc<dyn Store>,
    /// Its content.
    pub snapshot: Snapshot,
    /// This captain's term.
    pub epoch: Epoch,
    /// The store's version that `snapshot` was read at.
    version: u64,
}

impl State {
    /// Reads the store.
    ///
    /// # Errors
    /// Those of the store.
    pub fn new(store: Arc<dyn Store>, epoch: Epoch) -> Result<Self, StoreError> {
        let version = store.version()?;
        let snapshot = Snapshot::read(store.as_ref())?;
        Ok(Self {
            store,
            snapshot,
            epoch,
            version,
        })
    }

    /// Reads the store again when somebody has written to it. What was seen stays as it is in memory, which is newer.
    ///
    /// # Errors
    /// Those of the store.
    pub fn refresh(&mut self) -> Result<bool, StoreError> {
        let version = self.store.version()?;
        if version == self.version {
            return Ok(false);
        }
        // What is only seen, and the lease, raise the version and change nothing here.
        let news = self.store.revision()? != self.snapshot.revision;
        if news {
            self.reread()?;
        }
        self.version = version;
        Ok(news)
    }

    fn reread(&mut self) -> Result<(), StoreError> {
        let observed = std::mem::take(&mut self.snapshot.observed);
        let fresh = Snapshot::read(self.store.as_ref());
        match fresh {
            Ok(mut fresh) => {
                fresh.observed = observed;
                self.snapshot = fresh;
                Ok(())
            }
            Err(error) => {
                self.snapshot.observed = observed;
                Err(error)
            }
        }
    }

    /// Stores a change under this captain's term and takes it in.
    ///
    /// # Errors
    /// Those of the store; memory is then as the store is.
    pub fn commit(&mut self, mut commit: Commit) -> Result<(), StoreError> {
        commit.epoch = Some(self.epoch);
        let result = self.store.commit(&commit);
        // Nobody wrote in between: what is known of the rest is as good as it was.
        if result.is_ok() && self.store.revision()? == self.snapshot.revision + 1 {
            return self.snapshot.take(&commit.writes);
        }
        self.reread()?;
        result
    }

    /// What every script of a run is told.
    #[must_use]
    pub fn run_env(&self, run: &Run, holder: &str, now: Timestamp) -> RunEnv {
        RunEnv {
            fleet: self.snapshot.fleet.id.clone(),
            epoch: self.epoch,
            store: self.snapshot.place.clone(),
            holder: holder.to_owned(),
            run: run.id(),
            pool: run.plan().pool.as_ref().map(|pool| pool.name.clone()),
            now,
            left_out: run.absent().cloned().collect(),
            put_back: run.put_back.keys().cloned().collect(),
            overridden: run.all_overridden(),
        }
    }

    /// A script that says for which machine it is meant: an address may lead to another one by now.
    #[must_use]
    pub fn meant_for(&self, script: Script, host: &ServerName) -> Script {
        match self.snapshot.fleet.machines.get(host) {
            Some(machine) => script.with("POOLDECK_HOST_MACHINE", machine),
            None => script,
        }
    }

    /// Remembers the machine that a name was first seen on.
    ///
    /// # Errors
    /// Those of the store.
    pub fn pin(&mut self, server: &ServerName, machine: MachineId) -> Result<(), StoreError> {
        let mut record = self
            .snapshot
            .records
            .get(server)
            .cloned()
            .unwrap_or_default();
        record.machine = Some(machine);
        self.write_record(server, &record)
    }

    /// Forgets the machine behind a name, so that another may have it; never that of a member.
    ///
    /// # Errors
    /// Those of the store.
    pub fn forget(&mut self, server: &ServerName) -> Result<Answer, StoreError> {
        if let Some(pool) = self.snapshot.fleet.pool_of(server) {
            let text = format!(
                "`{server}` is in pool `{}`\nhint: take it out of the pool first: `pooldeck pool resize {} --remove {server}`",
                pool.name, pool.name
            );
            return Ok(Answer::Refused(text));
        }
        let Some(record) = self.snapshot.records.get(server) else {
            return Ok(Answer::Refused(format!(
                "nothing is remembered of `{server}`\nhint: `pooldeck server list` shows the names"
            )));
        };
        if record.busy.is_some() {
            return Ok(Answer::Refused(format!(
                "a run works on `{server}`\nhint: wait for its end"
            )));
        }
        let fresh = ServerRecord {
            generation: record.generation + 1,
            ..ServerRecord::default()
        };
        self.write_record(server, &fresh)?;
        Ok(Answer::Done(format!(
            "{server} is forgotten; the machine that answers next has its name"
        )))
    }

    fn write_record(
        &mut self,
        server: &ServerName,
        record: &ServerRecord,
    ) -> Result<(), StoreError> {
        let key = key::server(server);
        let mut commit = Commit::default();
        commit.reads.insert(
            key.clone(),
            self.snapshot.revisions.get(&key).copied().unwrap_or(0),
        );
        commit.writes.insert(key, Some(json(record)?));
        self.commit(commit)
    }

    /// Stores facts of a run, with what they mean for its servers, as one change. What a person wrote in
    /// between (a pool's settings) is read again, never overwritten.
    ///
    /// # Errors
    /// Those of the store, and [`StoreError::Broken`] for a fact that cannot follow.
    pub fn record(&mut self, id: RunId, facts: &[Fact], now: Timestamp) -> Result<(), StoreError> {
        self.record_with(id, facts, now, |_, _| Ok(()))
    }

    /// The same, with something more in the same commit.
    ///
    /// # Errors
    /// As [`State::record`].
    pub fn record_with(
        &mut self,
        id: RunId,
        facts: &[Fact],
        now: Timestamp,
        add: impl Fn(&Self, &mut Commit) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut tries = 0;
        loop {
            let mut commit = self.facts(id, facts, now)?;
            add(self, &mut commit)?;
            match self.commit(commit) {
                Err(StoreError::Conflict(_)) if tries < CONFLICTS => tries += 1,
                result => return result,
            }
        }
    }
}

/// A value as the store keeps it.
///
/// # Errors
/// [`StoreError::Broken`] when it cannot be written as JSON.
pub fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Broken(error.to_string()))
}
