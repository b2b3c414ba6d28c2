//! One server: what it is, what it is to us and why, what went wrong last.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{servers, text};
use crate::{
    deck::model::Model,
    fleet::{Facts, Maintenance, ServerName},
};

/// Draws it.
pub fn draw(model: &Model, name: &ServerName, scroll: usize, frame: &mut Frame, area: Rect) {
    super::lines(model, &content(model, name), scroll, frame, area);
}

fn content(model: &Model, name: &ServerName) -> Vec<Line<'static>> {
    let look = model.look;
    let Some(row) = model.world.server(name) else {
        return vec![Line::raw(format!("{name} is no longer in the fleet."))];
    };
    let fleet = &model.world.snapshot.fleet;
    let seen = model.world.snapshot.observed.servers.get(name);
    let fact = |label: &str, value: String| {
        Line::from(vec![
            Span::styled(format!("{label:<12}"), look.dim()),
            Span::raw(value),
        ])
    };
    let mut said = vec![Line::from(vec![
        Span::styled(format!("{:<12}", name.as_str()), look.bold()),
        Span::styled(servers::state(model, row), look.light(row.light)),
    ])];
    said.push(fact("is to us", row.standing.to_string()));
    if let (Some(pool), Some(role)) = (&row.pool, row.role) {
        said.push(fact("in pool", format!("{pool}, as {}", role.word())));
    }
    if let Some(Maintenance { note, .. }) = &row.maintenance {
        let until = text::moment(note.until, model.now, &model.zone);
        let over = if note.holds(model.now) { "" } else { ", over" };
        let text = format!("until {until}{over}, by {}: {}", note.by, note.why);
        said.push(fact("maintenance", text));
    }
    if let Some(run) = row.busy() {
        said.push(fact("run", format!("{run} works on it")));
    }
    if let Some(server) = fleet.servers.get(name) {
        let access = &server.access;
        let user = access
            .user
            .as_deref()
            .map(|user| format!("{user}@"))
            .unwrap_or_default();
        let port = access
            .port
            .map(|port| format!(" port {port}"))
            .unwrap_or_default();
        let sudo = if access.sudo { ", sudo" } else { "" };
        said.push(fact("ssh", format!("{user}{}{port}{sudo}", access.host)));
        said.push(fact("written in", server.place.to_string()));
        if let Some(zone) = &server.zone {
            said.push(fact("zone", zone.clone()));
        }
    }
    let age = text::staleness(row.seen, model.now);
    let seen_at = row.seen.map_or_else(
        || "never".to_owned(),
        |at| text::moment(at, model.now, &model.zone),
    );
    let ago = if age.is_empty() || age == "-" {
        "now".to_owned()
    } else {
        format!("{age} ago")
    };
    said.push(fact(
        "last seen",
        if row.seen.is_some() {
            format!("{seen_at}, {ago}")
        } else {
            seen_at
        },
    ));
    if let Some(trouble) = seen.and_then(|seen| seen.trouble.as_ref()) {
        said.push(Line::default());
        let since = text::moment(trouble.since, model.now, &model.zone);
        said.push(Line::styled(
            format!("{} since {since}", trouble.kind.words()),
            look.warn(),
        ));
        said.extend(trouble.text.lines().map(|line| Line::raw(line.to_owned())));
    }
    node(model, row, &mut said, &fact);
    if let Some(facts) = seen.and_then(|seen| seen.facts.as_ref()) {
        said.push(Line::default());
        said.extend(
            facts_of(facts)
                .into_iter()
                .map(|(label, value)| fact(label, value)),
        );
    }
    if let Some(usage) = seen.and_then(|seen| seen.usage) {
        let up = jiff::SignedDuration::from_secs(i64::try_from(usage.uptime).unwrap_or(i64::MAX));
        said.push(fact(
            "doing now",
            format!(
                "load {:.1}, {} in use, up {}",
                usage.load,
                usage
                    .memory
                    .map_or_else(|| "-".to_owned(), |it| it.to_string()),
                text::age(up)
            ),
        ));
    }
    said
}

fn node(
    model: &Model,
    row: &crate::deck::world::ServerRow,
    said: &mut Vec<Line<'static>>,
    fact: &impl Fn(&str, String) -> Line<'static>,
) {
    let cluster = row
        .pool
        .as_ref()
        .and_then(|pool| model.world.snapshot.observed.pools.get(pool));
    let Some(cluster) = cluster else { return };
    said.push(Line::default());
    match cluster.nodes.get(row.name.as_str()) {
        None => said.push(fact("node", "none of that name in its cluster".to_owned())),
        Some(node) => {
            let ready = if node.ready { "Ready" } else { "not Ready" };
            let cordoned = if node.cordoned { ", cordoned" } else { "" };
            said.push(fact(
                "node",
                format!(
                    "{ready}{cordoned}, {}, {}",
                    node.version,
                    text::count(node.pods as usize, "pod")
                ),
            ));
            said.push(fact(
                "promised",
                format!(
                    "{} of {} CPUs, {} of {}",
                    text::amount(node.req_millicores, 1000),
                    text::amount(node.max_millicores, 1000),
                    node.req_memory,
                    node.max_memory
                ),
            ));
        }
    }
}

fn facts_of(facts: &Facts) -> Vec<(&'static str, String)> {
    let list = |items: &[String]| items.join(", ");
    let some = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let mut all = vec![
        (
            "hardware",
            format!(
                "{} CPUs in {}, {}",
                facts.capacity.cores,
                text::count(facts.sockets as usize, "socket"),
                facts.capacity.memory
            ),
        ),
        (
            "disk",
            format!(
                "{} free of {} (/var/lib)",
                facts.disk_free, facts.disk_total
            ),
        ),
        (
            "system",
            format!("{}, {}, {}", facts.os, facts.kernel, facts.arch),
        ),
        ("containerd", some(&facts.containerd)),
        ("kubelet", some(&facts.kubelet)),
    ];
    if let Some(machine) = &facts.machine {
        all.push(("machine-id", machine.to_string()));
    }
    let mut add = |label, text: String| {
        if !text.is_empty() {
            all.push((label, text));
        }
    };
    add("addresses", list(&facts.addresses));
    add("listens", list(&facts.listeners));
    add("kubernetes", list(&facts.kubernetes));
    add("our marks", list(&facts.marks));
    add(
        "claim",
        facts
            .claim
            .as_ref()
            .map(crate::fleet::Claim::by_name)
            .unwrap_or_default(),
    );
    if facts.containers > 0 {
        add("containers", facts.containers.to_string());
    }
    if facts.swap.0 > 0 {
        add("swap", facts.swap.to_string());
    }
    if facts.clock_ahead.abs() > 2.0 {
        add(
            "clock",
            format!("{:+.0} s against the captain's", facts.clock_ahead),
        );
    }
    if facts.reboot_required {
        add("reboot", "wanted by the system".to_owned());
    }
    all
}
