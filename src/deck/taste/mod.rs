//! What a person likes: colours and keys, from files of their own that only override.
//! Must never keep the deck from starting: a file with a mistake counts as none, and the mistake is said.

mod clash;
mod keys;
mod theme;

pub use self::{keys::keys, theme::theme};
use super::{command::Keys, ui::Look};

/// What was read; what is none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taste {
    /// Colours and symbols.
    pub look: Option<Look>,
    /// Keys.
    pub keys: Option<Keys>,
    /// What is wrong in the files: place, what, hint.
    pub mistakes: Vec<String>,
}
