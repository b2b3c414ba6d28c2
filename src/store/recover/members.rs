//! Who is in a pool: the nodes of its cluster, else the copy's members, each against its claim.
//! Must never put a server into two pools.

use std::collections::BTreeMap;

use super::{
    Claimed, Recovery, debts,
    found::{Found, NodeTold, Told},
    pools::Known,
};
use crate::fleet::{Debt, Member, Pool, RunId, ServerName};

/// Members, and who says so of each.
type Members = BTreeMap<ServerName, (Member, String)>;

/// Its nodes are its members; who is claimed for it and has no node owes his cleaning.
pub(super) fn of_the_cluster(
    found: &Found,
    known: &Known<'_>,
    told: &Told,
    made: &mut Recovery,
) -> Members {
    let mut members = bound(known);
    for node in &told.nodes {
        if known.bound.contains(&node.name) {
            continue;
        }
        let Some(by) = witnesses(found, known, node, made) else {
            continue;
        };
        match member(found, known, told, node) {
            Some(member) => drop(members.insert(node.name.clone(), (member, by))),
            None => half_joined(found, known, node, made),
        }
    }
    for it in &known.claimed {
        let is_node = told.node_of(it.machine).is_some();
        if !is_node && !known.bound.contains(&it.name) {
            without_a_node(found, known, it, made);
        }
    }
    let gone = known.copy.into_iter().flat_map(|copy| &copy.members);
    for (name, was) in gone {
        let answers = found.machine(&was.machine).is_some();
        let is_node = told.node_of(&was.machine).is_some();
        if !answers && !is_node && !known.bound.contains(name) {
            let debt = Debt {
                pool: known.name.clone(),
                machine: was.machine.clone(),
                run: RunId(0),
                since: found.at,
                why: "it does not answer, and its node is gone".to_owned(),
                slot: Some(was.slot),
            };
            made.debts.insert(name.clone(), debt);
        }
    }
    members
}

/// The copy's members: those that answer must be claimed for the pool, of those that do not the copy's word is all there is.
pub(super) fn of_the_copy(found: &Found, known: &Known<'_>, made: &mut Recovery) -> Members {
    let mut members = bound(known);
    let Some(copy) = known.copy else {
        return members;
    };
    for (name, was) in &copy.members {
        if known.bound.contains(name) {
            continue;
        }
        let claimed = known.claimed.iter().any(|it| *it.machine == was.machine);
        let by = match found.machine(&was.machine) {
            Some(_) if claimed => "copy, claim",
            Some(_) => continue,
            None => "copy",
        };
        members.insert(name.clone(), (was.clone(), by.to_owned()));
    }
    for it in &known.claimed {
        let is_in = members
            .values()
            .any(|(member, _)| member.machine == *it.machine);
        if !is_in && !known.bound.contains(&it.name) {
            let what = format!(
                "it is claimed for pool {}, the copy does not know it there, and the pool's API does not answer",
                known.name
            );
            made.doubt(&it.name, what, debts::PERSON);
        }
    }
    members
}

/// A held run works on them: what becomes of them is its business.
fn bound(known: &Known<'_>) -> Members {
    let copy = known.copy.into_iter().flat_map(|copy| &copy.members);
    let held = copy.filter(|(name, _)| known.bound.contains(*name));
    held.map(|(name, member)| (name.clone(), (member.clone(), "copy, held run".to_owned())))
        .collect()
}

/// Who says that the node's machine is of this pool; none where it is not taken in.
fn witnesses(
    found: &Found,
    known: &Known<'_>,
    node: &NodeTold,
    made: &mut Recovery,
) -> Option<String> {
    let in_copy = known.copy.and_then(|copy| copy.members.get(&node.name));
    let in_copy = in_copy.is_some_and(|was| was.machine == node.machine);
    let mut by = vec!["cluster"];
    if in_copy {
        by.push("copy");
    }
    let pool = &known.name;
    let Some(witness) = found.machine(&node.machine) else {
        let listed = found.servers.contains_key(&node.name);
        if !listed {
            let why = format!("it is a node of pool {pool} and stands in no inventory");
            made.unseen.insert(node.name.clone(), why);
            return None;
        }
        if found.servers[&node.name].facts.is_ok() {
            let what =
                format!("it is a node of pool {pool}, and another machine answers at its address");
            made.doubt(
                &node.name,
                what,
                "it stays a member; nothing is done on that other machine",
            );
        }
        return Some(by.join(", "));
    };
    match witness.claim() {
        Some(claim) if !claim.is_of(&found.fleet) => {
            let what = format!("it is a node of pool {pool}, and {}", claim.by_name());
            made.doubt(&node.name, what, debts::PERSON);
            return None;
        }
        Some(claim) if claim.pool != pool.as_str() => {
            let what = format!(
                "it is a node of pool {pool}, and claimed for pool `{}`",
                claim.pool
            );
            made.doubt(&node.name, what, debts::PERSON);
            return None;
        }
        Some(_) => by.push("claim"),
        None => {
            let what = format!("it is a node of pool {pool}, and has no claim");
            made.doubt(
                &node.name,
                what,
                "it stays a member; every step on it is refused until a person has looked",
            );
        }
    }
    Some(by.join(", "))
}

fn member(found: &Found, known: &Known<'_>, told: &Told, node: &NodeTold) -> Option<Member> {
    let was = known.copy.and_then(|copy| copy.members.get(&node.name));
    let was = was.filter(|was| was.machine == node.machine);
    let facts = found.machine(&node.machine);
    let facts = facts.and_then(|it| it.facts.as_ref().ok());
    let seen = facts.map(|facts| facts.capacity);
    let seen = seen.filter(|it| 0 < it.cores && 0 < it.memory.0);
    Some(Member {
        role: node.role,
        machine: node.machine.clone(),
        address: node.address,
        slot: slot(told, node).or_else(|| was.map(|was| was.slot))?,
        capacity: seen
            .or_else(|| was.map(|was| was.capacity))
            .unwrap_or(node.capacity),
    })
}

/// Which part of the pods' range is the node's own.
pub(super) fn slot(told: &Told, node: &NodeTold) -> Option<u8> {
    let own = node.pods?;
    let nth = told.pods.subnets(24).ok()?.position(|range| range == own)?;
    u8::try_from(nth).ok()
}

/// A node without a range was never finished.
fn half_joined(found: &Found, known: &Known<'_>, node: &NodeTold, made: &mut Recovery) {
    let claimed = known.claimed.iter().find(|it| *it.machine == node.machine);
    match claimed {
        Some(it) => {
            let why = "it was joined and never finished";
            debts::owe(found, it, why, None, made);
        }
        None => made.doubt(
            &node.name,
            format!("it is a node of pool {} without a range", known.name),
            debts::PERSON,
        ),
    }
}

/// Claimed, and its cluster does not know it: it was on its way in or out, unless its kubelet still runs as a member's would.
fn without_a_node(found: &Found, known: &Known<'_>, it: &Claimed<'_>, made: &mut Recovery) {
    let was = |copy: &Pool| copy.members.get(&it.name).map(|was| was.slot);
    let slot = known.copy.and_then(was);
    if debts::kubelet_runs(it) {
        let what = format!(
            "its claim says that it is in pool {}, its kubelet runs, and its cluster does not know it",
            known.name
        );
        made.doubt(&it.name, what, debts::PERSON);
        return;
    }
    debts::owe(found, it, "its cluster does not know it", slot, made);
}
