//! Home's lower half: what is wrong and what runs, and how the rows of a small screen are shared.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{run_lines::RunLines, table::row, text};
use crate::deck::{
    command::Command,
    list::window,
    model::{Model, Section},
    world::{self, Light, Problem},
};
use crate::run::Run;

/// Rows of each part of home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Pools.
    pub pools: usize,
    /// The line that explains the four numbers.
    pub legend: bool,
    /// Empty lines between the parts.
    pub blanks: bool,
    /// Problems.
    pub problems: usize,
    /// Open runs, and one that ended.
    pub runs: usize,
}

/// Shares `height` rows. What gives way first: empty lines, the ended run, the legend, problems down to two,
/// runs down to two, and at last pools.
pub fn share(model: &Model, height: u16) -> Room {
    let open = model.open_runs().len();
    let mut room = Room {
        pools: model.world.pools.len(),
        legend: true,
        blanks: true,
        problems: model.world.problems.len().min(9),
        runs: open + usize::from(ended(model).is_some()),
    };
    // Two headings, spare, not usable, and one heading for each list.
    let need = |room: &Room| {
        let part = |rows: usize| {
            if rows > 0 {
                rows + 1 + usize::from(room.blanks)
            } else {
                0
            }
        };
        4 + room.pools + usize::from(room.legend) + part(room.problems) + part(room.runs)
    };
    let height = usize::from(height);
    if need(&room) > height {
        room.blanks = false;
    }
    if need(&room) > height {
        room.runs = open;
    }
    if need(&room) > height {
        room.legend = false;
    }
    while need(&room) > height && room.problems > 2 {
        room.problems -= 1;
    }
    while need(&room) > height && room.runs > 2 {
        room.runs -= 1;
    }
    while need(&room) > height && room.pools > 1 {
        room.pools -= 1;
    }
    room
}

/// The run that ended last, while it is news: an hour.
fn ended(model: &Model) -> Option<&Run> {
    let runs = model.world.snapshot.runs.values();
    let last = runs
        .filter(|run| !run.is_open())
        .max_by_key(|run| run.last)?;
    let age = model.now.duration_since(last.last);
    (age < jiff::SignedDuration::from_hours(1)).then_some(last)
}

/// Draws problems and runs from the top of `area` on.
pub fn draw(model: &Model, room: &Room, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let mut y = 0;
    let mut put = |frame: &mut Frame, line: &Line<'_>, here: bool| {
        row(
            frame.buffer_mut(),
            area,
            y,
            line,
            here.then(|| look.cursor()),
        );
        y += 1;
    };
    let title = |word: &str, note: String, focus: bool| {
        let style = if focus { look.focus() } else { look.bold() };
        Line::from(vec![
            Span::styled(word.to_owned(), style),
            Span::styled(note, look.dim()),
        ])
    };
    if room.problems > 0 {
        if room.blanks {
            put(frame, &Line::default(), false);
        }
        let focus = model.home.section == Section::Problems;
        let all = model.world.problems.len();
        let keys = model.problem_keys();
        let at = model.home.problems.row(&keys);
        let first = window(at, room.problems, all);
        let (wrong, known) = model.world.wrong();
        let apart = match known {
            0 => String::new(),
            n => format!("   {n} acknowledged"),
        };
        let hidden = all - room.problems.min(all);
        let more = if hidden > 0 {
            format!(
                "   {hidden} more, {} and down",
                model.keys.word(Command::Next)
            )
        } else {
            String::new()
        };
        put(
            frame,
            &title(
                &format!("PROBLEMS {wrong}"),
                format!("{apart}{more}"),
                focus,
            ),
            false,
        );
        let shown = model.world.problems.iter().zip(&keys).skip(first);
        for (it, key) in shown.take(room.problems) {
            let here = focus && model.home.problems.selected() == Some(key);
            put(frame, &problem(model, it), here);
        }
    }
    if room.runs > 0 {
        if room.blanks {
            put(frame, &Line::default(), false);
        }
        let focus = model.home.section == Section::Runs;
        let ids = model.open_runs();
        put(
            frame,
            &title(&format!("RUNNING {}", ids.len()), String::new(), focus),
            false,
        );
        let rows = room.runs.min(ids.len());
        let first = window(model.home.runs.row(&ids), rows, ids.len());
        let shown = ids[first..first + rows].iter();
        let shown: Vec<&Run> = shown.filter_map(|id| model.world.run(*id)).collect();
        let last = ended(model).filter(|_| room.runs > ids.len());
        let all = shown.iter().copied().chain(last);
        let columns = RunLines::of(model, all, false, area.width);
        for run in shown {
            let here = focus && model.home.runs.selected() == Some(&run.id());
            put(frame, &columns.line(model, run), here);
        }
        if let Some(run) = last {
            put(frame, &columns.line(model, run), false);
        }
    }
}

/// A problem in one line.
pub fn problem(model: &Model, problem: &Problem) -> Line<'static> {
    let look = model.look;
    if let Some(known) = &problem.acknowledged {
        let until = text::moment(known.until, model.now, &model.zone);
        let (symbol, id) = (problem.light.symbol(), &problem.id);
        let said = format!(
            "{symbol} {id}  acknowledged by {} until {until}: {}",
            known.who(),
            known.why
        );
        return Line::styled(said, look.dim());
    }
    let (what, since, advice) = in_words(model, problem);
    Line::from(vec![
        Span::styled(problem.light.symbol(), look.light(problem.light)),
        Span::raw(format!(" {:<8} {what}", problem.subject)),
        Span::styled(since, look.dim()),
        Span::raw(advice.to_owned()),
    ])
}

/// What is wrong, since when, and what to do: it is wrong since then, not to be done since then.
pub fn in_words<'a>(model: &Model, problem: &'a Problem) -> (&'a str, String, &'a str) {
    let Some(at) = problem.since else {
        return (&problem.text, String::new(), "");
    };
    let since = format!(" since {}", text::moment(at, model.now, &model.zone));
    let end = problem.text.find(": ").unwrap_or(problem.text.len());
    let (what, advice) = problem.text.split_at(end);
    (what, since, advice)
}

/// How a run is, as a symbol.
#[must_use]
pub fn light(run: &Run) -> (Light, &'static str) {
    match &run.outcome {
        None if !run.parked.is_empty() || run.blockades().next().is_some() => {
            (Light::Degraded, Light::Degraded.symbol())
        }
        None if run.paused.is_some() => (Light::Maintenance, Light::Maintenance.symbol()),
        None => (Light::Changing, Light::Changing.symbol()),
        Some(outcome) => match world::ended(outcome) {
            Light::Ok => (Light::Ok, "✓"),
            Light::Maintenance => (Light::Maintenance, "·"),
            light => (light, light.symbol()),
        },
    }
}

/// What a run does now, in two or three words.
#[must_use]
pub fn now_doing(run: &Run) -> String {
    if let Some(blockade) = run.blockades().next() {
        return blockade.words();
    }
    if let Some((server, _)) = run.parked.first_key_value() {
        return format!("{server} waits");
    }
    if let Some((by, _)) = &run.paused {
        return format!("paused by {by}");
    }
    world::current(run)
        .and_then(|id| run.plan().step(id))
        .map_or_else(String::new, |step| {
            format!("{} {}", step.action.phase().word(), step.subject)
        })
}
