//! Phases across, servers down: every column as wide as what stands in it, and where they do not fit, those around the cursor.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::text;
use crate::{
    deck::{list::window, model::Model, world::Light},
    fleet::ServerName,
    plan::{Phase, Step},
    run::{Progress, Run},
};

/// One server in one phase.
#[derive(Debug, Clone, Default)]
struct Cell {
    /// A symbol and a word.
    text: String,
    /// The same where there is no room for words.
    short: String,
    light: Option<Light>,
}

/// The heading and `rows` servers.
pub fn lines(
    model: &Model,
    run: &Run,
    selected: Option<&Step>,
    rows: usize,
    width: u16,
) -> Vec<Line<'static>> {
    let look = model.look;
    let phases = phases(run);
    let servers: Vec<&ServerName> = run.plan().subjects().into_iter().collect();
    let rows = rows.min(servers.len());
    let at = selected.and_then(|step| servers.iter().position(|server| **server == step.subject));
    let first = window(at.unwrap_or(0), rows, servers.len());
    let shown = &servers[first..first + rows];
    let cells: Vec<Vec<Cell>> = shown
        .iter()
        .map(|server| {
            phases
                .iter()
                .map(|phase| cell(run, server, *phase, model.now))
                .collect()
        })
        .collect();
    let range = if servers.len() > rows {
        format!("{}-{} of {}", first + 1, first + rows, servers.len())
    } else {
        String::new()
    };
    let names = shown.iter().map(|name| name.as_str().chars().count());
    let name = names.chain([range.len()]).max().unwrap_or(0).clamp(6, 24) + 2;
    let column = selected.and_then(|step| phases.iter().position(|it| *it == step.action.phase()));
    let room = usize::from(width).saturating_sub(name);
    let fit = Fit::of(&phases, &cells, column.unwrap_or(0), room);
    let mut heading = format!("{range:<name$}");
    for (n, at) in fit.shown.clone().enumerate() {
        let mark = match n {
            0 if fit.shown.start > 0 => "‹",
            _ => "",
        };
        let word = format!("{mark}{}", phases[at].word());
        let pad = fit.pad(at, &word);
        heading.extend([word, pad]);
    }
    if fit.shown.end < phases.len() {
        heading.push('›');
    }
    let mut lines = vec![Line::styled(heading, look.dim())];
    for (server, cells) in shown.iter().zip(&cells) {
        let mut spans = vec![Span::raw(format!(
            "{:<name$}",
            text::cut(server.as_str(), name - 2)
        ))];
        for at in fit.shown.clone() {
            let cell = &cells[at];
            let text = if fit.short { &cell.short } else { &cell.text };
            let here = selected
                .is_some_and(|it| it.subject == **server && it.action.phase() == phases[at]);
            let mut style = cell.light.map_or_else(|| look.dim(), |it| look.light(it));
            if here {
                style = style.patch(look.cursor());
            }
            spans.push(Span::styled(text.clone(), style));
            spans.push(Span::raw(fit.pad(at, text)));
        }
        lines.push(Line::from(spans));
    }
    lines
}

/// Which columns are shown, and how wide.
struct Fit {
    shown: std::ops::Range<usize>,
    widths: Vec<usize>,
    short: bool,
}

impl Fit {
    /// All columns with words where they fit, else all with symbols, else as many as fit around the cursor's.
    fn of(phases: &[Phase], cells: &[Vec<Cell>], column: usize, room: usize) -> Self {
        let widths = |short: bool, gap: usize| -> Vec<usize> {
            let of = |at: usize| {
                let words = cells.iter().map(|row| {
                    let it = &row[at];
                    if short { &it.short } else { &it.text }.chars().count()
                });
                words.chain([phases[at].word().len()]).max().unwrap_or(0) + gap
            };
            (0..phases.len()).map(of).collect()
        };
        let all = 0..phases.len();
        for (short, gap) in [(false, 3), (false, 1), (true, 1)] {
            let widths = widths(short, gap);
            // The last one needs no gap behind it.
            if widths.iter().sum::<usize>() <= room + gap {
                return Self {
                    shown: all,
                    widths,
                    short,
                };
            }
        }
        // With room for the marks that there is more.
        let widths = widths(true, 2);
        let (mut from, mut to) = (column, column + 1);
        let mut used = widths[column];
        loop {
            if to < phases.len() && used + widths[to] < room {
                used += widths[to];
                to += 1;
            } else if from > 0 && used + widths[from - 1] < room {
                from -= 1;
                used += widths[from];
            } else {
                break;
            }
        }
        Self {
            shown: from..to,
            widths,
            short: true,
        }
    }
}

impl Fit {
    /// The blanks behind a text in a column; none in the run's last, which may end with the screen.
    fn pad(&self, at: usize, text: &str) -> String {
        let last = at + 1 == self.widths.len();
        let width = if last { 0 } else { self.widths[at] };
        " ".repeat(width.saturating_sub(text.chars().count()))
    }
}

/// The run's columns, in the order of a server's life.
fn phases(run: &Run) -> Vec<Phase> {
    let has = |phase: &Phase| {
        let mut steps = run.plan().steps.iter();
        steps.any(|step| step.action.phase() == *phase)
    };
    Phase::ALL.into_iter().filter(has).collect()
}

/// The steps of one server in one phase as a symbol, and how long they take.
fn cell(run: &Run, server: &ServerName, phase: Phase, now: Timestamp) -> Cell {
    let here =
        |(step, _): &(&Step, &Progress)| step.subject == *server && step.action.phase() == phase;
    let steps: Vec<(&str, &Progress)> = run
        .progress()
        .filter(here)
        .map(|(step, progress)| (run.word(step, progress), progress))
        .collect();
    let is = |symbol: &str, word: &str, light| Cell {
        text: format!("{symbol} {word}").trim_end().to_owned(),
        short: symbol.to_owned(),
        light,
    };
    let any = |words: &[&str]| steps.iter().find(|(word, _)| words.contains(word));
    if steps.is_empty() {
        return Cell::default();
    }
    if any(&["failed", "undo-failed"]).is_some() {
        return is("✖", "failed", Some(Light::Down));
    }
    if let Some((_, progress)) = any(&["retrying", "undo-retrying"]) {
        let word = format!("try {}", progress.attempt + 1);
        return is("▲", &word, Some(Light::Degraded));
    }
    if let Some((_, progress)) = any(&["running", "undoing"]) {
        let took = progress
            .began
            .map(|at| text::elapsed(at.duration_until(now)));
        return is("◐", &took.unwrap_or_default(), Some(Light::Changing));
    }
    if let Some((word, _)) = any(&["cancelled", "given-up"]) {
        return is("·", &word.replace('-', " "), None);
    }
    if steps.iter().all(|(word, _)| *word == "proved") {
        let began = steps.iter().filter_map(|(_, it)| it.began).min();
        let ended = steps.iter().filter_map(|(_, it)| it.ended).max();
        let took = began
            .zip(ended)
            .map(|(began, ended)| began.duration_until(ended));
        let long = took.filter(|took| took.as_secs() >= 5).map(text::elapsed);
        return is("✓", &long.unwrap_or_default(), Some(Light::Ok));
    }
    if any(&["undone"]).is_some() {
        return is("·", "undone", None);
    }
    is("·", "", None)
}
