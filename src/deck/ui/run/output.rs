//! A step's state, its tries and what it printed.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::{head::set, text};
use crate::{
    deck::model::Model,
    plan::Step,
    run::{Kept, Run, State},
    store::record,
};

/// Its name, where it runs, which try it is and how long it takes; below it why it did not come off.
pub fn head(model: &Model, run: &Run, step: &Step, width: u16) -> Vec<Line<'static>> {
    let look = model.look;
    let Some(progress) = run.of(step.id) else {
        return Vec::new();
    };
    let on = progress
        .executor
        .as_ref()
        .map(|executor| format!(" on {executor}"))
        .unwrap_or_default();
    let left = format!("{} {}{on} ", step.subject, step.action.name());
    let right = format!(" {}", tries(model, run, step));
    let used = left.chars().count() + right.chars().count();
    let rule = "─".repeat(usize::from(width).saturating_sub(used));
    let mut lines = vec![Line::from(vec![
        Span::styled(left, look.bold()),
        Span::styled(format!("{rule}{right}"), look.dim()),
    ])];
    let (why, after) = match &progress.state {
        State::Failed { why } | State::UndoFailed { why } => (why.as_str(), None),
        State::Retrying { why, after } | State::UndoRetrying { why, after } => {
            (why.as_str(), Some(*after))
        }
        _ => return lines,
    };
    // A person who is waited for is said above.
    let held = run.parked.contains_key(&step.subject) || run.paused.is_some();
    let tried = matches!(run.word(step, progress), "retrying" | "undo-retrying");
    let again = after
        .filter(|_| tried && !held)
        .map_or_else(String::new, |at| {
            format!("tried again from {} on: ", text::clock(at, &model.zone))
        });
    // What budgets keep is said above.
    let why = why.lines().filter(|line| Kept::read(line).is_empty());
    let why = why.collect::<Vec<_>>().join(
        "
",
    );
    lines.extend(set(
        &format!("{again}{why}"),
        usize::from(width),
        look.warn(),
    ));
    lines
}

/// `attempt 3 of 1m40s`.
pub fn tries(model: &Model, run: &Run, step: &Step) -> String {
    let Some(progress) = run.of(step.id).filter(|it| it.attempt > 0) else {
        return "not begun".to_owned();
    };
    let word = match run.word(step, progress) {
        word @ ("cancelled" | "given-up") => format!(", {}", word.replace('-', " ")),
        _ => String::new(),
    };
    let until = if run.is_open() { model.now } else { run.last };
    let until = progress.ended.unwrap_or(until);
    let took = progress
        .began
        .map(|at| format!(", {}", text::elapsed(at.duration_until(until))))
        .unwrap_or_default();
    format!("attempt {}{took}{word}", progress.attempt)
}

/// What it printed, a row each, with a mark where each further try began; a sentence where there is nothing.
pub fn lines(model: &Model, run: &Run, step: &Step, width: u16) -> Vec<Line<'static>> {
    let look = model.look;
    let printed = printed(model, run, step);
    let room = usize::from(width).saturating_sub(10);
    if printed.is_empty() {
        return set(&nothing(run, step), usize::from(width), look.dim());
    }
    let mut tries = run
        .of(step.id)
        .map_or(&[][..], |it| &it.tries)
        .iter()
        .enumerate()
        .skip(1)
        .peekable();
    let mut lines = Vec::new();
    for line in printed {
        while let Some((n, at)) = tries.next_if(|(_, at)| **at <= line.at) {
            lines.push(mark(model, n + 1, *at));
        }
        lines.push(Line::from(vec![
            Span::styled(text::clock(line.at, &model.zone), look.dim()),
            Span::raw(format!("  {}", text::cut(&line.text, room))),
        ]));
    }
    lines
}

/// Where a further try began.
fn mark(model: &Model, number: usize, at: Timestamp) -> Line<'static> {
    let at = text::clock(at, &model.zone);
    Line::styled(format!("{at}  attempt {number} begins"), model.look.dim())
}

/// Its lines, when they are those that were read.
pub fn printed<'a>(model: &'a Model, run: &Run, step: &Step) -> &'a [record::Line] {
    match &model.printed {
        Some((of, at, lines)) if (*of, *at) == (run.id(), step.id) => lines,
        _ => &[],
    }
}

/// Why there are no lines.
fn nothing(run: &Run, step: &Step) -> String {
    let Some(progress) = run.of(step.id) else {
        return String::new();
    };
    match progress.state {
        State::Waiting if run.is_open() => {
            let waits = |id: &&crate::plan::StepId| {
                run.of(**id).is_some_and(|it| it.state != State::Proved)
            };
            let needs = step.needs.iter().filter(waits);
            let names = needs.filter_map(|id| run.plan().step(*id));
            let names: Vec<String> = names
                .map(|it| format!("{} {}", it.subject, it.action.name()))
                .collect();
            match names.as_slice() {
                [] => "It begins when its server is free.".to_owned(),
                names => format!("It comes after {}.", names.join(", ")),
            }
        }
        State::Waiting => "It never began.".to_owned(),
        State::Proved if !progress.changes => {
            "It was so already: nothing was done, and its check said nothing.".to_owned()
        }
        _ if progress.ended.is_some() => "It printed nothing.".to_owned(),
        _ => "It has printed nothing yet.".to_owned(),
    }
}
