//! The resize dialog: asked by numbers or by hand; the totals follow every key.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    Look, form_notes, form_rows,
    table::{Table, position, row},
    text,
};
use crate::{
    deck::{
        form::{Form, Spot},
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
    for line in totals(model, form, area.width) {
        put(frame, &line, None);
    }
    put(frame, &Line::default(), None);
    let columns = form_rows::columns(model.world.longest);
    let table = Table::fit(&columns, area.width, 1);
    put(frame, &table.heading(look), None);
    let below = form_notes::notes(model, form, usize::from(area.width));
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
    // On the empty line above the heading.
    let shown = position(first, height, form.rows.len());
    let above = 5 + u16::from(form.pool.is_none());
    super::note(model, &shown, above, frame, area);
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

/// What was typed; else, dim, what counts as long as nothing is.
fn field(text: &str, follows: &str, focus: bool, look: Look) -> [Span<'static>; 3] {
    let edge = if focus { look.focus() } else { Style::new() };
    let (text, style) = if text.is_empty() {
        (follows, look.dim())
    } else {
        (text, edge)
    };
    let end = if focus { "▏]" } else { " ]" };
    [
        Span::styled("[ ", edge),
        Span::styled(format!("{text:>6}"), style),
        Span::styled(end, edge),
    ]
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
fn totals(model: &Model, form: &Form, width: u16) -> [Line<'static>; 4] {
    let (look, world) = (model.look, &model.world);
    let (now, asked) = (form.now(world), form.asked(world));
    let sum = form.would_be(world);
    // A new pool that was asked for one of the two wants nothing of the other.
    let known = |number: u64| {
        if number == 0 {
            String::new()
        } else {
            number.to_string()
        }
    };
    let (cores, memory) = (known(asked.cores.into()), known(asked.memory.0 >> 30));
    let gib = |capacity: Capacity| text::amount(capacity.memory.0, 1 << 30);
    let line = |label: &str,
                spot: &Spot,
                now: String,
                typed: [&str; 2],
                would: String,
                gap: Span<'static>| {
        let focus = form.cursor == *spot;
        let style = if focus { look.focus() } else { Style::new() };
        let mut spans = vec![
            Span::styled(format!("  {label:<14}"), style),
            Span::raw(format!("{now:>6}   ")),
        ];
        spans.extend(field(typed[0], typed[1], focus, look));
        spans.push(Span::styled(format!("{would:>10}"), look.bold()));
        spans.push(gap);
        Line::from(spans)
    };
    let by_numbers = !form.by_hand && (!form.cores.is_empty() || !form.memory.is_empty());
    let gap = |typed: &str, [now, asked, would]: [u64; 3], unit: u64| {
        if !by_numbers {
            return Span::raw("");
        }
        let from = match (typed.is_empty(), &form.pool) {
            (false, _) => "",
            (true, None) => "   any",
            (true, Some(_)) if asked < now => "   moves along",
            (true, Some(_)) => "   as now",
        };
        // Less than half a unit is no overshoot: what is typed is whole.
        let over = would.saturating_sub(asked);
        if would < asked {
            let short = text::amount(asked - would, unit);
            Span::styled(format!("   {short} short{from}"), look.warn())
        } else if asked > 0 && over * 2 >= unit {
            let over = text::amount(over, unit);
            Span::styled(format!("   {over} over{from}"), look.dim())
        } else {
            Span::styled(from, look.dim())
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
            gap(
                &form.cores,
                [now.cores, asked.cores, sum.cores].map(u64::from),
                1,
            ),
        ),
        line(
            "memory GiB",
            &Spot::Memory,
            gib(now),
            [&form.memory, &memory],
            gib(sum),
            gap(
                &form.memory,
                [now, asked, sum].map(|it| it.memory.0),
                1 << 30,
            ),
        ),
        Line::from(vec![
            Span::raw(format!("  {:<14}{:>6}   ", "workers", form.workers.len())),
            Span::raw(format!("{:>21}", form.ticked.len())),
            Span::styled(format!("   {}", moves(model, form, width)), look.bold()),
        ]),
    ]
}

/// Where the words about who comes and goes begin.
const MOVES: usize = 49;

/// Who would come and who would go, by name, and how much that is where there is room for it: on a small screen their rows may be
/// further down, and one large server goes as easily as a small one.
fn moves(model: &Model, form: &Form, width: u16) -> String {
    let room = usize::from(width).saturating_sub(MOVES);
    let come: Vec<&ServerName> = form.ticked.difference(&form.workers).collect();
    let go: Vec<&ServerName> = form.workers.difference(&form.ticked).collect();
    let part = |names: &[&ServerName], one: &str, many: &str, whole: bool| {
        if names.is_empty() {
            return None;
        }
        let few: Vec<&str> = names.iter().take(3).map(|name| name.as_str()).collect();
        let more = if names.len() > 3 { " …" } else { "" };
        let verb = if names.len() == 1 { one } else { many };
        let size = names
            .iter()
            .filter_map(|name| form.size(&model.world, name));
        let Capacity { cores, memory } = size.sum();
        let size = if whole {
            format!(": {cores} CPUs, {} GiB", text::amount(memory.0, 1 << 30))
        } else {
            String::new()
        };
        Some(format!("{}{more} {verb}{size}", few.join(" ")))
    };
    let said = |whole: bool, between: &str| {
        let parts = [
            part(&come, "comes", "come", whole),
            part(&go, "goes", "go", whole),
        ];
        parts
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(between)
    };
    let whole = said(true, "; ");
    if whole.chars().count() <= room {
        return whole;
    }
    text::cut(&said(false, ", "), room)
}
