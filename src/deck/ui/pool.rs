//! One pool: what it is asked for and has, how its cluster is, and its members.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    pool_news, servers,
    table::{Cells, Column, Table, position, row},
    text,
};
use crate::{
    deck::{
        list::{List, window},
        model::Model,
        world::{Four, Light, PoolRow, ServerRow, endings},
    },
    fleet::{ClusterSeen, Pool, PoolName, ServerName},
};

/// On a lower screen the pods' and services' ranges give way: they never change.
const SMALL: u16 = 18;

fn columns(longest: u16) -> [Column; 10] {
    [
        Column::text("SERVER", longest, 0),
        Column::text("ROLE", 7, 2),
        Column::text("STATE", 15, 0).growing(34),
        Column::number("CPUs", 4, 1),
        Column::number("LOAD", 5, 5),
        Column::number("GiB", 4, 1),
        Column::number("USED", 4, 6),
        Column::number("PODS", 4, 3),
        Column::text("KUBELET", 9, 4),
        Column::text("ZONE", 4, 7).growing(10),
    ]
}

/// Draws it.
pub fn draw(
    model: &Model,
    name: &PoolName,
    members: &List<ServerName>,
    frame: &mut Frame,
    area: Rect,
) {
    let pool = model.world.snapshot.fleet.pools.get(name);
    let (Some(pool), Some(found)) = (pool, model.world.pool(name)) else {
        let gone = Line::raw(format!("There is no pool {name} any more."));
        row(frame.buffer_mut(), area, 0, &gone, None);
        return;
    };
    let head = head(model, pool, found, area.height < SMALL);
    for (y, line) in (0..area.height).zip(&head) {
        row(frame.buffer_mut(), area, y, line, None);
    }
    let used = u16::try_from(head.len() + 1).unwrap_or(area.height);
    let rest = Rect {
        y: area.y + used.min(area.height),
        height: area.height.saturating_sub(used),
        ..area
    };
    // Below the members, as far as there is room: half of them stay in sight.
    let wanted = u16::try_from(pool.members.len() + 1).unwrap_or(rest.height);
    let members_need = wanted.min((rest.height / 2).max(5)).min(rest.height);
    let below = pool_news::news(model, pool, rest.height - members_need, area.width);
    let below_height = u16::try_from(below.len()).unwrap_or(0);
    let of_list = Rect {
        height: rest.height.saturating_sub(below_height),
        ..rest
    };
    list(model, found, members, frame, of_list);
    for (y, line) in (of_list.height..).zip(&below) {
        row(frame.buffer_mut(), rest, y, line, None);
    }
}

fn list(model: &Model, pool: &PoolRow, members: &List<ServerName>, frame: &mut Frame, area: Rect) {
    let names = model.members(&pool.name);
    let cluster = model.world.snapshot.observed.pools.get(&pool.name);
    let height = usize::from(area.height).saturating_sub(1);
    let first = window(members.row(&names), height, names.len());
    let shown = names.iter().skip(first).take(height);
    let servers: Vec<&ServerRow> = shown.filter_map(|name| model.world.server(name)).collect();
    let cells: Vec<Cells> = servers
        .iter()
        .map(|it| member(model, it, cluster))
        .collect();
    let table = Table::fit_numbers(&columns(model.world.longest), &cells, area.width, 1);
    row(
        frame.buffer_mut(),
        area,
        0,
        &table.heading(model.look),
        None,
    );
    for (y, (server, cells)) in (1..).zip(servers.into_iter().zip(cells)) {
        let here = members.selected() == Some(&server.name);
        let cursor = here.then(|| model.look.cursor());
        row(frame.buffer_mut(), area, y, &table.line(cells), cursor);
    }
    // On the empty line above the heading.
    let above = Rect {
        y: area.y.saturating_sub(1),
        height: 1,
        ..area
    };
    let shown = position(first, height, names.len());
    super::note(model, &shown, 0, frame, above);
}

fn member(model: &Model, server: &ServerRow, cluster: Option<&ClusterSeen>) -> Cells {
    let look = model.look;
    let node = cluster.and_then(|cluster| cluster.nodes.get(server.name.as_str()));
    let unknown = || "-".to_owned();
    let number = |text: Option<String>| (text.unwrap_or_else(unknown), Style::new());
    let gib = |bytes: crate::fleet::Bytes| text::amount(bytes.0, 1 << 30);
    vec![
        (server.name.to_string(), Style::new()),
        number(server.role.map(|role| role.to_string())),
        (servers::state(model, server), look.light(server.light)),
        number(server.capacity.map(|it| it.cores.to_string())),
        number(server.load.map(|load| format!("{load:.1}"))),
        number(server.capacity.map(|it| gib(it.memory))),
        number(server.used.map(gib)),
        number(node.map(|node| node.pods.to_string())),
        number(node.map(|node| node.version.clone())),
        (server.zone.clone().unwrap_or_default(), look.dim()),
    ]
}

/// The lines above the members.
fn head(model: &Model, pool: &Pool, row: &PoolRow, small: bool) -> Vec<Line<'static>> {
    let look = model.look;
    let fact = |label: &str, value: String| {
        Line::from(vec![
            Span::styled(format!("{label:<10}"), look.dim()),
            Span::raw(value),
        ])
    };
    let mut first = vec![
        Span::styled(format!("{:<10}", pool.name.as_str()), look.bold()),
        Span::styled(
            format!("{} {}", row.light.symbol(), row.state),
            look.light(row.light),
        ),
    ];
    if let Some(env) = &row.env {
        first.push(Span::styled(format!("   {env}"), look.warn()));
    }
    let protected = if pool.protected {
        "   protected"
    } else {
        "   not protected"
    };
    first.push(Span::styled(protected, look.dim()));
    let (asked, up) = (pool.asked.asked(), |up: Option<usize>| {
        up.map_or_else(|| "-".to_owned(), |up| up.to_string())
    });
    let any = || "any".to_owned();
    let mut lines = vec![
        Line::from(first),
        fact(
            "CPUs",
            format!(
                "{}   asked {}",
                four(&row.cpus, text::cpus),
                asked.0.map_or_else(any, |cores| cores.to_string())
            ),
        ),
        fact(
            "GiB",
            format!(
                "{}   asked {}",
                four(&row.memory, text::gib),
                asked.1.map_or_else(any, |it| text::amount(it.0, 1 << 30))
            ),
        ),
        fact(
            "nodes",
            format!(
                "{} of {} control planes and {} of {} workers Ready{}",
                up(row.controls_up),
                row.controls,
                up(row.workers_up),
                row.workers,
                zones(model, pool)
            ),
        ),
        fact("cluster", cluster(model, pool)),
        certificates(model, pool),
    ];
    if !small {
        let ranges = format!("pods {}, services {}", pool.pod_cidr, pool.service_cidr);
        lines.push(fact("ranges", ranges));
    }
    if let Some(run) = model.world.run_of(&pool.name) {
        let (done, all) = run.done();
        lines.push(fact(
            "run",
            format!(
                "{}: {}, {done} of {all} steps, by {}",
                run.id(),
                run.plan().effects.title,
                run.record.by
            ),
        ));
    }
    lines
}

/// When the first certificate of its control planes ends; `-` where none was seen.
fn certificates(model: &Model, pool: &Pool) -> Line<'static> {
    let all = endings(&model.world.snapshot, pool);
    let mut spans = vec![Span::styled(format!("{:<10}", "certs"), model.look.dim())];
    for (at, ending) in all.iter().enumerate() {
        let light = ending.light(model.now);
        let style = match light {
            Light::Ok | Light::Unknown => Style::new(),
            light => model.look.light(light),
        };
        let gap = if at == 0 { "" } else { ", " };
        spans.push(Span::raw(format!("{gap}{} ", ending.server)));
        // The day, not the days: what stands here does not change by itself. The problem counts them.
        let day = ending.first.as_ref().map_or("-".to_owned(), |first| {
            let day = model.zone.to_datetime(first.ends);
            format!("end {}", day.strftime("%-d %b %Y"))
        });
        spans.push(Span::styled(day, style));
    }
    Line::from(spans)
}

/// The four numbers, by their words.
fn four(four: &Four, shown: fn(Option<crate::deck::world::Figure>) -> String) -> String {
    let Four { used, req, max, hw } = *four;
    let parts = [("used", used), ("req", req), ("max", max), ("hw", hw)];
    let parts = parts.map(|(word, figure)| format!("{word} {}", shown(figure)));
    parts.join("   ")
}

fn zones(model: &Model, pool: &Pool) -> String {
    let zones = model.world.zones(pool.members.keys());
    if zones.keys().all(String::is_empty) {
        return String::new();
    }
    let parts = zones.iter().map(|(zone, count)| {
        let zone = if zone.is_empty() { "none" } else { zone };
        format!("{zone} {count}")
    });
    format!("; zones {}", parts.collect::<Vec<_>>().join(", "))
}

/// Its API and whether it is heard.
fn cluster(model: &Model, pool: &Pool) -> String {
    let what = format!("{}, API {}:6443", pool.version, pool.endpoint());
    let seen = model.world.snapshot.observed.pools.get(&pool.name);
    let Some(seen) = seen else {
        return format!("{what}, never heard");
    };
    let waits = match seen.pending {
        0 => String::new(),
        1 => "; 1 pod waits for a place".to_owned(),
        n => format!("; {n} pods wait for a place"),
    };
    match &seen.trouble {
        None => format!("{what}{waits}"),
        Some(why) => format!("{what}, not heard: {}", text::sentence(why)),
    }
}
