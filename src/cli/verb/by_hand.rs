//! `pooldeck run by-hand ID`: what is left of a run as commands that a person types.
//! Must never need a captain: who asks has none, or does not trust it.

use serde_json::{Value, json};

use super::super::{Answer, Exit, Shell, follow, open};
use crate::{
    fleet::RunId,
    run::{
        Outcome,
        by_hand::{ByHand, Part, Task},
    },
    store::snapshot::Snapshot,
};

/// Prints it, from the store alone.
///
/// # Errors
/// [`super::super::Failure`].
pub fn by_hand(shell: &mut Shell<'_>, id: RunId) -> Answer {
    let opened = open::store(shell)?;
    let (run, _) = follow::read(opened.store.as_ref(), id)?;
    let snapshot = Snapshot::read(opened.store.as_ref())?;
    let it = run.by_hand(&snapshot.fleet);
    if shell.json() {
        shell.document(&document(&it))?;
        return Ok(Exit::Done);
    }
    if it.ways.is_empty() {
        let state = it.outcome.as_ref().map_or("open", Outcome::word);
        let ended = format!("run {id}: {}: {state}", it.title);
        return shell.say_all([
            ended,
            "nothing is left to do and nothing is owed".to_owned(),
        ]);
    }
    shell.say_all(it.text(None).lines().map(str::to_owned))
}

fn document(it: &ByHand) -> Value {
    let ways = it.ways.iter().map(|way| {
        let parts: Vec<Value> = way.parts.iter().map(part).collect();
        json!({ "end": way.end.word(), "parts": parts })
    });
    json!({
        "run": it.run,
        "title": it.title,
        "at": it.at,
        "events": it.events,
        "outcome": it.outcome.as_ref().map(Outcome::word),
        "at_work": it.at_work,
        "ways": ways.collect::<Vec<_>>(),
    })
}

fn part(part: &Part) -> Value {
    json!({
        "number": part.number,
        "server": part.server,
        "what": part.what,
        "after": part.after,
        "steps": part.tasks.iter().map(task).collect::<Vec<_>>(),
    })
}

fn task(task: &Task) -> Value {
    let blocks = task
        .blocks
        .iter()
        .map(|block| json!({ "on": block.on, "say": block.say, "commands": block.commands }));
    json!({
        "number": task.step,
        "action": task.action,
        "verb": task.verb,
        "state": task.stands,
        "why": task.why,
        "on": task.on,
        "done_when": task.done_when,
        "blocks": blocks.collect::<Vec<_>>(),
    })
}
