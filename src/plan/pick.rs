//! Who is a worker after a resize: servers named by hand, then the selection.
//! Must never overrule a name: what was picked by hand comes or goes, or the request is refused.

use super::{
    PlanError, Resize,
    candidates::{Out, Survey},
    error::Shortage,
    select::{self, Choice},
    team::choice,
    totals::Totals,
    workers::{self, Ask, Settled},
    world::World,
};
use crate::fleet::{Capacity, Pool, Role, ServerName};

/// Servers named by hand must be spare to come, and workers of this pool to go.
pub(super) fn check_names(
    world: &World<'_>,
    pool: &Pool,
    wish: &Resize,
    survey: &Survey<'_>,
) -> Result<(), PlanError> {
    for name in &wish.add {
        if wish.remove.contains(name) {
            return Err(PlanError::NotUsable {
                what: "taken",
                server: name.clone(),
                why: "it is to be added and removed at once".to_owned(),
                hint: "name it once".to_owned(),
            });
        }
        if pool.members.contains_key(name) {
            continue;
        }
        if let Some(out) = survey.left_out.iter().find(|out| out.server == *name) {
            return Err(PlanError::NotUsable {
                what: "taken",
                server: name.clone(),
                why: out.standing.to_string(),
                hint: format!("`pooldeck server show {name}` says more; name another"),
            });
        }
        world.must_be_spare(survey, name)?;
    }
    for name in &wish.remove {
        let why = match pool.members.get(name).map(|member| member.role) {
            Some(Role::Worker) => continue,
            Some(Role::ControlPlane) => {
                "it is the control plane, and the only one\nhint: remove a worker, or destroy the pool"
            }
            None => "it is not in it\nhint: `pooldeck pool show` lists its servers",
        };
        return Err(PlanError::NotRemovable {
            server: name.clone(),
            pool: pool.name.clone(),
            why: why.to_owned(),
        });
    }
    Ok(())
}

/// Who is a worker afterwards.
pub(super) fn choose<'a>(
    world: &World<'a>,
    pool: &'a Pool,
    wish: &Resize,
    survey: &Survey<'a>,
) -> Result<Settled<'a>, PlanError> {
    let zone = |name: &ServerName| world.fleet.servers.get(name)?.zone.as_deref();
    let members = pool
        .with_role(Role::Worker)
        .filter(|(name, _)| !wish.remove.contains(*name))
        .map(|(name, member)| Choice {
            name,
            capacity: member.capacity,
            zone: zone(name),
            member: true,
        });
    let totals = Totals::of(pool, wish);
    let lowers = totals.as_ref().is_some_and(|totals| totals.lowers);
    let all = members.chain(survey.candidates.iter().map(choice));
    let by_hand = |it: &Choice<'_>| wish.add.contains(it.name);
    let (kept, mut free): (Vec<_>, Vec<_>) =
        all.partition(|it| by_hand(it) || (it.member && !lowers));
    if totals.is_none() {
        free.clear();
    }
    let asked = totals.map_or_else(Capacity::default, |totals| totals.asked);
    let ask = Ask {
        asked,
        lowers,
        kept: &kept,
        free: &free,
        accept_less: wish.accept_less,
    };
    workers::settle(&ask).map_err(|offer| {
        let all = kept.iter().chain(&free);
        PlanError::Shortage(Box::new(Shortage {
            asked,
            servers: all.clone().filter(|it| !it.member).count(),
            have: select::total(all),
            left_out: survey.left_out.iter().map(Out::words).collect(),
            beside: " with the workers of now",
            offer: offer.map(|offer| offer.text),
        }))
    })
}
