//! What somebody wants, as a value that can be hashed, stored and shown as a command line.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fleet::{Bytes, Capacity, Change, PoolName, ServerName, Sources};

/// One wish. Every wish, whether of a key, a command or the captain itself, takes the road through `plan`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// A new pool.
    Create(Create),
    /// Another size, or other servers, for a pool.
    Resize(Resize),
    /// No pool any more; its servers clean and spare.
    Destroy(Destroy),
    /// Pay what is owed to a server that has leftovers.
    Clean(Clean),
    /// Empty a member, and leave it alone while people work on it.
    Maintain(Maintain),
    /// Its pool uses it again.
    Return(Return),
}

/// Asks for a new pool.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Create {
    /// Its name.
    pub pool: PoolName,
    /// Totals of the workers' hardware.
    pub asked: Capacity,
    /// How many control planes.
    pub control_planes: u8,
    /// `v1.33.13`; the inventory's or the tested default when unset.
    pub version: Option<String>,
    /// Workers picked by hand; chosen when empty.
    pub servers: BTreeSet<ServerName>,
    /// Range of pods' addresses; a free /16 when unset.
    pub pod_cidr: Option<Ipv4Net>,
    /// Range of services' addresses; a free /16 when unset.
    pub service_cidr: Option<Ipv4Net>,
    /// Sources for this pool alone; the inventory's when unset.
    pub sources: Option<Sources>,
    /// Take a set that is up to 5 % short.
    pub accept_less: bool,
}

/// Asks for another size of a pool: by totals, by steps, by servers, or all at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resize {
    /// Which pool.
    pub pool: PoolName,
    /// Logical CPUs.
    pub cores: Option<Change<u32>>,
    /// Memory.
    pub memory: Option<Change<Bytes>>,
    /// Servers to add by name.
    pub add: BTreeSet<ServerName>,
    /// Servers to remove by name.
    pub remove: BTreeSet<ServerName>,
    /// A bare total may be smaller than now.
    pub shrink: bool,
    /// Take a set that is up to 5 % short.
    pub accept_less: bool,
    /// What happens when a drain is blocked until its deadline.
    pub if_blocked: IfBlocked,
}

/// The answer to a blocked drain, chosen beforehand. Force is not among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfBlocked {
    /// Wait for a person.
    Wait,
    /// Put the server back: uncordon it, it stays in the pool.
    #[default]
    Back,
    /// Put it back, and end by naming another server that would do (a new plan).
    Another,
}

/// Asks for the end of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Destroy {
    /// Which pool.
    pub pool: PoolName,
    /// Do not evict pods first; the only way when the API is gone.
    pub without_drain: bool,
}

/// Asks to clean a server of our own leftovers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Clean {
    /// Which server.
    pub server: ServerName,
}

/// Asks to empty a pool's server for a while.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Maintain {
    /// Of which pool.
    pub pool: PoolName,
    /// Which server.
    pub server: ServerName,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub why: String,
}

/// Asks to use a pool's server again that was in maintenance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Return {
    /// Of which pool.
    pub pool: PoolName,
    /// Which server.
    pub server: ServerName,
}

impl Request {
    /// The member that goes into maintenance and stays, or comes back from it.
    #[must_use]
    pub const fn set_aside(&self) -> Option<&ServerName> {
        match self {
            Self::Maintain(Maintain { server, .. }) | Self::Return(Return { server, .. }) => {
                Some(server)
            }
            _ => None,
        }
    }

    /// The pool that it is about; none for a server's request.
    #[must_use]
    pub const fn pool(&self) -> Option<&PoolName> {
        match self {
            Self::Create(Create { pool, .. })
            | Self::Resize(Resize { pool, .. })
            | Self::Destroy(Destroy { pool, .. })
            | Self::Maintain(Maintain { pool, .. })
            | Self::Return(Return { pool, .. }) => Some(pool),
            Self::Clean(_) => None,
        }
    }
}
