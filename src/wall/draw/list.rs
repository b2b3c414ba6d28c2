//! What is wrong, worst first, and what runs: sentences of one row, or of two where one is too short.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::super::{
    model::Model,
    view::{Problem, Running, View},
};
use crate::deck::{ui::text, world::Light};

/// What a sentence may take; the deck has the whole.
const ROWS: usize = 2;
/// Columns of the name in front.
const NAME: usize = 8;

/// One thing to be said: its rows, and whether it holds its page.
pub struct Item {
    /// Its rows.
    pub lines: Vec<Line<'static>>,
    /// Something is down.
    pub alarm: bool,
}

/// Everything that is to be said, in order.
pub fn items(model: &Model, view: &View, width: u16) -> Vec<Item> {
    let width = usize::from(width);
    let problems = view.problems.iter().map(|it| problem(model, it, width));
    let runs = view.runs.iter().map(|it| running(model, it, width));
    let mut all: Vec<Item> = problems.chain(runs).collect();
    let words = match (all.is_empty(), view.left_out) {
        (true, _) => Some("nothing is wrong, and nothing runs".to_owned()),
        (_, 0) => None,
        (_, n) => Some(format!("and {n} more in the deck")),
    };
    all.extend(words.map(|words| Item {
        lines: vec![Line::styled(words, model.look.dim())],
        alarm: false,
    }));
    all
}

fn problem(model: &Model, it: &Problem, width: usize) -> Item {
    let since = it.since.map_or_else(String::new, |at| {
        let at = at.checked_add(model.ahead).unwrap_or(at);
        format!(" since {}", text::moment(at, model.now, &model.zone))
    });
    let name = format!("{:<NAME$}", it.subject);
    sentence(
        model,
        it.light,
        &name,
        &format!("{}{since}", it.text),
        width,
    )
}

fn running(model: &Model, it: &Running, width: usize) -> Item {
    let age = text::age(model.age(it.since));
    let Running {
        title,
        by,
        phase,
        done,
        all,
        ..
    } = it;
    let words = format!("{title}   {by}   {phase}   {done} of {all}   {age}");
    sentence(model, it.light, "", &words, width)
}

/// A symbol, a name, and a sentence beside them.
fn sentence(model: &Model, light: Light, name: &str, words: &str, width: usize) -> Item {
    let look = model.look;
    let gap = if name.is_empty() { "" } else { " " };
    let begin = 2 + name.chars().count() + gap.len();
    let room = width.saturating_sub(begin).max(1);
    let mut rows = text::wrap(words, room);
    if rows.len() > ROWS {
        let rest = rows.split_off(ROWS - 1).join(" ");
        rows.push(text::cut(&rest, room));
    }
    let lines = rows.iter().enumerate().map(|(n, row)| {
        let row = row.trim();
        if n > 0 {
            return Line::raw(format!("{:begin$}{row}", ""));
        }
        Line::from(vec![
            Span::styled(light.symbol(), look.light(light)),
            Span::styled(format!(" {name}{gap}"), look.bold()),
            Span::styled(row.to_owned(), Style::new()),
        ])
    });
    Item {
        lines: lines.collect(),
        alarm: light == Light::Down,
    }
}

/// Which items stand on which page of so many rows: the first of each, and where the last ends.
pub fn pages(items: &[Item], rows: usize) -> Vec<std::ops::Range<usize>> {
    let mut pages = Vec::new();
    let (mut first, mut used) = (0, 0);
    for (n, item) in items.iter().enumerate() {
        if used + item.lines.len() > rows && n > first {
            pages.push(first..n);
            (first, used) = (n, 0);
        }
        used += item.lines.len();
    }
    pages.push(first..items.len());
    pages
}
