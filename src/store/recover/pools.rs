//! Each pool that a claim or the copy names: as its cluster says it is, else as the copy has it, else not at all.
//! Must never call a pool gone whose control plane may only be silent.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Claimed, Recovery, Remade, debts,
    found::{Found, Told, Witness},
    members,
};
use crate::fleet::{Facts, Pool, PoolName, Role, ServerName};

/// What there is to be known of a pool.
pub(super) struct Known<'a> {
    pub name: PoolName,
    /// As the copy has it.
    pub copy: Option<&'a Pool>,
    /// Servers that are claimed for it.
    pub claimed: Vec<Claimed<'a>>,
    /// Servers that a held run works on: they are as the copy has them.
    pub bound: BTreeSet<ServerName>,
}

/// How a pool's own API stands.
enum Api<'a> {
    Answers(&'a Told),
    /// It may live: why nobody heard it.
    Silent(String),
    /// No control plane of it stands anywhere.
    Gone,
    /// Two servers answer, each for a cluster of its own.
    Two(String),
}

/// Makes all pools again.
pub(super) fn pools(found: &Found, made: &mut Recovery) {
    let copied = found.copy.as_ref();
    let copied = copied.map(|copy| &copy.snapshot.fleet.pools);
    let claimed = found.claimed().map(|it| it.pool);
    let names: BTreeSet<PoolName> = claimed
        .chain(copied.into_iter().flat_map(|all| all.keys().cloned()))
        .collect();
    for name in names {
        let held = made.runs.values().filter(|it| it.over.is_none());
        let held = held.filter(|it| {
            let pool = it.run.plan().pool.as_ref();
            pool.is_some_and(|pool| pool.name == name)
        });
        let subjects = held.flat_map(|it| it.run.plan().subjects());
        let known = Known {
            bound: subjects.cloned().collect(),
            claimed: found.claimed().filter(|it| it.pool == name).collect(),
            copy: copied.and_then(|all| all.get(&name)),
            name,
        };
        pool(found, &known, made);
    }
}

fn pool(found: &Found, known: &Known<'_>, made: &mut Recovery) {
    let remade = match (api(found, known), known.copy) {
        (Api::Two(why), _) | (Api::Silent(why), None) => Err(why),
        (Api::Answers(told), copy) => match from_cluster(told, copy, known) {
            // Nobody ever had a range in it: it was never a pool that pods could run in.
            None if copy.is_none() && told.nodes.iter().all(|node| node.pods.is_none()) => {
                return debts::of_a_pool_that_is_gone(found, known, made);
            }
            None => Err("its control plane has no range for pods".to_owned()),
            Some(base) => {
                let by = members::of_the_cluster(found, known, told, made);
                Ok((base, by))
            }
        },
        (Api::Silent(_), Some(copy)) => {
            let by = members::of_the_copy(found, known, made);
            Ok((remade(copy.clone(), "copy", false), by))
        }
        (Api::Gone, Some(copy)) if !known.bound.is_empty() => {
            let by = members::of_the_copy(found, known, made);
            Ok((remade(copy.clone(), "copy", false), by))
        }
        (Api::Gone, _) => return debts::of_a_pool_that_is_gone(found, known, made),
    };
    let (mut it, members) = match remade {
        Ok(found) => found,
        Err(why) => return lost(known, made, why),
    };
    for (name, (member, by)) in members {
        it.by.insert(name.clone(), by);
        it.pool.members.insert(name, member);
    }
    if it.pool.with_role(Role::ControlPlane).next().is_none() {
        return lost(
            known,
            made,
            "none of its control planes is known".to_owned(),
        );
    }
    if it.sized {
        it.pool.asked = it.pool.capacity();
    }
    made.pools.insert(known.name.clone(), it);
}

fn lost(known: &Known<'_>, made: &mut Recovery, why: String) {
    for it in &known.claimed {
        let so = "needs a person: it is not taken in, nor ever selected while the claim is there";
        let what = format!(
            "it is claimed for pool {}, which cannot be made again now",
            known.name
        );
        made.doubt(&it.name, what, so);
    }
    made.lost.insert(known.name.clone(), why);
}

/// What its control planes say.
fn api<'a>(found: &'a Found, known: &Known<'a>) -> Api<'a> {
    let mut heads: Vec<&Claimed<'a>> = known.claimed.iter().collect();
    heads.retain(|it| says_control_plane(it));
    let mut answers: BTreeMap<&str, (&ServerName, &Told)> = BTreeMap::new();
    let mut silent = None;
    for head in &heads {
        match found.told.get(&head.witness.server.name) {
            Some(Ok(told)) => {
                answers.entry(&told.cluster).or_insert((&head.name, told));
            }
            other => {
                let why = other.and_then(|it| it.as_ref().err());
                let why = why.map_or("it was not asked", String::as_str);
                silent.get_or_insert_with(|| {
                    format!("{} does not say what is in it: {why}", head.name)
                });
            }
        }
    }
    let mut each = answers.into_values();
    match (each.next(), each.next()) {
        (Some((one, _)), Some((other, _))) => {
            let why =
                format!("{one} and {other} are each the control plane of a cluster of its name");
            return Api::Two(why);
        }
        (Some((_, told)), None) => return Api::Answers(told),
        (None, _) => (),
    }
    let stands = heads.iter().any(|it| {
        let facts = it.witness.facts.as_ref();
        facts.is_ok_and(stands)
    });
    match silent {
        Some(why) if stands => Api::Silent(why),
        Some(_) => Api::Gone,
        None => without_a_head(found, known),
    }
}

fn says_control_plane(it: &Claimed<'_>) -> bool {
    let claim = it.witness.claim();
    claim.is_some_and(|claim| claim.role == Role::ControlPlane.word())
}

/// A control plane's files are there: its API may come up again.
fn stands(facts: &Facts) -> bool {
    let files = ["admin.conf", "manifests"];
    facts
        .kubernetes
        .iter()
        .any(|mark| files.contains(&mark.as_str()))
}

/// No server that answers is claimed as its control plane.
fn without_a_head(found: &Found, known: &Known<'_>) -> Api<'static> {
    let endpoint = format!("https://{}.pooldeck.internal:", known.name);
    let looks_like_it = |it: &&Witness| {
        let facts = it.facts.as_ref();
        facts.is_ok_and(|facts| {
            let cluster = facts.cluster.as_deref();
            stands(facts) && cluster.is_some_and(|it| it.starts_with(&endpoint))
        })
    };
    if let Some(it) = found.servers.values().find(looks_like_it) {
        let name = &it.server.name;
        return Api::Silent(format!(
            "{name} looks like its control plane, and is not claimed as that"
        ));
    }
    let silent: Vec<String> = match known.copy {
        Some(copy) => copy
            .with_role(Role::ControlPlane)
            .filter(|(_, member)| found.machine(&member.machine).is_none())
            .map(|(name, _)| name.to_string())
            .collect(),
        None => found
            .servers
            .iter()
            .filter(|(_, it)| it.facts.is_err())
            .map(|(name, _)| name.to_string())
            .collect(),
    };
    match silent.as_slice() {
        [] => Api::Gone,
        names => Api::Silent(format!(
            "its control plane is not among those that answer, and {} did not",
            names.join(", ")
        )),
    }
}

fn remade(pool: Pool, from: &'static str, sized: bool) -> Remade {
    let pool = Pool {
        generation: pool.generation + 1,
        members: BTreeMap::new(),
        ..pool
    };
    let by = BTreeMap::new();
    Remade {
        pool,
        from,
        sized,
        by,
    }
}

/// The pool's settings, where its control plane has a range of its own: the cluster's ranges and version, the copy's wishes.
fn from_cluster(told: &Told, copy: Option<&Pool>, known: &Known<'_>) -> Option<Remade> {
    let mut heads = told
        .nodes
        .iter()
        .filter(|node| node.role == Role::ControlPlane);
    let bound = |name: &ServerName| known.bound.contains(name);
    heads.find(|node| node.pods.is_some() || bound(&node.name))?;
    let same = |pool: &&Pool| pool.pod_cidr == told.pods && pool.service_cidr == told.services;
    if let Some(copy) = copy.filter(same) {
        return Some(remade(copy.clone(), "copy and cluster", false));
    }
    let head = known.claimed.iter().find(|it| says_control_plane(it))?;
    let wish = copy.cloned();
    let pool = Pool {
        name: known.name.clone(),
        asked: wish.as_ref().map(|it| it.asked).unwrap_or_default(),
        version: told.version.clone(),
        pod_cidr: told.pods,
        service_cidr: told.services,
        sources: head.witness.server.sources.clone(),
        env: wish.as_ref().and_then(|it| it.env.clone()),
        // The more careful of the two: nobody is left to ask.
        protected: wish.as_ref().is_none_or(|it| it.protected),
        generation: wish.as_ref().map_or(0, |it| it.generation),
        members: BTreeMap::new(),
    };
    Some(remade(pool, "cluster", wish.is_none()))
}
