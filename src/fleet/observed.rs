//! What was seen: of each server by a probe, of each cluster by a watch. Every piece carries its age.
//! Must never be edited by hand or by a wish: only a probe or a watch makes it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    capacity::Capacity,
    claim::Claim,
    cluster::{Certificate, Pressure, Warning},
    id::{BootId, MachineId},
    name::{PoolName, ServerName},
    quantity::Bytes,
};

/// All that is known of the world.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// By server; a server that is missing was never tried.
    pub servers: BTreeMap<ServerName, ServerSeen>,
    /// By pool; a pool that is missing was never watched.
    pub pools: BTreeMap<PoolName, ClusterSeen>,
}

impl Observed {
    /// True when two signals say that a member is lost: the machine that it was does not answer, and its node is not Ready, as its
    /// cluster says now. One of them alone is a cut cable, or a kubelet that hangs.
    #[must_use]
    pub fn is_lost(&self, pool: &PoolName, server: &ServerName) -> bool {
        let seen = self.servers.get(server);
        let trouble = seen.and_then(|seen| seen.trouble.as_ref());
        let cluster = self.pools.get(pool);
        let cluster = cluster.filter(|it| it.trouble.is_none() && it.seen.is_some());
        trouble.is_some_and(|trouble| trouble.kind.is_gone())
            && cluster.is_some_and(|it| {
                let node = it.nodes.get(server.as_str());
                node.is_none_or(|node| !node.ready)
            })
    }
}

/// The newest knowledge of a server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerSeen {
    /// When a probe was tried last.
    pub tried: Option<Timestamp>,
    /// When a probe last came back; the age of `facts` and `usage`.
    pub seen: Option<Timestamp>,
    /// Why the last try failed; none when it came back.
    pub trouble: Option<Trouble>,
    /// The host key's fingerprint (`SHA256:…`) that was pinned.
    pub host_key: Option<String>,
    /// What it is.
    pub facts: Option<Facts>,
    /// What it does now.
    pub usage: Option<Usage>,
}

/// Why a server could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What kind, for decisions.
    pub kind: TroubleKind,
    /// For people, with a `hint:`.
    pub text: String,
    /// When it began.
    pub since: Timestamp,
}

impl Trouble {
    /// What is wrong.
    #[must_use]
    pub fn what(&self) -> &str {
        self.text.split("\nhint: ").next().unwrap_or_default()
    }

    /// What to do next, where it says so.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        Some(self.text.split_once("\nhint: ")?.1)
    }
}

/// The kinds that people must tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// No answer.
    Unreachable,
    /// The port answers no.
    Refused,
    /// No key of ours is accepted.
    Authentication,
    /// We could log in before and cannot now: an agent or key went away.
    NeedsKey,
    /// Not in known_hosts.
    HostKeyUnknown,
    /// Another key than in known_hosts. Never tried again by itself.
    HostKeyChanged,
    /// sudo wants a password or says no.
    SudoRefused,
    /// The connection broke.
    Disconnected,
    /// It answers, but not with what a server answers.
    Unreadable,
    /// Another machine than the one that had this name.
    Stranger,
}

impl TroubleKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Unreachable,
        Self::Refused,
        Self::Authentication,
        Self::NeedsKey,
        Self::HostKeyUnknown,
        Self::HostKeyChanged,
        Self::SudoRefused,
        Self::Disconnected,
        Self::Unreadable,
        Self::Stranger,
    ];

    /// The machine that it was does not answer: it is silent, or another one, a new system on it included, has its address.
    #[must_use]
    pub const fn is_gone(self) -> bool {
        self.is_silent() || matches!(self, Self::HostKeyChanged | Self::Stranger)
    }

    /// Nobody answers at its address.
    #[must_use]
    pub const fn is_silent(self) -> bool {
        matches!(self, Self::Unreachable | Self::Refused | Self::Disconnected)
    }

    /// Two or three words for a table.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unreachable => "no ssh",
            Self::Refused => "ssh refused",
            Self::Authentication => "login refused",
            Self::NeedsKey => "needs a key",
            Self::HostKeyUnknown => "key unknown",
            Self::HostKeyChanged => "key changed",
            Self::SudoRefused => "sudo refused",
            Self::Disconnected => "disconnected",
            Self::Unreadable => "unreadable",
            Self::Stranger => "other machine",
        }
    }
}

/// What a server is: found by a probe.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Its own idea of its name.
    pub hostname: String,
    /// `/etc/machine-id`.
    pub machine: Option<MachineId>,
    /// New at each boot.
    pub boot: Option<BootId>,
    /// Hardware. Cores or memory of 0 mean that they were not understood.
    pub capacity: Capacity,
    /// Processor packages.
    pub sockets: u32,
    /// File system of /var/lib.
    pub disk_total: Bytes,
    /// Free there.
    pub disk_free: Bytes,
    /// `debian12`.
    pub os: String,
    /// Kernel release.
    pub kernel: String,
    /// `x86_64`.
    pub arch: String,
    /// Seconds that its clock is ahead of ours (negative: behind).
    pub clock_ahead: f64,
    /// Bytes of swap in use or ready.
    pub swap: Bytes,
    /// cgroup hierarchy, 1 or 2; 0 unknown.
    pub cgroup: u8,
    /// The address that SSH arrived at.
    pub ssh_address: Option<std::net::IpAddr>,
    /// Own addresses with their prefix (`10.0.0.5/24`).
    pub addresses: Vec<String>,
    /// Destinations of its routes.
    pub routes: Vec<String>,
    /// True when root's rights are to be had.
    pub root: bool,
    /// True when it resolves its own name.
    pub resolves_itself: bool,
    /// containerd's version, when it is there.
    pub containerd: Option<String>,
    /// kubelet's version, when it is there.
    pub kubelet: Option<String>,
    /// What listens and is not ours: `tcp 389 slapd`.
    pub listeners: Vec<String>,
    /// What could not be looked at, so that nobody knows whether the server is in use.
    pub blind: Option<String>,
    /// Running containers that are not of a cluster.
    pub containers: u32,
    /// Traces of Kubernetes: `kubelet.conf`, `manifests` …
    pub kubernetes: Vec<String>,
    /// The cluster's URL in its kubelet's or admin's configuration.
    pub cluster: Option<String>,
    /// Traces that pooldeck wrote: `hosts`, `network` …
    pub marks: Vec<String>,
    /// Units of ours on it, each with its state: `pooldeck-FLEET-RUN-STEP-ATTEMPT-VERB.service active/exited`.
    pub units: Vec<String>,
    /// The claim, when there is one.
    pub claim: Option<Claim>,
    /// Of which run and moment the text for a person is that lies there: `run 7, event 24`.
    pub by_hand: Option<String>,
    /// It wants a reboot.
    pub reboot_required: bool,
    /// Of the pool, on a control plane.
    pub certificates: Vec<Certificate>,
}

/// What a server does: found by the same probe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Load average of one minute.
    pub load: f64,
    /// Memory that is in use: total less available.
    pub memory: Option<Bytes>,
    /// Seconds since boot.
    pub uptime: u64,
}

/// The newest knowledge of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterSeen {
    /// When its API was heard last.
    pub seen: Option<Timestamp>,
    /// When it was tried last.
    pub tried: Option<Timestamp>,
    /// Why it cannot be heard now.
    pub trouble: Option<String>,
    /// By node name.
    pub nodes: BTreeMap<String, NodeSeen>,
    /// Pods that wait for a place.
    pub pending: u32,
    /// Warnings of the last hour, the newest first; none where they were not heard.
    pub warnings: Option<Vec<Warning>>,
}

/// A node as its cluster sees it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeSeen {
    /// Its Ready condition is True.
    pub ready: bool,
    /// Not schedulable.
    pub cordoned: bool,
    /// kubelet's version.
    pub version: String,
    /// `status.nodeInfo.machineID`.
    pub machine: String,
    /// Allocatable, in thousandths of a CPU.
    pub max_millicores: u64,
    /// Allocatable.
    pub max_memory: Bytes,
    /// Asked for by its pods, in thousandths of a CPU.
    pub req_millicores: u64,
    /// Asked for by its pods.
    pub req_memory: Bytes,
    /// Pods on it.
    pub pods: u32,
    /// When its kubelet was heard last (Ready condition's heartbeat).
    pub heartbeat: Option<Timestamp>,
    /// Conditions that it should not have.
    pub pressures: Vec<Pressure>,
}
