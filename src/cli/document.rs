//! The JSON of `-o json`: stable names with their units, `null` for what is not known.
//! Must never lose a field of an earlier release, and never hold what a table would not show.

use serde_json::{Value, json};

use super::events;
use crate::{
    fleet::{Bytes, Capacity},
    plan::{Confirm, Move, Plan},
    run::{Blockade, Outcome, Run, State},
};

/// `{"cores": 8, "memory_bytes": 33554432}`.
#[must_use]
pub fn capacity(capacity: Capacity) -> Value {
    let Capacity {
        cores,
        memory: Bytes(memory),
    } = capacity;
    json!({ "cores": cores, "memory_bytes": memory })
}

/// The same of what was asked for: `null` where it was left open.
#[must_use]
pub fn asked(capacity: Capacity) -> Value {
    let (cores, memory) = capacity.asked();
    json!({ "cores": cores, "memory_bytes": memory.map(|memory| memory.0) })
}

/// A plan as its preview shows it.
#[must_use]
pub fn plan(plan: &Plan) -> Value {
    let effects = &plan.effects;
    let quorum = |(healthy, all): (u8, u8)| json!({ "healthy": healthy, "all": all });
    let left_out: Vec<Value> = effects
        .left_out
        .iter()
        .map(|left| json!({ "server": left.server, "why": left.why }))
        .collect();
    json!({
        "id": plan.id,
        "request": plan.request.to_string(),
        "pool": plan.request.pool(),
        "title": effects.title,
        "nothing_to_do": plan.is_empty(),
        "nothing_to_do_why": effects.nobody_goes,
        "lost": effects.lost,
        "blocked": effects.blocked,
        "capacity": {
            "before": capacity(effects.before),
            "after": capacity(effects.after),
            "asked": asked(effects.asked),
        },
        "quorum": {
            "before": quorum(effects.quorum.before),
            "lowest": quorum(effects.quorum.lowest),
            "after": quorum(effects.quorum.after),
        },
        "incoming": moves(&effects.incoming),
        "outgoing": moves(&effects.outgoing),
        "left_out": left_out,
        "unknown": effects.unknown,
        "notes": effects.notes,
        "offer": effects.offer.as_ref().map(|offer| json!({
            "servers": offer.servers,
            "capacity": capacity(offer.capacity),
            "text": offer.text,
        })),
        "confirm": match &effects.confirm {
            Confirm::Yes => json!({ "with": "yes", "name": null, "why": null }),
            Confirm::TypeName { name, why } => json!({ "with": "name", "name": name, "why": why }),
        },
        "steps": plan.steps.iter().map(|step| json!({
            "number": step.id,
            "server": step.subject,
            "action": step.action,
            "phase": step.action.phase(),
            "needs": step.needs,
            "deadline_seconds": step.deadline,
        })).collect::<Vec<_>>(),
    })
}

fn moves(moves: &[Move]) -> Vec<Value> {
    let one = |it: &Move| {
        json!({
            "server": it.server,
            "role": it.role,
            "capacity": capacity(it.capacity),
            "why": it.why,
            "undo_line": it.undo_line,
        })
    };
    moves.iter().map(one).collect()
}

/// A run with its steps.
#[must_use]
pub fn run(run: &Run) -> Value {
    let steps: Vec<Value> = run
        .progress()
        .map(|(step, progress)| {
            json!({
                "number": step.id,
                "server": step.subject,
                "action": step.action,
                "phase": step.action.phase(),
                "state": run.word(step, progress),
                "why": why(&progress.state),
                "attempt": progress.attempt,
                "began": progress.began,
                "ended": progress.ended,
            })
        })
        .collect();
    let mut value = run_in_short(run);
    value["steps"] = json!(steps);
    value["blocked"] = run.blockades().map(|it| blocked(&it)).collect();
    let answers = run.answers.iter().map(
        |it| json!({ "at": it.at, "by": it.by, "server": it.server, "answer": it.reply.words() }),
    );
    value["answers"] = answers.collect();
    value
}

/// A drain that waits.
fn blocked(it: &Blockade<'_>) -> Value {
    json!({
        "server": it.server,
        "step": it.step,
        "since": it.since,
        "until": it.until,
        "then": it.then,
        "pods": it.kept.iter().map(|kept| json!({
            "pod": kept.pod,
            "owner": kept.owner,
            "budget": kept.budget,
            "ready": kept.ready,
            "all": kept.all,
        })).collect::<Vec<_>>(),
    })
}

/// A run as a line of a list.
#[must_use]
pub fn run_in_short(run: &Run) -> Value {
    let (done, all) = run.done();
    let without: Vec<Value> = run
        .left_out
        .iter()
        .map(|(server, why)| json!({ "server": server, "why": why }))
        .collect();
    json!({
        "id": run.id(),
        "title": run.plan().effects.title,
        "request": run.plan().request.to_string(),
        "pool": run.plan().request.pool(),
        "plan": run.plan().id,
        "by": run.record.by,
        "accepted": run.record.accepted,
        "last_event": run.last,
        "steps_proved": done,
        "steps_all": all,
        "state": events::state(run),
        "outcome": run.outcome.as_ref().map(Outcome::word),
        "why": match &run.outcome {
            Some(Outcome::Failed(why) | Outcome::Stuck(why)) => Some(why),
            _ => None,
        },
        "without": without,
        "parked": run.parked,
        "proposed": run.proposed,
    })
}

/// Why a step stands where it stands.
#[must_use]
pub fn why(state: &State) -> Option<&str> {
    match state {
        State::Retrying { why, .. }
        | State::UndoRetrying { why, .. }
        | State::Failed { why }
        | State::UndoFailed { why } => Some(why),
        State::Waiting | State::Running | State::Proved | State::Undoing | State::Undone => None,
    }
}
