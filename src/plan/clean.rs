//! Paying what we owe to a server: its leftovers go, and it is spare again.
//! Must never clean what is not ours: without a debt of ours or a claim of our fleet there is nothing to pay.

use super::{Clean, Effects, PlanError, Request, Step, World, draft::Draft, env::env, steps};
use crate::fleet::{Debt, Facts, PoolName, Role, ServerName, Standing, standing};

/// The steps that pay a debt, for who reads them; its Node goes too where its pool still lives.
#[must_use]
pub fn cleaning(name: &ServerName, debt: &Debt, role: Role, living: bool) -> Vec<Step> {
    let whose = env([
        ("POOL", debt.pool.to_string()),
        ("ROLE", role.word().to_owned()),
        ("MACHINE_ID", debt.machine.to_string()),
    ]);
    steps::clean(name, living, true, &whose)
}

/// Plans the cleaning of one server.
pub(super) fn clean(world: &World<'_>, wish: &Clean) -> Result<Draft, PlanError> {
    let name = &wish.server;
    if !world.fleet.servers.contains_key(name) {
        return Err(PlanError::NoSuchServer(name.clone()));
    }
    let refused = |why: String, hint: &str| PlanError::NotUsable {
        what: "cleaned",
        server: name.clone(),
        why,
        hint: hint.to_owned(),
    };
    let seen = world.observed.servers.get(name);
    match standing(world.fleet, seen, name, world.now) {
        Standing::Leftovers(_) => {}
        Standing::Spare | Standing::Unfit(_) => return Ok(nothing(wish)),
        Standing::Member(pool) => {
            return Err(refused(
                format!("it is in pool {pool}"),
                "take it out first: `pooldeck pool resize POOL --remove SERVER`",
            ));
        }
        other @ Standing::NotOurs(_) => {
            return Err(refused(
                other.to_string(),
                "only what pooldeck left is cleaned; this is somebody else's",
            ));
        }
        other => {
            let hint = world.hint(name, "only what pooldeck left is cleaned");
            return Err(refused(other.to_string(), &hint));
        }
    }
    // The debt stands whether or not the server can be seen; the work cannot.
    let facts = seen
        .filter(|seen| seen.trouble.is_none())
        .and_then(|seen| seen.facts.as_ref());
    let Some(facts) = facts else {
        let why = seen.and_then(|seen| seen.trouble.as_ref());
        let why = why.map_or("never seen", |trouble| trouble.kind.words());
        return Err(refused(
            format!("it cannot be seen ({why})"),
            "it is cleaned when it is seen again, by itself where its claim is ours",
        ));
    };
    let debt = world.fleet.debts.get(name);
    if let Some(debt) = debt
        && facts.machine.as_ref() != Some(&debt.machine)
    {
        return Err(refused(
            "another machine has this name than the one that owes".to_owned(),
            "`pooldeck server forget` lets the old one go",
        ));
    }
    if let Some(claim) = facts
        .claim
        .as_ref()
        .filter(|claim| !claim.is_of(&world.fleet.id))
    {
        return Err(refused(
            claim.by_name(),
            "only what pooldeck left is cleaned; this is somebody else's",
        ));
    }
    let owed = debt.map(|debt| debt.pool.clone()).or_else(|| {
        let claim = facts.claim.as_ref()?;
        claim.pool.parse::<PoolName>().ok()
    });
    let living = owed.as_ref().and_then(|pool| world.fleet.pools.get(pool));
    if let Some(pool) = living {
        world.cluster(pool)?;
    }
    let whose = env([
        (
            "POOL",
            owed.as_ref().map_or_else(String::new, ToString::to_string),
        ),
        ("ROLE", role(facts).word().to_owned()),
        (
            "MACHINE_ID",
            facts
                .machine
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
        ),
    ]);
    let mut draft = Draft {
        request: Request::Clean(wish.clone()),
        pool: None,
        steps: steps::clean(name, living.is_some(), facts.claim.is_some(), &whose),
        effects: effects(name, owed.as_ref()),
        executors: living.map(steps::executors).unwrap_or_default(),
    };
    if debt.is_none() {
        draft.effects.unknown.push(
            "our own record does not know why its claim is still there: a lost store would look the same".to_owned(),
        );
        draft.type_name(
            name,
            "our record does not say that it may be cleaned".to_owned(),
        );
    }
    Ok(draft)
}

/// What it was: its claim says so, else etcd's data does, which only a control plane has.
fn role(facts: &Facts) -> Role {
    let claim = facts.claim.as_ref().map(|claim| claim.role.as_str());
    let etcd = facts.kubernetes.iter().any(|mark| mark == "etcd-data");
    match claim {
        Some("control-plane") => Role::ControlPlane,
        None | Some("") if etcd => Role::ControlPlane,
        _ => Role::Worker,
    }
}

fn effects(name: &ServerName, pool: Option<&PoolName>) -> Effects {
    let of = pool.map_or_else(String::new, |pool| format!(" of {pool}"));
    Effects {
        title: format!("clean {name}: leftovers{of}"),
        lost: vec![format!(
            "what is left{of} on {name}, local data of pods included"
        )],
        notes: vec!["packages stay; what was there before is put back".to_owned()],
        ..Effects::default()
    }
}

/// A server that owes nothing.
fn nothing(wish: &Clean) -> Draft {
    Draft {
        request: Request::Clean(wish.clone()),
        pool: None,
        steps: Vec::new(),
        effects: Effects {
            title: format!("{} owes nothing", wish.server),
            ..Effects::default()
        },
        executors: Vec::new(),
    }
}
