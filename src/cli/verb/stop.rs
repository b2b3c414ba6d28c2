//! `pooldeck stop`: nothing new starts until somebody lifts it.

use super::super::{Answer, Shell, ask::json, open};
use crate::store::{
    Commit,
    actor::actor,
    record::{Stop, key},
};

/// Writes the stop, or lifts it. Needs no captain: the next one reads it as well.
///
/// # Errors
/// [`super::super::Failure`].
pub fn stop(shell: &mut Shell<'_>, all: bool, clear: bool) -> Answer {
    shell.may_act()?;
    let opened = open::store(shell)?;
    let record = Stop {
        by: actor(),
        at: shell.now(),
        all,
    };
    let was_set = opened.store.get(key::STOP)?.is_some();
    let value = if clear { None } else { Some(json(&record)?) };
    let mut commit = Commit::default();
    commit.writes.insert(key::STOP.to_owned(), value);
    opened.store.commit(&commit)?;
    shell.say_all([match (clear, was_set, all) {
        (true, true, _) => "lifted: runs may start again",
        (true, false, _) => "there was no stop",
        (false, _, true) => {
            "stopped: nothing new starts, and every open run pauses\nhint: `pooldeck stop --clear` lifts it"
        }
        (false, _, false) => {
            "stopped: no new run starts; open ones go on\nhint: `pooldeck stop --clear` lifts it, `--all` pauses open runs as well"
        }
    }])
}
