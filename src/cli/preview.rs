//! The preview as text: what will happen, the biggest loss first, nothing left out.
//! Must never say less than the plan promises, and never colour anything.

use super::words::gib;
use crate::{
    fleet::{Bytes, Capacity},
    plan::{Confirm, Effects, Move, Plan},
    run::Times,
};

/// Columns of the words in front.
const MARGIN: usize = 10;

/// The lines of a preview; `times`: what steps took here until now.
#[must_use]
pub fn lines(plan: &Plan, times: &Times) -> Vec<String> {
    let effects = &plan.effects;
    let mut lines = vec![format!("{}    plan {}", effects.title, plan.id.short())];
    marked(&mut lines, "LOST", &effects.lost);
    marked(&mut lines, "MAY WAIT", &effects.blocked);
    if plan.request.pool().is_some() {
        capacity(&mut lines, effects);
        lines.push(quorum(effects));
    }
    moves(&mut lines, "OUT", &effects.outgoing);
    moves(&mut lines, "IN", &effects.incoming);
    if let Some(offer) = &effects.offer {
        let text = format!("{}; `--accept-less` takes it", offer.text);
        marked(&mut lines, "OFFER", &[text]);
    }
    let left_out: Vec<String> = effects
        .left_out
        .iter()
        .map(|left| format!("{}  {}", left.server, left.why))
        .collect();
    marked(&mut lines, "LEFT OUT", &left_out);
    marked(&mut lines, "UNKNOWN", &effects.unknown);
    marked(&mut lines, "TIME", times.words(plan).as_slice());
    marked(&mut lines, "NOTE", &effects.notes);
    marked(&mut lines, "WHY", effects.nobody_goes.as_slice());
    if !plan.is_empty() {
        lines.push(String::new());
        lines.push(again(plan));
    }
    lines
}

/// The command line that does exactly this, once it is confirmed.
#[must_use]
pub fn again(plan: &Plan) -> String {
    let confirm = match &plan.effects.confirm {
        Confirm::Yes => "--yes".to_owned(),
        Confirm::TypeName { name, .. } => format!("--confirm {name}"),
    };
    format!("{} --plan {} {confirm}", plan.request, plan.id.short())
}

/// Lines with a word in front of the first.
fn marked(lines: &mut Vec<String>, word: &str, texts: &[String]) {
    let mut word = word;
    for text in texts.iter().flat_map(|text| text.lines()) {
        lines.push(format!("{word:MARGIN$}{text}"));
        word = "";
    }
}

fn moves(lines: &mut Vec<String>, word: &str, moves: &[Move]) {
    let names = moves.iter().map(|it| it.server.as_str().len()).max();
    let wide = names.unwrap_or(0);
    let mut word = word;
    for it in moves {
        let Capacity { cores, memory } = it.capacity;
        lines.push(format!(
            "{word:MARGIN$}{:wide$}  {:7}  {cores:>4} CPUs  {:>6} GiB  {}",
            it.server,
            it.role,
            gib(memory),
            it.why
        ));
        if !it.undo_line.is_empty() {
            lines.push(format!("{:MARGIN$}{:wide$}  {}", "", "", it.undo_line));
        }
        word = "";
    }
}

fn capacity(lines: &mut Vec<String>, effects: &Effects) {
    lines.push(format!(
        "{:18}{:>10}{:>10}{:>12}",
        "", "before", "after", "asked"
    ));
    let (before, after, asked) = (effects.before, effects.after, effects.asked);
    let cores = |capacity: Capacity| capacity.cores.to_string();
    let memory = |capacity: Capacity| gib(capacity.memory);
    // The end of a pool asks for nothing; else what is not asked for was left open.
    let open = if asked == Capacity::default() {
        "-"
    } else {
        "any"
    };
    let wanted =
        |part: Option<String>| part.map_or_else(|| open.to_owned(), |it| format!("≥ {it}"));
    let (asked_cores, asked_memory) = asked.asked();
    let difference = difference(after.cores.cast_signed() - asked.cores.cast_signed());
    lines.push(row(
        "CPUs hw",
        [
            cores(before),
            cores(after),
            wanted(asked_cores.map(|it| it.to_string())),
        ],
        &difference,
    ));
    let difference = memory_difference(after.memory, asked.memory);
    lines.push(row(
        "GiB hw",
        [memory(before), memory(after), wanted(asked_memory.map(gib))],
        &difference,
    ));
}

fn row(what: &str, [before, after, asked]: [String; 3], difference: &str) -> String {
    let difference = if asked.starts_with('≥') {
        difference
    } else {
        ""
    };
    format!("{what:18}{before:>10}{after:>10}{asked:>12}      {difference}")
        .trim_end()
        .to_owned()
}

fn difference(over: i32) -> String {
    match over {
        0 => "exactly".to_owned(),
        1.. => format!("{over} over"),
        _ => format!("{} short", -over),
    }
}

fn memory_difference(after: Bytes, asked: Bytes) -> String {
    let over = gib(Bytes(after.0.abs_diff(asked.0)));
    match after.cmp(&asked) {
        _ if over == "0" => "exactly".to_owned(),
        std::cmp::Ordering::Less => format!("{over} short"),
        _ => format!("{over} over"),
    }
}

fn quorum(effects: &Effects) -> String {
    let quorum = effects.quorum;
    let of = |(healthy, all): (u8, u8)| format!("{healthy} of {all}");
    let line = format!(
        "{:18}{:>10}{:>10}",
        "QUORUM",
        of(quorum.before),
        of(quorum.after)
    );
    // Where a pool begins or ends there is nothing to keep.
    if quorum.before.1 == 0 || quorum.after.1 == 0 {
        return line;
    }
    let needs = quorum.lowest.1 / 2 + 1;
    format!(
        "{line}{:18}never below {}, needs {needs}",
        "", quorum.lowest.0
    )
}
