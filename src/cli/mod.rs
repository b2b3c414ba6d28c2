//! Verbs, tables and JSON: the other way to see and to ask.
//! Must never act: it reads the store, previews, asks, and follows.

pub mod args;
mod ask;
mod confirm;
mod document;
mod events;
mod follow;
pub mod help;
mod open;
mod preview;
mod shell;
mod summon;
mod table;
mod verb;
mod words;

pub use self::{
    args::{Cli, Drawn, HangArgs, RecoverArgs, Verb, WallArgs},
    open::{folder, inventory_place, no_inventory, ready as ready_store, store},
    shell::{Answer, Exit, Failure, Shell, harmless, is_terminal},
    verb::recover::recover,
};

/// Does a verb that reads or asks. None for those that are processes of their own: the deck, the wall, the demo, the captain.
///
/// # Errors
/// [`Failure`].
pub fn run(shell: &mut Shell<'_>, verb: &Verb) -> Option<Answer> {
    Some(match verb {
        Verb::Server(verb) => verb::server::server(shell, verb),
        Verb::Pool(verb) => verb::pool::pool(shell, verb),
        Verb::Run(verb) => verb::run::run(shell, verb),
        Verb::Problem(verb) => verb::problem::problem(shell, verb),
        Verb::Doctor => verb::doctor::doctor(shell),
        Verb::Inventory(verb) => verb::inventory::inventory(shell, verb),
        Verb::Stop { all, clear } => verb::stop::stop(shell, *all, *clear),
        Verb::Recover(_) | Verb::Wall(_) | Verb::Demo { .. } | Verb::Captain { .. } => return None,
    })
}
