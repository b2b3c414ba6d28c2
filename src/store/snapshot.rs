//! Everything that the store says, read once and kept up to date: what the deck draws, the CLI prints and the captain plans on.
//! Must never be written back; changes go through commits.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::{
    Lease, Revision, Store, StoreError,
    record::{Ask, CaptainSeen, Listed, ServerRecord, Stop, key, seen_key},
};
use crate::{
    fleet::{ClusterSeen, Fleet, Observed, Pool, PoolName, RunId, ServerName, ServerSeen},
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
    /// Where the store is.
    pub place: String,
    /// Revision of every durable key.
    pub revisions: BTreeMap<String, Revision>,
}

impl Snapshot {
    /// Reads all.
    ///
    /// # Errors
    /// Those of the store, and [`StoreError::Broken`] for a value that cannot be understood.
    pub fn read(store: &dyn Store) -> Result<Self, StoreError> {
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
            place: store.place(),
            revisions: BTreeMap::new(),
        };
        let mut events: BTreeMap<RunId, Vec<Event>> = BTreeMap::new();
        let mut runs: Vec<RunRecord> = Vec::new();
        for (name, versioned) in durable {
            let text = &versioned.value;
            match name.as_str() {
                key::INVENTORY => it.listed = read(&name, text)?,
                key::STOP => it.stop = Some(read(&name, text)?),
                _ => {
                    if let Some(server) = name.strip_prefix(key::SERVERS) {
                        it.records.insert(named(&name, server)?, read(&name, text)?);
                    } else if name.starts_with(key::POOLS) {
                        let pool: Pool = read(&name, text)?;
                        it.fleet.pools.insert(pool.name.clone(), pool);
                    } else if name.starts_with(key::ASKS) {
                        it.asks.insert(name.clone(), read(&name, text)?);
                    } else if let Some(rest) = name.strip_prefix(key::RUNS) {
                        match rest.split_once("/event/") {
                            None => runs.push(read(&name, text)?),
                            Some((run, _)) => {
                                let id = RunId(
                                    run.parse().map_err(|_| broken(&name, "no run's number"))?,
                                );
                                events.entry(id).or_default().push(read(&name, text)?);
                            }
                        }
                    }
                }
            }
            it.revisions.insert(name, versioned.revision);
        }
        for record in runs {
            let id = record.id;
            let run = Run::replay(record, events.remove(&id).unwrap_or_default())
                .map_err(|error| broken(&key::run(id), &error.to_string()))?;
            it.runs.insert(id, run);
        }
        it.join_fleet();
        it.look(store)?;
        Ok(it)
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
        self.fleet.servers = self.listed.servers.clone();
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
            self.fleet
                .generations
                .insert(name.clone(), record.generation);
            let held = record.debt.is_some() || self.fleet.pool_of(name).is_some();
            if let (true, Some(last)) = (held, &record.last_listed) {
                self.fleet
                    .servers
                    .entry(name.clone())
                    .or_insert_with(|| last.clone());
            }
        }
    }
}

/// A value of the store as a type.
///
/// # Errors
/// [`StoreError::Broken`] that names the key.
pub fn read<T: DeserializeOwned>(key: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| broken(key, &error.to_string()))
}

fn named<T: std::str::FromStr>(key: &str, text: &str) -> Result<T, StoreError> {
    text.parse()
        .map_err(|_| broken(key, "its name is not valid"))
}

fn broken(key: &str, why: &str) -> StoreError {
    StoreError::Broken(format!("`{key}` cannot be understood: {why}"))
}
