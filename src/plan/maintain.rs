//! A member that people are to work on: its pods go, it stays; and its way back.
//! Must never empty a pool's only control plane or worker, nor two members of a pool at once.

use super::{
    IfBlocked, Maintain, PlanError, Request, Return, deadline::DRAIN_SECONDS, draft::Draft,
    leaving, steps::aside, world::World,
};
use crate::fleet::{Capacity, Maintenance, Pool, Role, ServerName};

const EMPTIED: &str = "emptied";
const RETURNED: &str = "returned";

/// Plans that a worker is emptied and left alone.
pub(super) fn maintain(world: &World<'_>, wish: &Maintain) -> Result<Draft, PlanError> {
    let (pool, name) = (world.pool(&wish.pool)?, &wish.server);
    let capacity = may_go(world, pool, name)?;
    let mut draft = Draft::of(
        Request::Maintain(wish.clone()),
        pool.clone(),
        aside::maintain(pool, name),
    );
    let effects = &mut draft.effects;
    effects.title = format!("put {name} of {} into maintenance", pool.name);
    (effects.before, effects.after) = (pool.capacity(), pool.capacity().less(capacity));
    unchanged(&mut draft, world, pool);
    let effects = &mut draft.effects;
    effects.blocked.push(leaving::blocked(IfBlocked::Back));
    let until = wish.until.strftime("%-d %b %H:%M UTC");
    effects.notes = vec![
        format!("until {until}: {}", wish.why),
        format!(
            "{name} stays in {}; nobody but a person brings it back (`pooldeck server return {name}`), also when the time is over",
            pool.name
        ),
        format!(
            "cancelled, or blocked for {} min, it takes pods again; those that have moved stay where they are",
            DRAIN_SECONDS / 60
        ),
    ];
    effects.unknown.push(leaving::room_for(
        leaving::pods_on([name], world, pool),
        name.as_str(),
    ));
    if let Some(note) = super::leaving::where_all_go(world, pool, |other| other == name) {
        effects.unknown.push(note);
    }
    if let Some(why) = leaving::wants_name(pool, [(name, capacity)].into_iter()) {
        draft.type_name(&pool.name, why);
    }
    Ok(draft)
}

/// Plans that its pool uses it again.
pub(super) fn give_back(world: &World<'_>, wish: &Return) -> Result<Draft, PlanError> {
    let (pool, name) = (world.pool(&wish.pool)?, &wish.server);
    let capacity = member(pool, name, RETURNED)?;
    let cluster = world.cluster(pool)?;
    let refused = |why: String, hint: String| refused(name, RETURNED, why, hint);
    let known = world.fleet.maintained.get(name);
    let Some(Maintenance {
        note,
        run: Some(run),
    }) = known
    else {
        return Err(refused(
            "it is not in maintenance".to_owned(),
            format!(
                "`pooldeck server show {name}` says what it is; a cordon that a person set is lifted with kubectl"
            ),
        ));
    };
    if !cluster
        .nodes
        .get(name.as_str())
        .is_some_and(|node| node.ready)
    {
        return Err(refused(
            "its node is not Ready".to_owned(),
            format!(
                "switch it on and wait for its kubelet; `pooldeck pool resize {} --remove {name}` takes it out",
                pool.name
            ),
        ));
    }
    let mut draft = Draft::of(
        Request::Return(wish.clone()),
        pool.clone(),
        aside::give_back(pool, name, *run),
    );
    let effects = &mut draft.effects;
    effects.title = format!("return {name} to {} from maintenance", pool.name);
    (effects.before, effects.after) = (pool.capacity().less(capacity), pool.capacity());
    effects.notes = vec![
        format!("it was put aside by {}: {}", note.by, note.why),
        format!("only the cordon of run {run} is lifted; pods come when something makes new ones"),
    ];
    unchanged(&mut draft, world, pool);
    Ok(draft)
}

/// What neither way changes.
fn unchanged(draft: &mut Draft, world: &World<'_>, pool: &Pool) {
    let effects = &mut draft.effects;
    (effects.asked, effects.asked_before) = (pool.asked, pool.asked);
    let healthy = world.healthy(pool);
    effects.quorum = super::Quorum {
        before: healthy,
        lowest: healthy,
        after: healthy,
    };
}

/// The hardware of a worker that can be emptied now.
fn may_go(world: &World<'_>, pool: &Pool, name: &ServerName) -> Result<Capacity, PlanError> {
    let capacity = member(pool, name, EMPTIED)?;
    world.cluster(pool)?;
    let refused = |why: &str, hint: String| refused(name, EMPTIED, why.to_owned(), hint);
    let fleet = world.fleet;
    if fleet
        .maintained
        .get(name)
        .is_some_and(|it| it.run.is_some())
    {
        return Err(refused(
            "it is in maintenance already",
            format!(
                "`pooldeck server return {name}` ends it, `pooldeck server maintain {name}` prolongs it"
            ),
        ));
    }
    let others = pool.with_role(Role::Worker).map(|(other, _)| other);
    let others: Vec<&ServerName> = others.filter(|other| *other != name).collect();
    let aside = |other: &&&ServerName| fleet.maintained.contains_key(**other);
    if let Some(other) = others.iter().find(aside) {
        return Err(refused(
            &format!("{other} of {} is in maintenance: one at a time", pool.name),
            format!("`pooldeck server return {other}` first"),
        ));
    }
    if others.is_empty() {
        return Err(refused(
            "it is the only worker: its pods would have nowhere to go",
            format!(
                "add one first: `pooldeck pool resize {} --add SERVER`",
                pool.name
            ),
        ));
    }
    let nodes = world
        .observed
        .pools
        .get(&pool.name)
        .map(|cluster| &cluster.nodes);
    let takes_pods = |other: &&&ServerName| {
        let node = nodes.and_then(|nodes| nodes.get(other.as_str()));
        node.is_some_and(|node| node.ready && !node.cordoned)
    };
    if !others.iter().any(|other| takes_pods(&other)) {
        return Err(refused(
            "no other worker takes pods now: its own would have nowhere to go",
            format!(
                "`pooldeck pool show {}` shows why, or add a server first",
                pool.name
            ),
        ));
    }
    if world.observed.is_lost(&pool.name, name) {
        return Err(refused(
            "it is out of reach and not Ready: its pods cannot be asked to end",
            format!(
                "bring it back, or give it up with `pooldeck pool resize {} --remove {name}`",
                pool.name
            ),
        ));
    }
    Ok(capacity)
}

/// The hardware of a worker of the pool.
fn member(pool: &Pool, name: &ServerName, what: &'static str) -> Result<Capacity, PlanError> {
    match pool.members.get(name) {
        Some(member) if member.role == Role::Worker => Ok(member.capacity),
        Some(_) => Err(refused(
            name,
            what,
            format!(
                "it is the only control plane of {}: without it nobody moves pods",
                pool.name
            ),
            "work on it while its pool may stand still, or make the pool anew elsewhere".to_owned(),
        )),
        None => Err(refused(
            name,
            what,
            format!("it is not in {}", pool.name),
            format!("`pooldeck pool show {}` lists its servers", pool.name),
        )),
    }
}

fn refused(name: &ServerName, what: &'static str, why: String, hint: String) -> PlanError {
    PlanError::NotUsable {
        server: name.clone(),
        what,
        why,
        hint,
    }
}
