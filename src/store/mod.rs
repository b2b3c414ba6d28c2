//! What lasts. Keys with revisions, commits that name what they read and the captain's term, a watch, a lease.
//! Must never hold a secret, and never say "committed" before the disk has it.

pub mod actor;
pub mod copies;
pub mod disk;
pub mod look;
pub mod machine;
pub mod memory;
pub mod note;
pub mod place;
pub mod record;
pub mod recover;
pub mod snapshot;
pub mod sqlite;
mod term;
pub mod whole;

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use crate::fleet::{Epoch, FleetId};

/// A key's revision: raised by each commit that writes it; 0 means that the key is not there.
pub type Revision = u64;

/// A value and its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// For compare-and-swap.
    pub revision: Revision,
    /// JSON text.
    pub value: String,
}

/// A change of several keys, all or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// Keys that the change depends on, with the revision that was read.
    pub reads: BTreeMap<String, Revision>,
    /// New values; none deletes.
    pub writes: BTreeMap<String, Option<String>>,
    /// The captain's term; refused when it was given back or another captain has the lease by now. None for what people
    /// ask for (confirmations, settings), which needs no captain.
    pub epoch: Option<Epoch>,
}

/// What a store is made again from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Whose it was.
    pub fleet: FleetId,
    /// The next captain's term is above it.
    pub epoch: Epoch,
    /// All that it holds from then on.
    pub facts: BTreeMap<String, String>,
}

/// Why the store said no. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A key that was read has changed since.
    #[error("`{0}` changed in between\nhint: read it again and decide again")]
    Conflict(String),
    /// Another captain holds the lease.
    #[error(
        "a later captain (epoch {now}) holds the lease; this one had epoch {had}\nhint: this process must end"
    )]
    Fenced {
        /// The term that is.
        now: Epoch,
        /// The term that the commit named.
        had: Epoch,
    },
    /// Less than 200 MB are free where the store is.
    #[error(
        "only {free_mb} MB are free at `{place}`\nhint: free some space; nothing new starts below 200 MB"
    )]
    Full {
        /// Where.
        place: String,
        /// What is left.
        free_mb: u64,
    },
    /// The place cannot be used.
    #[error("{0}")]
    Place(String),
    /// The file system or SQLite said no.
    #[error("the store cannot be used: {0}\nhint: look at the disk and the file's rights")]
    Broken(String),
}

/// Who holds the lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The captain's term.
    pub epoch: Epoch,
    /// For people: `ops1 on jump1, pid 812`.
    pub holder: String,
    /// How long ago it was renewed; above ten seconds it is nobody's. [`Duration::MAX`] when it was given
    /// back or is from before a reboot.
    pub age: Duration,
}

/// So many lines are kept of each step's output, the newest.
pub const KEPT_LINES: usize = 200;

/// Below this many free bytes nothing new starts, and what runs parks. The captain asks [`Store::free_bytes`].
pub const FREE_TO_START: u64 = 200_000_000;

/// Below this many free bytes every commit is refused: a run that parks must still be able to say so
/// between the two.
pub const FREE_TO_COMMIT: u64 = 20_000_000;

/// How long a lease lasts without being renewed (PROTOCOL.md section 2).
pub const LEASE: Duration = Duration::from_secs(10);

/// What the captain and the decks share. Calls are short (milliseconds) and block.
pub trait Store: Send + Sync {
    /// Which fleet it belongs to; made with the store.
    fn fleet(&self) -> FleetId;
    /// Where it is, for people: `/var/lib/pooldeck`, `private store /root/.local/state/pooldeck`.
    fn place(&self) -> String;
    /// A key's value.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn get(&self, key: &str) -> Result<Option<Versioned>, StoreError>;
    /// All keys that begin so, in order.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn list(&self, prefix: &str) -> Result<BTreeMap<String, Versioned>, StoreError>;
    /// All or nothing; on success each written key has a higher revision.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Fenced`], [`StoreError::Full`], [`StoreError::Broken`].
    fn commit(&self, commit: &Commit) -> Result<(), StoreError>;
    /// A number that changes with every commit of any process (also of `see`). Cheap: polled every 100 ms.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn version(&self) -> Result<u64, StoreError>;
    /// The number of the newest commit: raised by one with each, never by `see` or the lease.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn revision(&self) -> Result<Revision, StoreError>;
    /// Writes what was only seen: not synced, last writer wins, none deletes.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn see(&self, values: &BTreeMap<String, Option<String>>) -> Result<(), StoreError>;
    /// What was seen, for all keys that begin so.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn seen(&self, prefix: &str) -> Result<BTreeMap<String, String>, StoreError>;
    /// Takes the lease when it is nobody's: a new, higher epoch. None when somebody holds it.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn campaign(&self, holder: &str) -> Result<Option<Epoch>, StoreError>;
    /// Keeps the lease.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when another has it, [`StoreError::Broken`].
    fn renew(&self, epoch: Epoch) -> Result<(), StoreError>;
    /// Gives the lease back, so that the next captain need not wait.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn resign(&self, epoch: Epoch) -> Result<(), StoreError>;
    /// Who holds it, or held it last.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn lease(&self) -> Result<Option<Lease>, StoreError>;
    /// Makes a store that holds no work the store of a fleet that was lost: its id, its facts in place of all that were there, and a
    /// lease of nobody that goes on above `epoch`. All or nothing. `read` is the newest commit that was looked at.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] while somebody holds the lease, [`StoreError::Conflict`] when something was committed since,
    /// [`StoreError::Full`], [`StoreError::Broken`].
    fn adopt(&self, read: Revision, lost: &Lost) -> Result<(), StoreError>;
    /// Free bytes where it is; none where that has no meaning.
    fn free_bytes(&self) -> Option<u64>;
    /// What is wrong with it by its own rules, in the words of who keeps it; empty when it is sound. Reads all of it.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn examine(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
    /// The whole of what lasts as one file's bytes, from one moment; none where that has no meaning.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn copy(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }
}
