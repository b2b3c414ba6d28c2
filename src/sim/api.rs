//! The rack as a window in: what the Kubernetes API of a pool would show.
//! Must never change anything.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::{cluster::Cluster, fault::ApiFault, rack::Rack, world::World};
use crate::{
    cluster::ClusterApi,
    fleet::{Bytes, ClusterSeen, NodeSeen, Pool, Server, ServerName, cluster::Warning},
};

/// An API whose server went away is missed after that.
const PATIENCE: Duration = Duration::from_secs(3);

impl ClusterApi for Rack {
    async fn watch(
        &self,
        pool: &Pool,
        control_plane: &Server,
        kubeconfig: SecretString,
        seen: &mut (dyn FnMut(ClusterSeen) + Send),
    ) -> String {
        let mut last = None;
        loop {
            let picture = self.with(|world| picture(world, &control_plane.name, &kubeconfig));
            let Some(picture) = picture else {
                self.clock.work(PATIENCE).await;
                return format!(
                    "the API of `{}` on `{}` does not answer\nhint: is that server up?",
                    pool.name, control_plane.name
                );
            };
            let behind = self.with(|world| world.apis.get(pool.name.as_str()).copied());
            if last.as_ref() != Some(&picture) && behind != Some(ApiFault::Behind) {
                seen(picture.clone());
                last = Some(picture);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// The whole picture of a cluster; none when its API does not answer or does not know us.
fn picture(
    world: &mut World,
    server: &ServerName,
    kubeconfig: &SecretString,
) -> Option<ClusterSeen> {
    world.settle();
    let id = world.api_on(server)?;
    if !kubeconfig
        .expose_secret()
        .contains(&format!("cluster-{id}"))
    {
        return None;
    }
    let now = world.now();
    let cluster = world.clusters.get(&id)?;
    // A change of the time alone is no change: heartbeats come every ten seconds.
    let beat = jiff::Timestamp::from_second(now.as_second() / 10 * 10).ok();
    Some(ClusterSeen {
        seen: beat,
        tried: None,
        trouble: None,
        nodes: nodes(cluster),
        pending: cluster
            .pods
            .iter()
            .filter(|pod| pod.node.is_none())
            .map(|_| 1)
            .sum(),
        warnings: Some(warnings(cluster, beat.unwrap_or(now))),
    })
}

/// What the scheduler says of pods that wait.
fn warnings(cluster: &Cluster, now: jiff::Timestamp) -> Vec<Warning> {
    let waiting = cluster.pods.iter().filter(|pod| pod.node.is_none());
    let warning = |pod: &super::cluster::Pod| Warning {
        reason: "FailedScheduling".to_owned(),
        object: format!("pod {}", pod.name),
        message: format!(
            "0/{} nodes are available: insufficient cpu or memory",
            cluster.nodes.len()
        ),
        count: 1,
        last: now,
    };
    waiting.take(20).map(warning).collect()
}

fn nodes(cluster: &Cluster) -> std::collections::BTreeMap<String, NodeSeen> {
    let asked = cluster.asked();
    let seen = cluster.nodes.iter().map(|(name, node)| {
        let (req_millicores, req_memory) = asked.get(name).copied().unwrap_or_default();
        let pods = cluster
            .pods
            .iter()
            .filter(|pod| pod.node.as_ref() == Some(name));
        let beat = jiff::Timestamp::from_second(node.heard.as_second() / 10 * 10).ok();
        let seen = NodeSeen {
            ready: node.ready,
            cordoned: node.cordoned.is_some(),
            version: node.version.clone(),
            machine: node.machine.clone(),
            max_millicores: u64::from(node.allocatable.cores) * 1000,
            max_memory: node.allocatable.memory,
            req_millicores,
            req_memory: Bytes(req_memory),
            pods: pods.map(|_| 1).sum(),
            heartbeat: beat,
            pressures: Vec::new(),
        };
        (name.clone(), seen)
    });
    seen.collect()
}
