//! One run: what it is about and waits for, phases across and servers down, and the lines of the step that is looked at.

mod grid;
mod head;
pub mod log;
mod output;
mod stop;

use ratatui::{Frame, layout::Rect, text::Line};

use super::{table::row, text};
use crate::{
    deck::{list::List, model::Model},
    fleet::RunId,
    plan::StepId,
};

/// Draws it.
pub fn draw(model: &Model, id: RunId, steps: &List<StepId>, frame: &mut Frame, area: Rect) {
    let Some(run) = model.world.run(id) else {
        let gone = Line::raw(format!("There is no run {id}."));
        row(frame.buffer_mut(), area, 0, &gone, None);
        return;
    };
    let mut y = 0;
    let mut put = |frame: &mut Frame, lines: Vec<Line<'_>>| {
        for line in lines {
            row(frame.buffer_mut(), area, y, &line, None);
            y += 1;
        }
    };
    let selected = steps.selected().and_then(|id| run.plan().step(*id));
    let half = usize::from(area.height) / 2;
    let head = head::lines(model, run, selected, usize::from(area.width), half);
    // The table gets what the head leaves of the upper half, the output the rest.
    let rows = half.saturating_sub(head.len()).max(4) - 1;
    put(frame, head);
    put(frame, grid::lines(model, run, selected, rows, area.width));
    put(frame, vec![Line::default()]);
    let Some(step) = selected else { return };
    put(frame, output::head(model, run, step, area.width));
    let room = usize::from(area.height.saturating_sub(y));
    let lines = output::lines(model, run, step, area.width);
    let skip = lines.len().saturating_sub(room);
    for line in lines.into_iter().skip(skip) {
        row(frame.buffer_mut(), area, y, &line, None);
        y += 1;
    }
}

/// A text in as many lines as it needs, each but the first set in.
fn wrapped(text: &str, width: usize, inset: usize) -> Vec<String> {
    let room = width.saturating_sub(inset).max(20);
    let lines = text.lines().flat_map(|line| text::wrap(line, room));
    let set_in = |(n, line): (usize, String)| {
        let inset = if n == 0 { 0 } else { inset };
        format!("{:inset$}{line}", "")
    };
    lines.enumerate().map(set_in).collect()
}
