//! What the captain says of the copies of the store that it keeps on servers.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Revision, Store, StoreError, snapshot};
use crate::fleet::ServerName;

/// Where it stands among what is only seen.
pub const KEY: &str = "copies";

/// The newest copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copies {
    /// When they were kept.
    pub at: Timestamp,
    /// Of which revision of the store.
    pub revision: Revision,
    /// On which servers.
    pub servers: BTreeSet<ServerName>,
}

impl Copies {
    /// What was said last; none when no captain has kept any since this machine was started.
    ///
    /// # Errors
    /// Those of the store.
    pub fn read(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        let said = store.seen(KEY)?.remove(KEY);
        said.map(|text| snapshot::read(KEY, &text)).transpose()
    }
}
