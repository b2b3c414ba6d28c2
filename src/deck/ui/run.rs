//! One run: phases across, servers down, and the lines of the step that is looked at.

use jiff::Timestamp;
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{Look, lists, table::row, text};
use crate::{
    deck::{
        command::Command,
        list::{List, window},
        model::Model,
        world::Light,
    },
    fleet::{RunId, ServerName},
    plan::{Phase, Step, StepId},
    run::{Progress, Run, State},
};

/// Every column, in the order of a server's life.
const PHASES: [Phase; 10] = [
    Phase::Preflight,
    Phase::Prepare,
    Phase::Join,
    Phase::Ready,
    Phase::Cordon,
    Phase::Drain,
    Phase::Leave,
    Phase::Reset,
    Phase::Clean,
    Phase::Proved,
];

/// Draws it.
pub fn draw(model: &Model, id: RunId, steps: &List<StepId>, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let Some(run) = model.world.run(id) else {
        let gone = Line::raw(format!("There is no run {id}."));
        row(frame.buffer_mut(), area, 0, &gone, None);
        return;
    };
    let mut y = 0;
    let put = |frame: &mut Frame, y: &mut u16, line: Line<'_>| {
        row(frame.buffer_mut(), area, *y, &line, None);
        *y += 1;
    };
    for line in head(model, run) {
        put(frame, &mut y, line);
    }
    let selected = steps.selected().and_then(|id| run.plan().step(*id));
    let servers: Vec<&ServerName> = run.plan().subjects().into_iter().collect();
    let phases: Vec<Phase> = PHASES
        .into_iter()
        .filter(|phase| {
            run.plan()
                .steps
                .iter()
                .any(|step| step.action.phase() == *phase)
        })
        .collect();
    // The table gets at most half of the screen, the output the rest.
    let rows = servers
        .len()
        .min(usize::from(area.height / 2).saturating_sub(2).max(2));
    let at = selected.and_then(|step| servers.iter().position(|server| **server == step.subject));
    let first = window(at.unwrap_or(0), rows, servers.len());
    put(
        frame,
        &mut y,
        heading(&phases, servers.len(), first, rows, look),
    );
    for server in servers.iter().skip(first).take(rows) {
        put(
            frame,
            &mut y,
            server_line(model, run, server, &phases, selected),
        );
    }
    put(frame, &mut y, Line::default());
    let Some(step) = selected else { return };
    for line in step_head(model, run, step, area.width) {
        put(frame, &mut y, line);
    }
    if let Some((of, at, lines)) = &model.lines
        && (*of, *at) == (id, step.id)
    {
        let room = usize::from(area.height.saturating_sub(y));
        for line in lines.iter().skip(lines.len().saturating_sub(room)) {
            put(
                frame,
                &mut y,
                Line::from(vec![
                    Span::styled(text::clock(line.at, &model.zone), look.dim()),
                    Span::raw(format!("  {}", line.text)),
                ]),
            );
        }
    }
}

fn head(model: &Model, run: &Run) -> Vec<Line<'static>> {
    let look = model.look;
    let (done, all) = run.done();
    let (light, symbol) = lists::light(run);
    let until = if run.is_open() { model.now } else { run.last };
    let took = text::elapsed(run.record.accepted.duration_until(until));
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{symbol} "), look.light(light)),
        Span::styled(run.plan().effects.title.clone(), look.bold()),
        Span::styled(
            format!(
                "   run {}, {}   {took}   {done} of {all} steps",
                run.id(),
                run.record.by
            ),
            look.dim(),
        ),
    ])];
    if let Some(outcome) = &run.outcome {
        lines.push(Line::styled(outcome.word().to_owned(), look.light(light)));
    }
    if let Some((by, why)) = &run.paused {
        lines.push(Line::styled(
            format!(
                "paused by {by}: {why}   {} resume",
                model.keys.word(Command::Actions)
            ),
            look.warn(),
        ));
    }
    if let Some((_, by)) = &run.unwinding {
        lines.push(Line::styled(format!("going back: {by}"), look.warn()));
    }
    let note = |word: &str, all: &std::collections::BTreeMap<ServerName, String>| {
        all.iter()
            .map(|(server, why)| {
                let why = why.lines().next().unwrap_or_default();
                Line::styled(
                    format!("{} {server} {word}: {why}", Light::Degraded.symbol()),
                    look.warn(),
                )
            })
            .collect::<Vec<_>>()
    };
    lines.extend(note("waits", &run.parked));
    lines.extend(note("is left out", &run.left_out));
    lines.extend(note("stays in the pool", &run.put_back));
    let proposed = run.proposed.iter().flat_map(|text| text.lines());
    lines.extend(proposed.map(|text| Line::styled(text.to_owned(), look.warn())));
    lines.truncate(5);
    lines.push(Line::default());
    lines
}

const CELL: usize = 11;

fn heading(
    phases: &[Phase],
    servers: usize,
    first: usize,
    rows: usize,
    look: Look,
) -> Line<'static> {
    let range = if servers > rows {
        format!("{}-{} of {servers}", first + 1, first + rows)
    } else {
        String::new()
    };
    let words: String = phases
        .iter()
        .map(|phase| format!("{:<CELL$}", phase.word()))
        .collect::<Vec<_>>()
        .concat();
    Line::styled(format!("{range:<12}{words}"), look.dim())
}

fn server_line(
    model: &Model,
    run: &Run,
    server: &ServerName,
    phases: &[Phase],
    selected: Option<&Step>,
) -> Line<'static> {
    let look = model.look;
    let mut spans = vec![Span::raw(format!("{:<12}", text::cut(server.as_str(), 11)))];
    for phase in phases {
        let steps: Vec<(&Step, &Progress)> = run
            .progress()
            .filter(|(step, _)| step.subject == *server && step.action.phase() == *phase)
            .collect();
        let (text, light) = cell(&steps, model.now);
        let here = selected.is_some_and(|it| it.subject == *server && it.action.phase() == *phase);
        let mut style = light.map_or_else(|| look.dim(), |light| look.light(light));
        if here {
            style = style.patch(look.cursor());
        }
        spans.push(Span::styled(text::cut(&text, CELL - 1), style));
        let pad = CELL.saturating_sub(text.chars().count().min(CELL - 1));
        spans.push(Span::styled(" ".repeat(pad), Style::new()));
    }
    Line::from(spans)
}

/// The steps of one server in one phase as a symbol, and how long they take.
fn cell(steps: &[(&Step, &Progress)], now: Timestamp) -> (String, Option<Light>) {
    if steps.is_empty() {
        return (String::new(), None);
    }
    let any = |test: fn(&State) -> bool| steps.iter().find(|(_, progress)| test(&progress.state));
    if any(|state| matches!(state, State::Failed { .. } | State::UndoFailed { .. })).is_some() {
        return ("✖ failed".to_owned(), Some(Light::Down));
    }
    if let Some((_, progress)) =
        any(|state| matches!(state, State::Retrying { .. } | State::UndoRetrying { .. }))
    {
        return (
            format!("▲ try {}", progress.attempt + 1),
            Some(Light::Degraded),
        );
    }
    if let Some((_, progress)) = any(|state| matches!(state, State::Running | State::Undoing)) {
        let took = progress
            .began
            .map_or_else(String::new, |at| text::elapsed(at.duration_until(now)));
        return (format!("◐ {took}"), Some(Light::Changing));
    }
    if steps
        .iter()
        .all(|(_, progress)| progress.state == State::Proved)
    {
        let began = steps
            .iter()
            .filter_map(|(_, progress)| progress.began)
            .min();
        let ended = steps
            .iter()
            .filter_map(|(_, progress)| progress.ended)
            .max();
        let took = began
            .zip(ended)
            .map(|(began, ended)| began.duration_until(ended));
        let long = took.filter(|took| took.as_secs() >= 5).map(text::elapsed);
        return (format!("✓ {}", long.unwrap_or_default()), Some(Light::Ok));
    }
    if steps
        .iter()
        .any(|(_, progress)| progress.state == State::Undone)
    {
        return ("· undone".to_owned(), None);
    }
    ("·".to_owned(), None)
}

fn step_head(model: &Model, run: &Run, step: &Step, width: u16) -> Vec<Line<'static>> {
    let look = model.look;
    let Some(progress) = run.of(step.id) else {
        return Vec::new();
    };
    let until = progress.ended.unwrap_or(model.now);
    let took = progress
        .began
        .map(|at| format!(", {}", text::elapsed(at.duration_until(until))))
        .unwrap_or_default();
    let on = progress
        .executor
        .as_ref()
        .map(|executor| format!(" on {executor}"))
        .unwrap_or_default();
    let left = format!("{} {}{on} ", step.subject, step.action.script());
    let right = if progress.attempt == 0 {
        " not begun".to_owned()
    } else {
        format!(" attempt {}{took}", progress.attempt)
    };
    let used = left.chars().count() + right.chars().count();
    let rule = "─".repeat(usize::from(width).saturating_sub(used));
    let mut lines = vec![Line::from(vec![
        Span::styled(left, look.bold()),
        Span::styled(format!("{rule}{right}"), look.dim()),
    ])];
    let why = match &progress.state {
        State::Failed { why }
        | State::UndoFailed { why }
        | State::Retrying { why, .. }
        | State::UndoRetrying { why, .. } => why.as_str(),
        _ => "",
    };
    lines.extend(
        why.lines()
            .take(4)
            .map(|line| Line::styled(line.to_owned(), look.warn())),
    );
    lines
}
