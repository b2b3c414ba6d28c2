//! The drain script: moves pods off a node through the eviction API.
//! Must never force a pod away, but where a person has overridden the budget that keeps it.

use std::time::Duration;

use super::{
    Call, Shell, Stop,
    node::{cluster, later, same_machine},
};
use crate::sim::{
    cluster::{Cluster, Owner},
    world::World,
};

/// Without progress for so long, an attempt ends with `again later`.
const IDLE: Duration = Duration::from_secs(20);
/// But not before pods that were evicted can have ended, however fast the rack works.
const LEAST: Duration = Duration::from_secs(1);
/// A pod that is evicted ends after that.
const ENDS: Duration = Duration::from_millis(700);

/// Numbers of the pods that have to leave a node.
fn leaving(cluster: &Cluster, name: &str) -> Vec<usize> {
    let pods = cluster.pods.iter().enumerate();
    pods.filter(|(_, pod)| pod.node.as_deref() == Some(name) && pod.owner != Owner::Node)
        .map(|(n, _)| n)
        .collect()
}

/// Where somebody lifted the cordon nothing is evicted: it would come back.
fn takes_none(cluster: &Cluster, name: &str) -> Result<(), Stop> {
    let node = cluster.nodes.get(name);
    if node.is_none_or(|node| node.cordoned.is_some()) {
        return Ok(());
    }
    let what = format!("node `{name}` takes pods again: somebody lifted its cordon");
    Err(Stop::later(&what, "nothing more is evicted meanwhile"))
}

pub fn is_drained(world: &mut World, call: &Call) -> Result<(), Stop> {
    let name = call.env("POOLDECK_NODE");
    let cluster = cluster(world, call)?;
    takes_none(cluster, name).map_err(|_| Stop::not_so("it takes pods"))?;
    let left = leaving(cluster, name).len();
    Stop::unless(left == 0, &format!("{left} pods are on node `{name}`"))
}

pub async fn drain(shell: &Shell) -> Result<(), Stop> {
    let name = shell.env("POOLDECK_NODE").to_owned();
    let patience = shell.rack.clock.paced(IDLE).max(LEAST);
    let (mut before, mut idle_since) = (usize::MAX, shell.rack.clock.now());
    loop {
        let round = shell.world(|world| one_round(world, &shell.call))?;
        let now = shell.rack.clock.now();
        round.evicted.iter().for_each(|line| shell.say(line));
        if round.left == 0 {
            shell.say(&format!("node {name} is drained"));
            return Ok(());
        }
        if round.left != before {
            (before, idle_since) = (round.left, now);
        }
        let say_blocked = || round.blocked.iter().for_each(|line| shell.say(line));
        if round.for_good {
            say_blocked();
            let what = format!("pods on node `{name}` cannot be evicted");
            return Err(Stop::fail(
                &what,
                "move or delete them yourself, or let the server stay",
            ));
        }
        if round.too_late {
            say_blocked();
            let what = format!(
                "the deadline of {} s has passed",
                shell.env("POOLDECK_DEADLINE")
            );
            return Err(Stop::fail(&what, "the answer chosen in the plan follows"));
        }
        if now.duration_since(idle_since).unsigned_abs() >= patience {
            say_blocked();
            let what = format!("node `{name}` is not drained yet");
            return Err(Stop::later(&what, "it is tried again until the deadline"));
        }
        shell.rack.clock.work(Duration::from_millis(300)).await;
    }
}

struct Round {
    left: usize,
    evicted: Vec<String>,
    blocked: Vec<String>,
    for_good: bool,
    too_late: bool,
}

/// Evicts what may go now.
fn one_round(world: &mut World, call: &Call) -> Result<Round, Stop> {
    let now = world.now();
    let cluster = cluster(world, call).map_err(later)?;
    let name = call.env("POOLDECK_NODE");
    same_machine(cluster, call)?;
    takes_none(cluster, name)?;
    let (run, limit) = (
        call.env("POOLDECK_RUN"),
        call.env("POOLDECK_DEADLINE").parse().unwrap_or(600),
    );
    let since = cluster.nodes.get_mut(name).map_or(now, |node| {
        let same = node.drain.clone().filter(|(by, _)| by == run);
        node.drain
            .insert(same.unwrap_or_else(|| (run.to_owned(), now)))
            .1
    });
    let pods = leaving(cluster, name);
    let (mut evicted, mut blocked, mut moving) = (Vec::new(), Vec::new(), false);
    for number in &pods {
        let pod = cluster.pods[*number].clone();
        if pod.going.is_some() {
            moving = true;
        } else if pod.owner == Owner::None {
            blocked.push(format!(
                "{} not evicted: it has no controller and would not come back",
                pod.name
            ));
        } else if pod.local {
            blocked.push(format!(
                "{} not evicted: it has local data (emptyDir)",
                pod.name
            ));
        } else {
            moving = true;
            let Err(budget) = cluster.evict(*number, ENDS, now) else {
                evicted.push(format!("{} evicted", pod.name));
                continue;
            };
            let mut overridden = call.env("POOLDECK_OVERRIDE").split_whitespace();
            if overridden.any(|name| name == budget) {
                cluster.pods[*number].going = Some(now.checked_add(ENDS).unwrap_or(now));
                let text = "deleted, for a person overrode its disruption budget";
                evicted.push(format!("{} {text}", pod.name));
            } else {
                let (ready, all) = cluster.serving(&budget, now);
                let (_, owner) = budget.rsplit_once('/').unwrap_or(("", &budget));
                blocked.push(format!(
                    "{} not evicted: the disruption budget {budget} allows none ({ready} of {all} ready, made by ReplicaSet {owner})",
                    pod.name
                ));
            }
        }
    }
    Ok(Round {
        left: pods.len(),
        evicted,
        blocked,
        for_good: !pods.is_empty() && !moving,
        too_late: now.duration_since(since).as_secs() >= limit,
    })
}
