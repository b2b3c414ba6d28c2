//! Below a pool's members: what its cluster warned of in the last hour, and the runs that changed it.

use jiff::SignedDuration;
use ratatui::text::{Line, Span};

use super::{run_lines::RunLines, text};
use crate::{
    deck::{model::Model, world::Light},
    fleet::{Pool, cluster::Warning},
    run::Run,
};

/// What is older is history.
const RECENT: SignedDuration = SignedDuration::from_hours(1);
/// Older ones are in the list of runs.
const RUNS: usize = 3;

/// Lines for so many rows: a blank one, warnings, runs. Warnings give way to the newest run.
pub fn news(model: &Model, pool: &Pool, rows: u16, width: u16) -> Vec<Line<'static>> {
    let mut rows = usize::from(rows);
    let runs: Vec<&Run> = model.world.runs_of(&pool.name).collect();
    let mut lines = Vec::new();
    if rows == 0 {
        return lines;
    }
    if rows == 1 {
        let warned = recent(model, pool).map_or("-".to_owned(), |all| all.len().to_string());
        let note = format!(
            "in the last hour   {} of this pool",
            text::count(runs.len(), "run")
        );
        return vec![head(model, &format!("WARNINGS {warned}"), &note)];
    }
    lines.push(Line::default());
    rows -= 1;
    let for_runs = (runs.len().min(RUNS) + 1).min(rows / 2);
    lines.extend(warnings(model, pool, rows - for_runs));
    if for_runs > 0 {
        lines.push(head(model, "RUNS", &runs_of(runs.len())));
        let shown = runs.into_iter().take(for_runs - 1);
        let columns = RunLines::of(model, shown.clone(), false, width);
        lines.extend(shown.map(|run| columns.line(model, run)));
    }
    lines
}

fn runs_of(count: usize) -> String {
    if count == 0 {
        "none".to_owned()
    } else {
        format!("{count} of this pool")
    }
}

fn head(model: &Model, word: &str, note: &str) -> Line<'static> {
    Line::from(vec![
        Span::styled(word.to_owned(), model.look.bold()),
        Span::styled(format!("   {note}"), model.look.dim()),
    ])
}

/// Its warnings of the last hour; none where they were not heard.
fn recent<'m>(model: &'m Model, pool: &Pool) -> Option<Vec<&'m Warning>> {
    let cluster = model.world.snapshot.observed.pools.get(&pool.name)?;
    let all = cluster.warnings.as_ref()?.iter();
    Some(
        all.filter(|it| model.now.duration_since(it.last) < RECENT)
            .collect(),
    )
}

fn warnings(model: &Model, pool: &Pool, rows: usize) -> Vec<Line<'static>> {
    if rows == 0 {
        return Vec::new();
    }
    let Some(all) = recent(model, pool) else {
        return vec![head(model, "WARNINGS -", "its events were not heard")];
    };
    let shown = all.len().min(rows - 1);
    let hidden = match all.len() - shown {
        0 => String::new(),
        n => format!("   {n} more: `pooldeck pool show {}`", pool.name),
    };
    let title = format!("WARNINGS {}", all.len());
    let mut lines = vec![head(model, &title, &format!("in the last hour{hidden}"))];
    lines.extend(all.into_iter().take(shown).map(|it| warning(model, it)));
    lines
}

fn warning(model: &Model, it: &Warning) -> Line<'static> {
    let look = model.look;
    let times = if it.count > 1 {
        format!(" {}x", it.count)
    } else {
        String::new()
    };
    let at = text::moment(it.last, model.now, &model.zone);
    Line::from(vec![
        Span::styled(Light::Degraded.symbol(), look.light(Light::Degraded)),
        Span::raw(format!(" {at} {}{times}  {}", it.reason, it.object)),
        Span::styled(format!("  {}", it.message), look.dim()),
    ])
}
