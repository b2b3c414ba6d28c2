//! What a run stands still for: a drain that waits, a server that is waited for, a person who paused it, a captain that is gone.
//! Must never leave open whether it goes on by itself.

use jiff::Timestamp;
use ratatui::text::Line;

use super::{
    head::{below, set},
    text,
};
use crate::{
    deck::{
        model::Model,
        world::{self, Light},
    },
    plan::Step,
    run::{Blockade, Run},
};

/// A run that nobody carried on for so long goes on only after a new preview.
const STOOD_STILL: i64 = 10;

/// The lines; none while it goes on.
pub fn lines(
    model: &Model,
    run: &Run,
    selected: Option<&Step>,
    width: usize,
) -> Vec<Line<'static>> {
    let look = model.look;
    let by_hand = format!("without pooldeck: `pooldeck run by-hand {}`", run.id());
    let by_hand = || set(&by_hand, width, look.dim());
    if !run.is_open() {
        return if run.is_stuck() {
            by_hand()
        } else {
            Vec::new()
        };
    }
    let mut lines: Vec<Line<'static>> = Vec::new();
    if let Some(text) = stopped(model, run) {
        lines.extend(set(&text, width, look.warn()));
        let ahead = run.ahead().into_iter();
        let ahead: Vec<String> = ahead.map(|(server, it)| format!("{server} {it}")).collect();
        if !ahead.is_empty() {
            let text = format!("ahead: {}", ahead.join("; "));
            lines.extend(set(&text::cut(&text, width * 2), width, look.dim()));
        }
    }
    // The one that is looked at in full, since it is the one that is answered; each other in a line.
    let looked_at = selected.and_then(|step| run.blockade(&step.subject));
    let full = looked_at.or_else(|| run.blockades().next());
    if let Some(it) = &full {
        lines.extend(blockade(model, it, width));
        let pool = run.plan().request.pool();
        let cluster = pool.and_then(|pool| model.world.snapshot.observed.pools.get(pool));
        let homeless = cluster.and_then(|cluster| it.without_room(cluster));
        lines.extend(
            homeless
                .iter()
                .flat_map(|text| below(text, width, look.warn())),
        );
    }
    for it in run.blockades().filter(|it| Some(it) != full.as_ref()) {
        let since = text::elapsed(model.now.duration_since(it.since));
        let text = format!("{} {} ({since})", Light::Degraded.symbol(), it.words());
        lines.extend(set(&text, width, look.warn()));
    }
    let blocked = |server| run.blockade(server).is_some();
    for (server, why) in run.parked.iter().filter(|(server, _)| !blocked(server)) {
        let symbol = Light::Degraded.symbol();
        let text = format!("{symbol} {server} waits: {why}");
        lines.extend(set(&text, width, look.warn()));
    }
    if run.is_stuck() || model.world.no_captain_since(model.now).is_some() {
        lines.extend(by_hand());
    }
    lines
}

/// Since when, where and why it stands still, and what happens by itself.
fn stopped(model: &Model, run: &Run) -> Option<String> {
    let at = world::current(run).and_then(|id| run.plan().step(id));
    let at = at.map_or_else(String::new, |step| {
        format!(" in {} {}", step.subject, step.action.name())
    });
    let since = |at: Timestamp| text::age(model.now.duration_since(at));
    if let Some((by, why)) = &run.paused {
        let since = since(run.paused_at.unwrap_or(run.last));
        return Some(format!(
            "STOPPED for {since}{at}, by {by}: {why}\nNothing goes on by itself.   A  resume, cancel, roll back"
        ));
    }
    let Some(gone) = model.world.no_captain_since(model.now) else {
        let captain = model.world.snapshot.captain.as_ref()?;
        let why = captain.holds_back.as_ref()?;
        return Some(format!(
            "HELD BACK{at}: {why}\nNothing new starts; it goes on by itself when that is over."
        ));
    };
    let since_when = gone.unwrap_or(run.last);
    let still = model.now.duration_since(since_when).as_mins() >= STOOD_STILL;
    let then = if still {
        "Nothing goes on by itself: a captain that starts now waits for a new preview of the rest."
    } else {
        "The next captain goes on with it by itself."
    };
    let since = since(since_when);
    Some(format!("NO CAPTAIN for {since}: stands still{at}\n{then}"))
}

fn blockade(model: &Model, it: &Blockade<'_>, width: usize) -> Vec<Line<'static>> {
    let look = model.look;
    let mut lines = Vec::new();
    let Some(first) = it.kept.first() else {
        return lines;
    };
    let since = text::elapsed(model.now.duration_since(it.since));
    let more = match it.kept.len() - 1 {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let server = it.server;
    let what = format!(
        "{server} drain waits {since} for {}{more}: {}",
        first.pod,
        first.words()
    );
    lines.extend(set(&what, width, look.warn()));
    let then = match it.until {
        Some(until) => {
            let until = text::moment(until, model.now, &model.zone);
            format!("no answer by {until}: {}", it.otherwise())
        }
        None => "nothing more is tried until a person answers".to_owned(),
    };
    lines.extend(below(&then, width, ratatui::style::Style::new()));
    let keys = format!("A  keep waiting, put {server} back, have another named, evict by force …");
    lines.extend(below(&keys, width, look.dim()));
    lines
}
