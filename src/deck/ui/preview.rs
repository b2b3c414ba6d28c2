//! The preview: what would happen, biggest loss first, and how it is confirmed.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{Look, confirm, table::row, text};
use crate::{
    deck::{model::Model, preview::Preview},
    fleet::Capacity,
    plan::{Effects, Move, Plan, Quorum},
};

/// Where the values begin.
const LABEL: usize = 10;

/// Draws it.
pub fn draw(model: &Model, preview: &Preview, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let width = usize::from(area.width);
    let (title, body, foot) = match &preview.plan {
        None => (
            Line::styled("Planning …", look.bold()),
            Vec::new(),
            Vec::new(),
        ),
        Some(Err(why)) => (
            Line::styled("This cannot be done", look.bold()),
            why.lines()
                .flat_map(|line| text::wrap(line, width))
                .map(Line::raw)
                .collect(),
            Vec::new(),
        ),
        Some(Ok(plan)) if plan.is_empty() => (
            Line::styled(nothing(plan), look.bold()),
            why_nothing(plan, width),
            Vec::new(),
        ),
        Some(Ok(plan)) => (
            title(model, preview, plan),
            body(model, preview, plan, width),
            confirm::foot(model, preview, plan, width),
        ),
    };
    row(frame.buffer_mut(), area, 0, &title, None);
    let below = u16::try_from(foot.len()).unwrap_or(0).min(area.height / 2);
    let middle = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1 + below),
        ..area
    };
    super::lines(model, &body, preview.scroll, frame, middle);
    for (y, line) in (area.height - below..).zip(&foot) {
        row(frame.buffer_mut(), area, y, line, None);
    }
}

const fn nothing(plan: &Plan) -> &'static str {
    match plan.effects.nobody_goes {
        Some(_) => "Nothing to do: no server can go",
        None => "Nothing to do: it is as was asked",
    }
}

fn why_nothing(plan: &Plan, width: usize) -> Vec<Line<'static>> {
    let why = plan.effects.nobody_goes.iter();
    why.flat_map(|why| why.lines())
        .flat_map(|line| text::wrap(line, width))
        .map(Line::raw)
        .collect()
}

fn title(model: &Model, preview: &Preview, plan: &Plan) -> Line<'static> {
    let look = model.look;
    let mut spans = vec![Span::styled(
        text::sentence(&plan.effects.title),
        look.bold(),
    )];
    let name = plan.request.pool();
    if let Some(pool) = name.and_then(|name| model.world.snapshot.fleet.pools.get(name)) {
        if let Some(env) = &pool.env {
            spans.push(Span::styled(format!("  {env}"), look.warn()));
        }
        if pool.protected {
            spans.push(Span::styled("  protected", look.dim()));
        }
    }
    let age = text::age(model.now.duration_since(preview.planned));
    spans.push(Span::styled(
        format!("     plan {}, {age} old", plan.id.short()),
        look.dim(),
    ));
    Line::from(spans)
}

/// A label, and its text wrapped beside it.
fn said(label: &str, tone: Style, text: &str, width: usize) -> Vec<Line<'static>> {
    let room = width.saturating_sub(LABEL).max(20);
    let wrapped = text.lines().flat_map(|line| text::wrap(line, room));
    wrapped
        .enumerate()
        .map(|(n, line)| {
            let label = if n == 0 { label } else { "" };
            Line::from(vec![
                Span::styled(format!("{label:<LABEL$}"), tone),
                Span::raw(line),
            ])
        })
        .collect()
}

fn body(model: &Model, preview: &Preview, plan: &Plan, width: usize) -> Vec<Line<'static>> {
    let (look, effects) = (model.look, &plan.effects);
    let mut lines = Vec::new();
    let mut say = |label: &str, style: Style, texts: &[String]| {
        for (n, text) in texts.iter().enumerate() {
            let label = if n == 0 { label } else { "" };
            lines.extend(said(label, style, text, width));
        }
    };
    say("CHANGED", look.warn(), &preview.differs);
    say("LOST", look.alarm(), &effects.lost);
    say("MAY WAIT", look.warn(), &effects.blocked);
    lines.extend(capacity(effects, look));
    let mut say = |label: &str, texts: Vec<String>| {
        for (n, text) in texts.iter().enumerate() {
            let label = if n == 0 { label } else { "" };
            lines.extend(said(label, look.dim(), text, width));
        }
    };
    say("QUORUM", quorum(effects.quorum).into_iter().collect());
    say("IN", moved(&effects.incoming));
    say("OUT", moved(&effects.outgoing));
    say("UNKNOWN", effects.unknown.clone());
    say(
        "OFFER",
        effects.offer.iter().map(|it| it.text.clone()).collect(),
    );
    say("TIME", model.world.times.words(plan).into_iter().collect());
    say("UNDO", undo_lines(effects));
    say("NOTE", effects.notes.clone());
    say("LEFT OUT", left_out(effects).into_iter().collect());
    lines
}

/// Who could have come and cannot; nobody asks for them where nobody comes.
fn left_out(effects: &Effects) -> Option<String> {
    const NAMED: usize = 3;
    let all = &effects.left_out;
    if all.is_empty() || effects.incoming.is_empty() {
        return None;
    }
    let named = all.iter().take(NAMED);
    let named: Vec<String> = named
        .map(|it| format!("{} {}", it.server, it.why))
        .collect();
    let more = match all.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    Some(format!("{}{more}", named.join(", ")))
}

/// Servers that come or go for the same reason are said together.
fn moved(moves: &[Move]) -> Vec<String> {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for it in moves {
        let (hw, gib) = (it.capacity, text::amount(it.capacity.memory.0, 1 << 30));
        let what = format!("{}, {} CPUs, {gib} GiB: {}", it.role, hw.cores, it.why);
        match said.iter_mut().find(|(same, _)| *same == what) {
            Some((_, servers)) => servers.push(it.server.as_str()),
            None => said.push((what, vec![it.server.as_str()])),
        }
    }
    let line = |(what, servers): (String, Vec<&str>)| format!("{}  {what}", servers.join(" "));
    said.into_iter().map(line).collect()
}

/// From where on a server is finished instead of undone; said once when it is the same for all.
fn undo_lines(effects: &Effects) -> Vec<String> {
    let moves = effects.incoming.iter().chain(&effects.outgoing);
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for it in moves {
        match found.iter_mut().find(|(line, _)| *line == it.undo_line) {
            Some((_, servers)) => servers.push(it.server.to_string()),
            None => found.push((it.undo_line.clone(), vec![it.server.to_string()])),
        }
    }
    match &found[..] {
        [] => Vec::new(),
        [(line, servers)] if servers.len() > 1 => vec![format!("each server is {line}")],
        _ => found
            .iter()
            .map(|(line, servers)| {
                let is = if servers.len() == 1 { "is" } else { "are" };
                format!("{} {is} {line}", text::cut(&servers.join(" "), 40))
            })
            .collect(),
    }
}

fn capacity(effects: &Effects, look: Look) -> Vec<Line<'static>> {
    let Effects {
        before,
        after,
        asked,
        ..
    } = effects;
    if before == after {
        return Vec::new();
    }
    // The end of a pool asks for nothing; else what is not asked for was left open.
    let open = if *asked == Capacity::default() {
        "-"
    } else {
        "any"
    };
    let line = |label: &str, before: u64, after: u64, asked: u64, unit: u64| {
        let gap = match after.cmp(&asked) {
            _ if asked == 0 => String::new(),
            std::cmp::Ordering::Greater => format!("{} over", text::amount(after - asked, unit)),
            std::cmp::Ordering::Less => format!("{} short", text::amount(asked - after, unit)),
            std::cmp::Ordering::Equal => "as asked".to_owned(),
        };
        let amount = |value| text::amount(value, unit);
        Line::from(vec![
            Span::styled(format!("{label:<16}"), look.dim()),
            Span::raw(format!("{:>10}", amount(before))),
            Span::styled(format!("{:>10}", amount(after)), look.bold()),
            Span::raw(format!(
                "{:>10}",
                if asked == 0 {
                    open.to_owned()
                } else {
                    amount(asked)
                }
            )),
            Span::styled(format!("   {gap}"), look.dim()),
        ])
    };
    vec![
        Line::styled(
            format!("{:16}{:>10}{:>10}{:>10}", "", "before", "after", "asked"),
            look.dim(),
        ),
        line(
            "CPUs hw",
            before.cores.into(),
            after.cores.into(),
            asked.cores.into(),
            1,
        ),
        line(
            "GiB hw",
            before.memory.0,
            after.memory.0,
            asked.memory.0,
            1 << 30,
        ),
    ]
}

fn quorum(quorum: Quorum) -> Option<String> {
    let Quorum {
        before,
        lowest,
        after,
    } = quorum;
    if before == after && lowest == after {
        return (after.1 > 0)
            .then(|| format!("{} of {} control planes throughout", after.0, after.1));
    }
    Some(format!(
        "{} of {} now, {} of {} at the lowest, {} of {} after",
        before.0, before.1, lowest.0, lowest.1, after.0, after.1
    ))
}
