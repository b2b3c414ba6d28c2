//! From a cluster's nodes and pods to what we keep of them. Pure.
//! Must never keep an object of the API: a pod is 100 times what we need of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::{
    List,
    api::core::v1::{Node, NodeCondition, Pod},
};

use super::ask::Ask;
use crate::fleet::{
    ClusterSeen, NodeSeen,
    cluster::{Pressure, PressureKind, Warning},
};

/// What is kept of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PodSeen {
    node: Option<String>,
    over: bool,
    ask: Ask,
}

/// What a node is, without its pods.
pub(super) fn node(node: &Node) -> NodeSeen {
    let spec = node.spec.as_ref();
    let status = node.status.as_ref();
    let info = status.and_then(|status| status.node_info.as_ref());
    let conditions = status.and_then(|status| status.conditions.as_ref());
    let ready = conditions
        .into_iter()
        .flatten()
        .find(|one| one.type_ == "Ready");
    let allocatable = status.and_then(|status| status.allocatable.as_ref());
    let max = allocatable.map(Ask::read).unwrap_or_default();
    NodeSeen {
        ready: ready.is_some_and(|ready| ready.status == "True"),
        cordoned: spec.and_then(|spec| spec.unschedulable).unwrap_or(false),
        version: info
            .map(|info| info.kubelet_version.clone())
            .unwrap_or_default(),
        machine: info.map(|info| info.machine_id.clone()).unwrap_or_default(),
        max_millicores: max.millicores(),
        max_memory: max.bytes(),
        heartbeat: ready
            .and_then(|ready| ready.last_heartbeat_time.as_ref())
            .map(|time| time.0),
        pressures: conditions
            .into_iter()
            .flatten()
            .filter_map(pressure)
            .collect(),
        ..NodeSeen::default()
    }
}

/// A condition that is so and should not be.
fn pressure(condition: &NodeCondition) -> Option<Pressure> {
    let kind = PressureKind::of_condition(&condition.type_)?;
    let since = condition.last_transition_time.as_ref().map(|time| time.0);
    (condition.status == "True").then_some(Pressure { kind, since })
}

/// What is kept of a pod.
pub(super) fn pod(pod: &Pod) -> PodSeen {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    let spec = pod.spec.as_ref();
    PodSeen {
        node: spec.and_then(|spec| spec.node_name.clone()),
        over: matches!(phase, Some("Succeeded" | "Failed")),
        ask: spec.map(Ask::of_pod).unwrap_or_default(),
    }
}

/// The picture of a cluster whose lists of nodes and of pods were printed as JSON (`kubectl get -A -o json`).
///
/// # Errors
/// For what is no such list.
pub fn read(nodes: &str, pods: &str, heard: Timestamp) -> serde_json::Result<ClusterSeen> {
    let nodes: List<Node> = serde_json::from_str(nodes)?;
    let pods: List<Pod> = serde_json::from_str(pods)?;
    let name = |it: Option<String>| it.unwrap_or_default();
    let nodes = nodes.items.into_iter();
    let nodes = nodes.map(|it| (name(it.metadata.name.clone()), node(&it)));
    let pods = pods.items.into_iter().map(|it| {
        let (space, own) = (it.metadata.namespace.clone(), it.metadata.name.clone());
        (format!("{}/{}", name(space), name(own)), pod(&it))
    });
    Ok(cluster(&nodes.collect(), &pods.collect(), None, heard))
}

/// The whole picture.
pub(super) fn cluster(
    nodes: &BTreeMap<String, NodeSeen>,
    pods: &BTreeMap<String, PodSeen>,
    warnings: Option<Vec<Warning>>,
    heard: Timestamp,
) -> ClusterSeen {
    let mut sums: BTreeMap<&str, (u32, Ask)> = BTreeMap::new();
    let mut pending = 0;
    for pod in pods.values().filter(|pod| !pod.over) {
        match &pod.node {
            None => pending += 1,
            Some(node) => {
                let (count, sum) = sums.entry(node).or_default();
                *count += 1;
                *sum = sum.plus(pod.ask);
            }
        }
    }
    let with_pods = |(name, node): (&String, &NodeSeen)| {
        let (pods, req) = sums.get(name.as_str()).copied().unwrap_or_default();
        let node = NodeSeen {
            pods,
            req_millicores: req.millicores(),
            req_memory: req.bytes(),
            ..node.clone()
        };
        (name.clone(), node)
    };
    ClusterSeen {
        seen: Some(heard),
        tried: None,
        trouble: None,
        nodes: nodes.iter().map(with_pods).collect(),
        pending,
        warnings,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fleet::Bytes;

    fn read_pod(spec: &serde_json::Value, phase: &str) -> PodSeen {
        let all = json!({"metadata": {"name": "p"}, "spec": spec, "status": {"phase": phase}});
        pod(&serde_json::from_value(all).unwrap())
    }

    #[test]
    fn a_node_is_read_whole() {
        let read: Node = serde_json::from_value(json!({
            "metadata": {"name": "s01"}, "spec": {"unschedulable": true},
            "status": {
                "allocatable": {"cpu": "1900m", "memory": "3Gi", "pods": "110"},
                "conditions": [
                    {"type": "MemoryPressure", "status": "True", "lastTransitionTime": "2026-11-21T11:00:00Z"},
                    {"type": "DiskPressure", "status": "False"},
                    {"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-11-21T12:00:00Z"}
                ],
                "nodeInfo": {
                    "kubeletVersion": "v1.33.13", "machineID": "3d12", "architecture": "", "bootID": "",
                    "containerRuntimeVersion": "", "kernelVersion": "", "kubeProxyVersion": "",
                    "operatingSystem": "", "osImage": "", "systemUUID": ""
                }
            }
        })).unwrap();
        let seen = node(&read);
        assert!(seen.ready && seen.cordoned);
        assert_eq!(
            (seen.version.as_str(), seen.machine.as_str()),
            ("v1.33.13", "3d12")
        );
        assert_eq!(
            (seen.max_millicores, seen.max_memory),
            (1900, Bytes::gib(3))
        );
        assert_eq!(seen.pressures.len(), 1);
        assert_eq!(seen.pressures[0].kind, PressureKind::Memory);
        assert_eq!(
            seen.pressures[0].since.unwrap().to_string(),
            "2026-11-21T11:00:00Z"
        );
        assert_eq!(seen.heartbeat.unwrap().to_string(), "2026-11-21T12:00:00Z");
    }

    #[test]
    fn a_node_that_says_nothing_is_not_ready() {
        assert_eq!(node(&Node::default()), NodeSeen::default());
    }

    #[test]
    fn pods_are_counted_where_they_are_and_those_that_are_over_are_not() {
        let on = |node: &str| json!({"nodeName": node, "containers": [{"name": "c", "resources": {"requests": {"cpu": "250m", "memory": "1Mi"}}}]});
        let pods = [
            read_pod(&on("s01"), "Running"),
            read_pod(&on("s01"), "Pending"),
            read_pod(&on("s01"), "Succeeded"),
            read_pod(&on("gone"), "Running"),
            read_pod(&json!({"containers": []}), "Pending"),
        ];
        let pods = pods
            .into_iter()
            .enumerate()
            .map(|(n, pod)| (n.to_string(), pod))
            .collect();
        let nodes = ["s01", "s02"]
            .map(|name| (name.to_owned(), NodeSeen::default()))
            .into();
        let seen = cluster(&nodes, &pods, None, Timestamp::UNIX_EPOCH);
        let s01 = &seen.nodes["s01"];
        assert_eq!(
            (s01.pods, s01.req_millicores, s01.req_memory),
            (2, 500, Bytes(2 << 20))
        );
        assert_eq!(
            (seen.nodes["s02"].pods, seen.pending, seen.nodes.len()),
            (0, 1, 2)
        );
    }
}
