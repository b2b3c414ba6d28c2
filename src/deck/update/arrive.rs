//! A new reading of the store: cursors and marks stay on their names, what vanished is said.

use std::sync::Arc;

use super::servers;
use crate::deck::{
    model::{Model, Screen},
    world::World,
};
use crate::fleet::PoolName;

/// Takes a new reading in.
pub fn arrive(model: &mut Model, world: Arc<World>) {
    let first_pool = model.world.pools.is_empty();
    let first_servers = model.world.servers.is_empty();
    let first_run = model.world.runs.is_empty();
    model.world = world;
    trends(model);
    let world = Arc::clone(&model.world);
    let gone: Vec<String> = model
        .servers
        .marks
        .iter()
        .filter(|mark| world.server(mark).is_none())
        .map(ToString::to_string)
        .collect();
    if !gone.is_empty() {
        model
            .servers
            .marks
            .retain(|mark| world.server(mark).is_some());
        model.notice = Some(format!(
            "no longer marked, because gone: {}",
            gone.join(" ")
        ));
    }
    servers::arrange(model, servers::Why::World);
    let (pools, problems, open) = (model.pool_names(), model.problem_keys(), model.open_runs());
    settle_members(model);
    if first_servers && !world.servers.is_empty() {
        super::offer::greet(model);
    }
    model.home.problems.settle(&problems);
    model.home.runs.settle(&open);
    model.runs.settle(&world.runs);
    model.history.settle(&model.act_keys());
    // Where nothing was, nothing can have been selected: Enter opens the one that is there.
    if first_pool {
        model.home.pools.refocus(&pools);
    }
    if first_run {
        model.runs.refocus(&world.runs);
    }
    let lost_pool = model.home.pools.settle(&pools);
    let lost_server = model.servers.list.settle(&model.servers.shown);
    if lost_pool || lost_server {
        model.notice = Some("what was selected is gone: move to select again".to_owned());
    }
}

fn trends(model: &mut Model) {
    let pools = &model.world.pools;
    let there = |name: &PoolName| pools.iter().any(|row| row.name == *name);
    model.trends.retain(|name, _| there(name));
    for row in pools {
        let trend = model.trends.entry(row.name.clone()).or_default();
        trend.see(&row.cpus, model.now);
    }
}

/// The cursors of pools that are looked at, however deep below.
fn settle_members(model: &mut Model) {
    for at in 0..model.stack.len() {
        let Screen::Pool(pool, _) = &model.stack[at] else {
            continue;
        };
        let rows = model.members(pool);
        if let Screen::Pool(_, members) = &mut model.stack[at] {
            members.settle(&rows);
        }
    }
}
