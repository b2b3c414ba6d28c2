//! Steps: numbers, needs, the order of a server's life, who comes before who goes.

use std::collections::BTreeSet;

use super::{super::Plan, cleaned, incoming, outgoing};
use crate::plan::{Action, On, Request, Step, StepId};

/// Variables without which a step's script cannot run.
const fn variables(action: Action) -> &'static [&'static str] {
    match action {
        Action::Preflight => &["MIN_DISK", "MIRRORS", "VERSION"],
        Action::Prepare => &["VERSION", "PACKAGES", "IMAGES", "ENDPOINT", "ENDPOINT_IP"],
        Action::Network | Action::Routes => &["POD_CIDR", "SERVICE_CIDR", "NODE_CIDR"],
        Action::Init | Action::Join => &["KUBEADM", "KUBELET_PATCH"],
        Action::AwaitReady => &["NODE", "NODE_CIDR", "MACHINE_ID", "NODE_IP", "VERSION"],
        Action::Cordon | Action::RemoveNode => &["NODE", "MACHINE_ID"],
        Action::Uncordon => &["NODE", "MACHINE_ID", "CORDONED"],
        Action::Drain => &["NODE", "MACHINE_ID", "DEADLINE"],
        Action::VerifyPool => &["NODES", "VERSION"],
        _ => &[],
    }
}

/// Checks the steps.
pub(super) fn check(plan: &Plan, found: &mut Vec<String>) {
    for (at, step) in plan.steps.iter().enumerate() {
        let name = name(step);
        if step.id.0 as usize != at {
            found.push(format!(
                "{name} has number {}, and is number {at}",
                step.id.0
            ));
        }
        if step.needs.iter().any(|need| need.0 >= step.id.0) {
            found.push(format!("{name} needs a step that does not come before it"));
        }
        if step.deadline == 0 {
            found.push(format!("{name} has no deadline"));
        }
        for key in variables(step.action) {
            let key = format!("POOLDECK_{key}");
            if step.env.get(&key).is_none_or(String::is_empty) {
                found.push(format!("{name} has no {key}"));
            }
        }
    }
    lives(plan, found);
    given_up(plan, found);
    subjects(plan, found);
    set_aside(plan, found);
    sequence(plan, found);
}

/// The steps of a server that comes or goes follow each other, each needing the one before.
fn lives(plan: &Plan, found: &mut Vec<String>) {
    for server in incoming(plan).into_iter().chain(outgoing(plan)) {
        let of = |step: &&Step| {
            let whole = matches!(step.action, Action::Routes | Action::VerifyPool);
            step.subject == *server && !whole
        };
        let steps: Vec<&Step> = plan.steps.iter().filter(of).collect();
        for pair in steps.windows(2) {
            let (one, next) = (pair[0], pair[1]);
            if one.action >= next.action {
                found.push(format!("{} comes after {}", name(next), name(one)));
            }
            if !next.needs.contains(&one.id) {
                found.push(format!("{} does not need {}", name(next), name(one)));
            }
        }
    }
}

/// Who goes without release is given up: its node is deleted as one that is lost, and nothing else is done.
fn given_up(plan: &Plan, found: &mut Vec<String>) {
    for server in outgoing(plan) {
        let of = plan.steps.iter().filter(|step| step.subject == *server);
        let steps: Vec<&Step> = of.filter(|step| step.action != Action::Routes).collect();
        if steps.iter().any(|step| step.action == Action::Release) {
            continue;
        }
        let lost = |step: &&Step| {
            step.action == Action::RemoveNode && step.env.contains_key("POOLDECK_LOST")
        };
        if steps.len() != 1 || !steps.iter().all(lost) {
            found.push(format!("{server} goes and is not released"));
        }
    }
}

/// Who is set aside is cordoned and emptied, and no more; who comes back takes pods again, and no more.
fn set_aside(plan: &Plan, found: &mut Vec<String>) {
    let wanted: &[Action] = match &plan.request {
        Request::Maintain(_) => &[Action::Cordon, Action::Drain],
        Request::Return(_) => &[Action::Uncordon],
        _ => return,
    };
    let actions = plan.steps.iter().map(|step| &step.action);
    if !actions.eq(wanted) {
        found.push("who is set aside is changed by more, or by less, than that".to_owned());
    }
    for pair in plan.steps.windows(2) {
        if !pair[1].needs.contains(&pair[0].id) {
            found.push(format!(
                "{} does not need {}",
                name(&pair[1]),
                name(&pair[0])
            ));
        }
    }
}

/// Nobody is touched but who comes, who goes, who must learn routes, and the one that proves the pool.
fn subjects(plan: &Plan, found: &mut Vec<String>) {
    let (comes, goes) = (incoming(plan), outgoing(plan));
    let aside = plan.request.set_aside();
    for step in &plan.steps {
        let subject = &step.subject;
        let member = plan
            .pool
            .as_ref()
            .is_some_and(|pool| pool.members.contains_key(subject));
        let allowed = match step.action {
            Action::Routes | Action::VerifyPool => member,
            Action::Claim => comes.contains(subject) || cleaned(plan) == Some(subject),
            Action::Preflight
            | Action::Prepare
            | Action::Network
            | Action::Init
            | Action::Join
            | Action::AwaitReady => comes.contains(subject),
            Action::Cordon | Action::Drain | Action::Uncordon if aside == Some(subject) => true,
            _ => goes.contains(subject) || cleaned(plan) == Some(subject),
        };
        if !allowed {
            found.push(format!(
                "{} is done to a server that has no part in it",
                name(step)
            ));
        }
    }
}

/// Who comes is there before anybody goes; the control plane ends after its workers; the proof is last.
fn sequence(plan: &Plan, found: &mut Vec<String>) {
    let of = |action: Action| plan.steps.iter().filter(move |step| step.action == action);
    for cordon in of(Action::Cordon) {
        for ready in of(Action::AwaitReady) {
            if !reaches(plan, cordon.id, ready.id) {
                found.push(format!(
                    "{} does not wait for {}",
                    name(cordon),
                    name(ready)
                ));
            }
        }
    }
    for join in of(Action::Join) {
        for init in of(Action::Init) {
            if !reaches(plan, join.id, init.id) {
                found.push(format!("{} does not wait for {}", name(join), name(init)));
            }
        }
    }
    let Request::Destroy(wish) = &plan.request else {
        if let Some(proof) = of(Action::VerifyPool).next() {
            let all = plan.steps.iter().filter(|step| step.id != proof.id);
            for step in all.filter(|step| !reaches(plan, proof.id, step.id)) {
                found.push(format!("the proof does not wait for {}", name(step)));
            }
        } else if !plan.is_empty() && plan.pool.is_some() && plan.request.set_aside().is_none() {
            found.push("nothing proves the pool".to_owned());
        }
        return;
    };
    if wish.without_drain {
        let asks = plan
            .steps
            .iter()
            .filter(|step| step.action.on() == On::Executor);
        found.extend(asks.map(|step| format!("{} asks an API that may be gone", name(step))));
        return;
    }
    let heads: BTreeSet<_> = plan.executors.iter().collect();
    for stop in of(Action::StopKubelet).filter(|step| heads.contains(&step.subject)) {
        for remove in of(Action::RemoveNode) {
            if !reaches(plan, stop.id, remove.id) {
                found.push(format!("{} does not wait for {}", name(stop), name(remove)));
            }
        }
    }
}

/// True when `from` waits for `to`, at once or by way of others.
fn reaches(plan: &Plan, from: StepId, to: StepId) -> bool {
    let mut open = vec![from];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if id == to {
            return true;
        }
        let needs = plan.step(id).into_iter().flat_map(|step| &step.needs);
        open.extend(needs.filter(|need| **need >= to && seen.insert(**need)));
    }
    false
}

fn name(step: &Step) -> String {
    format!("{} of {}", step.action.script(), step.subject)
}
