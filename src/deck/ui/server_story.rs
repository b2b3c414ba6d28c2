//! What is wrong with a server and what to do about it; which rules it passes; what runs did to it.

use ratatui::text::{Line, Span};

use super::{run_lines::RunLines, server::fact, text};
use crate::{
    deck::{
        model::Model,
        runbook,
        world::{ServerRow, failed_on},
    },
    fleet::fit::checks,
    run::Run,
};

/// More runs of one server are in the list of runs.
const RUNS: usize = 5;

/// Trouble, debt, the last step that failed, and which rules are against it.
pub fn wrong(model: &Model, row: &ServerRow, width: u16) -> Vec<Line<'static>> {
    let snapshot = &model.world.snapshot;
    let seen = snapshot.observed.servers.get(&row.name);
    let server = snapshot.fleet.servers.get(&row.name);
    let mut said = Vec::new();
    let trouble = seen.and_then(|seen| seen.trouble.as_ref());
    if let Some(trouble) = trouble {
        let since = text::moment(trouble.since, model.now, &model.zone);
        head(
            model,
            &mut said,
            "LAST ERROR",
            format!("{} since {since}", trouble.kind.words()),
        );
        prose(&mut said, trouble.what(), width);
        let steps = server.map(|server| runbook::of_trouble(trouble.kind, server));
        to_do(model, &mut said, &steps.unwrap_or_default(), width);
    } else {
        to_do(
            model,
            &mut said,
            &runbook::of_standing(&row.standing, &row.name),
            width,
        );
    }
    if let Some(debt) = snapshot.fleet.debts.get(&row.name) {
        let since = text::moment(debt.since, model.now, &model.zone);
        head(
            model,
            &mut said,
            "OWES",
            format!(
                "clean to {}, since {since}, left by run {}",
                debt.pool, debt.run
            ),
        );
        prose(&mut said, &debt.why, width);
    }
    if let Some((run, step, why)) = failed_on(&model.world, &row.name) {
        head(
            model,
            &mut said,
            "FAILED LAST",
            format!("{} in run {run}", step.script()),
        );
        prose(&mut said, why.lines().next().unwrap_or_default(), width);
        to_do(model, &mut said, &runbook::of_step(step, &row.name), width);
    }
    said.extend(rules(model, row));
    said
}

/// Which rules it passes for being taken; nothing for what is in a pool already.
fn rules(model: &Model, row: &ServerRow) -> Vec<Line<'static>> {
    let seen = model.world.snapshot.observed.servers.get(&row.name);
    let Some(facts) = seen
        .and_then(|seen| seen.facts.as_ref())
        .filter(|_| row.pool.is_none())
    else {
        return Vec::new();
    };
    let (bad, good): (Vec<_>, Vec<_>) = checks(facts)
        .into_iter()
        .partition(|it| it.against.is_some());
    let good: Vec<&str> = good.iter().map(|check| check.name).collect();
    let mut said = vec![
        Line::default(),
        fact(model, "CHECKS", format!("✓ {}", good.join(", "))),
    ];
    said.extend(bad.into_iter().map(|check| {
        let why = check.against.unwrap_or_default();
        Line::styled(
            format!("            ▲ {}: {why}", check.name),
            model.look.warn(),
        )
    }));
    said
}

/// Runs that touched it, the newest first, each with how it ended.
pub fn history(model: &Model, row: &ServerRow, width: u16) -> Vec<Line<'static>> {
    let runs: Vec<&Run> = model.world.runs_on(&row.name).collect();
    let mut said = vec![Line::default()];
    let more = match runs.len().saturating_sub(RUNS) {
        0 => String::new(),
        n => format!("   and {n} older"),
    };
    let count = if runs.is_empty() {
        "no run touched it".to_owned()
    } else {
        format!("{}{more}", text::count(runs.len(), "run"))
    };
    said.push(fact(model, "HISTORY", count));
    let shown = runs.into_iter().take(RUNS);
    let columns = RunLines::of(model, shown.clone(), true, width);
    said.extend(shown.map(|run| columns.line(model, run)));
    said
}

fn head(model: &Model, said: &mut Vec<Line<'static>>, label: &str, value: String) {
    said.push(Line::default());
    said.push(Line::from(vec![
        Span::styled(format!("{label:<12}"), model.look.bold()),
        Span::styled(value, model.look.warn()),
    ]));
}

fn prose(said: &mut Vec<Line<'static>>, words: &str, width: u16) {
    let lines = words
        .lines()
        .flat_map(|line| text::wrap(line, width.into()));
    said.extend(lines.map(Line::raw));
}

/// The runbook's lines, one after the other, the way they are to be tried.
fn to_do(model: &Model, said: &mut Vec<Line<'static>>, steps: &[String], width: u16) {
    for (at, step) in steps.iter().enumerate() {
        let label = if at == 0 { "WHAT TO DO" } else { "" };
        let lines = text::wrap(step, usize::from(width).saturating_sub(12));
        for (line, words) in lines.into_iter().enumerate() {
            let label = if line == 0 { label } else { "" };
            let style = model.look.bold();
            said.push(Line::from(vec![
                Span::styled(format!("{label:<12}"), style),
                Span::raw(words),
            ]));
        }
    }
}
