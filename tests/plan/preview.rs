//! A plan as text: all that a person may decide by, and every step with its needs.

use std::fmt::Write;

use pooldeck::plan::{Confirm, Move, Plan, PlanError};

/// The whole preview, or the error.
pub fn text(plan: &Result<Plan, PlanError>) -> String {
    match plan {
        Ok(plan) => preview(plan) + &steps(plan),
        Err(error) => format!("refused: {error}\n"),
    }
}

/// What people read.
pub fn preview(plan: &Plan) -> String {
    let effects = &plan.effects;
    let mut out = format!("{}\n", effects.title);
    let mut line = |label: &str, text: String| writeln!(out, "{label:<9} {text}").unwrap();
    for lost in &effects.lost {
        line("LOST", lost.clone());
    }
    for blocked in &effects.blocked {
        line("MAY WAIT", blocked.clone());
    }
    let size = |it: pooldeck::fleet::Capacity| format!("{} CPUs, {}", it.cores, it.memory);
    line("before", size(effects.before));
    line("after", size(effects.after));
    line("asked", size(effects.asked));
    let quorum = effects.quorum;
    line(
        "quorum",
        format!("{:?} {:?} {:?}", quorum.before, quorum.lowest, quorum.after),
    );
    let moved = |it: &Move| {
        format!(
            "{} {} ({}): {}; {}",
            it.server,
            it.role,
            size(it.capacity),
            it.why,
            it.undo_line
        )
    };
    for it in &effects.incoming {
        line("IN", moved(it));
    }
    for it in &effects.outgoing {
        line("OUT", moved(it));
    }
    for it in &effects.left_out {
        line("not", format!("{}: {}", it.server, it.why));
    }
    for it in &effects.unknown {
        line("UNKNOWN", it.clone());
    }
    for it in &effects.notes {
        line("note", it.clone());
    }
    if let Some(offer) = &effects.offer {
        line("offer", offer.text.clone());
    }
    match &effects.confirm {
        Confirm::Yes => line("confirm", "Y".to_owned()),
        Confirm::TypeName { name, why } => line("confirm", format!("type `{name}`: {why}")),
    }
    out
}

/// Every step, with what it needs.
pub fn steps(plan: &Plan) -> String {
    plan.steps.iter().fold(String::new(), |mut out, step| {
        let needs: Vec<String> = step.needs.iter().map(|id| id.0.to_string()).collect();
        writeln!(
            out,
            "{:>3} {:<12} {:<5} after {}",
            step.id.0,
            step.action.script(),
            step.subject.as_str(),
            needs.join(" ")
        )
        .unwrap();
        out
    })
}
