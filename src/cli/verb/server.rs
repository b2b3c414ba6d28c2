//! `pooldeck server …`.

use serde_json::{Value, json};

use super::{
    super::{
        Answer, Exit, Failure, Shell,
        args::ServerVerb,
        ask, confirm, document, open, summon,
        table::{Align, table},
        words::{age, gib, or_dash},
    },
    detail, keys, maintain,
};
use crate::{
    deck::world::ServerRow,
    fleet::{Facts, Server, ServerName},
    plan::{Clean, Request},
    store::record::{self, What},
};

/// Does a verb of servers.
///
/// # Errors
/// [`Failure`].
pub fn server(shell: &mut Shell<'_>, verb: &ServerVerb) -> Answer {
    match verb {
        ServerVerb::List => list(shell),
        ServerVerb::Show { name } => show(shell, name),
        ServerVerb::Check { names } => check(shell, names),
        ServerVerb::Clean { name } => {
            let server = name.clone();
            confirm::request(shell, &Request::Clean(Clean { server }))
        }
        ServerVerb::Trust { names } => keys::trust(shell, names),
        ServerVerb::Forget { name } => forget(shell, name),
        ServerVerb::Maintain {
            name,
            until,
            reason,
        } => maintain::begin(shell, name, until, reason),
        ServerVerb::Return { name } => maintain::end(shell, name),
    }
}

fn list(shell: &mut Shell<'_>) -> Answer {
    let world = open::world(shell)?;
    if shell.json() {
        let servers: Vec<Value> = world.servers.iter().map(row_document).collect();
        shell.document(&json!({ "servers": servers }))?;
        return Ok(Exit::Done);
    }
    rows(shell, world.servers.iter())
}

/// The table of servers, also of a pool's.
///
/// # Errors
/// [`Failure::Print`].
pub fn rows<'r>(shell: &mut Shell<'_>, rows: impl Iterator<Item = &'r ServerRow>) -> Answer {
    let now = shell.now();
    let cells = |row: &ServerRow| {
        [
            row.name.to_string(),
            match &row.pool {
                Some(pool) => pool.to_string(),
                None if row.is_spare() => "spare".to_owned(),
                None => String::new(),
            },
            or_dash(row.role),
            row.state.clone(),
            or_dash(row.capacity.map(|capacity| capacity.cores)),
            or_dash(row.load.map(|load| format!("{load:.1}"))),
            or_dash(row.capacity.map(|capacity| gib(capacity.memory))),
            or_dash(row.used.map(gib)),
            or_dash(row.zone.as_ref()),
            row.os.clone(),
            or_dash(row.seen.map(|seen| age(seen, now))),
        ]
    };
    let heading = [
        ("SERVER", Align::Left),
        ("POOL", Align::Left),
        ("ROLE", Align::Left),
        ("STATE", Align::Left),
        ("CPUs", Align::Right),
        ("LOAD", Align::Right),
        ("GiB", Align::Right),
        ("USED", Align::Right),
        ("ZONE", Align::Left),
        ("OS", Align::Left),
        ("AGE", Align::Right),
    ];
    let rows: Vec<[String; 11]> = rows.map(cells).collect();
    shell.say_all(table(heading, &rows))
}

fn show(shell: &mut Shell<'_>, name: &ServerName) -> Answer {
    let world = open::world(shell)?;
    let row = world.server(name).ok_or_else(|| none(name))?;
    let fleet = &world.snapshot.fleet;
    let seen = world.snapshot.observed.servers.get(name);
    let facts = seen.and_then(|seen| seen.facts.as_ref());
    if shell.json() {
        let mut value = row_document(row);
        value["trouble"] = json!(seen.and_then(|seen| seen.trouble.as_ref()));
        value["host_key"] = json!(seen.and_then(|seen| seen.host_key.as_ref()));
        value["facts"] = json!(facts.map(facts_document));
        value["place"] = json!(
            fleet
                .servers
                .get(name)
                .map(|server| server.place.to_string())
        );
        detail::server_document(&mut value, &world, row);
        shell.document(&value)?;
        return Ok(Exit::Done);
    }
    shell.say(format!("{name}  {}", row.standing))?;
    // Of a server in no pool its standing says so.
    if let Some(it) = row.maintenance.as_ref().filter(|_| row.pool.is_some()) {
        let note = &it.note;
        shell.say(format!("maintenance until {}: {}", note.until, note.why))?;
    }
    if let Some(trouble) = seen.and_then(|seen| seen.trouble.as_ref()) {
        let since = age(trouble.since, shell.now());
        shell.say(format!("{}, since {since}", trouble.what()))?;
        shell.say_all(trouble.hint().map(|hint| format!("hint: {hint}\n")))?;
    }
    if let Some(server) = fleet.servers.get(name) {
        shell.say_all(reached(server))?;
    }
    let now = shell.now();
    shell.say_all(detail::server_lines(&world, row, now))?;
    match facts {
        Some(facts) => shell.say_all(found(facts)),
        None => shell.say_all(["it was never seen\nhint: `pooldeck server check` looks at it now"]),
    }
}

/// How the inventory says it is reached.
fn reached(server: &Server) -> Vec<String> {
    let access = &server.access;
    let user = access.user.as_ref().map(|user| format!("{user}@"));
    let port = access.port.map(|port| format!(":{port}"));
    let sudo = if access.sudo { ", with sudo" } else { "" };
    vec![
        line(
            "reached at",
            format!("{}{}{}{sudo}", or_dash(user), access.host, or_dash(port)),
        ),
        line("stands at", server.place.to_string()),
        line("zone", or_dash(server.zone.as_ref())),
    ]
}

/// What a probe found.
fn found(facts: &Facts) -> Vec<String> {
    let none_or = |list: &[String]| list.join(", ");
    vec![
        line("machine", or_dash(facts.machine.as_ref())),
        line(
            "CPUs",
            format!("{} in {} sockets", facts.capacity.cores, facts.sockets),
        ),
        line("memory", facts.capacity.memory.to_string()),
        line(
            "disk",
            format!("{} free of {}", facts.disk_free, facts.disk_total),
        ),
        line(
            "system",
            format!("{}, Linux {}, {}", facts.os, facts.kernel, facts.arch),
        ),
        line("addresses", none_or(&facts.addresses)),
        line("containerd", or_dash(facts.containerd.as_ref())),
        line("kubelet", or_dash(facts.kubelet.as_ref())),
        line("listens", none_or(&facts.listeners)),
        line("Kubernetes", none_or(&facts.kubernetes)),
        line(
            "claim",
            or_dash(facts.claim.as_ref().map(|claim| {
                format!(
                    "{}, pool {}, run {}",
                    claim.by_name(),
                    claim.pool,
                    claim.run
                )
            })),
        ),
    ]
}

fn line(what: &str, value: impl AsRef<str>) -> String {
    let value = value.as_ref();
    format!("  {what:12}{}", if value.is_empty() { "-" } else { value })
}

fn check(shell: &mut Shell<'_>, names: &[ServerName]) -> Answer {
    shell.may_change()?;
    let opened = open::store(shell)?;
    summon::captain(shell, &opened)?;
    summon::knowledge(shell, &opened)?;
    let known = open::read(shell, &opened)?;
    if let Some(name) = names.iter().find(|name| known.server(name).is_none()) {
        return Err(none(name));
    }
    if let record::Answer::Done(text) = ask::ask(shell, &opened, What::Check(names.to_vec()))? {
        shell.note(text)?;
    }
    let world = open::read(shell, &opened)?;
    let asked: Vec<&ServerRow> = world
        .servers
        .iter()
        .filter(|row| names.is_empty() || names.contains(&row.name))
        .collect();
    if shell.json() {
        let servers: Vec<Value> = asked.iter().map(|row| row_document(row)).collect();
        shell.document(&json!({ "servers": servers }))?;
    } else {
        rows(shell, asked.iter().copied())?;
    }
    let troubled = asked.iter().any(|row| {
        let seen = world.snapshot.observed.servers.get(&row.name);
        seen.is_none_or(|seen| seen.trouble.is_some() || seen.seen.is_none())
    });
    Ok(if troubled { Exit::Refused } else { Exit::Done })
}

fn forget(shell: &mut Shell<'_>, name: &ServerName) -> Answer {
    shell.may_change()?;
    let opened = open::store(shell)?;
    summon::captain(shell, &opened)?;
    confirm::yes(
        shell,
        &format!(
            "this forgets the machine that was {name}; the one that has its name now takes its place"
        ),
    )?;
    match ask::ask(shell, &opened, What::Forget(name.clone()))? {
        record::Answer::Done(text) | record::Answer::Refused(text) => shell.say_all([text]),
        record::Answer::Run(run) => shell.say_all([format!("run {run} does it")]),
    }
}

/// There is no such server.
pub(super) fn none(name: &ServerName) -> Failure {
    Failure::Refused(format!(
        "there is no server `{name}`\nhint: `pooldeck server list` shows every server"
    ))
}

/// A server as a line of a list.
#[must_use]
pub fn row_document(row: &ServerRow) -> Value {
    json!({
        "name": row.name,
        "pool": row.pool,
        "role": row.role,
        "state": row.state,
        "standing": row.standing.word(),
        "why": row.standing.why(),
        "capacity": row.capacity.map(document::capacity),
        "load": row.load,
        "memory_used_bytes": row.used,
        "zone": row.zone,
        "os": row.os,
        "seen": row.seen,
        "since": row.since,
        "maintenance": row.maintenance.as_ref().map(|it| &it.note),
    })
}

fn facts_document(facts: &Facts) -> Value {
    json!({
        "hostname": facts.hostname,
        "machine": facts.machine,
        "capacity": document::capacity(facts.capacity),
        "sockets": facts.sockets,
        "disk_total_bytes": facts.disk_total,
        "disk_free_bytes": facts.disk_free,
        "os": facts.os,
        "kernel": facts.kernel,
        "arch": facts.arch,
        "clock_ahead_seconds": facts.clock_ahead,
        "swap_bytes": facts.swap,
        "addresses": facts.addresses,
        "routes": facts.routes,
        "containerd": facts.containerd,
        "kubelet": facts.kubelet,
        "listeners": facts.listeners,
        "containers": facts.containers,
        "kubernetes": facts.kubernetes,
        "cluster": facts.cluster,
        "claim": facts.claim,
        "reboot_required": facts.reboot_required,
    })
}
