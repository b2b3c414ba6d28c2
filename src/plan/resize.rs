//! Another size, or other servers, for a pool.
//! Must never release a server for a wish that lowers nothing, and never take the control plane away.

use super::{
    LeftOut, PlanError, Request, Resize, World,
    candidates::{Candidate, Survey},
    draft::Draft,
    error::Shortage,
    leaving,
    members::seat,
    reasons,
    select::{self, Choice},
    settings::{self, Supply},
    steps,
    totals::Totals,
    words,
    workers::{self, Ask, Settled},
};
use crate::fleet::{Capacity, Pool, Role, ServerName};

/// Plans another size.
pub(super) fn resize(world: &World<'_>, wish: &Resize) -> Result<Draft, PlanError> {
    let pool = world.pool(&wish.pool)?;
    world.cluster(pool)?;
    let mut survey = world.survey();
    keep_to_the_room(world, pool, &mut survey);
    check_names(world, pool, wish, &survey)?;
    let settled = choose(world, pool, wish, &survey)?;
    let workers = settled.workers;
    if workers.is_empty() {
        return Err(PlanError::NoWorkers {
            hint: format!("`pooldeck pool destroy {}` ends the pool", pool.name),
        });
    }
    let stays = |name: &ServerName| workers.iter().any(|it| it.name == name);
    let incoming: Vec<ServerName> = workers::newcomers(&workers);
    let outgoing: Vec<ServerName> = pool
        .with_role(Role::Worker)
        .map(|(name, _)| name.clone())
        .filter(|name| !stays(name))
        .collect();
    let totals = Totals::of(pool, wish);
    if let Some(totals) = &totals
        && !totals.bare.is_empty()
        && !wish.shrink
        && outgoing.iter().any(|name| !wish.remove.contains(name))
    {
        return Err(PlanError::WouldShrink(totals.bare.clone()));
    }
    let after = select::total(&workers);
    let mut next = pool.clone();
    next.asked = match &totals {
        Some(totals) => totals.kept,
        // Servers taken by hand take their part of the wish with them.
        None => Capacity::new(
            pool.asked.cores.min(after.cores),
            pool.asked.memory.min(after.memory),
        ),
    };
    for name in &incoming {
        if let Some(it) = survey.candidates.iter().find(|it| it.name() == name) {
            let member = seat(&next, it, Role::Worker)?;
            next.members.insert(name.clone(), member);
        }
    }
    let version = settings::version(&pool.version)?;
    let supply = Supply::of(&pool.sources, &version)?;
    let steps = if incoming.is_empty() && outgoing.is_empty() {
        Vec::new()
    } else {
        steps::change(&steps::Change {
            pool: &next,
            fleet: world.fleet,
            supply: &supply,
            incoming: &incoming,
            outgoing: &outgoing,
        })
    };
    let asked = totals.as_ref().map_or(next.asked, |totals| totals.asked);
    let mut draft = Draft::of(Request::Resize(wish.clone()), next, steps);
    draft.incoming(&incoming, |name, _| {
        if wish.add.contains(name) {
            "picked by hand".to_owned()
        } else {
            reasons::comes(&workers, name, asked)
        }
    });
    draft.outgoing(&outgoing, |name, _| {
        if wish.remove.contains(name) {
            "picked by hand".to_owned()
        } else {
            reasons::goes(&workers, outgoing.len())
        }
    });
    let effects = &mut draft.effects;
    effects.title = title(pool, incoming.len(), outgoing.len());
    effects.before = pool.capacity();
    effects.after = after;
    effects.asked = asked;
    effects.quorum.before = world.healthy(pool);
    effects.quorum.lowest = effects.quorum.before;
    effects.quorum.after = effects.quorum.before;
    effects.left_out = survey.left_out;
    effects.offer = settled.offer;
    if !incoming.is_empty() {
        effects
            .notes
            .push(format!("Kubernetes {}; {}", pool.version, supply.words()));
        draft.note_reservations();
        draft.note_not_offered(survey.not_offered);
    }
    if let Some(totals) = totals.filter(|totals| totals.lowers && outgoing.is_empty()) {
        let rest = words::size(totals.asked);
        draft.effects.notes.push(format!(
            "no server can go: without any of them the pool would fall below {rest}"
        ));
    }
    if !outgoing.is_empty() {
        leaving::note(&mut draft, world, pool, wish.if_blocked);
    }
    Ok(draft)
}

/// Candidates elsewhere are left out, with the reason: a pool lives on one subnet and one architecture.
fn keep_to_the_room(world: &World<'_>, pool: &Pool, survey: &mut Survey<'_>) {
    let Some((name, head)) = pool.with_role(Role::ControlPlane).next() else {
        return;
    };
    let arch = world
        .observed
        .servers
        .get(name)
        .and_then(|seen| seen.facts.as_ref())
        .map(|facts| facts.arch.as_str())
        .filter(|arch| !arch.is_empty());
    let version = settings::version(&pool.version).ok();
    let stranger = |it: &Candidate<'_>| {
        if arch.is_some_and(|arch| arch != it.facts.arch) {
            return Some(format!(
                "it is {}, {} is {}",
                it.facts.arch, pool.name, arch?
            ));
        }
        let near = match head.address {
            std::net::IpAddr::V4(address) => it.subnet.contains(&address),
            std::net::IpAddr::V6(_) => false,
        };
        if !near {
            return Some(format!(
                "on {}, where the control plane {} is not",
                it.subnet, head.address
            ));
        }
        version
            .as_ref()
            .and_then(|version| settings::unfit_for(version, it.facts))
    };
    let mut near = Vec::new();
    for it in survey.candidates.drain(..) {
        match stranger(&it) {
            None => near.push(it),
            Some(why) => survey.left_out.push(LeftOut {
                server: it.name().clone(),
                why,
            }),
        }
    }
    survey.candidates = near;
}

/// Servers named by hand must be spare to come, and workers of this pool to go.
fn check_names(
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
                why: out.why.clone(),
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
fn choose<'a>(
    world: &World<'a>,
    pool: &'a Pool,
    wish: &Resize,
    survey: &Survey<'a>,
) -> Result<Settled<'a>, PlanError> {
    let zone = |name: &ServerName| {
        world
            .fleet
            .servers
            .get(name)
            .and_then(|server| server.zone.as_deref())
    };
    let members: Vec<Choice<'a>> = pool
        .with_role(Role::Worker)
        .filter(|(name, _)| !wish.remove.contains(*name))
        .map(|(name, member)| Choice {
            name,
            capacity: member.capacity,
            zone: zone(name),
            member: true,
        })
        .collect();
    let spare = survey.candidates.iter().map(|it| Choice {
        name: &it.server.name,
        capacity: it.capacity,
        zone: it.server.zone.as_deref(),
        member: false,
    });
    let (by_hand, spare): (Vec<_>, Vec<_>) = spare.partition(|it| wish.add.contains(it.name));
    let totals = Totals::of(pool, wish);
    let lowers = totals.as_ref().is_some_and(|totals| totals.lowers);
    let (kept, free) = match (&totals, lowers) {
        (None, _) => ([members, by_hand].concat(), Vec::new()),
        (Some(_), false) => ([members, by_hand].concat(), spare),
        (Some(_), true) => (by_hand, [members, spare].concat()),
    };
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
            left_out: survey
                .left_out
                .iter()
                .map(|it| format!("{} {}", it.server, it.why))
                .collect(),
            beside: " with the workers of now",
            offer: offer.map(|offer| offer.text),
        }))
    })
}

fn title(pool: &Pool, comes: usize, goes: usize) -> String {
    let name = &pool.name;
    match (comes, goes) {
        (0, 0) => format!("{name} stays as it is"),
        (n, 0) => format!("grow {name} by {}", words::count(n, "server")),
        (0, n) => format!("shrink {name} by {}", words::count(n, "server")),
        (n, m) => format!("change {name}: {} in, {m} out", words::count(n, "server")),
    }
}
