//! Nodes in a cluster that our record knows nothing of.

use jiff::SignedDuration;

use super::{Area, Finding};
use crate::{
    fleet::PoolName,
    run::Run,
    store::{note::Severity, snapshot::Snapshot},
};

/// What a run did to a node is heard by then.
const HEARD_BY: SignedDuration = SignedDuration::from_secs(30);

pub(super) fn all(snapshot: &Snapshot) -> Vec<Finding> {
    let pools = snapshot.fleet.pools.keys();
    pools.flat_map(|pool| strangers(snapshot, pool)).collect()
}

fn strangers(snapshot: &Snapshot, name: &PoolName) -> Vec<Finding> {
    let (fleet, observed) = (&snapshot.fleet, &snapshot.observed);
    let (Some(pool), Some(cluster)) = (fleet.pools.get(name), observed.pools.get(name)) else {
        return Vec::new();
    };
    let of_it = |run: &&Run| run.plan().pool.as_ref().is_some_and(|it| it.name == *name);
    let runs: Vec<&Run> = snapshot.runs.values().filter(of_it).collect();
    let last = runs.iter().map(|run| run.last).max();
    let settled = runs.iter().all(|run| !run.is_open())
        && cluster.trouble.is_none()
        && cluster
            .seen
            .is_some_and(|seen| last.is_none_or(|last| HEARD_BY < seen.duration_since(last)));
    // Who owes is cleaned by the captain, its node with it.
    let owes = |node: &str| fleet.debts.get(node).is_some_and(|debt| debt.pool == *name);
    let nodes = cluster.nodes.keys().filter(|_| settled);
    let strange = nodes.filter(|node| !pool.members.contains_key(node.as_str()) && !owes(node));
    strange
        .map(|node| {
            Finding::new(
                Severity::Critical,
                (Area::Pools, name.as_str()),
                format!("its cluster has a node `{node}` that is no member by this store"),
                format!("find out who joined it; `pooldeck pool kubeconfig {name}` is for `kubectl drain {node}` and `kubectl delete node {node}`"),
            )
        })
        .collect()
}
