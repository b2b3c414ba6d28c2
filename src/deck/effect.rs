//! What the deck wants done.

use crate::{fleet::RunId, plan::StepId};

/// One wish of `update`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Read this step's output from now on; none: read none.
    Follow(Option<(RunId, StepId)>),
    /// Draw all anew.
    Repaint,
    /// Give the terminal to the shell until it gives it back.
    Suspend,
    /// End the deck.
    Quit,
}
