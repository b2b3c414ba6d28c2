//! What a run is about, what was foretold, and what came of it.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{super::lists, stop, text, wrapped};
use crate::{
    deck::model::Model,
    fleet::{Bytes, Capacity, Role, ServerName},
    plan::{Action, Effects, Move, Step},
    run::{Outcome, Run, State, Times},
};

/// The lines, at most `most` of them: what it waits for counts more than what was foretold, and what is cut is counted.
pub fn lines(
    model: &Model,
    run: &Run,
    selected: Option<&Step>,
    width: usize,
    most: usize,
) -> Vec<Line<'static>> {
    let look = model.look;
    let mut lines = first(model, run, width);
    let mut news = stop::lines(model, run, selected, width);
    if let Some((_, by)) = &run.unwinding {
        news.extend(set(&format!("going back: {by}"), width, look.warn()));
    }
    let note = |word: &str, all: &std::collections::BTreeMap<_, String>| {
        let line = |(server, why): (&ServerName, &String)| {
            set(&format!("▲ {server} {word}: {why}"), width, look.warn())
        };
        all.iter().flat_map(line).collect::<Vec<_>>()
    };
    news.extend(note("is left out", &run.left_out));
    news.extend(note("stays in the pool", &run.put_back));
    if let Some(it) = run.answers.last() {
        let (at, by) = (text::moment(it.at, model.now, &model.zone), &it.by);
        let said = format!("{}: {by} said at {at}: {}", it.server, it.reply.words());
        news.extend(set(&said, width, look.dim()));
    }
    let proposed = run.proposed.iter();
    news.extend(proposed.flat_map(|text| set(text, width, look.warn())));
    if let Some(came) = came(model, run) {
        lines.extend(set(&came, width, look.dim()));
    } else {
        let foretold = set(&foretold(model, run), width, look.dim());
        if lines.len() + foretold.len() + news.len() <= most {
            lines.extend(foretold);
        } else if lines.len() + news.len() > most {
            lines.truncate(1);
        }
    }
    lines.append(&mut news);
    let hidden = lines.len().saturating_sub(most);
    if hidden > 0 {
        lines.truncate(most - 1);
        let id = run.id();
        let text = format!("and {} lines more: `pooldeck run show {id}`", hidden + 1);
        lines.push(Line::styled(text, look.dim()));
    }
    lines.push(Line::default());
    lines
}

/// A text in its own colour, over as many lines as it needs.
pub fn set(text: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    let lines = wrapped(text, width, 4).into_iter();
    lines.map(|line| Line::styled(line, style)).collect()
}

/// The same, all of it set in.
pub fn below(text: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    let lines = text::wrap(text, width.saturating_sub(4)).into_iter();
    lines
        .map(|line| Line::styled(format!("    {line}"), style))
        .collect()
}

/// What it is called and how far it is; who asked for it where there is room, else below.
fn first(model: &Model, run: &Run, width: usize) -> Vec<Line<'static>> {
    let look = model.look;
    let (done, all) = run.done();
    let (light, symbol) = lists::light(run);
    let until = if run.is_open() { model.now } else { run.last };
    let took = text::elapsed(run.record.accepted.duration_until(until));
    let left = model.world.times.left(run, model.now);
    let left = left.map_or_else(String::new, |it| format!(", {} left", it.words()));
    let right = format!("{took}{left}   {done} of {all}");
    let who = format!("run {}, {}", run.id(), run.record.by);
    let room = width.saturating_sub(right.chars().count() + 4);
    let title = text::cut(&run.plan().effects.title, room);
    let used = title.chars().count() + 2;
    let whole = used + 3 + who.chars().count() + 2 + right.chars().count() <= width;
    let middle = if whole {
        format!("   {who}")
    } else {
        String::new()
    };
    let gap = width.saturating_sub(used + middle.chars().count() + right.chars().count());
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{symbol} "), look.light(light)),
        Span::styled(title, look.bold()),
        Span::styled(middle, look.dim()),
        Span::styled(format!("{:gap$}{right}", ""), look.dim()),
    ])];
    if !whole {
        lines.push(Line::styled(who, look.dim()));
    }
    lines
}

/// What people read before they said yes.
fn foretold(model: &Model, run: &Run) -> String {
    let Effects {
        before,
        after,
        quorum,
        ..
    } = &run.plan().effects;
    let mut parts = Vec::new();
    if before != after {
        let gib = |bytes| text::amount(bytes, 1 << 30);
        parts.push(format!("{} → {} CPUs", before.cores, after.cores));
        parts.push(format!(
            "{} → {} GiB",
            gib(before.memory.0),
            gib(after.memory.0)
        ));
    }
    if quorum.lowest.1 > 0 {
        parts.push(format!(
            "quorum never below {} of {}",
            quorum.lowest.0, quorum.lowest.1
        ));
    }
    parts.extend(time(model, run));
    match parts.as_slice() {
        [] => "nothing was foretold in numbers".to_owned(),
        parts => format!("foretold: {}", parts.join(", ")),
    }
}

/// How long it was to take by what was known when it was accepted.
fn time(model: &Model, run: &Run) -> Option<String> {
    let times = Times::of(&model.world.snapshot.runs, Some(run.id()));
    Some(times.of_plan(run.plan())?.words())
}

/// At its end: what of it came true.
fn came(model: &Model, run: &Run) -> Option<String> {
    let outcome = run.outcome.as_ref()?;
    let tick = |so: bool, word: &str| {
        let mark = if so { "✓" } else { "✖" };
        format!("{word} {mark}")
    };
    let mut parts = Vec::new();
    let effects = &run.plan().effects;
    // A server that is set aside stays a member: what the pool has for pods is not this sum.
    let moves = run.plan().request.set_aside().is_none();
    if moves && effects.before != effects.after {
        let has = reached(run);
        let instead = format!(
            "capacity ✖ {} CPUs, {} GiB",
            has.cores,
            text::amount(has.memory.0, 1 << 30)
        );
        let as_foretold = has == effects.after;
        parts.push(if as_foretold {
            tick(true, "capacity")
        } else {
            instead
        });
    }
    let proof = run
        .progress()
        .find(|(step, _)| step.action == Action::VerifyPool);
    if let Some((_, proof)) = proof {
        parts.push(tick(proof.state == State::Proved, "quorum"));
    }
    let took = text::elapsed(run.record.accepted.duration_until(run.last));
    let foretold = time(model, run).map_or_else(String::new, |it| format!(" (foretold {it})"));
    parts.push(format!("took {took}{foretold}"));
    let why = match outcome {
        Outcome::Failed(why) | Outcome::Stuck(why) => format!("\n{why}"),
        _ => String::new(),
    };
    Some(format!("{}: {}{why}", outcome.word(), parts.join("  ")))
}

/// The workers' hardware once it was over: who came and who left, whatever was planned.
fn reached(run: &Run) -> Capacity {
    let effects = &run.plan().effects;
    let sum = |all: &[Move], counts: &dyn Fn(&ServerName) -> bool| -> Capacity {
        let workers = all.iter().filter(|it| it.role == Role::Worker);
        workers
            .filter(|it| counts(&it.server))
            .map(|it| it.capacity)
            .sum()
    };
    let came = sum(&effects.incoming, &|name| run.has_come(name));
    let left = sum(&effects.outgoing, &|name| run.has_left(name));
    let Capacity { cores, memory } = effects.before;
    Capacity::new(
        (cores + came.cores).saturating_sub(left.cores),
        Bytes((memory.0 + came.memory.0).saturating_sub(left.memory.0)),
    )
}
