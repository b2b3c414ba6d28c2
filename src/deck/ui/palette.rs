//! The palette, over the screen that it was opened on: a line to type in, and what it may mean.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Clear, Widget},
};

use super::{
    table::{Column, Table, row},
    text,
};
use crate::deck::{list::window, model::Model, palette::Palette};

/// So many suggestions at once; the next letter finds better than the eye.
const ROWS: u16 = 10;

/// Draws it at the bottom, where the line of keys is.
pub fn draw(model: &Model, palette: &Palette, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let rows = ROWS.min(area.height.saturating_sub(3));
    let height = rows + 2;
    let at = Rect {
        y: area.bottom().saturating_sub(height),
        height,
        ..area
    };
    Clear.render(at, frame.buffer_mut());
    let all = palette.found.len();
    let count = match all {
        0 => "nothing is called so".to_owned(),
        n if n > usize::from(rows) => format!("{n} found, the first are shown"),
        n => text::count(n, "choice"),
    };
    let title = Line::from(vec![
        Span::styled(":", look.focus()),
        Span::raw(palette.typed.clone()),
        Span::styled("▏", look.focus()),
        Span::styled(format!("   {count}"), look.dim()),
    ]);
    let rule = Line::styled("─".repeat(area.width.into()), look.dim());
    row(frame.buffer_mut(), at, 0, &rule, None);
    row(frame.buffer_mut(), at, 1, &title, None);
    let longest = palette.found.iter().map(|it| it.label.chars().count());
    let half = usize::from(area.width / 2);
    let label = longest.max().unwrap_or(0).clamp(14, half.max(14));
    let columns = [
        Column::text("", u16::try_from(label).unwrap_or(20), 0),
        Column::text("", 20, 1).growing(area.width),
    ];
    let table = Table::fit(&columns, area.width, 2);
    let first = window(palette.cursor, rows.into(), all);
    let shown = palette.found.iter().enumerate().skip(first);
    for (y, (n, it)) in (2..).zip(shown.take(rows.into())) {
        let here = n == palette.cursor;
        let cells = vec![
            (it.label.clone(), look.bold()),
            (it.note.clone(), look.dim()),
        ];
        let cursor = here.then(|| look.cursor());
        row(frame.buffer_mut(), at, y, &table.line(cells), cursor);
    }
}
