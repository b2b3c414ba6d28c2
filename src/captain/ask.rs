//! Answers what people ask: confirmations become runs, the rest becomes facts of a run, or a refusal with its reason.
//! Must never start what was not previewed, and never what got worse since.

use jiff::{SignedDuration, Timestamp};

use super::{
    accept::accept,
    state::{State, json},
    steer::steer,
};
use crate::{
    fleet::{RunId, ServerName},
    plan::{Confirm, Plan, Site, compare, lint, plan},
    run::Fact,
    store::{
        Commit, FREE_TO_START, StoreError,
        record::{ASK_VOID_AFTER, Answer, Ask, What},
    },
};

/// So long an answer lies there for whoever asked.
const ANSWERED: SignedDuration = SignedDuration::from_hours(1);

/// An ask that has no answer yet, with its key.
#[must_use]
pub fn pending(state: &State) -> Vec<(String, Ask)> {
    let open = state
        .snapshot
        .asks
        .iter()
        .filter(|(_, ask)| ask.answer.is_none());
    open.map(|(key, ask)| (key.clone(), ask.clone())).collect()
}

/// Forgets what was answered long ago: what came of it stands in its run.
///
/// # Errors
/// Those of the store.
pub fn forget_answered(state: &mut State, now: Timestamp) -> Result<(), StoreError> {
    let asks = state.snapshot.asks.iter();
    let old = asks.filter(|(_, ask)| ask.answer.is_some() && ANSWERED < now.duration_since(ask.at));
    let mut commit = Commit::default();
    for (key, _) in old {
        let revision = state.snapshot.revisions.get(key).copied().unwrap_or(0);
        commit.reads.insert(key.clone(), revision);
        commit.writes.insert(key.clone(), None);
    }
    if commit.writes.is_empty() {
        return Ok(());
    }
    state.commit(commit)
}

/// True when nobody took it in time: whoever asked has gone.
#[must_use]
pub fn is_void(ask: &Ask, now: Timestamp) -> bool {
    now.duration_since(ask.at) > ASK_VOID_AFTER
}

/// Servers that an ask is about: probed anew before it is decided.
#[must_use]
pub fn touched(state: &State, ask: &Ask) -> Vec<ServerName> {
    match &ask.what {
        What::Resume(run) => {
            let run = state.snapshot.runs.get(run);
            let subjects = run.map(|run| run.plan().subjects());
            subjects.into_iter().flatten().cloned().collect()
        }
        What::Confirm { plan, .. } => {
            let executors = plan.executors.iter();
            plan.subjects()
                .into_iter()
                .chain(executors)
                .cloned()
                .collect()
        }
        What::Check(servers) => servers.clone(),
        _ => Vec::new(),
    }
}

/// Writes an answer.
///
/// # Errors
/// Those of the store.
pub fn answer(state: &mut State, key: &str, ask: &Ask, answer: Answer) -> Result<(), StoreError> {
    let mut commit = Commit::default();
    put_answer(state, &mut commit, key, ask, answer)?;
    state.commit(commit)
}

pub(super) fn put_answer(
    state: &State,
    commit: &mut Commit,
    key: &str,
    ask: &Ask,
    answer: Answer,
) -> Result<(), StoreError> {
    let answered = Ask {
        answer: Some(answer),
        ..ask.clone()
    };
    commit.reads.insert(
        key.to_owned(),
        state.snapshot.revisions.get(key).copied().unwrap_or(0),
    );
    commit.writes.insert(key.to_owned(), Some(json(&answered)?));
    Ok(())
}

/// Decides a confirmation on fresh knowledge: a run, or the reason why not.
///
/// # Errors
/// Those of the store; [`StoreError::Conflict`] means: look again.
pub fn confirm(
    state: &mut State,
    site: &Site,
    key: &str,
    ask: &Ask,
    now: Timestamp,
) -> Result<(), StoreError> {
    let What::Confirm {
        plan: promised,
        typed,
    } = &ask.what
    else {
        return Ok(());
    };
    let fresh = match allowed(state, promised, typed.as_deref(), site, now) {
        Ok(fresh) => fresh,
        Err(why) => return answer(state, key, ask, Answer::Refused(why)),
    };
    accept(state, key, ask, fresh, now)
}

/// Decides on fresh knowledge whether a run goes on: what it promised must hold for its rest.
///
/// # Errors
/// Those of the store; [`StoreError::Conflict`] means: look again.
pub fn resume(state: &mut State, key: &str, ask: &Ask, now: Timestamp) -> Result<(), StoreError> {
    let What::Resume(id) = &ask.what else {
        return Ok(());
    };
    let snapshot = &state.snapshot;
    let run = snapshot.runs.get(id);
    let allowed = steer(run, &ask.what, &ask.by).and_then(|facts| {
        let rest = run.map(|run| run.rest(&snapshot.fleet, &snapshot.observed, &|name| snapshot.offers(name), now));
        match rest.map(|rest| rest.worse.join("; ")).filter(|worse| !worse.is_empty()) {
            None => Ok(facts),
            Some(worse) => Err(format!(
                "run {id} does not go on, since it is worse than was confirmed: {worse}\nhint: mend that, or end the run with `pooldeck run cancel {id}`"
            )),
        }
    });
    match allowed {
        Ok(facts) => carry(state, *id, &facts, key, ask, now),
        Err(why) => answer(state, key, ask, Answer::Refused(why)),
    }
}

/// What an ask means for its run, and the answer, in one commit: an answer that is lost would be asked for again.
///
/// # Errors
/// Those of the store.
pub fn carry(
    state: &mut State,
    run: RunId,
    facts: &[Fact],
    key: &str,
    ask: &Ask,
    now: Timestamp,
) -> Result<(), StoreError> {
    state.record_with(run, facts, now, |state, commit| {
        put_answer(state, commit, key, ask, Answer::Run(run))
    })
}

fn allowed(
    state: &State,
    promised: &Plan,
    typed: Option<&str>,
    site: &Site,
    now: Timestamp,
) -> Result<Plan, String> {
    if let Some(stop) = &state.snapshot.stop {
        return Err(format!(
            "{} said stop\nhint: `pooldeck stop --clear` lifts it",
            stop.by
        ));
    }
    if let Some(why) = state.snapshot.listed.trouble() {
        return Err(why);
    }
    if let Some(free) = state
        .store
        .free_bytes()
        .filter(|free| *free < FREE_TO_START)
    {
        let full = StoreError::Full {
            place: state.store.place(),
            free_mb: free / 1_000_000,
        };
        return Err(full.to_string());
    }
    let snapshot = &state.snapshot;
    let fresh = plan(
        &snapshot.fleet,
        &snapshot.observed,
        &promised.request,
        now,
        site,
    )
    .map_err(|error| error.to_string())?;
    if fresh.is_empty() {
        return Err("there is nothing to do any more\nhint: the world is as was asked".to_owned());
    }
    let unsound = lint::lint(&fresh);
    if !unsound.is_empty() {
        return Err(format!(
            "the plan breaks its own rules: {}\nhint: keep the store as it is and report this",
            unsound.join("; ")
        ));
    }
    let worse = compare::worse(promised, &fresh);
    if !worse.is_empty() {
        return Err(format!(
            "changed since the preview: {}\nhint: look at it again and confirm the new plan",
            worse.join("; ")
        ));
    }
    match &fresh.effects.confirm {
        Confirm::TypeName { name, why } if typed != Some(name.as_str()) => Err(format!(
            "{why}: the name `{name}` has to be typed\nhint: `--confirm {name}`"
        )),
        _ => Ok(fresh),
    }
}
