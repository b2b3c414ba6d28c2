//! A cluster's pods: they end, find places, are counted, and are evicted as their budgets allow.
//! Must never move a pod that nobody evicted.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::cluster::{Cluster, Node, Owner, Pod};

/// A pod takes that long to start.
const STARTS: SignedDuration = SignedDuration::from_millis(900);

impl Cluster {
    pub(super) fn end_pods(&mut self, now: Timestamp) {
        let over = |pod: &Pod| pod.going.is_some_and(|at| at <= now);
        let ended: Vec<Pod> = self.pods.iter().filter(|pod| over(pod)).cloned().collect();
        self.pods.retain(|pod| !over(pod));
        for pod in ended.iter().filter(|pod| pod.owner == Owner::Deployment) {
            let next = self.want(&pod.set, pod.owner, pod.millicores, pod.memory);
            next.local = pod.local;
        }
    }

    pub(super) fn place_pods(&mut self, now: Timestamp) {
        if self.pods.iter().all(|pod| pod.node.is_some()) {
            return;
        }
        let mut asked = self.asked();
        for pod in self.pods.iter_mut().filter(|pod| pod.node.is_none()) {
            let fits = |(name, node): &(&String, &Node)| {
                let (cpu, memory) = asked.get(*name).copied().unwrap_or_default();
                let room = u64::from(node.allocatable.cores) * 1000 >= cpu + pod.millicores
                    && node.allocatable.memory.0 >= memory + pod.memory.0;
                // The control plane is tainted; only what belongs to the cluster itself tolerates that.
                let welcome = !node.control_plane || pod.set.starts_with("kube-system/");
                node.ready && node.cordoned.is_none() && room && welcome
            };
            let place = self.nodes.iter().filter(fits).min_by_key(|(name, node)| {
                let (cpu, _) = asked.get(*name).copied().unwrap_or_default();
                (cpu * 100 / u64::from(node.allocatable.cores.max(1)), *name)
            });
            if let Some((name, _)) = place {
                let sum = asked.entry(name.clone()).or_default();
                *sum = (sum.0 + pod.millicores, sum.1 + pod.memory.0);
                pod.node = Some(name.clone());
                pod.serves = now.checked_add(STARTS).unwrap_or(now);
            }
        }
    }

    /// One pod less of a set, as long as more than `least` are left.
    pub fn scale_down(&mut self, set: &str, least: usize) {
        let of_set = |pod: &Pod| pod.set == set;
        if self.pods.iter().filter(|pod| of_set(pod)).count() > least
            && let Some(last) = self.pods.iter().rposition(of_set)
        {
            self.pods.remove(last);
        }
    }

    /// By node: what its pods ask for, in thousandths of a CPU and bytes.
    #[must_use]
    pub fn asked(&self) -> BTreeMap<String, (u64, u64)> {
        let mut asked = BTreeMap::<String, (u64, u64)>::new();
        for pod in &self.pods {
            if let Some(node) = &pod.node {
                let sum = asked.entry(node.clone()).or_default();
                *sum = (sum.0 + pod.millicores, sum.1 + pod.memory.0);
            }
        }
        asked
    }

    /// The eviction API: yes, or the budget that says no.
    ///
    /// # Errors
    /// The budget's name.
    pub fn evict(&mut self, pod: usize, ends_in: Duration, now: Timestamp) -> Result<(), String> {
        let set = self.pods[pod].set.clone();
        let (serving, _) = self.serving(&set, now);
        if self
            .budgets
            .get(&set)
            .is_some_and(|least| serving <= *least)
        {
            return Err(set);
        }
        self.pods[pod].going = Some(now.checked_add(ends_in).unwrap_or(now));
        Ok(())
    }

    /// Of a set's pods, how many serve, and how many there are.
    #[must_use]
    pub fn serving(&self, set: &str, now: Timestamp) -> (usize, usize) {
        let of_set = || self.pods.iter().filter(|pod| pod.set == set);
        let serves = of_set().filter(|pod| {
            let node = pod.node.as_ref().and_then(|node| self.nodes.get(node));
            pod.going.is_none() && pod.serves <= now && node.is_some_and(|node| node.ready)
        });
        (serves.count(), of_set().count())
    }
}
