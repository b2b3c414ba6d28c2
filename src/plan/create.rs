//! A new pool: one room, one control plane, workers by selection or by hand.
//! Must never mix architectures, subnets or sources in one pool.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use semver::Version;

use super::{
    Create, LeftOut, Offer, PlanError, Request, World,
    candidates::{Candidate, Survey},
    draft::Draft,
    error::Shortage,
    members::seat,
    ranges,
    select::{Choice, Merit, Worth},
    settings::{self, Supply},
    steps, words,
    workers::{self, Ask},
};
use crate::fleet::{Bytes, Capacity, Pool, Role, ServerName, Sources};

/// What a control plane needs: kubeadm asks for two CPUs and 1,700 MB, which is what a kernel leaves of 2 GiB.
const CONTROL_PLANE: Capacity = Capacity::new(2, Bytes(1_700 << 20));

/// Servers that can be one pool: the same architecture, one layer-2 subnet, the same sources.
type Room<'a> = (&'a str, Ipv4Net, &'a Sources);

/// The servers of one room that make the pool.
struct Team<'a> {
    control_plane: Candidate<'a>,
    /// A smaller one would have done, had it not been needed as a worker.
    smallest: bool,
    workers: Vec<Candidate<'a>>,
    merit: Merit<'a>,
    offer: Option<Offer>,
    version: Version,
    supply: Supply,
    sources: Sources,
}

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
    let survey = world.survey();
    for name in &wish.servers {
        world.must_be_spare(&survey, name)?;
    }
    let mut left_out = survey.left_out.clone();
    let rooms = rooms(wish, &survey)?;
    let mut best: Option<Team<'_>> = None;
    let mut failure = None;
    let mut used = BTreeSet::new();
    for (room, candidates) in rooms {
        match team(wish, world, room, candidates, &mut left_out) {
            Ok(team) => {
                let better = best.as_ref().is_none_or(|best| team.merit < best.merit);
                if better {
                    used = team.workers.iter().map(|it| it.name().clone()).collect();
                    best = Some(team);
                }
            }
            Err(error) => failure = Some(larger(failure, error)),
        }
    }
    let Some(team) = best else {
        return Err(failure.unwrap_or_else(|| shortage(wish.asked, &[], &left_out, None)));
    };
    used.insert(team.control_plane.name().clone());
    let elsewhere = survey
        .candidates
        .iter()
        .filter(|it| it.subnet != team.control_plane.subnet)
        .map(|it| LeftOut {
            server: it.name().clone(),
            why: format!(
                "on another subnet ({}) than the pool ({})",
                it.subnet, team.control_plane.subnet
            ),
        });
    left_out.extend(elsewhere);
    let not_offered = survey.not_offered;
    finish(world, wish, team, left_out, not_offered)
}

/// Groups the candidates, and checks that servers picked by hand are in one room.
fn rooms<'a>(
    wish: &'a Create,
    survey: &Survey<'a>,
) -> Result<BTreeMap<Room<'a>, Vec<Candidate<'a>>>, PlanError> {
    let of = |it: &Candidate<'a>| -> Room<'a> {
        let sources = wish.sources.as_ref().unwrap_or(&it.server.sources);
        (it.facts.arch.as_str(), it.subnet, sources)
    };
    let mut rooms: BTreeMap<Room<'a>, Vec<Candidate<'a>>> = BTreeMap::new();
    for it in &survey.candidates {
        rooms.entry(of(it)).or_default().push(it.clone());
    }
    let picked = |it: &&Candidate<'a>| wish.servers.contains(it.name());
    let mut by_hand = survey.candidates.iter().filter(picked);
    if let Some(first) = by_hand.next() {
        let room = of(first);
        if let Some(stranger) = by_hand.find(|it| of(it) != room) {
            return Err(PlanError::NotUsable {
                what: "taken",
                server: stranger.name().clone(),
                why: apart(first, stranger),
                hint: "a pool needs one architecture, one subnet and one set of sources".to_owned(),
            });
        }
        rooms.retain(|other, _| *other == room);
    }
    Ok(rooms)
}

fn apart(one: &Candidate<'_>, other: &Candidate<'_>) -> String {
    if one.facts.arch != other.facts.arch {
        format!(
            "it is {}, `{}` is {}",
            other.facts.arch,
            one.name(),
            one.facts.arch
        )
    } else if one.subnet != other.subnet {
        format!(
            "it is on {}, `{}` on {}",
            other.subnet,
            one.name(),
            one.subnet
        )
    } else {
        format!("its `pooldeck_kubernetes` is not that of `{}`", one.name())
    }
}

/// The pool that one room can give.
fn team<'a>(
    wish: &Create,
    world: &World<'_>,
    (_, _, sources): Room<'a>,
    candidates: Vec<Candidate<'a>>,
    left_out: &mut Vec<LeftOut>,
) -> Result<Team<'a>, PlanError> {
    let named = wish.version.as_ref().or(sources.version.as_ref());
    let version = settings::version(named.unwrap_or(&world.site.version))?;
    let supply = Supply::of(sources, &version)?;
    let mut able = Vec::new();
    for it in candidates {
        match settings::unfit_for(&version, it.facts) {
            None => able.push(it),
            Some(why) if wish.servers.contains(it.name()) => {
                return Err(PlanError::NotUsable {
                    what: "taken",
                    server: it.name().clone(),
                    why,
                    hint: "choose another server or another version".to_owned(),
                });
            }
            Some(why) => left_out.push(LeftOut {
                server: it.name().clone(),
                why,
            }),
        }
    }
    let mut heads: Vec<&Candidate<'a>> = able
        .iter()
        .filter(|it| !wish.servers.contains(it.name()) && it.capacity.covers(CONTROL_PLANE))
        .collect();
    let usual = Worth::of(Capacity::default());
    heads.sort_by_key(|it| (usual.of_capacity(it.capacity), it.name()));
    let Some(smallest) = heads.first() else {
        return Err(no_head(wish, able.len()));
    };
    let mut offered = None;
    for head in &heads {
        let rest: Vec<Choice<'a>> = able
            .iter()
            .filter(|it| it.name() != head.name())
            .map(choice)
            .collect();
        let by_hand = |it: &Choice<'a>| wish.servers.contains(it.name);
        let kept: Vec<Choice<'a>> = rest.iter().copied().filter(by_hand).collect();
        let free = if kept.is_empty() { rest } else { Vec::new() };
        let settled = workers::settle(&Ask {
            asked: wish.asked,
            lowers: false,
            kept: &kept,
            free: &free,
            accept_less: wish.accept_less,
        });
        match settled {
            Ok(settled) => {
                return Ok(Team {
                    smallest: head.name() == smallest.name(),
                    workers: able
                        .iter()
                        .filter(|it| {
                            settled
                                .workers
                                .iter()
                                .any(|worker| worker.name == it.name())
                        })
                        .cloned()
                        .collect(),
                    control_plane: (*head).clone(),
                    merit: settled.merit,
                    offer: settled.offer,
                    version,
                    supply,
                    sources: sources.clone(),
                });
            }
            Err(offer) => offered = offered.or(offer),
        }
    }
    let rest: Vec<Capacity> = able
        .iter()
        .filter(|it| {
            it.name() != smallest.name()
                && (wish.servers.is_empty() || wish.servers.contains(it.name()))
        })
        .map(|it| it.capacity)
        .collect();
    Err(shortage(wish.asked, &rest, left_out, offered))
}

fn choice<'a>(it: &Candidate<'a>) -> Choice<'a> {
    Choice {
        name: &it.server.name,
        capacity: it.capacity,
        zone: it.server.zone.as_deref(),
        member: false,
    }
}

fn no_head(wish: &Create, able: usize) -> PlanError {
    let besides = if wish.servers.is_empty() {
        ""
    } else {
        " besides those picked by hand"
    };
    PlanError::Setting(format!(
        "no server is fit for the control plane: it needs 2 CPUs and 2 GiB, and none of {}{besides} has both\nhint: offer one more server, or pick one fewer by hand",
        words::count(able - wish.servers.len().min(able), "spare server")
    ))
}

fn shortage(
    asked: Capacity,
    rest: &[Capacity],
    left_out: &[LeftOut],
    offer: Option<Offer>,
) -> PlanError {
    PlanError::Shortage(Box::new(Shortage {
        asked,
        servers: rest.len(),
        have: rest.iter().copied().sum(),
        left_out: left_out
            .iter()
            .map(|it| format!("{} {}", it.server, it.why))
            .collect(),
        beside: " beside the control plane",
        offer: offer.map(|offer| offer.text),
    }))
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
    left_out: Vec<LeftOut>,
    not_offered: usize,
) -> Result<Draft, PlanError> {
    let (pod_cidr, service_cidr) = ranges::choose(
        world.fleet,
        world.observed,
        world.site,
        wish.pod_cidr,
        wish.service_cidr,
    )?;
    let hardware: Capacity = team.workers.iter().map(|it| it.capacity).sum();
    // Of servers picked by hand without totals, what they have is what was asked.
    let or = |asked: u64, has: u64| {
        if asked == 0 && !wish.servers.is_empty() {
            has
        } else {
            asked
        }
    };
    let asked = Capacity::new(
        u32::try_from(or(wish.asked.cores.into(), hardware.cores.into())).unwrap_or(u32::MAX),
        Bytes(or(wish.asked.memory.0, hardware.memory.0)),
    );
    let mut pool = Pool {
        name: wish.pool.clone(),
        asked,
        version: format!("v{}", team.version),
        pod_cidr,
        service_cidr,
        sources: team.sources,
        env: None,
        protected: true,
        generation: 0,
        members: BTreeMap::new(),
    };
    let head = std::iter::once((&team.control_plane, Role::ControlPlane));
    let all = head.chain(team.workers.iter().map(|it| (it, Role::Worker)));
    let mut incoming: Vec<ServerName> = Vec::new();
    for (it, role) in all {
        let member = seat(&pool, it, role)?;
        pool.members.insert(it.name().clone(), member);
        incoming.push(it.name().clone());
    }
    let steps = steps::change(&steps::Change {
        pool: &pool,
        fleet: world.fleet,
        supply: &team.supply,
        incoming: &incoming,
        outgoing: &[],
    });
    let why = |name: &ServerName, role: Role| match role {
        Role::ControlPlane if team.smallest => {
            "the smallest that is fit for a control plane".to_owned()
        }
        Role::ControlPlane => {
            "the smallest that is fit for a control plane and leaves enough for the workers"
                .to_owned()
        }
        Role::Worker if wish.servers.contains(name) => "picked by hand".to_owned(),
        Role::Worker => super::reasons::comes(
            &team.workers.iter().map(choice).collect::<Vec<_>>(),
            name,
            asked,
        ),
    };
    let mut draft = Draft::of(Request::Create(wish.clone()), pool, steps);
    draft.incoming(&incoming, why);
    draft.effects.asked = asked;
    draft.effects.after = hardware;
    draft.effects.quorum.lowest = (0, 1);
    draft.effects.quorum.after = (1, 1);
    draft.effects.left_out = left_out;
    draft.effects.offer = team.offer;
    draft.effects.title = format!(
        "create {}: 1 control plane and {}",
        wish.pool,
        words::count(team.workers.len(), "worker")
    );
    draft.note_pool(&team.supply);
    draft.note_not_offered(not_offered);
    Ok(draft)
}
