//! `pooldeck problem list`: a monitoring check.
//! Must never start a captain: that there is none is what it is to say.

use serde_json::{Value, json};

use super::super::{
    Answer, Exit, Shell,
    args::ProblemVerb,
    open, summon,
    table::{Align, table},
    words::{age, or_dash},
};
use crate::{
    deck::world::{Light, Problem, Target},
    store::record::CaptainSeen,
};

/// Does a verb of problems.
///
/// # Errors
/// [`super::super::Failure`].
pub fn problem(shell: &mut Shell<'_>, verb: &ProblemVerb) -> Answer {
    match verb {
        ProblemVerb::List => list(shell),
    }
}

fn list(shell: &mut Shell<'_>) -> Answer {
    let opened = open::store(shell)?;
    let world = open::read(shell, &opened)?;
    let mut problems = world.problems;
    if !summon::has_captain(opened.store.as_ref())? {
        problems.insert(0, no_captain(world.snapshot.captain.as_ref()));
    }
    let critical = problems.iter().any(is_critical);
    let exit = Exit::Check(match (critical, problems.is_empty()) {
        (true, _) => 2,
        (false, false) => 1,
        (false, true) => 0,
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
        [
            severity(problem).to_owned(),
            problem.subject.clone(),
            or_dash(problem.since.map(|since| age(since, now))),
            problem.text.lines().next().unwrap_or_default().to_owned(),
        ]
    };
    let rows: Vec<[String; 4]> = problems.iter().map(row).collect();
    let heading = [
        ("SEVERITY", Align::Left),
        ("WHERE", Align::Left),
        ("SINCE", Align::Right),
        ("WHAT", Align::Left),
    ];
    shell.say_all(table(heading, &rows))?;
    Ok(exit)
}

fn no_captain(last: Option<&CaptainSeen>) -> Problem {
    Problem {
        light: Light::Down,
        target: Target::Fleet,
        subject: "fleet".to_owned(),
        text: "no captain is there: nothing is watched and nothing goes on; start one with `pooldeck captain`"
            .to_owned(),
        since: last.map(|last| last.at),
    }
}

fn is_critical(problem: &Problem) -> bool {
    problem.light >= Light::Down
}

fn severity(problem: &Problem) -> &'static str {
    if is_critical(problem) {
        "critical"
    } else {
        "warning"
    }
}

fn document(problem: &Problem) -> Value {
    json!({
        "severity": severity(problem),
        "subject": problem.subject,
        "text": problem.text,
        "since": problem.since,
    })
}
