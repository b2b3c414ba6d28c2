//! What people are promised: members, quorum, capacity, confirmation, reasons.

use std::collections::BTreeSet;

use super::{super::Plan, incoming, outgoing};
use crate::{
    fleet::{Capacity, Pool, Role},
    plan::{Confirm, Request},
};

/// Checks the promises.
pub(super) fn check(plan: &Plan, found: &mut Vec<String>) {
    moves(plan, found);
    if let Some(pool) = &plan.pool {
        members(pool, found);
        promises(plan, pool, found);
    }
    confirm(plan, found);
}

fn moves(plan: &Plan, found: &mut Vec<String>) {
    let (comes, goes) = (incoming(plan), outgoing(plan));
    for both in comes.intersection(&goes) {
        found.push(format!("{both} comes and goes"));
    }
    for it in plan.effects.incoming.iter().chain(&plan.effects.outgoing) {
        if it.why.is_empty() || it.undo_line.is_empty() {
            found.push(format!(
                "{} moves without a reason or an undo line",
                it.server
            ));
        }
        let member = plan
            .pool
            .as_ref()
            .and_then(|pool| pool.members.get(&it.server));
        if member.is_none_or(|member| member.role != it.role || member.capacity != it.capacity) {
            found.push(format!("{} moves as something that it is not", it.server));
        }
    }
    for out in &plan.effects.left_out {
        if comes.contains(&out.server) {
            found.push(format!("{} is left out and comes", out.server));
        }
    }
    for server in plan.subjects() {
        if !plan.generations.servers.contains_key(server) {
            found.push(format!(
                "the generation of {server} is not part of the plan"
            ));
        }
    }
}

/// No two members share what each has for itself.
fn members(pool: &Pool, found: &mut Vec<String>) {
    let count = pool.members.len();
    let each = pool.members.values();
    let slots: BTreeSet<u8> = each.clone().map(|it| it.slot).collect();
    let machines: BTreeSet<_> = each.clone().map(|it| &it.machine).collect();
    let addresses: BTreeSet<_> = each.clone().map(|it| it.address).collect();
    if [slots.len(), machines.len(), addresses.len()] != [count; 3] {
        found.push("two members share a range, a machine or an address".to_owned());
    }
    if each.clone().any(|it| pool.node_cidr(it.slot).is_none()) {
        found.push("a member's range lies outside of the pool's".to_owned());
    }
    if pool.pod_cidr.contains(&pool.service_cidr) || pool.service_cidr.contains(&pool.pod_cidr) {
        found.push("the ranges of pods and services overlap".to_owned());
    }
}

/// Quorum is never lost, and what is promised is what the members have.
fn promises(plan: &Plan, pool: &Pool, found: &mut Vec<String>) {
    if matches!(plan.request, Request::Destroy(_)) {
        if plan.pool_after().is_some() {
            found.push("a pool that ends keeps members".to_owned());
        }
        return;
    }
    let heads = pool.with_role(Role::ControlPlane).count();
    if heads.is_multiple_of(2) {
        found.push(format!("{heads} control planes"));
    }
    if plan
        .effects
        .outgoing
        .iter()
        .any(|it| it.role == Role::ControlPlane)
    {
        found.push("a control plane goes".to_owned());
    }
    let after = plan.pool_after();
    if plan.request.set_aside().is_some() {
        aside(plan, pool, found);
        return;
    }
    let has = after
        .as_ref()
        .map_or_else(Capacity::default, Pool::capacity);
    if has != plan.effects.after {
        found.push("the capacity after is not that of the members".to_owned());
    }
    if after.is_none_or(|pool| pool.with_role(Role::Worker).count() == 0) {
        found.push("no worker is left".to_owned());
    }
    if !has.covers(plan.effects.asked) && plan.effects.offer.is_none() {
        found.push("less than was asked, and nobody said so".to_owned());
    }
}

/// Who is set aside stays a member, is a worker, and is not the only one; what is said of the capacity is without it.
fn aside(plan: &Plan, pool: &Pool, found: &mut Vec<String>) {
    let effects = &plan.effects;
    let server = plan.request.set_aside();
    let member = server.and_then(|server| pool.members.get(server));
    let Some(member) = member.filter(|it| it.role == Role::Worker) else {
        found.push("who is set aside is no worker of the pool".to_owned());
        return;
    };
    if !effects.incoming.is_empty() || !effects.outgoing.is_empty() {
        found.push("somebody comes or goes where one is only set aside".to_owned());
    }
    let without = pool.capacity().less(member.capacity);
    let (low, high) = match plan.request {
        Request::Maintain(_) => (effects.after, effects.before),
        _ => (effects.before, effects.after),
    };
    if (low, high) != (without, pool.capacity()) {
        found.push("the capacity is not that of the members with it and without it".to_owned());
    }
    if pool.with_role(Role::Worker).count() < 2 {
        found.push("no worker is left meanwhile".to_owned());
    }
}

/// What takes something away wants more than a key press.
fn confirm(plan: &Plan, found: &mut Vec<String>) {
    let aside = matches!(plan.request, Request::Maintain(_));
    let gone = plan.effects.outgoing.len() + usize::from(aside);
    let all = plan
        .pool
        .as_ref()
        .map_or(0, |pool| pool.members.len() - plan.effects.incoming.len());
    let protected = plan.pool.as_ref().is_some_and(|pool| pool.protected);
    let wants = gone > 0 && (protected || gone * 4 >= all);
    if wants && plan.effects.confirm == Confirm::Yes {
        found.push("servers go on a key press".to_owned());
    }
    if gone == 0 && plan.pool.is_some() && plan.effects.confirm != Confirm::Yes {
        found.push("nothing is taken away, and a name is wanted".to_owned());
    }
}
