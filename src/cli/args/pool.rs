//! Verbs of pools and what they take.

use clap::{Args, Subcommand, ValueEnum};
use ipnet::Ipv4Net;

use crate::{
    fleet::{Bytes, Change, PoolName, ServerName},
    plan::IfBlocked,
};

/// Verbs of pools.
#[derive(Debug, Subcommand)]
pub enum PoolVerb {
    /// All pools.
    List,
    /// One pool, its servers and settings.
    Show {
        /// Which.
        name: PoolName,
    },
    /// Print its administrator's kubeconfig, a secret.
    Kubeconfig {
        /// Which.
        name: PoolName,
    },
    /// Change what people see and how it is confirmed.
    Set {
        /// Which.
        name: PoolName,
        /// A word beside its name, such as PROD; empty removes it.
        #[arg(long, value_name = "TAG")]
        env: Option<String>,
        /// Taking servers away wants its name typed (the default).
        #[arg(long)]
        protected: bool,
        /// A key press is enough.
        #[arg(long, conflicts_with = "protected")]
        unprotected: bool,
    },
    /// A new pool.
    Create(CreateArgs),
    /// Another size, or other servers.
    Resize(ResizeArgs),
    /// End a pool; its servers become clean and spare.
    Destroy {
        /// Which.
        name: PoolName,
        /// Do not evict pods first; the only way when its API is gone.
        #[arg(long)]
        without_drain: bool,
    },
}

/// What `pool create` takes.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Its name.
    pub name: PoolName,
    /// Workers' CPUs in all.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub cores: u32,
    /// Workers' memory in all, such as 192GiB.
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<Bytes>,
    /// How many control planes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub control_planes: u8,
    /// Kubernetes' version, such as v1.33.13.
    #[arg(long, value_name = "vX.Y.Z")]
    pub version: Option<String>,
    /// Workers picked by hand; chosen when none is.
    #[arg(long, value_name = "S", num_args = 1..)]
    pub server: Vec<ServerName>,
    /// Range of pods' addresses.
    #[arg(long, value_name = "C")]
    pub pod_cidr: Option<Ipv4Net>,
    /// Range of services' addresses.
    #[arg(long, value_name = "C")]
    pub service_cidr: Option<Ipv4Net>,
    /// Take a set that is up to 5 % short.
    #[arg(long)]
    pub accept_less: bool,
}

/// What `pool resize` takes.
#[derive(Debug, Args)]
pub struct ResizeArgs {
    /// Which.
    pub name: PoolName,
    /// Workers' CPUs in all, or a step with a sign.
    #[arg(long, value_name = "N|+N|-N", allow_hyphen_values = true)]
    pub cores: Option<Change<u32>>,
    /// Workers' memory in all, or a step with a sign.
    #[arg(long, value_name = "SIZE|+SIZE|-SIZE", allow_hyphen_values = true)]
    pub memory: Option<Change<Bytes>>,
    /// Servers to add.
    #[arg(long, value_name = "S", num_args = 1..)]
    pub add: Vec<ServerName>,
    /// Servers to remove.
    #[arg(long, value_name = "S", num_args = 1..)]
    pub remove: Vec<ServerName>,
    /// A bare number may be smaller than now.
    #[arg(long)]
    pub shrink: bool,
    /// Take a set that is up to 5 % short.
    #[arg(long)]
    pub accept_less: bool,
    /// What happens when a drain is blocked until its deadline: wait for a person, put the server back, or put it back and name
    /// another. The deck's dialog always puts it back.
    #[arg(
        long,
        value_enum,
        value_name = "wait|back|another",
        default_value = "back",
        hide_possible_values = true
    )]
    pub if_blocked: Blocked,
}

/// The answer to a blocked drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Blocked {
    /// Wait for a person.
    Wait,
    /// Put the server back.
    Back,
    /// Put it back and end by naming another, with the command.
    Another,
}

impl From<Blocked> for IfBlocked {
    fn from(blocked: Blocked) -> Self {
        match blocked {
            Blocked::Wait => Self::Wait,
            Blocked::Back => Self::Back,
            Blocked::Another => Self::Another,
        }
    }
}
