//! Scripts that run kubectl on a control plane: await-ready, cordon, uncordon, remove-node, verify-pool.
//! Must never believe a name alone.

use std::time::Duration;

use super::{Call, Shell, Stop};
use crate::sim::{
    cluster::{Cluster, Node},
    world::World,
};

/// The cluster whose API answers here; a dead API is no answer.
pub fn cluster<'a>(world: &'a mut World, call: &Call) -> Result<&'a mut Cluster, Stop> {
    let id = world.api_on(&call.server);
    let cluster = id.and_then(|id| world.clusters.get_mut(&id));
    cluster.ok_or_else(|| {
        Stop::cannot_tell(
            "The connection to the server was refused - did you specify the right host or port?",
        )
    })
}

fn node<'a>(cluster: &'a mut Cluster, call: &Call) -> Option<&'a mut Node> {
    cluster.nodes.get_mut(call.env("POOLDECK_NODE"))
}

/// What apply says when the API does not answer.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` hands over"
)]
pub fn later(stop: Stop) -> Stop {
    Stop::later(&stop.text, "it is tried again")
}

pub fn is_ready(world: &mut World, call: &Call) -> Result<(), Stop> {
    let name = call.env("POOLDECK_NODE").to_owned();
    let Some(node) = node(cluster(world, call)?, call) else {
        return Err(Stop::not_so(&format!("no node `{name}` yet")));
    };
    let pods = node.pods.clone().unwrap_or_default();
    let found = [&node.machine, &node.address, &node.version, &pods].map(String::as_str);
    let keys = [
        "POOLDECK_MACHINE_ID",
        "POOLDECK_NODE_IP",
        "POOLDECK_VERSION",
        "POOLDECK_NODE_CIDR",
    ];
    let wanted = keys.map(|key| call.env(key));
    let text = format!(
        "node `{name}` is `{}` (ready: {}), wanted is `{}`",
        found.join(" "),
        node.ready,
        wanted.join(" ")
    );
    Stop::unless(found == wanted && node.ready, &text)
}

pub async fn await_ready(shell: &Shell) -> Result<(), Stop> {
    let (call, name) = (&shell.call, shell.env("POOLDECK_NODE").to_owned());
    shell.say(&format!("waiting for node {name}"));
    for _ in 0..600 {
        let ready = shell.world(|world| {
            let now = world.now();
            let Some(node) = node(cluster(world, call).map_err(later)?, call) else {
                return Ok(false);
            };
            if node.machine != call.env("POOLDECK_MACHINE_ID") {
                let hint =
                    "two servers with one name, or a clone with one machine-id: mend that first";
                return Err(Stop::fail(
                    &format!("node `{name}` is another machine ({})", node.machine),
                    hint,
                ));
            }
            let range = call.env("POOLDECK_NODE_CIDR");
            let has = node.pods.get_or_insert_with(|| range.to_owned());
            if has != range {
                let hint = "remove that node and join it anew: a range cannot be changed";
                return Err(Stop::fail(
                    &format!("node `{name}` has the pod range {has}, not {range}"),
                    hint,
                ));
            }
            let labels = call
                .env("POOLDECK_LABELS")
                .split(',')
                .filter_map(|pair| pair.split_once('='));
            node.labels
                .extend(labels.map(|(key, value)| (key.to_owned(), value.to_owned())));
            Ok(node.ready && now >= node.heard)
        })?;
        if ready {
            return Ok(());
        }
        shell.rack.clock.work(Duration::from_millis(200)).await;
    }
    Err(Stop::later(
        &format!("node `{name}` is not Ready within 120 s"),
        "look at `journalctl -u kubelet` on that server",
    ))
}

pub fn is_cordoned(world: &mut World, call: &Call) -> Result<(), Stop> {
    let taking = node(cluster(world, call)?, call).is_some_and(|node| node.cordoned.is_none());
    Stop::unless(
        !taking,
        &format!("node `{}` takes pods", call.env("POOLDECK_NODE")),
    )
}

/// A Node is changed only where it is the machine that was meant.
pub fn same_machine(cluster: &mut Cluster, call: &Call) -> Result<(), Stop> {
    let wanted = call.env("POOLDECK_MACHINE_ID");
    match node(cluster, call) {
        Some(node) if node.machine != wanted => Err(Stop::fail(
            &format!(
                "node `{}` is another machine ({})",
                call.env("POOLDECK_NODE"),
                node.machine
            ),
            "plan again: the node was replaced by hand",
        )),
        _ => Ok(()),
    }
}

pub async fn cordon(shell: &Shell) -> Result<(), Stop> {
    shell.work(150).await;
    shell.world(|world| {
        let cluster = cluster(world, &shell.call).map_err(later)?;
        same_machine(cluster, &shell.call)?;
        if let Some(node) = node(cluster, &shell.call) {
            node.cordoned
                .get_or_insert_with(|| shell.env("POOLDECK_RUN").to_owned());
        }
        Ok(())
    })
}

pub async fn uncordon(shell: &Shell) -> Result<(), Stop> {
    shell.work(150).await;
    let run = shell.env("POOLDECK_RUN");
    let ours = shell.world(|world| {
        let found = node(cluster(world, &shell.call).map_err(later)?, &shell.call);
        let ours = found.filter(|node| node.cordoned.as_deref() == Some(run));
        Ok(ours
            .map(|node| (node.cordoned, node.drain) = (None, None))
            .is_some())
    })?;
    if !ours {
        shell.say("not cordoned by this run; left as it is");
    }
    Ok(())
}

pub fn is_returned(world: &mut World, call: &Call) -> Result<(), Stop> {
    let (name, run) = (call.env("POOLDECK_NODE"), call.env("POOLDECK_CORDONED"));
    let Some(node) = node(cluster(world, call)?, call) else {
        return Stop::unless(false, &format!("no node `{name}`"));
    };
    let by = match node.cordoned.as_deref() {
        None => return Ok(()),
        Some(by) if by == run => format!("run {run}"),
        Some(_) => "somebody else".to_owned(),
    };
    Stop::unless(false, &format!("node `{name}` is cordoned by {by}"))
}

pub async fn give_back(shell: &Shell) -> Result<(), Stop> {
    shell.work(150).await;
    let run = shell.env("POOLDECK_CORDONED");
    shell.world(|world| {
        let cluster = cluster(world, &shell.call).map_err(later)?;
        same_machine(cluster, &shell.call)?;
        let Some(node) = node(cluster, &shell.call) else {
            return Err(Stop::fail(
                "no node of that name",
                "look at kubelet's log on it",
            ));
        };
        match node.cordoned.as_deref() {
            Some(by) if by == run => (node.cordoned, node.drain) = (None, None),
            Some(_) => {
                let what = "the node is cordoned by somebody else";
                return Err(Stop::fail(
                    what,
                    "lift it when that is right, and ask again",
                ));
            }
            None => (),
        }
        Ok(())
    })
}

pub fn is_removed(world: &mut World, call: &Call) -> Result<(), Stop> {
    let there = node(cluster(world, call)?, call).is_some();
    Stop::unless(
        !there,
        &format!("node/{} is there", call.env("POOLDECK_NODE")),
    )
}

pub async fn remove(shell: &Shell) -> Result<(), Stop> {
    shell.work(200).await;
    shell.world(|world| {
        let now = world.now();
        let cluster = cluster(world, &shell.call).map_err(later)?;
        same_machine(cluster, &shell.call)?;
        let ready = node(cluster, &shell.call).is_some_and(|node| node.ready);
        if ready && !shell.env("POOLDECK_LOST").is_empty() {
            let what = format!("node `{}` is Ready again", shell.env("POOLDECK_NODE"));
            return Err(Stop::fail(&what, "plan again: now it can be drained"));
        }
        cluster.remove(shell.env("POOLDECK_NODE"), now);
        Ok(())
    })
}

pub fn is_whole(world: &mut World, call: &Call) -> Result<(), Stop> {
    let now = world.now();
    let cluster = cluster(world, call)?;
    let words = |key| -> Vec<&str> { call.env(key).split_whitespace().collect() };
    let (wanted, spared) = (words("POOLDECK_NODES"), words("POOLDECK_NODES_LOST"));
    let mut wrong = Vec::new();
    let counts = |name: &&String| !spared.contains(&name.as_str());
    for (name, node) in cluster.nodes.iter().filter(|(name, _)| counts(name)) {
        let version = call.env("POOLDECK_VERSION");
        match () {
            () if !wanted.contains(&name.as_str()) => {
                wrong.push(format!("node `{name}` is not of this pool"));
            }
            () if !node.ready => wrong.push(format!("node `{name}` is not Ready")),
            () if node.version != version => wrong.push(format!(
                "node `{name}` has {}, the pool {version}",
                node.version
            )),
            () => (),
        }
    }
    let missing = wanted
        .iter()
        .filter(|name| !cluster.nodes.contains_key(**name));
    wrong.extend(missing.map(|name| format!("node `{name}` is missing")));
    Stop::unless(wrong.is_empty(), &wrong.join("\n"))?;
    let dns = cluster
        .pods
        .iter()
        .any(|pod| pod.set == "kube-system/coredns" && pod.serves <= now);
    Stop::unless(dns, "CoreDNS is not available")
}

/// What the check of a whole pool says it looked at.
pub fn whole(call: &Call) -> String {
    let (version, nodes) = (call.env("POOLDECK_VERSION"), call.env("POOLDECK_NODES"));
    format!(
        "Ready at {version}: {nodes}\nno other node is in the cluster, and CoreDNS is available"
    )
}

pub async fn verify(shell: &Shell) -> Result<(), Stop> {
    let nodes = shell.env("POOLDECK_NODES");
    shell.say(&format!("waiting until every node is Ready: {nodes}"));
    for _ in 0..240 {
        match shell.world(|world| is_whole(world, &shell.call)) {
            Ok(()) => break,
            Err(stop) if stop.code == 1 => shell.rack.clock.work(Duration::from_millis(500)).await,
            Err(stop) => return Err(later(stop)),
        }
    }
    Err(Stop::later("whether it is so", "is the check's word"))
}
