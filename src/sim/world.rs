//! What the rack knows: all machines and clusters, behind one lock, changed only between awaits.
//! Must never be held across an await.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    clock::Clock,
    cluster::{Cluster, Owner},
    fault::{ApiFault, Cut},
    machine::{Boot, Kubernetes, Machine},
    prng::Prng,
};
use crate::fleet::{BootId, Bytes, Role, ServerName, Verb};

/// Everything in the rack.
#[derive(Debug)]
pub struct World {
    /// Its time.
    pub clock: Clock,
    /// By name.
    pub machines: BTreeMap<ServerName, Machine>,
    /// By the rack's own count: a cluster made anew is another one.
    pub clusters: BTreeMap<u64, Cluster>,
    /// Chance.
    pub prng: Prng,
    /// Commands that were sent so far; probes, which anybody may send at any time, are not counted.
    pub commands: u64,
    /// Which of them are cut off.
    pub cuts: BTreeMap<u64, Cut>,
    /// APIs that go wrong, by pool.
    pub apis: BTreeMap<String, ApiFault>,
    /// What began its work, in order: for those who judge it, who take it away.
    pub begun: Vec<Begun>,
}

/// A unit that its server let begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Where.
    pub server: ServerName,
    /// Which script.
    pub script: &'static str,
    /// Apply or undo.
    pub verb: Verb,
    /// The node that it is about; empty for a script that knows none.
    pub node: String,
    /// The pool that it is about.
    pub pool: String,
    /// Of which run.
    pub run: String,
    /// Which step of it; a word for what is none.
    pub step: String,
    /// Disruption budgets that it may override.
    pub overrides: String,
    /// Its captain's term.
    pub epoch: u64,
    /// When.
    pub at: Timestamp,
}

impl World {
    /// Nothing yet.
    #[must_use]
    pub fn new(clock: Clock, seed: u64) -> Self {
        Self {
            clock,
            machines: BTreeMap::new(),
            clusters: BTreeMap::new(),
            prng: Prng::new(seed),
            commands: 0,
            cuts: BTreeMap::new(),
            apis: BTreeMap::new(),
            begun: Vec::new(),
        }
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets all clusters catch up with the time.
    pub fn settle(&mut self) {
        let now = self.now();
        for (id, cluster) in &mut self.clusters {
            cluster.settle(*id, &self.machines, now);
        }
    }

    /// A machine loses what lives until the next boot, and answers again after so many seconds.
    pub fn reboot(&mut self, server: &ServerName, seconds: i64) {
        self.settle();
        let (now, id) = (self.now(), BootId(self.prng.uuid()));
        if let Some(machine) = self.machines.get_mut(server) {
            machine.boot = Boot::new(id, now);
            machine.boot.kubelet = machine.disk.kubelet && machine.disk.kubernetes.is_some();
            let wait = jiff::SignedDuration::from_secs(seconds);
            machine.up_from = now.checked_add(wait).unwrap_or(now);
        }
    }

    /// The cluster whose API answers on this server, when it is a control plane.
    #[must_use]
    pub fn api_on(&self, server: &ServerName) -> Option<u64> {
        let machine = self.machines.get(server)?;
        let Kubernetes {
            cluster,
            role,
            finished,
            ..
        } = machine.disk.kubernetes.as_ref()?;
        let pool = self.clusters.get(cluster).map(|it| it.pool.as_str());
        let silent = pool.and_then(|pool| self.apis.get(pool)) == Some(&ApiFault::Silent);
        let answers = *role == Role::ControlPlane
            && !silent
            && *finished
            && machine.disk.etcd
            && machine.is_alive_in(*cluster, self.now());
        answers.then_some(*cluster)
    }

    /// The newest cluster of that name whose API answers.
    #[must_use]
    pub fn cluster_of(&self, pool: &str) -> Option<u64> {
        let mut ids = self.clusters.iter().rev();
        ids.find(|(id, cluster)| {
            cluster.pool == pool && self.api_on(&cluster.control_plane) == Some(**id)
        })
        .map(|(id, _)| *id)
    }

    /// A new cluster on that server, CoreDNS in it.
    pub fn found(&mut self, pool: &str, server: &ServerName) -> u64 {
        let id = self.clusters.keys().next_back().map_or(1, |last| last + 1);
        let mut cluster = Cluster::new(pool.to_owned(), server.clone());
        for _ in 0..2 {
            cluster.want(
                "kube-system/coredns",
                Owner::Deployment,
                100,
                Bytes(70 << 20),
            );
        }
        cluster.budgets.insert("kube-system/coredns".to_owned(), 1);
        self.clusters.insert(id, cluster);
        id
    }

    /// A kubelet registers its Node in its cluster, or is heard again.
    pub fn register(&mut self, server: &ServerName) {
        let now = self.now();
        let Some(machine) = self.machines.get(server) else {
            return;
        };
        let Some(id) = machine.disk.kubernetes.as_ref().map(|it| it.cluster) else {
            return;
        };
        if let Some(cluster) = self.clusters.get_mut(&id)
            && machine.is_alive_in(id, now)
            && !cluster.nodes.contains_key(server.as_str())
        {
            cluster.register(machine, now);
        }
    }
}
