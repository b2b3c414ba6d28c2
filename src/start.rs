//! The processes that a verb can be: the deck, the demo, the captain.
//! Must never hold what a room behind it should hold.

use pooldeck::{
    cli::{self, Answer, Exit, Failure, Shell, Verb},
    deck,
    store::actor::actor,
};

/// Opens the deck on the store, with a captain where there is none.
///
/// # Errors
/// [`Failure`].
pub fn deck(shell: &mut Shell<'_>) -> Answer {
    let store = cli::ready_store(shell)?;
    let mut options = deck::Options::new(actor());
    options.read_only = shell.common.read_only;
    deck::deck(store, options).map_err(|report| Failure::Refused(format!("{report:#}")))?;
    Ok(Exit::Done)
}

/// Becomes one of the other processes.
///
/// # Errors
/// [`Failure`].
pub fn process(_: &mut Shell<'_>, verb: &Verb) -> Answer {
    Err(Failure::Refused(format!(
        "this build cannot be that process yet: {verb:?}\nhint: use another verb"
    )))
}
