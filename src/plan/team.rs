//! The team of a new pool: the smallest control plane that leaves enough, and the workers.
//! Must never take a server for both.

use semver::Version;

use super::{
    Create, Offer, PlanError,
    candidates::{Candidate, Out},
    error::Shortage,
    room::Room,
    select::{Choice, Merit, Worth},
    settings::{self, Supply},
    words,
    workers::{self, Ask},
    world::World,
};
use crate::fleet::{Bytes, Capacity, Sources};

/// What a control plane needs: kubeadm asks for two CPUs and 1,700 MB, which is what a kernel leaves of 2 GiB.
const CONTROL_PLANE: Capacity = Capacity::new(2, Bytes(1_700 << 20));

/// The servers of one room that make the pool.
pub(super) struct Team<'a> {
    pub control_plane: Candidate<'a>,
    /// No smaller fit one was needed as a worker instead.
    pub smallest: bool,
    pub workers: Vec<Candidate<'a>>,
    pub merit: Merit<'a>,
    pub offer: Option<Offer>,
    pub version: Version,
    pub supply: Supply,
    pub sources: Sources,
}

/// The pool that one room can give.
pub(super) fn team<'a>(
    world: &World<'_>,
    wish: &Create,
    (_, _, sources): Room<'a>,
    candidates: Vec<Candidate<'a>>,
    left_out: &mut Vec<Out>,
) -> Result<Team<'a>, PlanError> {
    let named = wish.version.as_ref().or(sources.version.as_ref());
    let version = settings::version(named.unwrap_or(&world.site.version))?;
    let supply = Supply::of(sources, &version)?;
    let able = able(wish, &version, candidates, left_out)?;
    let picked = |it: &Candidate<'_>| wish.servers.contains(it.name());
    let mut heads: Vec<&Candidate<'a>> = able
        .iter()
        .filter(|it| !picked(it) && it.capacity.covers(CONTROL_PLANE))
        .collect();
    let usual = Worth::of(Capacity::default());
    heads.sort_by_key(|it| (usual.of_capacity(it.capacity), it.name()));
    let Some(smallest) = heads.first() else {
        return Err(no_head(wish, able.len()));
    };
    let mut short = None;
    for head in &heads {
        let rest: Vec<Choice<'a>> = able
            .iter()
            .filter(|it| it.name() != head.name())
            .map(choice)
            .collect();
        match attempt(wish, rest) {
            Ok(settled) => {
                let works = |it: &&Candidate<'a>| {
                    settled
                        .workers
                        .iter()
                        .any(|worker| worker.name == it.name())
                };
                return Ok(Team {
                    smallest: head.name() == smallest.name(),
                    workers: able.iter().filter(works).cloned().collect(),
                    control_plane: (*head).clone(),
                    merit: settled.merit,
                    offer: settled.offer,
                    version,
                    supply,
                    sources: sources.clone(),
                });
            }
            Err(offer) => short = short.or(offer),
        }
    }
    let rest = able
        .iter()
        .filter(|it| it.name() != smallest.name() && (wish.servers.is_empty() || picked(it)));
    Err(shortage(wish.asked, rest, left_out, short))
}

/// Workers from the rest of a room: those picked by hand, else chosen.
fn attempt<'a>(
    wish: &Create,
    rest: Vec<Choice<'a>>,
) -> Result<workers::Settled<'a>, Option<Offer>> {
    let (kept, free) = if wish.servers.is_empty() {
        (Vec::new(), rest)
    } else {
        let picked = rest.into_iter().filter(|it| wish.servers.contains(it.name));
        (picked.collect(), Vec::new())
    };
    workers::settle(&Ask {
        asked: wish.asked,
        lowers: false,
        kept: &kept,
        free: &free,
        accept_less: wish.accept_less,
    })
}

/// Candidates that can run the version; one picked by hand that cannot is refused by name.
fn able<'a>(
    wish: &Create,
    version: &Version,
    candidates: Vec<Candidate<'a>>,
    left_out: &mut Vec<Out>,
) -> Result<Vec<Candidate<'a>>, PlanError> {
    let mut able = Vec::new();
    for it in candidates {
        match settings::unfit_for(version, it.facts) {
            None => able.push(it),
            Some(why) if wish.servers.contains(it.name()) => {
                return Err(PlanError::NotUsable {
                    server: it.name().clone(),
                    what: "taken",
                    why,
                    hint: "choose another server, or another version".to_owned(),
                });
            }
            Some(why) => left_out.push(Out::unfit(it.name(), why)),
        }
    }
    Ok(able)
}

/// A candidate as the selection sees it.
pub(super) fn choice<'a>(it: &Candidate<'a>) -> Choice<'a> {
    Choice {
        name: &it.server.name,
        capacity: it.capacity,
        zone: it.server.zone.as_deref(),
        member: false,
    }
}

fn no_head(wish: &Create, able: usize) -> PlanError {
    let rest = words::count(able.saturating_sub(wish.servers.len()), "spare server");
    let besides = if wish.servers.is_empty() {
        ""
    } else {
        " besides those picked by hand"
    };
    PlanError::Setting(format!(
        "no server is fit for the control plane: it needs 2 CPUs and 2 GiB, and none of {rest}{besides} has both\nhint: offer one more server, or pick one fewer by hand"
    ))
}

/// Too few servers for a new pool.
pub(super) fn shortage<'a>(
    asked: Capacity,
    rest: impl IntoIterator<Item = &'a Candidate<'a>>,
    left_out: &[Out],
    offer: Option<Offer>,
) -> PlanError {
    let rest: Vec<Capacity> = rest.into_iter().map(|it| it.capacity).collect();
    PlanError::Shortage(Box::new(Shortage {
        asked,
        servers: rest.len(),
        have: rest.into_iter().sum(),
        left_out: left_out.iter().map(Out::words).collect(),
        beside: " beside the control plane",
        offer: offer.map(|offer| offer.text),
    }))
}
