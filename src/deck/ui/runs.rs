//! All runs: open ones first, then the newest.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    lists,
    table::{position, row},
    text,
};
use crate::deck::{list::window, model::Model};

/// Draws the list.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let runs = &model.world.runs;
    if runs.is_empty() {
        let none = Line::styled("No run yet: a confirmed plan becomes one.", look.dim());
        row(frame.buffer_mut(), area, 0, &none, None);
        return;
    }
    let who = if area.width < 76 {
        ""
    } else {
        "WHO           "
    };
    let head = format!("  RUN  {:<28}{who}HOW", "WHAT");
    let head = Line::styled(head, look.dim());
    row(frame.buffer_mut(), area, 0, &head, None);
    let height = usize::from(area.height).saturating_sub(1);
    let first = window(model.runs.row(runs), height, runs.len());
    for (y, id) in (1..).zip(runs.iter().skip(first).take(height)) {
        let Some(run) = model.world.run(*id) else {
            continue;
        };
        let mut line = lists::run_line(model, run, area.width);
        line.spans.insert(
            1,
            Span::styled(
                format!(" {:>4} ", text::cut(&id.to_string(), 4)),
                look.dim(),
            ),
        );
        let here = model.runs.selected() == Some(id);
        row(
            frame.buffer_mut(),
            area,
            y,
            &line,
            here.then(|| look.cursor()),
        );
    }
    let shown = position(first, height, runs.len());
    super::note(model, &shown, 0, frame, area);
}
