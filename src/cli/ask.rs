//! Asks the captain through the store, and waits for its answer.
//! Must never ask twice with one key, and never under `--read-only`.

use std::{
    process, thread,
    time::{Duration, Instant},
};

use super::{Failure, Shell, open::Opened, summon};
use crate::store::{
    Commit, StoreError,
    actor::actor,
    note::Say,
    record::{ANSWERED_WITHIN, Answer, Ask, What, key},
    snapshot,
};

/// How often the store is looked at; a look costs microseconds.
pub const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Asks, and waits until the captain has answered. A refusal is a failure.
///
/// # Errors
/// [`Failure::Refused`] with the captain's words, or when nobody answers in time.
pub fn ask(shell: &mut Shell<'_>, opened: &Opened, what: What) -> Result<Answer, Failure> {
    shell.may_act()?;
    let at = shell.now();
    let name = key::ask(&format!("{:015}-{}", at.as_millisecond(), process::id()));
    let ask = Ask {
        by: actor(),
        at,
        what,
        answer: None,
    };
    let mut commit = Commit::default();
    commit.reads.insert(name.clone(), 0);
    commit.writes.insert(name.clone(), Some(json(&ask)?));
    opened.store.commit(&commit)?;

    let patience = ANSWERED_WITHIN.unsigned_abs();
    let since = Instant::now();
    let mut version = None;
    while since.elapsed() < patience {
        // The one that was there may have ended in this very moment, for want of anything to do.
        if let Err(failure) = summon::captain(shell, opened)
            && withdrawn(opened, &name)?
        {
            // Said to have failed, it must not be done by whoever comes next.
            return Err(failure);
        }
        let now = opened.store.version()?;
        if version != Some(now)
            && let Some(stored) = opened.store.get(&name)?
        {
            version = Some(now);
            match snapshot::read::<Ask>(&name, &stored.value)?.answer {
                Some(Answer::Refused(why)) => return Err(Failure::Refused(why)),
                Some(answer) => return Ok(answer),
                None => (),
            }
        }
        thread::sleep(LOOK_EVERY);
    }
    Err(Failure::Refused(
        "no captain answered in time, so nothing was done\nhint: look at `pooldeck problem list`"
            .to_owned(),
    ))
}

/// Says something that is written down and needs no run, and prints the captain's word.
///
/// # Errors
/// As [`ask`].
pub fn say(shell: &mut Shell<'_>, opened: &Opened, say: Say) -> super::Answer {
    match ask(shell, opened, What::Say(say))? {
        Answer::Done(text) | Answer::Refused(text) => shell.say_all([text]),
        Answer::Run(run) => shell.say_all([format!("run {run} does it")]),
    }
}

/// Takes back what was asked; false when somebody has taken it up by now, whose answer then counts.
fn withdrawn(opened: &Opened, name: &str) -> Result<bool, Failure> {
    let Some(stored) = opened.store.get(name)? else {
        return Ok(true);
    };
    if snapshot::read::<Ask>(name, &stored.value)?.answer.is_some() {
        return Ok(false);
    }
    let mut commit = Commit::default();
    commit.reads.insert(name.to_owned(), stored.revision);
    commit.writes.insert(name.to_owned(), None);
    match opened.store.commit(&commit) {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A record as the store keeps it.
///
/// # Errors
/// [`Failure::Refused`]; no type of the store has such a value.
pub fn json<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map_err(|error| Failure::Refused(format!("cannot be written as JSON: {error}")))
}
