//! What people say that no run has to do: it is written down, with the answer, in one commit.
//! Must never lift a protection that nobody typed the name for.

use super::{
    ask::{answer, put_answer},
    state::{State, json},
};
use crate::{
    fleet::PoolName,
    store::{
        Commit, StoreError,
        record::{Answer, Ask, key},
    },
};

/// Protects a pool, or no longer.
///
/// # Errors
/// Those of the store; [`StoreError::Conflict`] means: look again.
pub fn protect(
    state: &mut State,
    asked: &str,
    ask: &Ask,
    (name, on, typed): (&PoolName, bool, Option<&str>),
) -> Result<(), StoreError> {
    let Some(pool) = state.snapshot.fleet.pools.get(name) else {
        let why = format!("there is no pool `{name}`\nhint: `pooldeck pool list` shows them");
        return answer(state, asked, ask, Answer::Refused(why));
    };
    if pool.protected && !on && typed != Some(name.as_str()) {
        let why = format!(
            "a key press is enough to shrink it from then on: the name `{name}` has to be typed\nhint: `--confirm {name}`"
        );
        return answer(state, asked, ask, Answer::Refused(why));
    }
    let mut pool = pool.clone();
    pool.protected = on;
    let word = if on { "protected" } else { "not protected" };
    let done = Answer::Done(format!("{name} is {word} from now on"));
    let mut commit = Commit::default();
    put(state, &mut commit, key::pool(name), Some(json(&pool)?));
    put_answer(state, &mut commit, asked, ask, done)?;
    state.commit(commit)
}

/// Writes what was read, or takes it away, where nobody else wrote it meanwhile.
fn put(state: &State, commit: &mut Commit, key: String, value: Option<String>) {
    let revision = state.snapshot.revisions.get(&key).copied().unwrap_or(0);
    commit.reads.insert(key.clone(), revision);
    commit.writes.insert(key, value);
}
