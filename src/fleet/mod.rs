//! What is: plain data. Names, servers, pools, capacity, what is wanted (`Fleet`) and what was seen (`Observed`).
//! Must never do anything: no files but the inventory's, no network, no clock.

pub mod capacity;
pub mod claim;
pub mod debt;
pub mod id;
pub mod inventory;
pub mod name;
pub mod observed;
pub mod pool;
pub mod quantity;
pub mod script;
pub mod server;
pub mod standing;
pub mod until;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{
    capacity::Capacity,
    claim::Claim,
    debt::Debt,
    id::{BootId, Epoch, FleetId, MachineId, PlanId, RunId},
    name::{PoolName, ServerName},
    observed::{ClusterSeen, Facts, NodeSeen, Observed, ServerSeen, Trouble, TroubleKind, Usage},
    pool::{Member, Pool, Role},
    quantity::{Bytes, Change},
    script::{Script, Verb},
    server::{Access, Expect, Place, Server, Sources},
    standing::{MIN_DISK, Standing, standing},
};

/// All servers and pools as they are wanted: the inventory's servers, the store's pools and debts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleet {
    /// Which fleet.
    pub id: FleetId,
    /// By name. A member that is missing from the file stays here, `listed` saying so.
    pub servers: BTreeMap<ServerName, Server>,
    /// By name.
    pub pools: BTreeMap<PoolName, Pool>,
    /// What we owe to servers that left a pool unproved.
    pub debts: BTreeMap<ServerName, Debt>,
    /// The machine that each name was first seen on; another machine is a stranger until `server forget`.
    pub machines: BTreeMap<ServerName, MachineId>,
    /// Raised by every accepted run that touches the server.
    pub generations: BTreeMap<ServerName, u64>,
    /// Servers that an open run works on.
    pub busy: BTreeMap<ServerName, RunId>,
    /// Names whose machine is another name's: which. Nothing is done under the second name.
    pub twins: BTreeMap<ServerName, ServerName>,
    /// When a run last let go of a server: what was seen of it before says nothing of it now.
    pub left: BTreeMap<ServerName, Timestamp>,
}

impl Fleet {
    /// A fleet without servers.
    #[must_use]
    pub fn empty(id: FleetId) -> Self {
        Self {
            id,
            servers: BTreeMap::new(),
            pools: BTreeMap::new(),
            debts: BTreeMap::new(),
            machines: BTreeMap::new(),
            generations: BTreeMap::new(),
            busy: BTreeMap::new(),
            twins: BTreeMap::new(),
            left: BTreeMap::new(),
        }
    }

    /// The pool that a server is in.
    #[must_use]
    pub fn pool_of(&self, server: &ServerName) -> Option<&Pool> {
        self.pools
            .values()
            .find(|pool| pool.members.contains_key(server))
    }

    /// Finds the names that share a machine: a member, or who owes, is the machine's own name, else the first.
    pub fn find_twins(&mut self) {
        let mut names: BTreeMap<&MachineId, Vec<&ServerName>> = BTreeMap::new();
        for (name, machine) in &self.machines {
            if self.servers.contains_key(name) {
                names.entry(machine).or_default().push(name);
            }
        }
        let members: BTreeSet<&ServerName> = self
            .pools
            .values()
            .flat_map(|pool| pool.members.keys())
            .collect();
        let held = |name: &ServerName| {
            members.contains(name) || self.debts.contains_key(name) || self.busy.contains_key(name)
        };
        let mut twins = BTreeMap::new();
        for names in names.values().filter(|names| names.len() > 1) {
            let own = names.iter().find(|name| held(name)).unwrap_or(&names[0]);
            let others = names.iter().filter(|name| *name != own);
            twins.extend(others.map(|name| ((*name).clone(), (*own).clone())));
        }
        self.twins = twins;
    }

    /// A server's generation: how many accepted runs have touched it.
    #[must_use]
    pub fn generation(&self, server: &ServerName) -> u64 {
        self.generations.get(server).copied().unwrap_or(0)
    }
}
