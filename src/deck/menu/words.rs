//! What the menu offers that a person says in a few words: of pools and of problems.

use std::collections::BTreeSet;

use super::{Does, Item, item, pool, run, servers};
use crate::{
    deck::{
        model::Model,
        question::Topic,
        world::{Problem, ServerRow, Target, World},
    },
    fleet::{PoolName, Role},
    plan::{Request, Return},
    store::{note::Say, record::What},
};

/// Taking it away wants the pool's name typed.
pub(super) fn protection(world: &World, name: &PoolName) -> Item {
    let pool = world.snapshot.fleet.pools.get(name);
    if pool.is_some_and(|pool| pool.protected) {
        return item(
            format!("take the protection of {name} away …"),
            Does::Question(Topic::Unprotect(name.clone())),
        );
    }
    let on = What::Protect {
        pool: name.clone(),
        on: true,
        typed: None,
    };
    item(
        format!("protect {name}: who takes servers away types its name"),
        Does::Ask(on),
    )
}

/// What can be said of the problem under the cursor, and what can be done about what it is about.
pub(super) fn problem(model: &Model) -> (String, Vec<Item>) {
    let world = &model.world;
    let selected = model.home.problems.selected();
    let Some(problem) = selected.and_then(|(_, id)| world.problem(id)) else {
        return ("problems".to_owned(), Vec::new());
    };
    let id = &problem.id;
    let mut items = match &problem.target {
        Target::Fleet => Vec::new(),
        Target::Pool(name) => pool(world, name),
        Target::Server(name) => servers(world, &BTreeSet::from([name.clone()])),
        Target::Run(id) => run(world, *id, None),
    };
    // Whoever opens the menu on a problem means that one first.
    let own = acknowledgement(problem);
    items.retain(|item| *item != own);
    items.insert(0, own);
    (format!("problem {id}"), items)
}

/// What can be said of each problem of a pool or a server.
pub(super) fn known(world: &World, target: &Target) -> Vec<Item> {
    let problems = world.problems.iter().filter(|it| it.target == *target);
    problems.map(acknowledgement).collect()
}

fn acknowledgement(problem: &Problem) -> Item {
    let id = &problem.id;
    if problem.acknowledged.is_some() {
        return item(
            format!("take the acknowledgement of {id} back: it counts again"),
            Does::Ask(What::Say(Say::Unacknowledge(id.clone()))),
        );
    }
    item(
        format!("acknowledge {id} …"),
        Does::Question(Topic::Acknowledge {
            problem: id.clone(),
            severity: problem.severity(),
            text: problem.text.clone(),
        }),
    )
}

/// A server in no pool is left alone by a word, a pool's worker by a plan; what it was left alone for ends the same way.
pub(super) fn maintenance(row: &ServerRow) -> Vec<Item> {
    let name = &row.name;
    let begin = |label, topic| item(label, Does::Question(topic));
    let prolong = || {
        let label = format!("prolong maintenance of {name} …");
        begin(label, Topic::Maintain(name.clone()))
    };
    let label = format!("put {name} into maintenance …");
    let end = || {
        item(
            format!("end maintenance of {name}: it may be taken again"),
            Does::Ask(What::Say(Say::EndMaintenance(name.clone()))),
        )
    };
    let give_back = |pool: &PoolName| {
        let wish = Return {
            pool: pool.clone(),
            server: name.clone(),
        };
        item(
            format!("return {name} to {pool} …"),
            Does::Preview(Box::new(Request::Return(wish))),
        )
    };
    if row.busy().is_some() {
        return Vec::new();
    }
    match (&row.pool, row.role, &row.maintenance) {
        (Some(pool), Some(Role::Worker), Some(_)) => vec![give_back(pool), prolong()],
        (Some(pool), Some(Role::Worker), None) => {
            vec![begin(label, Topic::Empty(pool.clone(), name.clone()))]
        }
        (None, _, Some(_)) if row.is_free() => vec![prolong(), end()],
        (None, _, None) if row.is_free() => vec![begin(label, Topic::Maintain(name.clone()))],
        _ => Vec::new(),
    }
}
