//! Whether the world is as it is written down, once nothing goes wrong any more and nothing is open.

use std::collections::BTreeSet;

use pooldeck::{
    fleet::Pool,
    run::{Outcome, Run},
    store::snapshot::Snapshot,
};

use crate::history::Stage;

/// Everything that is otherwise; nothing where a run is stuck: there a person looks.
pub fn meets(stage: &Stage) -> Vec<String> {
    let snapshot = stage.site.snapshot();
    let stuck = |run: &Run| matches!(run.outcome, Some(Outcome::Stuck(_)));
    if snapshot.runs.values().any(stuck) {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    for pool in snapshot.fleet.pools.values() {
        pool_is_so(stage, &snapshot, pool, &mut wrong);
    }
    servers_are_so(stage, &snapshot, &mut wrong);
    wrong
}

fn pool_is_so(stage: &Stage, snapshot: &Snapshot, pool: &Pool, wrong: &mut Vec<String>) {
    let (rack, lost) = (&stage.site.rack, stage.lost.lock().unwrap());
    let claims = rack.claims();
    for member in pool.members.keys() {
        let claim = claims.get(member).map(|claim| claim.pool.as_str());
        if claim != Some(pool.name.as_str()) {
            wrong.push(format!(
                "member {member} of {} is claimed for {claim:?}",
                pool.name
            ));
        }
    }
    let heads = pool
        .members
        .iter()
        .filter(|(_, it)| it.role == pooldeck::fleet::Role::ControlPlane);
    if heads.into_iter().any(|(name, _)| lost.contains(name)) {
        return;
    }
    let members: BTreeSet<String> = pool.members.keys().map(ToString::to_string).collect();
    let mut nodes = rack.nodes(pool.name.as_str());
    // Who owes to the pool and cannot be reached leaves its node behind until then.
    let owes = |name: &String| {
        snapshot
            .fleet
            .debts
            .keys()
            .any(|it| lost.contains(it) && it.as_str() == name)
    };
    if let Some(nodes) = &mut nodes {
        nodes.retain(|name| members.contains(name) || !owes(name));
    }
    if nodes.as_ref() != Some(&members) {
        wrong.push(format!(
            "nodes of {} are {nodes:?}, its members {members:?}",
            pool.name
        ));
    }
    let bad: Option<Vec<String>> = rack.cluster(pool.name.as_str(), |cluster| {
        let nodes = cluster
            .nodes
            .iter()
            .filter(|(name, _)| !lost.contains(name.as_str()));
        let aside = |name: &str| snapshot.fleet.maintained.contains_key(name);
        let bad =
            nodes.filter(|(name, node)| !node.ready || node.cordoned.is_some() && !aside(name));
        bad.map(|(name, node)| {
            format!(
                "node {name} is ready: {}, cordoned: {:?}",
                node.ready, node.cordoned
            )
        })
        .collect()
    });
    wrong.extend(bad.into_iter().flatten());
    let mut runs = snapshot
        .runs
        .values()
        .filter(|run| run.plan().request.pool() == Some(&pool.name));
    let reached = runs.all(|run| run.outcome == Some(Outcome::Succeeded));
    let (has, asked) = (pool.capacity(), pool.asked);
    if reached && (has.cores < asked.cores || has.memory < asked.memory) {
        wrong.push(format!(
            "{} was asked for {asked:?} and has {has:?}",
            pool.name
        ));
    }
}

fn servers_are_so(stage: &Stage, snapshot: &Snapshot, wrong: &mut Vec<String>) {
    let rack = &stage.site.rack;
    let claims = rack.claims();
    for (name, server) in &snapshot.fleet.servers {
        let record = snapshot.records.get(name).cloned().unwrap_or_default();
        if record.busy.is_some() {
            wrong.push(format!("{name} is busy with a run that has ended"));
        }
        let member = snapshot.fleet.pool_of(name).is_some();
        if member && record.debt.is_some() {
            wrong.push(format!("{name} is a member and owes something"));
        }
        let there = !stage.lost.lock().unwrap().contains(name) && !stage.odd[name].0;
        if record.debt.is_some() && there {
            wrong.push(format!("{name} is there and still owes: {:?}", record.debt));
        }
        let free = !member && record.debt.is_none();
        if free && server.offered && !stage.site.store.never.contains(name) {
            let traces = rack.traces(name);
            if !traces.is_empty() || claims.contains_key(name) {
                wrong.push(format!(
                    "{name} is free, and on it: {traces:?}, claim: {:?}",
                    claims.get(name)
                ));
            }
        }
    }
}
