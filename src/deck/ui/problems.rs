//! Everything that is wrong, worst first; below, all of what is selected, for a line is often too short for it.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{lists, table::row, text};
use crate::deck::{list::window, model::Model, world::Target};

/// Rows for all of one problem, with the line that says what Enter and `A` are about.
const DETAIL: u16 = 5;

/// Draws the list.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let problems = &model.world.problems;
    if problems.is_empty() {
        let none = Line::styled("Nothing is wrong.", look.dim());
        row(frame.buffer_mut(), area, 0, &none, None);
        return;
    }
    let detail = detail(model, area.width.into());
    let under = u16::try_from(detail.len())
        .unwrap_or(DETAIL)
        .min(area.height / 2);
    let keys = model.problem_keys();
    let height = usize::from(area.height - under);
    let first = window(model.home.problems.row(&keys), height, problems.len());
    for (y, (problem, key)) in (0..).zip(problems.iter().zip(&keys).skip(first).take(height)) {
        let here = model.home.problems.selected() == Some(key);
        let line = lists::problem(model, problem);
        let cursor = here.then(|| look.cursor());
        row(frame.buffer_mut(), area, y, &line, cursor);
    }
    for (y, line) in (area.height - under..area.height).zip(&detail) {
        row(frame.buffer_mut(), area, y, line, None);
    }
}

/// The selected problem in full, and what can be done from here.
fn detail(model: &Model, width: usize) -> Vec<Line<'static>> {
    let look = model.look;
    let Some(problem) = model.problem() else {
        return Vec::new();
    };
    let mut lines = vec![Line::styled("─".repeat(width), look.dim())];
    let (what, since, advice) = lists::in_words(model, problem);
    let said = format!("{}: {what}{since}{advice}", problem.subject);
    lines.extend(text::wrap(&said, width).into_iter().map(Line::raw));
    let opens = match &problem.target {
        Target::Fleet => return lines,
        Target::Pool(name) => format!("pool {name}"),
        Target::Server(name) => format!("server {name}"),
        Target::Run(id) => format!("run {id}"),
    };
    lines.push(Line::from(vec![
        Span::styled("Enter", look.bold()),
        Span::styled(format!(" opens {opens}   "), look.dim()),
        Span::styled("A", look.bold()),
        Span::styled(" what can be done", look.dim()),
    ]));
    lines
}
