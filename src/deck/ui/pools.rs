//! Home: every pool with its four numbers, what is spare and what is not usable, what is wrong, what runs.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    Look, first_hour, lists,
    table::{Cells, Column, Table, row},
    text,
};
use crate::deck::{
    list::window,
    model::{Model, Section},
    trend::Trend,
    world::{Figure, Four, PoolRow},
};

const COLUMNS: [Column; 16] = [
    Column::text("POOL", 8, 0).growing(24),
    Column::text("ENV", 4, 4),
    Column::text("STATE", 11, 0),
    Column::number("CTRL", 4, 5),
    Column::number("WORK", 5, 1),
    Column::number("used", 4, 2),
    Column::number("req", 4, 6),
    Column::number("max", 4, 7),
    Column::number("hw", 4, 1),
    Column::text("█used▓req░max", 14, 9),
    Column::text("5 minutes", 10, 10),
    Column::number("used", 5, 2),
    Column::number("req", 5, 6),
    Column::number("max", 5, 7),
    Column::number("hw", 5, 1),
    Column::text("█used▓req░max", 14, 8),
];

/// Draws home.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect) {
    if model.world.servers.is_empty() {
        first_hour::no_inventory(model, frame, area);
        return;
    }
    let room = lists::share(model, area.height);
    let look = model.look;
    let names = model.pool_names();
    let selected = model.home.pools.row(&names);
    let first = window(selected, room.pools, names.len());
    let pools = model.world.pools.iter().skip(first).take(room.pools);
    let mut rows: Vec<Cells> = pools.clone().map(|pool| cells(model, pool)).collect();
    rows.push(spare(model));
    let table = Table::fit_numbers(&COLUMNS, &rows, area.width, 1);
    let mut y = 0;
    let mut put = |frame: &mut Frame, line: &Line<'_>, cursor: Option<Style>| {
        row(frame.buffer_mut(), area, y, line, cursor);
        y += 1;
    };
    let groups = [("CPUs", 5..11), ("memory GiB", 11..16)];
    put(frame, &table.gather(&groups, look), None);
    put(frame, &table.heading(look), None);
    for (pool, cells) in pools.zip(&mut rows) {
        let here =
            model.home.section == Section::Pools && model.home.pools.selected() == Some(&pool.name);
        let line = table.line(std::mem::take(cells));
        put(frame, &line, here.then(|| look.cursor()));
    }
    for line in rows
        .pop()
        .map(|spare| table.line(spare))
        .into_iter()
        .chain(not_usable(model))
    {
        put(frame, &line, None);
    }
    if room.legend {
        let legend =
            "used: now, ! above req   req: promised   max: what pods may have   hw: hardware";
        put(frame, &Line::styled(legend, look.dim()), None);
    }
    let rest = Rect {
        y: area.y + y,
        height: area.height.saturating_sub(y),
        ..area
    };
    if model.world.pools.is_empty() {
        let used = first_hour::no_pool(model, frame, rest);
        lists::draw(model, &room, frame, below(rest, used));
    } else {
        lists::draw(model, &room, frame, rest);
    }
}

const fn below(area: Rect, rows: u16) -> Rect {
    Rect {
        y: area.y + rows,
        height: area.height.saturating_sub(rows),
        ..area
    }
}

fn cells(model: &Model, pool: &PoolRow) -> Cells {
    let look = model.look;
    // A bar moves with every reading and says nothing that the numbers do not.
    let bar = |four: &Four| if model.slow { String::new() } else { bar(four) };
    let plain = Style::new();
    let of = |up: Option<usize>, all: usize| {
        let up = up.map_or_else(|| "-".to_owned(), |up| up.to_string());
        format!("{up}/{all}")
    };
    let mut cells = vec![
        (pool.name.to_string(), look.bold()),
        (pool.env.clone().unwrap_or_default(), look.warn()),
        (
            format!("{} {}", pool.light.symbol(), pool.state),
            look.light(pool.light),
        ),
        (of(pool.controls_up, pool.controls), plain),
        (of(pool.workers_up, pool.workers), plain),
    ];
    let Four { used, req, max, hw } = pool.cpus;
    cells.extend([used, req, max, hw].map(|figure| (text::cpus(figure), plain)));
    cells.push((bar(&pool.cpus), look.dim()));
    let trend = model.trends.get(&pool.name);
    let trend = trend.filter(|_| !model.slow);
    let trend = trend.map(Trend::cells).unwrap_or_default();
    cells.push((trend, look.dim()));
    let Four { used, req, max, hw } = pool.memory;
    let over = matches!((used, req), (Some(used), Some(req)) if used.value > req.value);
    let mark = if over { "!" } else { "" };
    cells.push((
        format!("{}{mark}", text::gib(used)),
        pressure(look, used, max, 85, 95),
    ));
    cells.push((text::gib(req), pressure(look, req, max, 90, 100)));
    cells.extend([max, hw].map(|figure| (text::gib(figure), plain)));
    cells.push((bar(&pool.memory), look.dim()));
    cells
}

/// Yellow from `high` per cent of max on, red from `full` on.
fn pressure(look: Look, part: Option<Figure>, max: Option<Figure>, high: u64, full: u64) -> Style {
    let (Some(part), Some(max)) = (part, max) else {
        return Style::new();
    };
    match part.value.saturating_mul(100).checked_div(max.value) {
        Some(percent) if percent >= full => look.alarm(),
        Some(percent) if percent >= high => look.warn(),
        _ => Style::new(),
    }
}

/// Used, requested and max on the scale of the hardware.
fn bar(four: &Four) -> String {
    const CELLS: u64 = 14;
    let Some(hw) = four.hw.filter(|hw| hw.value > 0) else {
        return String::new();
    };
    let cells = |figure: Option<Figure>| {
        figure.map_or(0, |it| (it.value * CELLS).div_ceil(hw.value).min(CELLS))
    };
    let used = cells(four.used);
    let req = cells(four.req).saturating_sub(used);
    let max = cells(four.max).saturating_sub(used + req);
    let part = |symbol: &str, n: u64| symbol.repeat(usize::try_from(n).unwrap_or(0));
    format!("{}{}{}", part("█", used), part("▓", req), part("░", max))
}

/// What could be taken.
fn spare(model: &Model) -> Cells {
    let (count, hw) = model.world.spare;
    let mut cells: Cells = vec![(String::new(), Style::new()); COLUMNS.len()];
    cells[0] = ("spare".to_owned(), model.look.dim());
    cells[2].0 = text::count(count, "server");
    for at in [5, 6, 7, 11, 12, 13] {
        "-".clone_into(&mut cells[at].0);
    }
    cells[8].0 = hw.cores.to_string();
    cells[14].0 = text::amount(hw.memory.0, 1 << 30);
    cells
}

/// What could not be taken, and why.
fn not_usable(model: &Model) -> Option<Line<'static>> {
    let (named, all) = &model.world.unusable;
    if named.is_empty() {
        return None;
    }
    let more = match all - named.len() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    Some(Line::from(vec![
        Span::styled("not usable   ", model.look.dim()),
        Span::raw(format!("{}{more}", named.join(", "))),
    ]))
}
