//! `pooldeck run …`.

use serde_json::{Value, json};

use super::super::{
    Answer, Exit, Failure, Shell,
    args::RunVerb,
    ask, confirm, document, events, follow,
    open::{self, Opened},
    summon,
    table::{Align, table},
    words::{age, first_line, or_dash, took},
};
use crate::{
    fleet::RunId,
    run::Run,
    store::{
        record::{self, Line, What, seen_key},
        snapshot::{self, Snapshot},
    },
};

/// Does a verb of runs.
///
/// # Errors
/// [`Failure`].
pub fn run(shell: &mut Shell<'_>, verb: &RunVerb) -> Answer {
    match *verb {
        RunVerb::Answer {
            id,
            ref server,
            answer,
            ref budget,
        } => super::answer::answer(shell, id, server, answer, budget.as_ref()),
        RunVerb::List => list(shell),
        RunVerb::History => super::history::history(shell),
        RunVerb::Show { id } => show(shell, id),
        RunVerb::Logs { id } => logs(shell, id),
        RunVerb::ByHand { id } => super::by_hand::by_hand(shell, id),
        RunVerb::Pause { id } => steer(shell, id, What::Pause(id)),
        RunVerb::Resume { id } => steer(shell, id, What::Resume(id)),
        RunVerb::Cancel { id } => steer(shell, id, What::Cancel(id)),
        RunVerb::Rollback { id } => steer(shell, id, What::Rollback(id)),
    }
}

fn list(shell: &mut Shell<'_>) -> Answer {
    let opened = open::store(shell)?;
    let snapshot = Snapshot::read(opened.store.as_ref())?;
    if snapshot.runs.values().any(Run::is_open) {
        summon::attend(shell, &opened)?;
    }
    let newest_first = || snapshot.runs.values().rev();
    if shell.json() {
        let runs: Vec<Value> = newest_first().map(document::run_in_short).collect();
        shell.document(&json!({ "runs": runs }))?;
        return Ok(Exit::Done);
    }
    let now = shell.now();
    let row = |run: &Run| {
        let (done, all) = run.done();
        [
            run.id().to_string(),
            run.plan().effects.title.clone(),
            events::state(run).to_owned(),
            format!("{done} of {all}"),
            took(
                run.record.accepted,
                if run.is_open() { now } else { run.last },
            ),
            age(run.record.accepted, now),
            run.record.by.clone(),
        ]
    };
    let heading = [
        ("RUN", Align::Right),
        ("WHAT", Align::Left),
        ("STATE", Align::Left),
        ("STEPS", Align::Right),
        ("TOOK", Align::Right),
        ("AGE", Align::Right),
        ("BY", Align::Left),
    ];
    shell.say_all(table(heading, &newest_first().map(row).collect::<Vec<_>>()))
}

fn show(shell: &mut Shell<'_>, id: RunId) -> Answer {
    let opened = open::store(shell)?;
    let (run, _) = follow::read(opened.store.as_ref(), id)?;
    if run.is_open() {
        summon::attend(shell, &opened)?;
    }
    if run.is_open() && shell.common.wait {
        return follow::follow(shell, &opened, id, None);
    }
    if shell.json() {
        shell.document(&document::run(&run))?;
        return Ok(Exit::Done);
    }
    shell.say_all(events::ending(&run))?;
    shell.say(format!(
        "{}, plan {}, {}",
        run.record.by,
        run.plan().id.short(),
        run.plan().request
    ))?;
    if let Some((by, why)) = &run.paused {
        shell.say(format!("paused by {by}: {why}"))?;
    }
    let captain = Snapshot::read(opened.store.as_ref())?.captain;
    if let Some(why) = captain
        .and_then(|it| it.holds_back)
        .filter(|_| run.is_open())
    {
        let then = "it goes on by itself when that is over";
        shell.say(format!("nothing new starts: {why}; {then}"))?;
    }
    for (server, why) in &run.parked {
        shell.say(format!("{server} waits: {why}"))?;
    }
    shell.say_all(events::waiting(&run))?;
    let observed = Snapshot::read(opened.store.as_ref())?.observed;
    let cluster = run.plan().request.pool();
    if let Some(cluster) = cluster.and_then(|pool| observed.pools.get(pool)) {
        let homeless = run.blockades().filter_map(|it| it.without_room(cluster));
        shell.say_all(homeless)?;
    }
    if run.is_stuck() {
        let hint = format!("hint: `pooldeck run by-hand {id}` says how to go on without pooldeck");
        shell.say(hint)?;
    }
    shell.say("")?;
    shell.say_all(steps(&run))
}

fn steps(run: &Run) -> Vec<String> {
    let rows: Vec<[String; 6]> = run
        .progress()
        .map(|(step, progress)| {
            let time = progress.began.zip(progress.ended);
            let again = (progress.attempt > 1).then(|| format!("attempt {}", progress.attempt));
            let why = document::why(&progress.state).map(|why| first_line(why).to_owned());
            [
                step.id.0.to_string(),
                step.subject.to_string(),
                step.action.name().to_owned(),
                run.word(step, progress).to_owned(),
                or_dash(time.map(|(began, ended)| took(began, ended))),
                or_dash(why.or(again)),
            ]
        })
        .collect();
    let heading = [
        ("STEP", Align::Right),
        ("SERVER", Align::Left),
        ("WHAT", Align::Left),
        ("STATE", Align::Left),
        ("TOOK", Align::Right),
        ("WHY", Align::Left),
    ];
    table(heading, &rows)
}

fn logs(shell: &mut Shell<'_>, id: RunId) -> Answer {
    let opened = open::store(shell)?;
    let store = opened.store.as_ref();
    let (run, happened) = follow::read(store, id)?;
    let mut lines: Vec<(jiff::Timestamp, String)> = happened
        .iter()
        .filter_map(|event| Some((event.at, events::line(&run, event)?)))
        .collect();
    for step in &run.plan().steps {
        let key = seen_key::lines(id, step.id);
        if let Some(text) = store.seen(&key)?.remove(&key) {
            let output: Vec<Line> = snapshot::read(&key, &text)?;
            let about = |line: Line| {
                let what = step.action.name();
                let text = format!(
                    "{}  {}  {what}: {}",
                    events::clock(line.at),
                    step.subject,
                    line.text
                );
                (line.at, text)
            };
            lines.extend(output.into_iter().map(about));
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    if shell.json() {
        let line = |(at, text): &(jiff::Timestamp, String)| json!({ "at": at, "text": text });
        let lines: Vec<Value> = lines.iter().map(line).collect();
        shell.document(&json!({ "run": id, "lines": lines }))?;
        return Ok(Exit::Done);
    }
    shell.say_all(lines.into_iter().map(|(_, line)| line))
}

/// Asks for something about a run and follows it, where that is wanted.
fn steer(shell: &mut Shell<'_>, id: RunId, what: What) -> Answer {
    shell.may_change()?;
    let opened = open::store(shell)?;
    let (run, _) = follow::read(opened.store.as_ref(), id)?;
    if let Some(outcome) = &run.outcome {
        return Err(Failure::Refused(format!(
            "run {id} has ended: {}\nhint: `pooldeck run show {id}` shows how",
            outcome.word()
        )));
    }
    summon::captain(shell, &opened)?;
    let ends = matches!(what, What::Cancel(_) | What::Rollback(_));
    match what {
        What::Resume(_) => may_go_on(shell, &opened, id)?,
        What::Cancel(_) => {
            let then = "each server is undone, or finished where it is past its line";
            confirm::yes(shell, &format!("run {id} ends: {then}"))?;
        }
        What::Rollback(_) => {
            confirm::yes(shell, &format!("run {id} ends: what it changed is undone"))?;
        }
        _ => (),
    }
    let (done, goes_on) = match what {
        What::Pause(_) => ("paused: what runs ends, nothing new starts", "resume"),
        What::Resume(_) => ("goes on", "show"),
        _ => ("is being ended", "show"),
    };
    match ask::ask(shell, &opened, what)? {
        record::Answer::Run(run) if ends && shell.waits() => {
            follow::follow(shell, &opened, run, None)
        }
        record::Answer::Run(run) => {
            if shell.json() {
                shell.document(&json!({ "run": { "id": run } }))?;
            } else {
                shell.say(format!(
                    "run {run} {done}\nhint: `pooldeck run {goes_on} {run}`"
                ))?;
            }
            Ok(Exit::Done)
        }
        record::Answer::Done(text) => shell.say_all([text]),
        record::Answer::Refused(why) => Err(Failure::Refused(why)),
    }
}

/// Shows what is ahead of a run and asks whether it goes on.
fn may_go_on(shell: &mut Shell<'_>, opened: &Opened, id: RunId) -> Result<(), Failure> {
    summon::knowledge(shell, opened)?;
    let snapshot = Snapshot::read(opened.store.as_ref())?;
    let Some(run) = snapshot.runs.get(&id) else {
        return Ok(());
    };
    let rest = run.rest(
        &snapshot.fleet,
        &snapshot.observed,
        &|name| snapshot.offers(name),
        shell.now(),
    );
    shell.note(format!("ahead of run {id}, {}:", run.plan().effects.title))?;
    for (server, steps) in &rest.ahead {
        shell.note(format!("  {server}  {steps}"))?;
    }
    for unknown in &rest.unknown {
        shell.note(format!("  unknown  {unknown}"))?;
    }
    for worse in &rest.worse {
        shell.note(format!("  worse than was confirmed  {worse}"))?;
    }
    confirm::yes(shell, &format!("run {id} goes on"))
}
