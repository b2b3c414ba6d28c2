//! The captain's own place: what the planner must know beside fleet and knowledge, and cannot see in either.
//! Must never be guessed: an empty site protects nothing, so whoever plans for real fills it in.

use serde::{Deserialize, Serialize};

use crate::fleet::MachineId;

/// The newest version that the project's lab proves, end to end, on servers that boot.
pub const TESTED: &str = "v1.33.13";

/// Where the captain runs and what it takes when nobody says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// The captain's own machine: never usable, whatever its name in the inventory.
    pub machine: Option<MachineId>,
    /// Its addresses with their prefix (`10.0.0.5/24`) and the destinations of its routes: no pool's range may hold them.
    pub networks: Vec<String>,
    /// Its logins hang on an agent that goes when somebody logs out.
    pub forwarded_agent: bool,
    /// The version for new pools where neither the request nor the inventory names one.
    pub version: String,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            machine: None,
            networks: Vec::new(),
            forwarded_agent: false,
            version: TESTED.to_owned(),
        }
    }
}
