//! Who did what, and how it ended; the newest first.

use ratatui::{Frame, layout::Rect, style::Style, text::Line};

use super::{
    table::{Cells, Column, Table, row},
    text,
};
use crate::deck::{
    list::window,
    model::Model,
    world::{Act, Light},
};

const COLUMNS: [Column; 4] = [
    Column::text("WHEN", 12, 0),
    Column::number("RUN", 4, 2),
    Column::text("WHO", 14, 3),
    Column::text("WHAT", 24, 0).growing(160),
];

/// Draws the list.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let acts = &model.world.history;
    if acts.is_empty() {
        let none = "Nothing was done yet: what people confirm and how it ended stands here.";
        for (y, line) in (0..).zip(text::wrap(none, area.width.into())) {
            row(
                frame.buffer_mut(),
                area,
                y,
                &Line::styled(line, look.dim()),
                None,
            );
        }
        return;
    }
    let keys = model.act_keys();
    let detail = detail(model, area.width.into());
    let under = u16::try_from(detail.len())
        .unwrap_or(0)
        .min(area.height / 2);
    let height = usize::from(area.height - under).saturating_sub(1);
    let first = window(model.history.row(&keys), height, acts.len());
    let shown: Vec<&Act> = acts.iter().skip(first).take(height).collect();
    let rows: Vec<Cells> = shown.iter().map(|act| cells(model, act)).collect();
    let table = Table::fit_numbers(&COLUMNS, &rows, area.width, 1);
    row(frame.buffer_mut(), area, 0, &table.heading(look), None);
    for (y, (act, cells)) in (1..).zip(shown.into_iter().zip(rows)) {
        let here = model.history.selected() == Some(&act.key);
        let cursor = here.then(|| look.cursor());
        row(frame.buffer_mut(), area, y, &table.line(cells), cursor);
    }
    for (y, line) in (area.height - under..area.height).zip(&detail) {
        row(frame.buffer_mut(), area, y, line, None);
    }
}

/// The selected act in full: a line is often too short for it.
fn detail(model: &Model, width: usize) -> Vec<Line<'static>> {
    let selected = model.history.selected();
    let act = model
        .world
        .history
        .iter()
        .find(|act| Some(&act.key) == selected);
    let Some(act) = act else { return Vec::new() };
    let when = text::moment(act.at, model.now, &model.zone);
    let (run, number) = act.key;
    // The confirmation is the only act of a run that names its plan.
    let plan = if number == 0 {
        format!(", plan {}", act.plan)
    } else {
        String::new()
    };
    let said = format!("{when}  {}  {} (run {run}{plan})", act.by, act.what);
    let rule = Line::styled("─".repeat(width), model.look.dim());
    let wrapped = text::wrap(&said, width).into_iter().map(Line::raw);
    [rule].into_iter().chain(wrapped).collect()
}

fn cells(model: &Model, act: &Act) -> Cells {
    let look = model.look;
    let style = act.light.map_or(Style::new(), |light| look.light(light));
    let symbol = act.light.map_or("  ".to_owned(), |light| {
        let symbol = if light == Light::Ok {
            "✓"
        } else {
            light.symbol()
        };
        format!("{symbol} ")
    });
    vec![
        (text::moment(act.at, model.now, &model.zone), Style::new()),
        (act.key.0.to_string(), look.dim()),
        (act.by.clone(), look.dim()),
        (format!("{symbol}{}", act.what), style),
    ]
}
