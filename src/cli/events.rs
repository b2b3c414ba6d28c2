//! A run's events as lines.
//! Must never show a code where a sentence is possible.

use super::words::{first_line, took};
use crate::{
    plan::StepId,
    run::{Cause, Event, Fact, Kept, Outcome, Run},
};

/// One event as a line: `12:40:11  s08       drain: 10 of 12 …`. None for what nobody needs to read.
#[must_use]
pub fn line(run: &Run, event: &Event) -> Option<String> {
    let text = match &event.fact {
        Fact::Started { step, attempt, .. } => {
            let again = if *attempt > 1 {
                format!(", attempt {attempt}")
            } else {
                String::new()
            };
            about(run, *step, &format!("begins{again}"))
        }
        Fact::Proved { step } => about(run, *step, &format!("done{}", time(run, *step))),
        Fact::Retrying { step, why, .. } => {
            about(run, *step, &format!("tried again: {}", first_line(why)))
        }
        Fact::Failed { step, why } => about(run, *step, &format!("failed: {why}")),
        Fact::LeftOut { server, why } => {
            format!("{server}  the run goes on without it: {}", first_line(why))
        }
        Fact::PutBack { server, why } => {
            format!("{server}  put back into its pool: {}", first_line(why))
        }
        Fact::UndoStarted { step, .. } => about(run, *step, "is being undone"),
        Fact::Undone { step } => about(run, *step, "undone"),
        Fact::UndoFailed { step, why } => about(run, *step, &format!("could not be undone: {why}")),
        Fact::Paused { by, why } => format!("paused by {by}: {}", first_line(why)),
        Fact::Resumed { by } => format!("resumed by {by}"),
        Fact::Unwinding { by, cause } => format!(
            "{} by {by}: each server is undone, or finished where it is past its line",
            match cause {
                Cause::Cancel => "cancelled",
                Cause::Rollback => "rolled back",
                Cause::Failure => "ended",
            }
        ),
        Fact::Parked { server, why } | Fact::Held { server, why } => {
            format!("{server}  waits: {why}")
        }
        Fact::Unparked { server } => format!("{server}  goes on"),
        Fact::Blocked { step, kept } => {
            let first = kept.first()?;
            about(
                run,
                *step,
                &format!("waits for {}: {}", first.pod, first.words()),
            )
        }
        Fact::Answered { server, by, reply } => format!("{server}  {by} said: {}", reply.words()),
        // The ending says it.
        Fact::Proposed { .. } | Fact::Ended { .. } => return None,
    };
    Some(format!("{}  {text}", clock(event.at)))
}

/// The time of day here.
#[must_use]
pub fn clock(at: jiff::Timestamp) -> String {
    let here = at.to_zoned(jiff::tz::TimeZone::system());
    here.strftime("%H:%M:%S").to_string()
}

fn about(run: &Run, step: StepId, what: &str) -> String {
    match run.plan().step(step) {
        Some(step) => format!("{}  {}: {what}", step.subject, step.action.name()),
        None => format!("step {}: {what}", step.0),
    }
}

fn time(run: &Run, step: StepId) -> String {
    run.of(step)
        .and_then(|progress| Some((progress.began?, progress.ended?)))
        .map(|(began, ended)| format!(", {}", took(began, ended)))
        .unwrap_or_default()
}

/// What is said at a run's end.
#[must_use]
pub fn ending(run: &Run) -> Vec<String> {
    let id = run.id();
    let title = &run.plan().effects.title;
    let took = took(run.record.accepted, run.last);
    let Some(outcome) = &run.outcome else {
        return vec![format!("run {id} is open: {title}")];
    };
    let mut lines = vec![format!("run {id}: {title}: {}, {took}", outcome.word())];
    match outcome {
        Outcome::Failed(why) | Outcome::Stuck(why) => lines.push(why.clone()),
        Outcome::Succeeded
        | Outcome::SucceededWithout(_)
        | Outcome::RolledBack
        | Outcome::Cancelled => (),
    }
    for (server, why) in &run.left_out {
        lines.push(format!("without {server}: {why}"));
    }
    for (server, why) in &run.put_back {
        lines.push(format!("{server} stays in its pool: {why}"));
    }
    lines.extend(run.proposed.clone());
    lines
}

/// Drains that wait for an answer, and how it is given.
#[must_use]
pub fn waiting(run: &Run) -> Vec<String> {
    let mut lines = Vec::new();
    for it in run.blockades() {
        let (id, server) = (run.id(), it.server);
        lines.push(format!("{} since {}", it.words(), clock(it.since)));
        let keeps = |kept: &Kept| format!("  {} of {}: {}", kept.pod, kept.owner, kept.words());
        lines.extend(it.kept.iter().map(keeps));
        if let Some(until) = it.until {
            lines.push(format!(
                "  no answer by {}: {}",
                clock(until),
                it.otherwise()
            ));
        }
        lines.push(format!(
            "hint: `pooldeck run answer {id} {server} keep-waiting|put-back|another|evict`"
        ));
    }
    lines
}

/// Where a run stands, in a word or two.
#[must_use]
pub fn state(run: &Run) -> &'static str {
    match &run.outcome {
        Some(outcome) => outcome.word(),
        None if run.paused.is_some() => "paused",
        None if !run.parked.is_empty() => "parked",
        None if run.blockades().next().is_some() => "waiting",
        None if run.unwinding.is_some() => "undoing",
        None => "running",
    }
}
