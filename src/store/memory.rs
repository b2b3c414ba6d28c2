//! A store in memory: for the simulation and the tests. Gone with its process.
//! Must never differ from SQLite in what a caller can see; one suite (tests/store.rs) runs against both.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    Commit, Lease, Lost, Revision, Store, StoreError, Versioned,
    machine::{self, Clock},
    term::Term,
};
use crate::fleet::{Epoch, FleetId};

/// A store that several threads share.
pub struct Memory {
    clock: Clock,
    held: Mutex<Held>,
}

struct Held {
    fleet: FleetId,
    facts: BTreeMap<String, Versioned>,
    seen: BTreeMap<String, String>,
    revision: Revision,
    version: u64,
    term: Term,
}

impl Memory {
    /// An empty store of a new fleet.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when the machine tells neither its boot nor chance.
    pub fn new() -> Result<Self, StoreError> {
        Ok(Self::with(machine::new_fleet()?, machine::clock()?))
    }

    /// An empty store of that fleet, whose lease goes by that clock.
    #[must_use]
    pub fn with(fleet: FleetId, clock: Clock) -> Self {
        Self {
            clock,
            held: Mutex::new(Held {
                fleet,
                facts: BTreeMap::new(),
                seen: BTreeMap::new(),
                revision: 0,
                version: 0,
                term: Term::default(),
            }),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Every change is checked before the first write, so a panic leaves nothing half-done.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn fleet(&self) -> FleetId {
        self.held().fleet.clone()
    }

    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn get(&self, key: &str) -> Result<Option<Versioned>, StoreError> {
        Ok(self.held().facts.get(key).cloned())
    }

    fn list(&self, prefix: &str) -> Result<BTreeMap<String, Versioned>, StoreError> {
        Ok(beginning(&self.held().facts, prefix))
    }

    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        let mut held = self.held();
        if let Some(epoch) = commit.epoch {
            held.term.fence(epoch)?;
        }
        for (key, read) in &commit.reads {
            if held.facts.get(key).map_or(0, |fact| fact.revision) != *read {
                return Err(StoreError::Conflict(key.clone()));
            }
        }
        held.revision += 1;
        held.version += 1;
        let revision = held.revision;
        for (key, value) in &commit.writes {
            match value.clone() {
                Some(value) => held
                    .facts
                    .insert(key.clone(), Versioned { revision, value }),
                None => held.facts.remove(key),
            };
        }
        Ok(())
    }

    fn version(&self) -> Result<u64, StoreError> {
        Ok(self.held().version)
    }

    fn revision(&self) -> Result<Revision, StoreError> {
        Ok(self.held().revision)
    }

    fn see(&self, values: &BTreeMap<String, Option<String>>) -> Result<(), StoreError> {
        let mut held = self.held();
        held.version += 1;
        for (key, value) in values {
            match value.clone() {
                Some(value) => held.seen.insert(key.clone(), value),
                None => held.seen.remove(key),
            };
        }
        Ok(())
    }

    fn seen(&self, prefix: &str) -> Result<BTreeMap<String, String>, StoreError> {
        Ok(beginning(&self.held().seen, prefix))
    }

    fn campaign(&self, holder: &str) -> Result<Option<Epoch>, StoreError> {
        let mut held = self.held();
        let Some(term) = held.term.next(holder, (self.clock)()) else {
            return Ok(None);
        };
        let epoch = term.epoch;
        held.term = term;
        held.version += 1;
        Ok(Some(epoch))
    }

    fn renew(&self, epoch: Epoch) -> Result<(), StoreError> {
        let mut held = self.held();
        held.term = held.term.renew(epoch, (self.clock)())?;
        held.version += 1;
        Ok(())
    }

    fn resign(&self, epoch: Epoch) -> Result<(), StoreError> {
        let mut held = self.held();
        if let Some(term) = held.term.resign(epoch) {
            held.term = term;
            held.version += 1;
        }
        Ok(())
    }

    fn lease(&self) -> Result<Option<Lease>, StoreError> {
        Ok(self.held().term.lease(&(self.clock)()))
    }

    fn adopt(&self, read: Revision, lost: &Lost) -> Result<(), StoreError> {
        let mut held = self.held();
        let term = held.term.adopted(lost.epoch, &(self.clock)());
        let term = term.ok_or(StoreError::Fenced {
            now: held.term.epoch,
            had: lost.epoch,
        })?;
        if held.revision != read {
            return Err(StoreError::Conflict("the store".to_owned()));
        }
        held.term = term;
        held.fleet = lost.fleet.clone();
        held.revision += 1;
        held.version += 1;
        let revision = held.revision;
        let facts = lost.facts.clone().into_iter();
        held.facts = facts
            .map(|(key, value)| (key, Versioned { revision, value }))
            .collect();
        // What was seen was judged by another fleet's word.
        held.seen.clear();
        Ok(())
    }

    fn free_bytes(&self) -> Option<u64> {
        None
    }
}

fn beginning<V: Clone>(all: &BTreeMap<String, V>, prefix: &str) -> BTreeMap<String, V> {
    all.range(prefix.to_owned()..)
        .take_while(|(key, _)| key.starts_with(prefix))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}
