//! What people say that no run has to do: it is written down, with the answer, in one commit.
//! Must never lift a protection that nobody typed the name for.

use jiff::Timestamp;

use super::{
    ask::{answer, put_answer},
    state::{State, json},
};
use crate::{
    fleet::{Maintenance, Note, PoolName, RunId, ServerName},
    store::{
        Commit, StoreError,
        note::{self, Acknowledged, Say},
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

/// Writes down what somebody said.
///
/// # Errors
/// As [`protect`].
pub fn say(
    state: &mut State,
    asked: &str,
    ask: &Ask,
    say: &Say,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (key, value, done) = match written(state, ask, say, now) {
        Ok(written) => written,
        Err(why) => return answer(state, asked, ask, Answer::Refused(why)),
    };
    let mut commit = Commit::default();
    put(state, &mut commit, key, value);
    put_answer(state, &mut commit, asked, ask, Answer::Done(done))?;
    state.commit(commit)
}

/// A key, its new value, and the answer; or why not.
type Written = (String, Option<String>, String);

fn written(state: &State, ask: &Ask, say: &Say, now: Timestamp) -> Result<Written, String> {
    let text = |error: StoreError| error.to_string();
    match say {
        Say::Acknowledge {
            problem,
            severity,
            until,
            why,
        } => {
            let known = Acknowledged {
                severity: *severity,
                note: Note::new(&ask.by, now, *until, why)?,
            };
            let done = format!("{problem} is acknowledged: it does not count until then");
            Ok((
                note::acknowledged(problem),
                Some(json(&known).map_err(text)?),
                done,
            ))
        }
        Say::Unacknowledge(problem) if !state.snapshot.acknowledged.contains_key(problem) => Err(
            format!("`{problem}` is not acknowledged\nhint: `pooldeck problem list` shows what is"),
        ),
        Say::Unacknowledge(problem) => {
            let done = format!("{problem} counts again");
            Ok((note::acknowledged(problem), None, done))
        }
        Say::Maintain { server, until, why } => {
            let run = may_be_maintained(state, server)?;
            let note = Note::new(&ask.by, now, *until, why)?;
            let value = json(&Maintenance { note, run }).map_err(text)?;
            let done = format!("{server} is in maintenance: it is left alone until then");
            Ok((note::maintenance(server), Some(value), done))
        }
        Say::EndMaintenance(server) => {
            may_end(state, server)?;
            let done = format!("{server} is no longer in maintenance");
            Ok((note::maintenance(server), None, done))
        }
    }
}

/// Whether a server can be left alone by a word alone; the run that has emptied it where it is a member whose time is only prolonged.
fn may_be_maintained(state: &State, server: &ServerName) -> Result<Option<RunId>, String> {
    let fleet = &state.snapshot.fleet;
    let Some(listed) = fleet.servers.get(server) else {
        return Err(format!(
            "there is no server `{server}`\nhint: `pooldeck server list` shows every server"
        ));
    };
    if let Some(run) = fleet.busy.get(server) {
        return Err(format!(
            "run {run} works on `{server}`\nhint: wait for its end (`pooldeck run show {run}`)"
        ));
    }
    let known = fleet.maintained.get(server);
    match fleet.pool_of(server) {
        Some(_) if known.is_some_and(|it| it.run.is_some()) => Ok(known.and_then(|it| it.run)),
        Some(pool) => Err(format!(
            "`{server}` is in pool `{}`: its pods have to go first\nhint: `pooldeck server maintain {server}` shows what that means",
            pool.name
        )),
        None if !listed.offered => Err(format!(
            "`{server}` is not offered: nothing is done to it anyway\nhint: `pooldeck_use: true` offers it"
        )),
        None => Ok(None),
    }
}

fn may_end(state: &State, server: &ServerName) -> Result<(), String> {
    let fleet = &state.snapshot.fleet;
    match fleet.maintained.get(server) {
        None => Err(format!(
            "`{server}` is not in maintenance\nhint: `pooldeck server show {server}` says what it is"
        )),
        Some(_) if fleet.pool_of(server).is_some() => Err(format!(
            "`{server}` is cordoned: that is lifted first\nhint: `pooldeck server return {server}`"
        )),
        Some(_) => Ok(()),
    }
}

/// Forgets what is over. A member stays cordoned until a person returns it, so its record stays, too.
///
/// # Errors
/// Those of the store.
pub fn prune(state: &mut State, now: Timestamp) -> Result<(), StoreError> {
    let known = state.snapshot.acknowledged.iter();
    let over = known.filter(|(_, known)| !known.note.holds(now));
    let mut keys: Vec<String> = over.map(|(id, _)| note::acknowledged(id)).collect();
    let fleet = &state.snapshot.fleet;
    let worked_on = fleet.maintained.iter();
    let over = worked_on.filter(|(server, it)| {
        !it.note.holds(now) && fleet.pool_of(server).is_none() && !fleet.busy.contains_key(*server)
    });
    keys.extend(over.map(|(server, _)| note::maintenance(server)));
    if keys.is_empty() {
        return Ok(());
    }
    let mut commit = Commit::default();
    for key in keys {
        put(state, &mut commit, key, None);
    }
    state.commit(commit)
}

/// Writes what was read, or takes it away, where nobody else wrote it meanwhile.
fn put(state: &State, commit: &mut Commit, key: String, value: Option<String>) {
    let revision = state.snapshot.revisions.get(&key).copied().unwrap_or(0);
    commit.reads.insert(key.clone(), revision);
    commit.writes.insert(key, value);
}
