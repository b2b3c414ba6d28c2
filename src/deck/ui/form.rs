//! The resize dialog: asked by numbers or by hand; the totals follow every key.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    Look, form_rows,
    table::{Table, row},
    text,
};
use crate::{
    deck::{
        form::{Form, Spot, Thought},
        list::window,
        model::Model,
    },
    fleet::{Capacity, ServerName},
};

/// Draws it.
pub fn draw(model: &Model, form: &Form, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let mut y = 0;
    let mut put = |frame: &mut Frame, line: &Line<'_>, cursor: Option<Style>| {
        row(frame.buffer_mut(), area, y, line, cursor);
        y += 1;
    };
    put(frame, &title(model, form), None);
    if form.pool.is_none() {
        put(frame, &name_field(form, look), None);
    }
    for line in totals(model, form) {
        put(frame, &line, None);
    }
    put(frame, &Line::default(), None);
    let columns = form_rows::columns(model.world.longest);
    let table = Table::fit(&columns, area.width, 1);
    put(frame, &table.heading(look), None);
    let below = notes(model, form, usize::from(area.width));
    // Title, five rows of totals and gaps, the heading.
    let used = 7 + usize::from(form.pool.is_none()) + below.len();
    let height = usize::from(area.height).saturating_sub(used);
    let at = form
        .rows
        .iter()
        .position(|name| form.cursor == Spot::Server(name.clone()));
    let first = window(at.unwrap_or(0), height, form.rows.len());
    for name in form.rows.iter().skip(first).take(height) {
        let here = form.cursor == Spot::Server(name.clone());
        let line = table.line(form_rows::cells(model, form, name));
        put(frame, &line, here.then(|| look.cursor()));
    }
    let top = area
        .height
        .saturating_sub(u16::try_from(below.len()).unwrap_or(0));
    for (y, line) in (top..).zip(&below) {
        row(frame.buffer_mut(), area, y, line, None);
    }
}

fn title(model: &Model, form: &Form) -> Line<'static> {
    let look = model.look;
    let mut spans = match &form.pool {
        None => vec![Span::styled("New pool", look.bold())],
        Some(name) => {
            let mut spans = vec![Span::styled(format!("Resize {name}"), look.bold())];
            if let Some(pool) = model.world.snapshot.fleet.pools.get(name) {
                if let Some(env) = &pool.env {
                    spans.push(Span::styled(format!("  {env}"), look.warn()));
                }
                if pool.protected {
                    spans.push(Span::styled("  protected", look.dim()));
                }
            }
            spans
        }
    };
    spans.push(Span::styled(
        format!("   {}", text::spares(&model.world)),
        look.dim(),
    ));
    Line::from(spans)
}

/// What was typed, else what follows from the other number.
fn field(text: &str, follows: &str, focus: bool, look: Look) -> Span<'static> {
    let cursor = if focus { "▏" } else { " " };
    let (text, style) = match (text.is_empty(), focus) {
        (_, true) => (text, look.focus()),
        (true, false) => (follows, look.dim()),
        (false, false) => (text, Style::new()),
    };
    Span::styled(format!("[ {text:>6}{cursor}]"), style)
}

fn name_field(form: &Form, look: Look) -> Line<'static> {
    let focus = form.cursor == Spot::Name;
    let cursor = if focus { "▏" } else { "" };
    Line::from(vec![
        Span::raw("  name          "),
        Span::styled(
            format!("[ {:<20} ]", format!("{}{cursor}", form.name)),
            if focus { look.focus() } else { Style::new() },
        ),
    ])
}

/// Now, asked, and what it would be with the ticked servers.
fn totals(model: &Model, form: &Form) -> [Line<'static>; 4] {
    let (look, world) = (model.look, &model.world);
    let (now, asked) = (form.now(world), form.asked(world));
    let sum = would_be(model, form);
    let follows = |typed: bool, number: String| if typed { number } else { String::new() };
    let cores = follows(!form.memory.is_empty(), asked.cores.to_string());
    let memory = follows(!form.cores.is_empty(), (asked.memory.0 >> 30).to_string());
    let gib = |capacity: Capacity| text::amount(capacity.memory.0, 1 << 30);
    let line = |label: &str,
                spot: &Spot,
                now: String,
                typed: [&str; 2],
                would: String,
                gap: Span<'static>| {
        let focus = form.cursor == *spot;
        let style = if focus { look.focus() } else { Style::new() };
        Line::from(vec![
            Span::styled(format!("  {label:<14}"), style),
            Span::raw(format!("{now:>6}   ")),
            field(typed[0], typed[1], focus, look),
            Span::styled(format!("{would:>10}"), look.bold()),
            gap,
        ])
    };
    let by_numbers = !form.by_hand && (!form.cores.is_empty() || !form.memory.is_empty());
    let gap = |would: u64, asked: u64, unit: u64| {
        if !by_numbers || would == asked {
            Span::raw("")
        } else if would > asked {
            Span::styled(
                format!("   {} over", text::amount(would - asked, unit)),
                look.dim(),
            )
        } else {
            Span::styled(
                format!("   {} short", text::amount(asked - would, unit)),
                look.warn(),
            )
        }
    };
    [
        Line::styled(
            format!(
                "  {:<14}{:>6}       asked    would be   (hardware)",
                "", "now"
            ),
            look.dim(),
        ),
        line(
            "CPUs",
            &Spot::Cores,
            now.cores.to_string(),
            [&form.cores, &cores],
            sum.cores.to_string(),
            gap(sum.cores.into(), asked.cores.into(), 1),
        ),
        line(
            "memory GiB",
            &Spot::Memory,
            gib(now),
            [&form.memory, &memory],
            gib(sum),
            gap(sum.memory.0, asked.memory.0, 1 << 30),
        ),
        Line::from(vec![
            Span::raw(format!("  {:<14}{:>6}   ", "workers", form.workers.len())),
            Span::raw(format!("{:>21}", form.ticked.len())),
        ]),
    ]
}

/// A member counts as it was taken into the pool, everybody else as it was found.
fn would_be(model: &Model, form: &Form) -> Capacity {
    let pool = form
        .pool
        .as_ref()
        .and_then(|name| model.world.snapshot.fleet.pools.get(name));
    let member = |name: &ServerName| Some(pool?.members.get(name)?.capacity);
    let found = |name: &ServerName| model.world.server(name)?.capacity;
    form.ticked
        .iter()
        .filter_map(|name| member(name).or_else(|| found(name)))
        .sum()
}

/// What the planner says, and how the zones would be.
fn notes(model: &Model, form: &Form, width: usize) -> Vec<Line<'static>> {
    let look = model.look;
    let mut notes = Vec::new();
    match &form.thought {
        Thought::Refused(why) if !form.by_hand => notes.extend(
            why.lines()
                .flat_map(|line| text::wrap(line, width))
                .map(|line| Line::styled(line, look.warn())),
        ),
        Thought::Plan(plan) if !form.by_hand => {
            if let Some(offer) = &plan.effects.offer {
                notes.push(Line::from(vec![
                    Span::styled(offer.text.clone(), look.warn()),
                    Span::raw("   "),
                    Span::styled("=", look.bold()),
                    Span::raw(if form.less {
                        " takes the full set"
                    } else {
                        " takes these"
                    }),
                ]));
            }
        }
        _ => (),
    }
    let (before, after) = (
        model.world.zones(&form.workers),
        model.world.zones(&form.ticked),
    );
    let all: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    if all.len() > 1 {
        let zones = all.into_iter().map(|zone| {
            let (was, is) = (
                before.get(zone).unwrap_or(&0),
                after.get(zone).unwrap_or(&0),
            );
            if was == is {
                format!("{zone} {is}")
            } else {
                format!("{zone} {was} → {is}")
            }
        });
        let zones = zones.collect::<Vec<_>>().join("   ");
        notes.push(Line::from(vec![
            Span::styled("zones  ", look.dim()),
            Span::raw(zones),
        ]));
    }
    notes.truncate(4);
    notes
}
