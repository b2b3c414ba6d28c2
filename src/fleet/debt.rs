//! A debt: what we still owe to a server that left a pool without being proved clean.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    id::{MachineId, RunId},
    name::PoolName,
};

/// `owes clean to web`: the server is `leftovers` and is never selected until it is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debt {
    /// The pool that it left.
    pub pool: PoolName,
    /// The machine that owes; another machine of that name owes nothing.
    pub machine: MachineId,
    /// The run that left it so.
    pub run: RunId,
    /// Since when.
    pub since: Timestamp,
    /// Why, for people.
    pub why: String,
    /// Its part of the pool's range, which nobody else gets while its pods may still use it.
    #[serde(default)]
    pub slot: Option<u8>,
}
