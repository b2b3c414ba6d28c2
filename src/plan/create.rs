//! A new pool: one room, one control plane, workers by selection or by hand.
//! Must never promise what a shortage, a taken name or an overlapping range forbids.

use std::collections::BTreeMap;

use super::{
    Create, PlanError, Request,
    candidates::{Out, Survey},
    draft::Draft,
    members::seat,
    ranges, reasons, room, settings, steps,
    team::{self, Team, choice},
    words,
    world::World,
};
use crate::fleet::{Bytes, Capacity, Pool, Role, ServerName};

/// Plans a new pool.
pub(super) fn create(world: &World<'_>, wish: &Create) -> Result<Draft, PlanError> {
    if world.fleet.pools.contains_key(&wish.pool) {
        return Err(PlanError::NameTaken(wish.pool.clone()));
    }
    if wish.control_planes != 1 {
        return Err(PlanError::ControlPlanes(wish.control_planes));
    }
    if wish.asked == Capacity::default() && wish.servers.is_empty() {
        return Err(PlanError::NoWorkers {
            hint: "ask for `--cores`, `--memory` or both, or name servers with `--server`"
                .to_owned(),
        });
    }
    let mut survey = world.survey();
    for name in &wish.servers {
        world.must_be_spare(&survey, name)?;
    }
    let team = best_team(world, wish, &mut survey)?;
    let home = room::of(&team.control_plane, wish);
    for it in survey
        .candidates
        .iter()
        .filter(|it| room::of(it, wish) != home)
    {
        let why = room::apart(&team.control_plane, it);
        survey.left_out.push(Out::unfit(it.name(), why));
    }
    finish(world, wish, team, &survey)
}

/// The best that any room can give: fewest servers, then the closest to what was asked.
fn best_team<'a>(
    world: &World<'a>,
    wish: &'a Create,
    survey: &mut Survey<'a>,
) -> Result<Team<'a>, PlanError> {
    let rooms = room::split(wish, survey)?;
    let mut best: Option<Team<'a>> = None;
    let mut failure = None;
    for (room, candidates) in rooms {
        match team::team(world, wish, room, candidates, &mut survey.left_out) {
            Ok(team) if best.as_ref().is_none_or(|best| team.merit < best.merit) => {
                best = Some(team);
            }
            Ok(_) => {}
            Err(error) => failure = Some(larger(failure, error)),
        }
    }
    best.ok_or_else(|| {
        failure.unwrap_or_else(|| team::shortage(wish.asked, [], &survey.left_out, None))
    })
}

/// The error that says most: of two shortages the one with more to give.
fn larger(one: Option<PlanError>, other: PlanError) -> PlanError {
    let have = |error: &PlanError| match error {
        PlanError::Shortage(shortage) => (shortage.have.cores, shortage.have.memory),
        _ => (0, Bytes(0)),
    };
    match one {
        Some(one) if have(&one) >= have(&other) => one,
        _ => other,
    }
}

fn finish(
    world: &World<'_>,
    wish: &Create,
    team: Team<'_>,
    survey: &Survey<'_>,
) -> Result<Draft, PlanError> {
    let hardware: Capacity = team.workers.iter().map(|it| it.capacity).sum();
    let (pool, incoming) = pool(world, wish, &team, hardware)?;
    let asked = pool.asked;
    let steps = steps::change(&steps::Change {
        pool: &pool,
        fleet: world.fleet,
        supply: &team.supply,
        incoming: &incoming,
        outgoing: &[],
        lost: &[],
    });
    let workers: Vec<_> = team.workers.iter().map(choice).collect();
    let why = |name: &ServerName, role: Role| match role {
        Role::ControlPlane if team.smallest => {
            "the smallest that is fit for a control plane".to_owned()
        }
        Role::ControlPlane => {
            "the smallest that is fit for a control plane and leaves enough for the workers"
                .to_owned()
        }
        Role::Worker if wish.servers.contains(name) => "picked by hand".to_owned(),
        Role::Worker => reasons::comes(&workers, name, asked),
    };
    let mut draft = Draft::of(Request::Create(wish.clone()), pool, steps);
    draft.incoming(&incoming, why);
    let effects = &mut draft.effects;
    let count = words::count(team.workers.len(), "worker");
    effects.title = format!("create {}: 1 control plane and {count}", wish.pool);
    effects.asked = asked;
    effects.after = hardware;
    effects.quorum.lowest = (0, 1);
    effects.quorum.after = (1, 1);
    effects.offer = team.offer;
    effects.unknown.extend(settings::untested(&team.version));
    draft.note_pool(&team.supply);
    draft.note_survey(survey);
    Ok(draft)
}

/// The pool as it is wanted, and its servers, control plane first.
fn pool(
    world: &World<'_>,
    wish: &Create,
    team: &Team<'_>,
    hardware: Capacity,
) -> Result<(Pool, Vec<ServerName>), PlanError> {
    let (pods, services) = (wish.pod_cidr, wish.service_cidr);
    let (pod_cidr, service_cidr) =
        ranges::choose(world.fleet, world.observed, world.site, pods, services)?;
    let mut asked = wish.asked;
    // Of servers picked by hand without totals, what they have is what was asked.
    if !wish.servers.is_empty() && asked == Capacity::default() {
        asked = hardware;
    }
    let mut pool = Pool {
        name: wish.pool.clone(),
        asked,
        version: format!("v{}", team.version),
        pod_cidr,
        service_cidr,
        sources: team.sources.clone(),
        env: None,
        protected: true,
        generation: 0,
        members: BTreeMap::new(),
    };
    let head = std::iter::once((&team.control_plane, Role::ControlPlane));
    let all = head.chain(team.workers.iter().map(|it| (it, Role::Worker)));
    let mut names = Vec::new();
    for (it, role) in all {
        let member = seat(world.fleet, &pool, it, role)?;
        pool.members.insert(it.name().clone(), member);
        names.push(it.name().clone());
    }
    Ok((pool, names))
}
