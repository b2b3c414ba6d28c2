//! The end of a pool: every server clean and spare.
//! Must never ask the API of anything when the request says that it is gone.

use super::{Destroy, IfBlocked, PlanError, Request, World, draft::Draft, leaving, steps, words};
use crate::fleet::{Role, ServerName};

/// Plans the end.
pub(super) fn destroy(world: &World<'_>, wish: &Destroy) -> Result<Draft, PlanError> {
    let pool = world.pool(&wish.pool)?;
    if !wish.without_drain {
        world.cluster(pool)?;
    }
    let steps = steps::destroy(pool, !wish.without_drain);
    let names: Vec<ServerName> = pool.members.keys().cloned().collect();
    let mut draft = Draft::of(Request::Destroy(wish.clone()), pool.clone(), steps);
    draft.outgoing(&names, |_, _| "the pool ends".to_owned());
    for it in &mut draft.effects.outgoing {
        if wish.without_drain && it.role == Role::Worker {
            "undone until its kubelet, or that of the control plane, is stopped; from then on it is finished"
                .clone_into(&mut it.undo_line);
        } else if it.role == Role::ControlPlane {
            "undone until its kubelet is stopped; from then on it is finished"
                .clone_into(&mut it.undo_line);
        }
    }
    let effects = &mut draft.effects;
    let servers = words::count(names.len(), "server");
    effects.title = format!("destroy {}: {servers}", pool.name);
    effects.before = pool.capacity();
    effects.asked_before = pool.asked;
    effects.quorum.before = world.healthy(pool);
    effects.lost = vec![
        format!(
            "everything that the cluster of {} knows: its etcd is deleted",
            pool.name
        ),
        format!("the local data of its pods on {servers}"),
    ];
    if wish.without_drain {
        effects
            .lost
            .push("whatever its pods are doing now: they are stopped, not asked".to_owned());
        effects.notes.push(
            "a server that cannot be reached owes its cleaning: it is leftovers until it is seen again and proved clean".to_owned(),
        );
    } else {
        let workers = pool.with_role(Role::Worker).map(|(name, _)| name);
        let lost = workers.filter(|name| world.observed.is_lost(&pool.name, name));
        let alone = pool.with_role(Role::Worker).count() == 1;
        effects.blocked.extend(lost.map(|name| {
            let first = if alone {
                String::new()
            } else {
                let pool = &pool.name;
                format!("give it up first with `pooldeck pool resize {pool} --remove {name}`, or ")
            };
            format!(
                "{name} is out of reach and not Ready: its drain cannot end; {first}end the pool with `--without-drain`"
            )
        }));
        // A pool that keeps a worker keeps its control plane.
        let blocked = leaving::blocked(IfBlocked::Back);
        effects
            .blocked
            .push(format!("{blocked}; the pool then stays"));
        effects.notes.push(format!(
            "the control plane {} goes last, when every worker has left",
            words::some(pool.with_role(Role::ControlPlane).map(|(name, _)| name), 3)
        ));
    }
    draft.type_name(&pool.name, format!("everything in {} is lost", pool.name));
    Ok(draft)
}
