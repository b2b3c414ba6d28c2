//! The whole log of one step: follows its end until somebody moves, and shows the line under the cursor whole.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{super::table::row, output, text};
use crate::{
    deck::{list::window, model::Model},
    fleet::RunId,
    plan::StepId,
    store::KEPT_LINES,
};

/// Draws it; `at`: the line under the cursor, none while it follows.
pub fn draw(
    model: &Model,
    (id, step): (RunId, StepId),
    at: Option<usize>,
    frame: &mut Frame,
    area: Rect,
) {
    let look = model.look;
    let run = model.world.run(id);
    let Some((run, step)) = run.and_then(|run| Some((run, run.plan().step(step)?))) else {
        let gone = Line::raw(format!("There is no run {id}."));
        row(frame.buffer_mut(), area, 0, &gone, None);
        return;
    };
    let printed = output::printed(model, run, step);
    let width = usize::from(area.width);
    let mut y = 0;
    let mut put = |frame: &mut Frame, line: &Line<'_>, style| {
        row(frame.buffer_mut(), area, y, line, style);
        y += 1;
    };
    let how = match at {
        None => "follows its end".to_owned(),
        Some(at) => format!("line {} of {}, G follows", at + 1, printed.len()),
    };
    let name = format!("{} {}", step.subject, step.action.name());
    let head = format!("   {}   {how}", output::tries(model, run, step));
    let head = vec![
        Span::styled(name, look.bold()),
        Span::styled(head, look.dim()),
    ];
    put(frame, &Line::from(head), None);
    if printed.len() >= KEPT_LINES {
        let text = format!("only the newest {KEPT_LINES} lines are kept; older ones were dropped");
        put(frame, &Line::styled(text, look.warn()), None);
    }
    if printed.is_empty() {
        for line in output::lines(model, run, step, area.width) {
            put(frame, &line, None);
        }
        return;
    }
    let cursor = at.unwrap_or(printed.len() - 1).min(printed.len() - 1);
    let room = width.saturating_sub(10);
    let line = &printed[cursor];
    // A line that is longer than the screen stands whole below.
    let whole = if at.is_some() && line.text.chars().count() > room {
        text::wrap(&line.text, width)
    } else {
        Vec::new()
    };
    let below = if whole.is_empty() { 0 } else { whole.len() + 1 };
    let height = usize::from(area.height.saturating_sub(y))
        .saturating_sub(below)
        .max(3);
    let first = window(cursor, height, printed.len());
    for (n, line) in printed.iter().enumerate().skip(first).take(height) {
        let line = Line::from(vec![
            Span::styled(text::clock(line.at, &model.zone), look.dim()),
            Span::raw(format!("  {}", text::cut(&line.text, room))),
        ]);
        let here = at.is_some() && n == cursor;
        row(
            frame.buffer_mut(),
            area,
            y,
            &line,
            here.then(|| look.cursor()),
        );
        y += 1;
    }
    if !whole.is_empty() {
        let rule = Line::styled("─".repeat(width), look.dim());
        row(frame.buffer_mut(), area, y, &rule, None);
        for line in whole {
            y += 1;
            row(frame.buffer_mut(), area, y, &Line::raw(line), None);
        }
    }
}
