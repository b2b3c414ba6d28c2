//! Everything that the store says, read once and kept up to date: what the deck draws, the CLI prints and the captain plans on.
//! Must never be written back; changes go through commits.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::{
    Lease, Revision, Store, StoreError,
    note::{ACKNOWLEDGED, Acknowledged, MAINTENANCE, ProblemId},
    record::{Ask, CaptainSeen, Listed, ServerRecord, Stop, key, seen_key},
    recover::{RECOVERED, Recovered},
};
use crate::{
    fleet::{ClusterSeen, Fleet, Observed, PoolName, RunId, ServerName, ServerSeen},
    run::{Event, Run, RunRecord},
};

/// One reading of the store.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Wanted.
    pub fleet: Fleet,
    /// Seen.
    pub observed: Observed,
    /// All runs, open and ended, oldest first.
    pub runs: BTreeMap<RunId, Run>,
    /// What is asked, by key, answered or not.
    pub asks: BTreeMap<String, Ask>,
    /// The inventory as it was read last.
    pub listed: Listed,
    /// Servers' records.
    pub records: BTreeMap<ServerName, ServerRecord>,
    /// What the captain said last.
    pub captain: Option<CaptainSeen>,
    /// Who holds the lease, or held it last.
    pub lease: Option<Lease>,
    /// Somebody said stop.
    pub stop: Option<Stop>,
    /// It was made again, after it was lost.
    pub recovered: Option<Recovered>,
    /// Problems that somebody knows of.
    pub acknowledged: BTreeMap<ProblemId, Acknowledged>,
    /// Where the store is.
    pub place: String,
    /// The newest commit that is in it.
    pub revision: Revision,
    /// Revision of every durable key.
    pub revisions: BTreeMap<String, Revision>,
}

impl Snapshot {
    /// Reads all.
    ///
    /// # Errors
    /// Those of the store, and [`StoreError::Broken`] for a value that cannot be understood.
    pub fn read(store: &dyn Store) -> Result<Self, StoreError> {
        // The older number of the two: what is written in between is read again.
        let revision = store.revision()?;
        let durable = store.list("")?;
        let mut it = Self {
            fleet: Fleet::empty(store.fleet()),
            observed: Observed::default(),
            runs: BTreeMap::new(),
            asks: BTreeMap::new(),
            listed: Listed::default(),
            records: BTreeMap::new(),
            captain: None,
            lease: store.lease()?,
            stop: None,
            recovered: None,
            acknowledged: BTreeMap::new(),
            place: store.place(),
            revision,
            revisions: BTreeMap::new(),
        };
        // In order of keys: a run's record comes before its events.
        for (name, versioned) in durable {
            it.put(&name, Some(&versioned.value), versioned.revision)?;
        }
        it.join_fleet();
        it.look(store)?;
        Ok(it)
    }

    /// Takes a commit in that came right after the newest one in it.
    ///
    /// # Errors
    /// As [`Snapshot::read`].
    pub fn take(&mut self, writes: &BTreeMap<String, Option<String>>) -> Result<(), StoreError> {
        self.revision += 1;
        for (name, value) in writes {
            self.put(name, value.as_deref(), self.revision)?;
        }
        self.join_fleet();
        Ok(())
    }

    /// Takes one key in.
    fn put(
        &mut self,
        name: &str,
        value: Option<&str>,
        revision: Revision,
    ) -> Result<(), StoreError> {
        if value.is_some() {
            self.revisions.insert(name.to_owned(), revision);
        } else {
            self.revisions.remove(name);
        }
        if name == key::INVENTORY {
            self.listed = maybe(name, value)?.unwrap_or_default();
        } else if name == key::STOP {
            self.stop = maybe(name, value)?;
        } else if name == RECOVERED {
            self.recovered = maybe(name, value)?;
        } else if let Some(server) = name.strip_prefix(key::SERVERS) {
            set(&mut self.records, named(name, server)?, maybe(name, value)?);
        } else if let Some(pool) = name.strip_prefix(key::POOLS) {
            set(
                &mut self.fleet.pools,
                named(name, pool)?,
                maybe(name, value)?,
            );
        } else if name.starts_with(key::ASKS) {
            set(&mut self.asks, name.to_owned(), maybe(name, value)?);
        } else if let Some(server) = name.strip_prefix(MAINTENANCE) {
            set(
                &mut self.fleet.maintained,
                named(name, server)?,
                maybe(name, value)?,
            );
        } else if let Some(problem) = name.strip_prefix(ACKNOWLEDGED) {
            set(
                &mut self.acknowledged,
                named(name, problem)?,
                maybe(name, value)?,
            );
        } else if let Some(run) = name.strip_prefix(key::RUNS) {
            self.put_run(name, run, value)?;
        }
        Ok(())
    }

    fn put_run(&mut self, name: &str, rest: &str, value: Option<&str>) -> Result<(), StoreError> {
        let (run, event) = rest.split_once("/event/").unzip();
        let number = run.unwrap_or(rest);
        let id = RunId(
            number
                .parse()
                .map_err(|_| broken(name, "no run's number"))?,
        );
        if event.is_none() {
            let record: Option<RunRecord> = maybe(name, value)?;
            set(&mut self.runs, id, record.map(Run::new));
        } else if let Some(event) = maybe::<Event>(name, value)? {
            let run = self.runs.get_mut(&id);
            let run = run.ok_or_else(|| broken(name, "there is no such run"))?;
            run.apply(&event)
                .map_err(|error| broken(name, &error.to_string()))?;
        }
        Ok(())
    }

    /// Reads only what is seen, and the lease.
    ///
    /// # Errors
    /// As [`Snapshot::read`].
    pub fn look(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        self.lease = store.lease()?;
        for (name, text) in store.seen(seen_key::SERVERS)? {
            let server: ServerName = named(&name, &name[seen_key::SERVERS.len()..])?;
            self.observed
                .servers
                .insert(server, read::<ServerSeen>(&name, &text)?);
        }
        let clusters = store.seen(seen_key::POOLS)?;
        self.observed.pools.clear();
        for (name, text) in clusters {
            let pool: PoolName = named(&name, &name[seen_key::POOLS.len()..])?;
            self.observed
                .pools
                .insert(pool, read::<ClusterSeen>(&name, &text)?);
        }
        self.captain = match store.seen(seen_key::CAPTAIN)?.remove(seen_key::CAPTAIN) {
            Some(text) => Some(read(seen_key::CAPTAIN, &text)?),
            None => None,
        };
        Ok(())
    }

    /// Joins inventory, pools and records to one fleet. A member that is missing from the file stays, as it was last listed.
    fn join_fleet(&mut self) {
        let fleet = &mut self.fleet;
        fleet.servers = self.listed.servers.clone();
        fleet.generations.clear();
        fleet.machines.clear();
        fleet.debts.clear();
        fleet.busy.clear();
        fleet.left.clear();
        if let Some(host) = &self.listed.captain_host
            && let Some(server) = self.fleet.servers.get_mut(host)
        {
            server.offered = false;
        }
        for (name, record) in &self.records {
            if let Some(machine) = &record.machine {
                self.fleet.machines.insert(name.clone(), machine.clone());
            }
            if let Some(debt) = &record.debt {
                self.fleet.debts.insert(name.clone(), debt.clone());
            }
            if let Some(run) = record.busy {
                self.fleet.busy.insert(name.clone(), run);
            }
            if let Some(left) = record.left {
                self.fleet.left.insert(name.clone(), left);
            }
            self.fleet
                .generations
                .insert(name.clone(), record.generation);
            let held = record.debt.is_some()
                || record.busy.is_some()
                || self.fleet.pool_of(name).is_some();
            if let (true, Some(last)) = (held, &record.last_listed) {
                self.fleet
                    .servers
                    .entry(name.clone())
                    .or_insert_with(|| last.clone());
            }
        }
        self.fleet.find_twins();
    }

    /// True when the pool that a run is about is protected now.
    #[must_use]
    pub fn is_protected(&self, run: &Run) -> bool {
        let pool = run.plan().request.pool();
        pool.and_then(|pool| self.fleet.pools.get(pool))
            .is_some_and(|pool| pool.protected)
    }

    /// True when the inventory offers the server now: a member's record outlives the list, and only the record knows the captain's own
    /// host.
    #[must_use]
    pub fn offers(&self, server: &ServerName) -> bool {
        let offered = |all: &BTreeMap<ServerName, crate::fleet::Server>| {
            all.get(server).is_some_and(|it| it.offered)
        };
        offered(&self.listed.servers) && offered(&self.fleet.servers)
    }
}

/// A value of the store as a type.
///
/// # Errors
/// [`StoreError::Broken`] that names the key.
pub fn read<T: DeserializeOwned>(key: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| broken(key, &error.to_string()))
}

fn maybe<T: DeserializeOwned>(key: &str, text: Option<&str>) -> Result<Option<T>, StoreError> {
    text.map(|text| read(key, text)).transpose()
}

fn set<K: Ord, V>(all: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => drop(all.insert(key, value)),
        None => drop(all.remove(&key)),
    }
}

fn named<T: std::str::FromStr>(key: &str, text: &str) -> Result<T, StoreError> {
    text.parse()
        .map_err(|_| broken(key, "its name is not valid"))
}

fn broken(key: &str, why: &str) -> StoreError {
    StoreError::Broken(format!("`{key}` cannot be understood: {why}"))
}
