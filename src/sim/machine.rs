//! One server of the rack: its hardware, what stands on its disk, and what lives only until the next boot.
//! Must never know what the fleet wants of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    sync::Arc,
};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::{fault::Faults, unit::Unit};
use crate::{
    fleet::{BootId, Bytes, Capacity, Claim, MachineId, Role, ServerName},
    ssh::UnitName,
};

/// What a server is made of.
#[derive(Debug, Clone)]
pub struct Hardware {
    /// Its name in the inventory, and its own idea of it.
    pub name: ServerName,
    /// Logical CPUs and MemTotal.
    pub capacity: Capacity,
    /// Processor packages.
    pub sockets: u32,
    /// Size of its disk.
    pub disk: Bytes,
    /// The address that SSH arrives at.
    pub address: Ipv4Addr,
    /// `/etc/machine-id`.
    pub machine: MachineId,
    /// Fingerprint of its host key.
    pub host_key: String,
    /// What makes its load differ from its neighbour's.
    pub seed: u64,
}

/// Work of others on a server.
#[derive(Debug, Clone, Default)]
pub struct Strangers {
    /// `tcp 389 slapd`.
    pub listeners: Vec<String>,
    /// Running containers.
    pub containers: u32,
    /// The API of the cluster that it is a node of.
    pub cluster: Option<String>,
}

/// What a reboot does not take away.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    /// Free space.
    pub free: Bytes,
    /// `/var/lib/pooldeck/claim`.
    pub claim: Option<Claim>,
    /// `/var/lib/pooldeck/applied`, line by line.
    pub applied: Vec<String>,
    /// `/var/lib/pooldeck/epoch`: the highest of that fleet that was here.
    pub epoch: Option<(String, u64)>,
    /// `/var/lib/pooldeck/copy.db`, as it was sent.
    pub copy: Option<String>,
    /// `/var/lib/pooldeck/copy.of`: whose copy it is, and of which revision.
    pub copy_of: Option<String>,
    /// `/var/lib/pooldeck/by-hand`, or the mark that none is wanted any more.
    pub by_hand: Paper,
    /// Our line for its own name is in `/etc/hosts`.
    pub hosts_name: bool,
    /// Version of the packages on it; they stay.
    pub packages: Option<String>,
    /// What prepare made, as its variables name it.
    pub prepared: Option<Prepared>,
    /// What network made.
    pub network: Option<Network>,
    /// What kubeadm made.
    pub kubernetes: Option<Kubernetes>,
    /// `/var/lib/etcd/member`.
    pub etcd: bool,
    /// kubelet starts at boot.
    pub kubelet: bool,
    /// Notes of `/var/lib/pooldeck/made`.
    pub made: BTreeSet<&'static str>,
}

/// The text for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Paper {
    /// There is none.
    #[default]
    Absent,
    /// It lies there.
    Lies(String),
    /// The server is clean: whoever comes late with one leaves none.
    Unwanted,
}

impl Paper {
    /// What can be read.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Lies(text) => Some(text),
            Self::Absent | Self::Unwanted => None,
        }
    }
}

/// The state that prepare leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Kubernetes' version.
    pub version: String,
    /// Address and name of the pool's API in `/etc/hosts`.
    pub endpoint: String,
    /// The role whose images are here.
    pub role: String,
}

/// The state that network leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The pool's pods.
    pub pods: String,
    /// This node's pods.
    pub own: String,
    /// `RANGE=ADDRESS`, sorted.
    pub routes: Vec<String>,
}

/// The state that kubeadm leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kubernetes {
    /// Which cluster, by the rack's own count.
    pub cluster: u64,
    /// Whose name its API has.
    pub pool: String,
    /// As what.
    pub role: Role,
    /// kubeadm came to its end.
    pub finished: bool,
    /// When it began: its certificates end a year later.
    pub since: Timestamp,
}

/// What a reboot takes away.
#[derive(Debug)]
pub struct Boot {
    /// Its id.
    pub id: BootId,
    /// When it began.
    pub since: Timestamp,
    /// kubelet runs.
    pub kubelet: bool,
    /// Units and their files in `/run`.
    pub units: BTreeMap<UnitName, Unit>,
    /// `/var/lib/pooldeck/lock`.
    pub lock: Arc<Mutex<()>>,
}

/// One server.
#[derive(Debug)]
pub struct Machine {
    /// What it is made of.
    pub hardware: Hardware,
    /// What others do on it.
    pub strangers: Strangers,
    /// What stands on its disk.
    pub disk: Disk,
    /// What lives until the next boot.
    pub boot: Boot,
    /// It has power.
    pub power: bool,
    /// The site's DNS knows its name.
    pub resolves: bool,
    /// It answers from then on.
    pub up_from: Timestamp,
    /// Seconds that its clock is ahead.
    pub clock_ahead: f64,
    /// What goes wrong.
    pub faults: Faults,
}

impl Machine {
    /// A clean server that has been up for a while.
    #[must_use]
    pub fn new(hardware: Hardware, boot: BootId, since: Timestamp) -> Self {
        let disk = Disk {
            free: Bytes(hardware.disk.0 / 10 * 9),
            ..Disk::default()
        };
        Self {
            strangers: Strangers::default(),
            disk,
            boot: Boot::new(boot, since),
            power: true,
            resolves: true,
            up_from: since,
            clock_ahead: 0.0,
            faults: Faults::default(),
            hardware,
        }
    }

    /// True when it answers.
    #[must_use]
    pub fn is_up(&self, now: Timestamp) -> bool {
        self.power && self.up_from <= now
    }

    /// True when its kubelet runs and is a member of that cluster.
    #[must_use]
    pub fn is_alive_in(&self, cluster: u64, now: Timestamp) -> bool {
        let joined = self.disk.kubernetes.as_ref();
        self.is_up(now)
            && self.boot.kubelet
            && joined.is_some_and(|kubernetes| kubernetes.cluster == cluster)
    }

    /// The API that its files name.
    #[must_use]
    pub fn cluster_here(&self) -> Option<String> {
        let ours = self.disk.kubernetes.as_ref();
        ours.map(|kubernetes| format!("https://{}.pooldeck.internal:6443", kubernetes.pool))
            .or_else(|| self.strangers.cluster.clone())
    }

    /// One line for each thing of ours or of Kubernetes on it, as `traces` of lib.sh.
    #[must_use]
    pub fn traces(&self) -> Vec<String> {
        let disk = &self.disk;
        let found = [
            (self.boot.kubelet, "kubelet runs"),
            (
                disk.kubernetes.is_some() || self.strangers.cluster.is_some(),
                "`/etc/kubernetes/kubelet.conf` is left",
            ),
            (disk.network.is_some(), "`/etc/pooldeck` is left"),
            (
                disk.prepared.is_some(),
                "`/etc/sysctl.d/90-pooldeck.conf` is left",
            ),
            (disk.etcd, "/var/lib/etcd holds data"),
            (disk.hosts_name, "our marks are in `/etc/hosts`"),
            (
                disk.by_hand.text().is_some(),
                "`/var/lib/pooldeck/by-hand` is left",
            ),
        ];
        let left = found.into_iter().filter(|(is, _)| *is);
        left.map(|(_, what)| what.to_owned()).collect()
    }
}

impl Boot {
    /// The first moments of a boot.
    #[must_use]
    pub fn new(id: BootId, since: Timestamp) -> Self {
        Self {
            id,
            since,
            kubelet: false,
            units: BTreeMap::new(),
            lock: Arc::new(Mutex::new(())),
        }
    }
}
