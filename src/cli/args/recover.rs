//! What `pooldeck recover` takes.

use clap::Args;

/// Where a lost store is made again from, and what it goes on without.
#[derive(Debug, Clone, Args)]
pub struct RecoverArgs {
    /// From the claims on the servers, a copy of the store on one of them, and the clusters.
    #[arg(long, required = true)]
    pub from_servers: bool,
    /// Which fleet, where the servers are claimed by several (4 characters of its id or more).
    #[arg(long, value_name = "ID")]
    pub fleet: Option<String>,
    /// Servers that do not answer, and pools whose control plane does not, that nothing else is known of.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub without: Vec<String>,
}
