//! Rooms: servers that can be one pool, by architecture, layer-2 subnet and sources.
//! Must never let a pool reach over two of them.

use std::{collections::BTreeMap, net::IpAddr};

use ipnet::Ipv4Net;

use super::{
    Create, PlanError,
    candidates::{Candidate, Out, Survey},
    settings,
    world::World,
};
use crate::fleet::{Pool, Role, Sources};

/// What all servers of a pool have in common when it is created.
pub(super) type Room<'a> = (&'a str, Ipv4Net, &'a Sources);

/// The room of a candidate; sources named in the request stand for the inventory's.
pub(super) fn of<'a>(it: &Candidate<'a>, wish: &'a Create) -> Room<'a> {
    let sources = wish.sources.as_ref().unwrap_or(&it.server.sources);
    (it.facts.arch.as_str(), it.subnet, sources)
}

/// Groups the candidates; with servers picked by hand only their room is left, and they must be in one.
pub(super) fn split<'a>(
    wish: &'a Create,
    survey: &Survey<'a>,
) -> Result<BTreeMap<Room<'a>, Vec<Candidate<'a>>>, PlanError> {
    let mut rooms: BTreeMap<Room<'a>, Vec<Candidate<'a>>> = BTreeMap::new();
    for it in &survey.candidates {
        rooms.entry(of(it, wish)).or_default().push(it.clone());
    }
    let mut picked = survey
        .candidates
        .iter()
        .filter(|it| wish.servers.contains(it.name()));
    if let Some(first) = picked.next() {
        let room = of(first, wish);
        if let Some(stranger) = picked.find(|it| of(it, wish) != room) {
            return Err(PlanError::NotUsable {
                server: stranger.name().clone(),
                what: "taken",
                why: apart(first, stranger),
                hint: "a pool needs one architecture, one subnet and one set of sources".to_owned(),
            });
        }
        rooms.retain(|other, _| *other == room);
    }
    Ok(rooms)
}

/// Why two servers cannot be in one pool.
pub(super) fn apart(one: &Candidate<'_>, other: &Candidate<'_>) -> String {
    if one.facts.arch != other.facts.arch {
        let (is, not) = (&other.facts.arch, &one.facts.arch);
        format!("it is {is}, `{}` is {not}", one.name())
    } else if one.subnet != other.subnet {
        let (is, not) = (other.subnet, one.subnet);
        format!("it is on the subnet {is}, `{}` on {not}", one.name())
    } else {
        format!("its `pooldeck_kubernetes` is not that of `{}`", one.name())
    }
}

/// Leaves out candidates that cannot join this pool: another architecture, another subnet, unfit for its version.
pub(super) fn keep_to(world: &World<'_>, pool: &Pool, survey: &mut Survey<'_>) {
    let Some((name, head)) = pool.with_role(Role::ControlPlane).next() else {
        return;
    };
    let facts = world
        .observed
        .servers
        .get(name)
        .and_then(|seen| seen.facts.as_ref());
    let arch = facts
        .map(|facts| facts.arch.as_str())
        .filter(|arch| !arch.is_empty());
    let version = settings::version(&pool.version).ok();
    let stranger = |it: &Candidate<'_>| {
        if let Some(arch) = arch.filter(|arch| *arch != it.facts.arch) {
            return Some(format!("it is {}, {} is {arch}", it.facts.arch, pool.name));
        }
        if !matches!(head.address, IpAddr::V4(address) if it.subnet.contains(&address)) {
            let (is, not) = (it.subnet, head.address);
            return Some(format!(
                "it is on the subnet {is}, where the control plane {not} is not"
            ));
        }
        version
            .as_ref()
            .and_then(|version| settings::unfit_for(version, it.facts))
    };
    let all = std::mem::take(&mut survey.candidates);
    for it in all {
        match stranger(&it) {
            None => survey.candidates.push(it),
            Some(why) => survey.left_out.push(Out::unfit(it.name(), why)),
        }
    }
}
