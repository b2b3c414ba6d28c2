//! `pooldeck problem …`: the list is a monitoring check.
//! Must never start a captain for the list: that there is none is what it is to say.

use serde_json::{Value, json};

use super::super::{
    Answer, Exit, Failure, Shell,
    args::ProblemVerb,
    ask, open, summon,
    table::{Align, table},
    words::{age, first_line, or_dash, until},
};
use crate::{
    deck::world::{Light, Problem, Target},
    fleet::Note,
    store::{
        note::{ProblemId, Say, Severity},
        record::CaptainSeen,
    },
};

/// Does a verb of problems.
///
/// # Errors
/// [`super::super::Failure`].
pub fn problem(shell: &mut Shell<'_>, verb: &ProblemVerb) -> Answer {
    match verb {
        ProblemVerb::List => list(shell),
        ProblemVerb::Ack { id, until, reason } => acknowledge(shell, id, until, reason),
        ProblemVerb::Unack { id } => unacknowledge(shell, id),
    }
}

fn list(shell: &mut Shell<'_>) -> Answer {
    let opened = open::store(shell)?;
    let world = open::read(shell, &opened)?;
    let mut problems = world.problems;
    if !summon::has_captain(opened.store.as_ref())? {
        problems.insert(0, no_captain(world.snapshot.captain.as_ref()));
    }
    let counted = problems.iter().filter(|it| it.acknowledged.is_none());
    let worst = counted.map(Problem::severity).max();
    let exit = Exit::Check(match worst {
        Some(Severity::Critical) => 2,
        Some(Severity::Warning) => 1,
        None => 0,
    });
    if shell.json() {
        let problems: Vec<Value> = problems.iter().map(document).collect();
        shell.document(&json!({ "problems": problems }))?;
        return Ok(exit);
    }
    if problems.is_empty() {
        shell.say("no problems")?;
        return Ok(exit);
    }
    let now = shell.now();
    let row = |problem: &Problem| {
        let known = problem.acknowledged.as_ref();
        let severity = known.map_or(problem.severity().word(), |_| "acknowledged");
        let said = known.map_or_else(String::new, |known| {
            format!(
                "  (by {} until {}: {})",
                known.who(),
                until(known.until),
                known.why
            )
        });
        [
            severity.to_owned(),
            problem.id.to_string(),
            or_dash(problem.since.map(|since| age(since, now))),
            format!("{}{said}", first_line(&problem.text)),
        ]
    };
    let rows: Vec<[String; 4]> = problems.iter().map(row).collect();
    let heading = [
        ("SEVERITY", Align::Left),
        ("PROBLEM", Align::Left),
        ("SINCE", Align::Right),
        ("WHAT", Align::Left),
    ];
    shell.say_all(table(heading, &rows))?;
    let stuck = world.snapshot.runs.values().filter(|run| {
        let listed = |it: &Problem| it.target == Target::Run(run.id());
        run.is_stuck() && problems.iter().any(listed)
    });
    for run in stuck {
        let id = run.id();
        let hint = format!("hint: `pooldeck run by-hand {id}` says how to go on without pooldeck");
        shell.note(hint)?;
    }
    Ok(exit)
}

fn no_captain(last: Option<&CaptainSeen>) -> Problem {
    let text = "no captain is there: nothing is watched and nothing goes on; start one with `pooldeck captain`";
    Problem::new(Light::Down, Target::Fleet, "no captain", text).since(last.map(|last| last.at))
}

/// Notes that a problem which is there now is known.
fn acknowledge(shell: &mut Shell<'_>, id: &ProblemId, until: &str, reason: &str) -> Answer {
    shell.may_change()?;
    let now = shell.now();
    let until = shell.until(until)?;
    let note = Note::new("", now, until, reason).map_err(Failure::Usage)?;
    let opened = open::store(shell)?;
    summon::captain(shell, &opened)?;
    let world = open::read(shell, &opened)?;
    let Some(problem) = world.problem(id) else {
        return Err(Failure::Refused(format!(
            "there is no problem `{id}` now\nhint: `pooldeck problem list` shows them"
        )));
    };
    let say = Say::Acknowledge {
        problem: id.clone(),
        severity: problem.severity(),
        until,
        why: note.why,
    };
    ask::say(shell, &opened, say)
}

fn unacknowledge(shell: &mut Shell<'_>, id: &ProblemId) -> Answer {
    shell.may_change()?;
    let opened = open::store(shell)?;
    summon::captain(shell, &opened)?;
    ask::say(shell, &opened, Say::Unacknowledge(id.clone()))
}

fn document(problem: &Problem) -> Value {
    json!({
        "id": problem.id,
        "severity": problem.severity(),
        "subject": problem.subject,
        "text": problem.text,
        "since": problem.since,
        "acknowledged": problem.acknowledged,
    })
}
