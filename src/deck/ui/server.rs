//! One server: what it is to us and why, three facts about how it is, what went wrong and what to do, what was done to it, what it is.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{server_facts::facts_of, server_story, servers, text};
use crate::{
    deck::{
        model::Model,
        world::{Light, ServerRow},
    },
    fleet::{Maintenance, Server, ServerName, reach::Reach},
};

/// Draws it.
pub fn draw(model: &Model, name: &ServerName, scroll: usize, frame: &mut Frame, area: Rect) {
    let said = content(model, name, area.width);
    super::lines(model, &said, scroll, frame, area);
}

/// A label and what is to be said about it.
pub fn fact(model: &Model, label: &str, value: impl Into<String>) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("{label:<12}"), model.look.dim()),
        Span::raw(value.into()),
    ])
}

fn content(model: &Model, name: &ServerName, width: u16) -> Vec<Line<'static>> {
    let look = model.look;
    let Some(row) = model.world.server(name) else {
        return vec![Line::raw(format!("{name} is no longer in the fleet."))];
    };
    let mut said = vec![Line::from(vec![
        Span::styled(format!("{:<12}", name.as_str()), look.bold()),
        Span::styled(servers::state(model, row), look.light(row.light)),
    ])];
    said.push(fact(model, "is to us", to_us(model, row)));
    if let Some(Maintenance { note, .. }) = &row.maintenance {
        let until = text::moment(note.until, model.now, &model.zone);
        let over = if note.holds(model.now) { "" } else { ", over" };
        let text = format!("until {until}{over}, by {}: {}", note.by, note.why);
        said.push(fact(model, "maintenance", text));
    }
    if let Some(run) = row.busy() {
        said.push(fact(model, "run", format!("{run} works on it")));
    }
    said.extend(three_facts(model, row));
    said.extend(server_story::wrong(model, row, width));
    said.extend(server_story::history(model, row, width));
    said.push(Line::default());
    if let Some(server) = model.world.snapshot.fleet.servers.get(name) {
        said.extend(written(model, server));
    }
    let seen = model.world.snapshot.observed.servers.get(name);
    if let Some(facts) = seen.and_then(|seen| seen.facts.as_ref()) {
        let all = facts_of(facts).into_iter();
        said.extend(all.map(|(label, value)| fact(model, label, value)));
    }
    if let Some(usage) = seen.and_then(|seen| seen.usage) {
        let up = jiff::SignedDuration::from_secs(i64::try_from(usage.uptime).unwrap_or(i64::MAX));
        let memory = usage
            .memory
            .map_or_else(|| "-".to_owned(), |it| it.to_string());
        let doing = format!(
            "load {:.1}, {memory} in use, up {}",
            usage.load,
            text::age(up)
        );
        said.push(fact(model, "doing then", doing));
    }
    said
}

fn to_us(model: &Model, row: &ServerRow) -> String {
    let fleet = &model.world.snapshot.fleet;
    let role = row
        .role
        .map(|role| format!(", as {}", role.word()))
        .unwrap_or_default();
    let debt = fleet.debts.get(&row.name).filter(|_| row.pool.is_some());
    let debt = debt
        .map(|debt| format!("; owes clean to {}", debt.pool))
        .unwrap_or_default();
    format!("{}{role}{debt}", row.standing)
}

/// The network, SSH and the node: three facts that one word would mix. Each is known or `-`.
fn three_facts(model: &Model, row: &ServerRow) -> Vec<Line<'static>> {
    let look = model.look;
    let seen = model.world.snapshot.observed.servers.get(&row.name);
    let trouble = seen.and_then(|seen| seen.trouble.as_ref());
    let ago = |at| text::age(model.now.duration_since(at));
    let line = |label: &str, light: Light, value: String| {
        Line::from(vec![
            Span::styled(format!("{label:<12}"), look.dim()),
            Span::styled(light.symbol(), look.light(light)),
            Span::raw(format!(" {value}")),
        ])
    };
    let (network, ssh) = match (trouble, seen.and_then(|seen| seen.seen)) {
        (None, None) => (
            (Light::Unknown, "-".to_owned()),
            (Light::Unknown, "not tried yet".to_owned()),
        ),
        (None, Some(at)) => (
            (Light::Ok, "answers".to_owned()),
            (Light::Ok, format!("ok{}", text::ago(at, model.now))),
        ),
        (Some(trouble), last) => {
            let (reach, how) = trouble.reach();
            let last = last.map_or("never seen".to_owned(), |at| {
                format!("last seen {} ago", ago(at))
            });
            let since = ago(trouble.since);
            let network = match reach {
                Reach::Nobody => (Light::Degraded, format!("no answer for {since}: {how}")),
                Reach::Machine => (
                    Light::Ok,
                    "answers, nothing listens at that port".to_owned(),
                ),
                _ => (Light::Ok, "answers".to_owned()),
            };
            let ssh = match reach {
                Reach::Nobody => (Light::Unknown, format!("-   {last}")),
                _ => (Light::Degraded, format!("{how} for {since}   {last}")),
            };
            (network, ssh)
        }
    };
    let mut said = vec![
        line("network", network.0, network.1),
        line("ssh", ssh.0, ssh.1),
    ];
    let (light, value) = node(model, row);
    if row.pool.is_some() {
        said.push(line("node", light, value));
    }
    said
}

/// What its cluster says of it, and since when that is known.
fn node(model: &Model, row: &ServerRow) -> (Light, String) {
    let observed = &model.world.snapshot.observed;
    let cluster = row.pool.as_ref().and_then(|pool| observed.pools.get(pool));
    let Some(cluster) = cluster.filter(|cluster| cluster.seen.is_some()) else {
        return (Light::Unknown, "-   its cluster was never heard".to_owned());
    };
    let Some(node) = cluster.nodes.get(row.name.as_str()) else {
        return (
            Light::Degraded,
            "none of that name in its cluster".to_owned(),
        );
    };
    let (light, ready) = match (&cluster.trouble, node.ready) {
        (Some(_), true) => (Light::Unknown, "was Ready"),
        (Some(_), false) => (Light::Unknown, "was not Ready"),
        (None, true) if node.cordoned => (Light::Degraded, "Ready, cordoned"),
        (None, true) => (Light::Ok, "Ready"),
        (None, false) => (Light::Degraded, "not Ready"),
    };
    let heard = node.heartbeat.map_or(", last word -".to_owned(), |at| {
        match text::ago(at, model.now) {
            fresh if fresh.is_empty() => fresh,
            ago => format!(", heard{ago}"),
        }
    });
    let amount = text::amount;
    let asked = format!(
        "req {} of {} CPUs, {} of {} GiB",
        amount(node.req_millicores, 1000),
        amount(node.max_millicores, 1000),
        amount(node.req_memory.0, 1 << 30),
        amount(node.max_memory.0, 1 << 30),
    );
    let pods = text::count(node.pods as usize, "pod");
    (
        light,
        format!("{ready}{heard}   {pods}, {asked}   {}", node.version),
    )
}

/// What the inventory says of it.
fn written(model: &Model, server: &Server) -> Vec<Line<'static>> {
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
    let mut said = vec![
        fact(
            model,
            "reached at",
            format!("{user}{}{port}{sudo}", access.host),
        ),
        fact(model, "written in", server.place.to_string()),
    ];
    said.extend(server.zone.clone().map(|zone| fact(model, "zone", zone)));
    said
}
