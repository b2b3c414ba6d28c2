//! The steps of a change: who comes, who goes, what the others must be told, and the proof at the end.
//! What may go side by side has no need of each other; the order of numbers respects every need.

pub(super) mod aside;

use super::{
    Action, Step, StepId,
    deadline::{DRAIN_SECONDS, deadline},
    env::{self, Env},
    settings::Supply,
};
use crate::fleet::{Fleet, Member, Pool, Role, ServerName};

/// A change of one pool: its members as of the run's creation, some of whom come and some go.
pub(super) struct Change<'a> {
    /// With those that come and those that go.
    pub pool: &'a Pool,
    /// For zones and labels.
    pub fleet: &'a Fleet,
    /// Where packages and images come from.
    pub supply: &'a Supply,
    /// By name.
    pub incoming: &'a [ServerName],
    /// By name.
    pub outgoing: &'a [ServerName],
    /// Those of them that cannot be asked any more: their nodes are deleted, and they owe the rest.
    pub lost: &'a [ServerName],
}

/// The steps as they are numbered.
#[derive(Default)]
struct Draft {
    steps: Vec<Step>,
}

impl Draft {
    fn add(&mut self, action: Action, subject: &ServerName, needs: &[StepId], env: Env) -> StepId {
        let id = StepId(u32::try_from(self.steps.len()).unwrap_or(u32::MAX));
        self.steps.push(Step {
            id,
            action,
            subject: subject.clone(),
            needs: needs.to_vec(),
            env,
            deadline: deadline(action),
        });
        id
    }

    /// Steps of one server, each needing the one before, the first needing `first`; the last one's number.
    fn chain(
        &mut self,
        subject: &ServerName,
        first: &[StepId],
        links: impl IntoIterator<Item = (Action, Env)>,
    ) -> Vec<StepId> {
        let mut needs = first.to_vec();
        for (action, env) in links {
            needs = vec![self.add(action, subject, &needs, env)];
        }
        needs
    }
}

/// Steps that create a pool, or change who is in it.
pub(super) fn change(change: &Change<'_>) -> Vec<Step> {
    let mut draft = Draft::default();
    let pool = change.pool;
    let old =
        |name: &ServerName| !change.incoming.contains(name) && !change.outgoing.contains(name);
    // Members learn the new routes while the new servers are prepared.
    let growing = !change.incoming.is_empty();
    let mut proof = Vec::new();
    let mut gone = Vec::new();
    // At once, as long as they are surely lost: nothing that runs depends on them, and their pods come back the sooner.
    for name in change.lost {
        let mut env = env::node(pool, name);
        env.insert("POOLDECK_LOST".to_owned(), "1".to_owned());
        gone.push(draft.add(Action::RemoveNode, name, &[], env));
    }
    if growing {
        for name in pool
            .members
            .keys()
            .filter(|name| !change.incoming.contains(name) && !change.lost.contains(name))
        {
            let env = routes(change, name, false);
            proof.push(draft.add(Action::Routes, name, &[], env));
        }
    }
    let added = arrivals(&mut draft, change);
    proof.extend(&added);
    for name in change.outgoing {
        if !change.lost.contains(name) {
            gone.extend(leave(&mut draft, pool, name, &added));
        }
    }
    if !change.outgoing.is_empty() {
        for name in pool
            .members
            .keys()
            .filter(|name| old(name) || change.incoming.contains(name))
        {
            let env = routes(change, name, true);
            proof.push(draft.add(Action::Routes, name, &gone, env));
        }
    }
    proof.extend(&gone);
    if let Some((control_plane, _)) = pool.with_role(Role::ControlPlane).next() {
        let nodes = pool
            .members
            .keys()
            .filter(|name| !change.outgoing.contains(name));
        let env = env::verify(pool, nodes, change.outgoing, change.lost);
        draft.add(Action::VerifyPool, control_plane, &proof, env);
    }
    draft.steps
}

/// Prepares and joins everybody who comes; the last steps of each.
fn arrivals(draft: &mut Draft, change: &Change<'_>) -> Vec<StepId> {
    let pool = change.pool;
    let roled =
        |role| move |name: &&ServerName| pool.members.get(*name).is_some_and(|it| it.role == role);
    let mut made = Vec::new();
    let mut ready = Vec::new();
    for name in change.incoming.iter().filter(roled(Role::ControlPlane)) {
        let Some(member) = pool.members.get(name) else {
            continue;
        };
        let prepared = prepare(draft, change, name, member);
        let env = env::init(pool, name, member, change.supply);
        let init = draft.add(Action::Init, name, &prepared, env);
        made.push(init);
        ready.push(draft.add(
            Action::AwaitReady,
            name,
            &[init],
            await_env(change, name, member),
        ));
    }
    for name in change.incoming.iter().filter(roled(Role::Worker)) {
        let Some(member) = pool.members.get(name) else {
            continue;
        };
        let mut needs = prepare(draft, change, name, member);
        needs.extend(&made);
        let join = draft.add(Action::Join, name, &needs, env::join(name, member));
        ready.push(draft.add(
            Action::AwaitReady,
            name,
            &[join],
            await_env(change, name, member),
        ));
    }
    ready
}

fn prepare(
    draft: &mut Draft,
    change: &Change<'_>,
    name: &ServerName,
    member: &Member,
) -> Vec<StepId> {
    let pool = change.pool;
    draft.chain(
        name,
        &[],
        [
            (Action::Claim, Env::new()),
            (
                Action::Preflight,
                env::preflight(member, pool, change.supply),
            ),
            (Action::Prepare, env::prepare(pool, change.supply)),
            (Action::Network, routes(change, name, false)),
        ],
    )
}

fn await_env(change: &Change<'_>, name: &ServerName, member: &Member) -> Env {
    env::await_ready(change.pool, name, member, change.fleet.servers.get(name))
}

/// A member's routes while some still leave, or after they have left.
fn routes(change: &Change<'_>, name: &ServerName, left: bool) -> Env {
    let leaves = |other: &ServerName| change.outgoing.contains(other);
    let members = || change.pool.members.iter();
    let mut table = env::network(
        change.pool,
        name,
        members().filter(|(other, _)| !left || !leaves(other)),
    );
    if left {
        let leaving = env::leaving(change.pool, members().filter(|(other, _)| leaves(other)));
        table.insert(env::ROUTES_LEAVING.to_owned(), leaving);
    }
    table
}

/// Everything that a worker's leaving takes, from cordon to release; nothing of it begins before `after` is proved.
fn leave(draft: &mut Draft, pool: &Pool, name: &ServerName, after: &[StepId]) -> Vec<StepId> {
    let drained = draft.chain(
        name,
        after,
        [
            (Action::Cordon, env::node(pool, name)),
            (Action::Drain, env::drain(pool, name, DRAIN_SECONDS)),
            (Action::StopKubelet, Env::new()),
            (Action::RemoveNode, env::node(pool, name)),
        ],
    );
    wipe(draft, name, &drained)
}

/// Reset, clean, proof, release.
fn wipe(draft: &mut Draft, name: &ServerName, needs: &[StepId]) -> Vec<StepId> {
    draft.chain(
        name,
        needs,
        [
            Action::Reset,
            Action::Clean,
            Action::ProveClean,
            Action::Release,
        ]
        .map(|action| (action, Env::new())),
    )
}

/// Steps that end a pool. With `drain`, every worker is emptied and removed before the control plane stops; without it
/// nothing is asked of the API and everybody goes at once.
pub(super) fn destroy(pool: &Pool, drain: bool) -> Vec<Step> {
    let mut draft = Draft::default();
    let mut removed = Vec::new();
    let names = |role| pool.with_role(role).map(|(name, _)| name);
    for name in names(Role::Worker) {
        if drain {
            leave(&mut draft, pool, name, &[]);
            let remove = draft
                .steps
                .iter()
                .rev()
                .find(|step| step.action == Action::RemoveNode);
            removed.extend(remove.map(|step| step.id));
        } else {
            stop_and_wipe(&mut draft, name, &[]);
        }
    }
    for name in names(Role::ControlPlane) {
        stop_and_wipe(&mut draft, name, &removed);
    }
    draft.steps
}

fn stop_and_wipe(draft: &mut Draft, name: &ServerName, needs: &[StepId]) {
    let stopped = draft.add(Action::StopKubelet, name, needs, Env::new());
    wipe(draft, name, &[stopped]);
}

/// Where kubectl may run for a pool.
pub(super) fn executors(pool: &Pool) -> Vec<ServerName> {
    let all = pool.with_role(Role::ControlPlane);
    all.map(|(name, _)| name.clone()).collect()
}

/// Steps that pay what is owed to a server; its Node goes too where its pool still lives. Scripts work only under a claim, so a
/// server that has lost its own is claimed first. `whose`: the pool and role of its leftovers, and which machine it is.
pub(super) fn clean(name: &ServerName, node: bool, claimed: bool, whose: &Env) -> Vec<Step> {
    let mut draft = Draft::default();
    let claim = (!claimed).then(|| (Action::Claim, Env::new()));
    let stop = (Action::StopKubelet, Env::new());
    let remove = node.then(|| (Action::RemoveNode, env::named(name)));
    let rest = [
        Action::Reset,
        Action::Clean,
        Action::ProveClean,
        Action::Release,
    ];
    let links = claim.into_iter().chain([stop]).chain(remove);
    draft.chain(
        name,
        &[],
        links.chain(rest.map(|action| (action, Env::new()))),
    );
    for step in &mut draft.steps {
        step.env.extend(whose.clone());
    }
    draft.steps
}
