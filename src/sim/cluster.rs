//! One cluster of the rack: nodes, pods with owners and budgets, join tokens. As much of Kubernetes as the steps can tell apart.
//! Must never move a pod that nobody evicted.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::machine::Machine;
use crate::fleet::{Bytes, Capacity, ServerName};

/// A node that was silent for so long is no longer Ready (node-monitor-grace-period).
const GRACE: SignedDuration = SignedDuration::from_secs(40);
/// A kubelet whose Node was deleted makes it again after that (tried: PROTOCOL.md section 6).
const REGISTERS_AGAIN: SignedDuration = SignedDuration::from_secs(8);

/// A node as its API holds it.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// `status.nodeInfo.machineID`.
    pub machine: String,
    /// `InternalIP`.
    pub address: String,
    /// kubelet's version.
    pub version: String,
    /// `spec.podCIDR`.
    pub pods: Option<String>,
    /// The run that cordoned it; empty: somebody else.
    pub cordoned: Option<String>,
    /// When the drain of that run began.
    pub drain: Option<(String, Timestamp)>,
    /// Labels of ours.
    pub labels: BTreeMap<String, String>,
    /// What pods may have.
    pub allocatable: Capacity,
    /// When its kubelet was heard last.
    pub heard: Timestamp,
    /// Its Ready condition.
    pub ready: bool,
    /// It runs the control plane.
    pub control_plane: bool,
}

/// What made a pod, and so what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A Deployment: another one is made elsewhere.
    Deployment,
    /// A `DaemonSet`, or the kubelet itself: stays on its node.
    Node,
    /// Nobody: never evicted by us.
    None,
}

/// A pod.
#[derive(Debug, Clone)]
pub struct Pod {
    /// `web/shop-3`.
    pub name: String,
    /// Which set it belongs to: `web/shop`.
    pub set: String,
    /// Who made it.
    pub owner: Owner,
    /// It has an emptyDir.
    pub local: bool,
    /// Where; none while it waits for a place.
    pub node: Option<String>,
    /// Request, in thousandths of a CPU.
    pub millicores: u64,
    /// Request.
    pub memory: Bytes,
    /// It serves from then on.
    pub serves: Timestamp,
    /// It is being ended, and gone then.
    pub going: Option<Timestamp>,
}

/// A cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The pool whose name its API has.
    pub pool: String,
    /// `ClusterConfiguration`, as far as anybody asks for it.
    pub config: BTreeMap<&'static str, String>,
    /// Where its etcd and API are.
    pub control_plane: ServerName,
    /// By name.
    pub nodes: BTreeMap<String, Node>,
    /// All pods.
    pub pods: Vec<Pod>,
    /// Disruption budgets: the set and how many of it must serve.
    pub budgets: BTreeMap<String, usize>,
    /// Tokens that still join, and until when.
    pub tokens: BTreeMap<String, Timestamp>,
    /// So many of the next tokens are over when they arrive.
    pub stale_tokens: u32,
    /// When a Node was deleted whose kubelet may still run.
    pub deleted: BTreeMap<String, Timestamp>,
    /// Pods made so far, for their names.
    pub made: u64,
}

impl Cluster {
    /// An empty one, as init leaves it.
    #[must_use]
    pub fn new(pool: String, control_plane: ServerName) -> Self {
        Self {
            pool,
            config: BTreeMap::new(),
            control_plane,
            nodes: BTreeMap::new(),
            pods: Vec::new(),
            budgets: BTreeMap::new(),
            tokens: BTreeMap::new(),
            stale_tokens: 0,
            deleted: BTreeMap::new(),
            made: 0,
        }
    }

    /// Adds a pod that a controller wants.
    pub fn want(&mut self, set: &str, owner: Owner, millicores: u64, memory: Bytes) -> &mut Pod {
        self.made += 1;
        self.pods.push(Pod {
            name: format!("{set}-{:04x}", super::prng::mix(self.made) & 0xffff),
            set: set.to_owned(),
            owner,
            local: false,
            node: None,
            millicores,
            memory,
            serves: Timestamp::MAX,
            going: None,
        });
        let last = self.pods.len() - 1;
        &mut self.pods[last]
    }

    /// A kubelet registers.
    pub fn register(&mut self, machine: &Machine, now: Timestamp) {
        let name = machine.hardware.name.to_string();
        let (size, version) = (machine.hardware.capacity, &machine.disk.packages);
        let control_plane = self.control_plane == machine.hardware.name;
        let node = Node {
            machine: machine.hardware.machine.to_string(),
            address: machine.hardware.address.to_string(),
            version: version.clone().unwrap_or_default(),
            allocatable: reserved_off(size),
            heard: now,
            control_plane,
            ..Node::default()
        };
        self.deleted.remove(&name);
        self.nodes.insert(name.clone(), node);
        let mut sets = vec!["kube-system/kube-proxy"];
        if control_plane {
            sets.extend(["kube-system/etcd", "kube-system/kube-apiserver"]);
            sets.extend([
                "kube-system/kube-scheduler",
                "kube-system/kube-controller-manager",
            ]);
        }
        for set in sets {
            let cpu = if set.ends_with("proxy") { 0 } else { 150 };
            let pod = self.want(set, Owner::Node, cpu, Bytes(0));
            (pod.node, pod.serves) = (Some(name.clone()), now);
        }
    }

    /// Deletes a Node with its pods.
    pub fn remove(&mut self, node: &str, now: Timestamp) {
        if self.nodes.remove(node).is_some() {
            self.deleted.insert(node.to_owned(), now);
        }
        for pod in self
            .pods
            .iter_mut()
            .filter(|pod| pod.node.as_deref() == Some(node))
        {
            pod.going = Some(now);
        }
    }

    /// Lets pass what has passed: kubelets are heard or fall silent, pods end, start and find places.
    pub fn settle(&mut self, id: u64, machines: &BTreeMap<ServerName, Machine>, now: Timestamp) {
        let again: Vec<String> = self
            .deleted
            .iter()
            .filter(|(_, since)| now.duration_since(**since) >= REGISTERS_AGAIN)
            .map(|(name, _)| name.clone())
            .collect();
        for name in again {
            match machines.get(name.as_str()) {
                Some(machine) if machine.is_alive_in(id, now) => self.register(machine, now),
                _ => drop(self.deleted.remove(&name)),
            }
        }
        for (name, node) in &mut self.nodes {
            let machine = machines.get(name.as_str());
            let alive = machine.filter(|machine| machine.is_alive_in(id, now));
            if let Some(machine) = alive {
                node.heard = now;
                node.ready = node.pods.is_some() && machine.disk.network.is_some();
            } else if now.duration_since(node.heard) > GRACE {
                node.ready = false;
            }
        }
        self.end_pods(now);
        self.place_pods(now);
    }
}

/// What is left for pods once system and kubelet have theirs.
fn reserved_off(size: Capacity) -> Capacity {
    Capacity::new(
        size.cores,
        Bytes(
            size.memory
                .0
                .saturating_sub(size.memory.0 / 20 + (600 << 20)),
        ),
    )
}
