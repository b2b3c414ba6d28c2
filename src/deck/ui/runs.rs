//! All runs: open ones first, then the newest.

use ratatui::{Frame, layout::Rect, text::Line};

use super::{
    run_lines::RunLines,
    table::{position, row},
};
use crate::{
    deck::{list::window, model::Model},
    run::Run,
};

/// Draws the list.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let runs = &model.world.runs;
    if runs.is_empty() {
        let none = Line::styled("No run yet: a confirmed plan becomes one.", look.dim());
        row(frame.buffer_mut(), area, 0, &none, None);
        return;
    }
    let height = usize::from(area.height).saturating_sub(1);
    let first = window(model.runs.row(runs), height, runs.len());
    let shown = runs.iter().skip(first).take(height);
    let shown: Vec<&Run> = shown.filter_map(|id| model.world.run(*id)).collect();
    let columns = RunLines::of(model, shown.iter().copied(), true, area.width);
    let head = Line::styled(columns.heading(), look.dim());
    row(frame.buffer_mut(), area, 0, &head, None);
    for (y, run) in (1..).zip(shown) {
        let here = model.runs.selected() == Some(&run.id());
        let line = columns.line(model, run);
        let cursor = here.then(|| look.cursor());
        row(frame.buffer_mut(), area, y, &line, cursor);
    }
    let shown = position(first, height, runs.len());
    super::note(model, &shown, 0, frame, area);
}
