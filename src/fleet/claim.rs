//! The claim: the file on a server that says which fleet, pool, role, run and epoch holds it.
//! Must hold enough to rebuild a lost store from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::FleetId;

/// What stands in `/var/lib/pooldeck/claim` (written by `assets/steps/claim.sh` as `key=value` lines).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Claim {
    /// Whose it is.
    pub fleet: String,
    /// The captain's term that wrote it last.
    pub epoch: u64,
    /// The store of that fleet, for people.
    pub store: String,
    /// Who: `ops1 on jump1`.
    pub holder: String,
    /// Pool's name.
    pub pool: String,
    /// `control-plane` or `worker`.
    pub role: String,
    /// The run that took it.
    pub run: String,
    /// The server's name in that fleet.
    pub server: String,
    /// When, RFC 3339.
    pub at: String,
    /// All else that stands in it, kept for `recover`.
    pub rest: BTreeMap<String, String>,
}

impl Claim {
    /// Reads `key=value` lines; what it does not know it keeps in `rest`. Never fails: a claim that
    /// cannot be understood is somebody else's claim.
    #[must_use]
    pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut claim = Self::default();
        for line in lines {
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let value = value.to_owned();
            match key {
                "fleet" => claim.fleet = value,
                "epoch" => claim.epoch = value.parse().unwrap_or(u64::MAX),
                "store" => claim.store = value,
                "holder" => claim.holder = value,
                "pool" => claim.pool = value,
                "role" => claim.role = value,
                "run" => claim.run = value,
                "server" => claim.server = value,
                "at" => claim.at = value,
                _ => drop(claim.rest.insert(key.to_owned(), value)),
            }
        }
        claim
    }

    /// True when our fleet wrote it.
    #[must_use]
    pub fn is_of(&self, fleet: &FleetId) -> bool {
        self.fleet == fleet.0
    }

    /// For people: `claimed by fleet 91c2, ops1 on jump1, 12:40`.
    #[must_use]
    pub fn by_name(&self) -> String {
        let fleet = self.fleet.get(..4).unwrap_or(&self.fleet);
        let holder = if self.holder.is_empty() {
            "holder unknown"
        } else {
            &self.holder
        };
        let clock = self.at.get(11..16).unwrap_or("time unknown");
        format!("claimed by fleet {fleet}, {holder}, {clock}")
    }
}
