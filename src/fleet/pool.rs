//! A pool: one kubeadm cluster with a wanted size, and the servers that are in it.

use std::{collections::BTreeMap, fmt, net::IpAddr};

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{
    capacity::Capacity,
    id::MachineId,
    name::{PoolName, ServerName},
    server::Sources,
};

/// What a server does in its pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs etcd and the API.
    ControlPlane,
    /// Runs pods.
    Worker,
}

impl Role {
    /// As scripts, claims and JSON say it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ControlPlane => "control-plane",
            Self::Worker => "worker",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ControlPlane => "control",
            Self::Worker => "worker",
        })
    }
}

/// One pool as it is wanted. Lives in the store and, server by server, in the claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Its name.
    pub name: PoolName,
    /// The size that was asked for: totals of the workers' hardware.
    pub asked: Capacity,
    /// `v1.33.13`.
    pub version: String,
    /// Range of its pods' addresses.
    pub pod_cidr: Ipv4Net,
    /// Range of its services' addresses.
    pub service_cidr: Ipv4Net,
    /// Where its packages and images come from.
    pub sources: Sources,
    /// A word such as `PROD` that people see beside its name.
    pub env: Option<String>,
    /// Changes that take servers away want its name typed. The default.
    pub protected: bool,
    /// Raised by every accepted run that touches the pool.
    pub generation: u64,
    /// Its servers.
    pub members: BTreeMap<ServerName, Member>,
}

/// A server's place in a pool.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Member {
    /// Control plane or worker.
    pub role: Role,
    /// What membership hangs on.
    pub machine: MachineId,
    /// The node's address.
    pub address: IpAddr,
    /// Which part of the pod range is the node's own: the n-th /24.
    pub slot: u8,
    /// Its hardware when it was taken.
    pub capacity: Capacity,
}

impl Pool {
    /// The API's name, the same for the life of the pool: `web.pooldeck.internal`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("{}.pooldeck.internal", self.name)
    }

    /// Members with that role.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = (&ServerName, &Member)> {
        self.members
            .iter()
            .filter(move |(_, member)| member.role == role)
    }

    /// Hardware of the workers in all.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        self.with_role(Role::Worker)
            .map(|(_, member)| member.capacity)
            .sum()
    }

    /// The node's own part of the pod range: the `slot`-th /24 in it; none past its end.
    #[must_use]
    pub fn node_cidr(&self, slot: u8) -> Option<Ipv4Net> {
        self.pod_cidr.subnets(24).ok()?.nth(slot.into())
    }
}
