//! What a look at the world sees, and what the laws about leaving ask of it.

use std::{collections::BTreeSet, sync::Mutex};

use pooldeck::{
    fleet::{PoolName, Role, ServerName},
    plan::{Action, Request, Step},
    run::{Run, State},
    sim::{
        Rack,
        cluster::{Owner, Pod},
    },
    store::snapshot::Snapshot,
};

/// What a look sees.
pub struct View<'a> {
    pub rack: &'a Rack,
    pub fleet: &'a str,
    pub never: &'a BTreeSet<ServerName>,
    /// Claimed and left to people: no record has them.
    pub aside: &'a Mutex<BTreeSet<ServerName>>,
    pub snapshot: &'a Snapshot,
    pub broken: &'a Mutex<Vec<String>>,
}

/// It makes a server a member, or ends that it is one.
pub const fn moves(step: &Step) -> bool {
    matches!(
        step.action,
        Action::Init
            | Action::Join
            | Action::StopKubelet
            | Action::RemoveNode
            | Action::Reset
            | Action::Clean
    )
}

pub fn is_head(view: &View<'_>, run: &Run, server: &ServerName) -> bool {
    let now = view
        .snapshot
        .fleet
        .pool_of(server)
        .and_then(|pool| pool.members.get(server));
    let planned = run
        .plan()
        .pool
        .as_ref()
        .and_then(|pool| pool.members.get(server));
    now.or(planned)
        .is_some_and(|member| member.role == Role::ControlPlane)
}

/// Where the plan drains a server that leaves, that is done: by the run's own word, and, when its kubelet is to stop, by the world's.
pub fn is_drained(view: &View<'_>, run: &Run, step: &Step) -> bool {
    let mut drains = run
        .progress()
        .filter(|(it, _)| it.subject == step.subject && it.action == Action::Drain)
        .peekable();
    if drains.peek().is_none() {
        return true;
    }
    let said = drains.all(|(_, progress)| progress.state == State::Proved);
    let pool = run.plan().request.pool().map_or("", PoolName::as_str);
    let empty = view.rack.cluster(pool, |cluster| {
        let here = |pod: &Pod| {
            pod.node.as_deref() == Some(step.subject.as_str()) && pod.owner != Owner::Node
        };
        !cluster
            .pods
            .iter()
            .any(|pod| here(pod) && pod.going.is_none())
    });
    said && (step.action != Action::StopKubelet || empty != Some(false))
}

/// A control plane goes only with its pool, and after everybody whom the plan empties.
pub fn may_go(view: &View<'_>, run: &Run, step: &Step) -> bool {
    if !is_head(view, run, &step.subject) {
        return true;
    }
    match &run.plan().request {
        Request::Destroy(wish) if wish.without_drain => true,
        Request::Destroy(wish) => {
            let nodes = view.rack.nodes(wish.pool.as_str()).unwrap_or_default();
            nodes.iter().all(|node| {
                node == step.subject.as_str() || run.left_out.contains_key(node.as_str())
            })
        }
        Request::Clean(_) => true,
        _ => false,
    }
}
