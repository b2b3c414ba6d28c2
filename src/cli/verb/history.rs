//! `pooldeck run history`: who did what, and how it ended.

use serde_json::{Value, json};

use super::super::{
    Answer, Exit, Shell, open,
    table::{Align, table},
    words::age,
};
use crate::deck::world::Act;

/// Prints it, the newest first.
///
/// # Errors
/// [`super::super::Failure`].
pub fn history(shell: &mut Shell<'_>) -> Answer {
    let opened = open::store(shell)?;
    let world = open::read(shell, &opened)?;
    if shell.json() {
        let acts: Vec<Value> = world.history.iter().map(document).collect();
        shell.document(&json!({ "history": acts }))?;
        return Ok(Exit::Done);
    }
    let now = shell.now();
    let row = |act: &Act| {
        [
            age(act.at, now),
            act.key.0.to_string(),
            act.plan.clone(),
            act.by.clone(),
            act.what.clone(),
        ]
    };
    let heading = [
        ("AGE", Align::Right),
        ("RUN", Align::Right),
        ("PLAN", Align::Left),
        ("WHO", Align::Left),
        ("WHAT", Align::Left),
    ];
    let rows: Vec<[String; 5]> = world.history.iter().map(row).collect();
    shell.say_all(table(heading, &rows))
}

fn document(act: &Act) -> Value {
    json!({
        "at": act.at,
        "by": act.by,
        "run": act.key.0.0,
        "plan": act.plan,
        "what": act.what,
    })
}
