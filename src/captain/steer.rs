//! What a person's word means for an open run: a pause, an end, an answer about one server.
//! Must never change anything that is so already without saying so.

use super::state::State;
use crate::{
    run::{Cause, Fact, Run, Word},
    store::record::What,
};

const NO_RUN: &str = "there is no such run\nhint: `pooldeck run list` shows them";

/// What an answer to a run means for it; the reason when it means nothing.
///
/// # Errors
/// The reason, for people.
pub fn weigh(state: &State, word: &Word, by: &str) -> Result<Vec<Fact>, String> {
    let run = state.snapshot.runs.get(&word.run).ok_or(NO_RUN)?;
    run.answer(word, by, state.snapshot.is_protected(run))
}

/// What an ask about a run means for it; the reason when it means nothing.
///
/// # Errors
/// The reason, for people.
pub fn steer(run: Option<&Run>, what: &What, by: &str) -> Result<Vec<Fact>, String> {
    let Some(run) = run else {
        return Err(NO_RUN.to_owned());
    };
    if let Some(outcome) = &run.outcome {
        return Err(format!("run {} has ended: {}", run.id(), outcome.word()));
    }
    let by = by.to_owned();
    let resume = || {
        let servers = run.parked.keys().cloned();
        let woken = servers.map(|server| Fact::Unparked { server });
        woken
            .chain(
                run.paused
                    .is_some()
                    .then(|| Fact::Resumed { by: by.clone() }),
            )
            .collect()
    };
    let facts: Vec<Fact> = match what {
        What::Pause(_) if run.paused.is_none() => {
            let why = "paused by a person".to_owned();
            vec![Fact::Paused { by, why }]
        }
        What::Resume(_) => resume(),
        What::Cancel(_) if run.unwinding.is_none() => vec![Fact::Unwinding {
            by,
            cause: Cause::Cancel,
        }],
        What::Rollback(_) if run.unwinding.is_none() => {
            vec![Fact::Unwinding {
                by,
                cause: Cause::Rollback,
            }]
        }
        // Everything else is asked of somebody else (`hear`), or is so already.
        _ => Vec::new(),
    };
    if facts.is_empty() {
        return Err(format!(
            "run {} is in that state already, nothing was changed",
            run.id()
        ));
    }
    Ok(facts)
}
