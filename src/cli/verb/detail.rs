//! What the deck's screens of one server and one pool have beside their first lines: as JSON and as text.
//! Must never print a number that those screens do not have.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::words::age;
use crate::{
    deck::{
        runbook,
        world::{ServerRow, World, endings},
    },
    fleet::{Facts, NodeSeen, Pool, cluster::Warning, fit::checks},
    run::{Outcome, Run},
};

/// Adds to a pool's document.
pub fn pool_document(value: &mut Value, world: &World, pool: &Pool) {
    let cluster = world.snapshot.observed.pools.get(&pool.name);
    let certificate = |ending: crate::deck::world::Ending| {
        json!({
            "server": ending.server,
            "file": ending.first.as_ref().map(|it| &it.file),
            "ends": ending.first.as_ref().map(|it| it.ends),
        })
    };
    let warnings = cluster.and_then(|cluster| cluster.warnings.as_ref());
    value["heard"] = json!(cluster.and_then(|cluster| cluster.seen));
    value["pending_pods"] = json!(cluster.filter(|it| it.seen.is_some()).map(|it| it.pending));
    value["certificates"] = endings(&world.snapshot, pool)
        .into_iter()
        .map(certificate)
        .collect();
    value["warnings"] = json!(warnings);
    value["runs"] = world
        .runs_of(&pool.name)
        .map(|run| json!(run.id()))
        .collect();
}

/// Adds to a pool's text: certificates, warnings, runs.
pub fn pool_lines(world: &World, pool: &Pool, now: Timestamp) -> Vec<String> {
    let mut lines = vec![String::new()];
    for ending in endings(&world.snapshot, pool) {
        let file = ending.first.as_ref().map_or("-", |it| &it.file);
        lines.push(format!(
            "certificates of {}: {file} {}",
            ending.server,
            ending.words(now)
        ));
    }
    let cluster = world.snapshot.observed.pools.get(&pool.name);
    match cluster.and_then(|cluster| cluster.warnings.as_ref()) {
        None => lines.push("warnings of the last hour: -".to_owned()),
        Some(all) => {
            lines.push(format!("warnings of the last hour: {}", all.len()));
            let line = |it: &Warning| {
                let ago = age(it.last, now);
                format!(
                    "  {} {}x {ago} ago  {}  {}",
                    it.reason, it.count, it.object, it.message
                )
            };
            lines.extend(all.iter().map(line));
        }
    }
    lines.extend(runs("runs", world.runs_of(&pool.name), now));
    lines
}

/// Adds to a server's document.
pub fn server_document(value: &mut Value, world: &World, row: &ServerRow) {
    let snapshot = &world.snapshot;
    let seen = snapshot.observed.servers.get(&row.name);
    let trouble = seen.and_then(|seen| seen.trouble.as_ref());
    let debt = snapshot.fleet.debts.get(&row.name);
    let debt = debt.map(
        |debt| json!({ "pool": debt.pool, "run": debt.run, "since": debt.since, "why": debt.why }),
    );
    value["met"] = json!(trouble.map(|trouble| trouble.reach().1));
    value["node"] = json!(node(world, row).map(node_document));
    value["checks"] = json!(seen.and_then(|seen| seen.facts.as_ref()).map(checked));
    value["debt"] = json!(debt);
    value["to_do"] = json!(runbook::of_server(world, &row.name));
    value["runs"] = world
        .runs_on(&row.name)
        .map(|run| json!(run.id()))
        .collect();
}

fn checked(facts: &Facts) -> Vec<Value> {
    let check =
        |check: crate::fleet::fit::Check| json!({ "name": check.name, "against": check.against });
    checks(facts).into_iter().map(check).collect()
}

/// Adds to a server's text: its node, which rules are against it, its debt, what to do, its runs.
pub fn server_lines(world: &World, row: &ServerRow, now: Timestamp) -> Vec<String> {
    let snapshot = &world.snapshot;
    let mut lines = Vec::new();
    let seen = snapshot.observed.servers.get(&row.name);
    if let Some(trouble) = seen.and_then(|seen| seen.trouble.as_ref()) {
        lines.push(format!("  {:12}{}", "met", trouble.reach().1));
    }
    if let Some(node) = node(world, row) {
        let ready = if node.ready { "Ready" } else { "not Ready" };
        let heard = node
            .heartbeat
            .map_or("-".to_owned(), |at| format!("{} ago", age(at, now)));
        let pressed = node
            .pressures
            .iter()
            .map(|it| format!(", {}", it.kind.words()));
        let pressed: String = pressed.collect();
        lines.push(format!(
            "  {:12}{ready}{pressed}, heard {heard}, {} pods, {}",
            "node", node.pods, node.version
        ));
    }
    if let (None, Some(facts)) = (&row.pool, seen.and_then(|seen| seen.facts.as_ref())) {
        let against = checks(facts).into_iter().filter_map(|check| check.against);
        let against: Vec<String> = against.collect();
        let said = if against.is_empty() {
            "passed".to_owned()
        } else {
            against.join("; ")
        };
        lines.push(format!("  {:12}{said}", "checks"));
    }
    if let Some(debt) = snapshot.fleet.debts.get(&row.name) {
        let since = age(debt.since, now);
        lines.push(format!(
            "  {:12}clean to {} since {since}: {}",
            "owes", debt.pool, debt.why
        ));
    }
    let steps = runbook::of_server(world, &row.name);
    lines.extend(steps.iter().map(|step| format!("  {:12}{step}", "to do")));
    lines.extend(runs("runs", world.runs_on(&row.name), now));
    lines
}

fn node<'w>(world: &'w World, row: &ServerRow) -> Option<&'w NodeSeen> {
    let cluster = world.snapshot.observed.pools.get(row.pool.as_ref()?)?;
    cluster.nodes.get(row.name.as_str())
}

fn node_document(node: &NodeSeen) -> Value {
    let pressures = node
        .pressures
        .iter()
        .map(|it| json!({ "kind": it.kind, "since": it.since }));
    json!({
        "ready": node.ready,
        "cordoned": node.cordoned,
        "version": node.version,
        "pods": node.pods,
        "req_millicores": node.req_millicores,
        "max_millicores": node.max_millicores,
        "req_bytes": node.req_memory,
        "max_bytes": node.max_memory,
        "heard": node.heartbeat,
        "pressures": pressures.collect::<Vec<_>>(),
    })
}

/// The newest runs, each with how it ended.
fn runs<'w>(label: &str, runs: impl Iterator<Item = &'w Run>, now: Timestamp) -> Vec<String> {
    /// The rest is in `run list`.
    const SHOWN: usize = 5;
    let line = |run: &Run| {
        let how = run.outcome.as_ref().map_or("open", Outcome::word);
        let ago = age(run.record.accepted, now);
        format!(
            "  {label:12}{}  {}  {how}, {ago} ago",
            run.id(),
            run.plan().effects.title
        )
    };
    runs.take(SHOWN).map(line).collect()
}
