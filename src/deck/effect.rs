//! What the deck wants done. Only [`Effect::Ask`] reaches the world and only [`Effect::Write`] a file; under `--read-only`
//! neither can be made.

use std::collections::BTreeSet;

use crate::{
    fleet::{PoolName, RunId, ServerName, inventory::offer::Lines},
    plan::{Request, StepId},
    store::record::What,
};

/// One wish of `update`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Make a plan and send it back; nothing changes.
    Plan {
        /// To tell the answer by.
        ticket: u64,
        /// For what.
        request: Box<Request>,
    },
    /// Write it into the store, where the captain finds it.
    Ask(Asked),
    /// Make the lines that offer these servers and send them back; nothing is written.
    Compose(BTreeSet<ServerName>),
    /// Write them beside the inventory. The captain is asked nothing: it reads the inventory as ever.
    Write(Offered),
    /// Read this step's output from now on; none: read none.
    Follow(Option<(RunId, StepId)>),
    /// A text for the terminal's clipboard.
    Copy(String),
    /// The mouse to the deck, or back to the terminal.
    Mouse(bool),
    /// Leave the terminal to k9s, or to a shell with kubectl, on this pool, until it ends.
    Visit(PoolName),
    /// Read the person's theme and keys again.
    Reload,
    /// Draw all anew.
    Repaint,
    /// Give the terminal to the shell until it gives it back.
    Suspend,
    /// End the deck.
    Quit,
}

/// Lines that a person read and said yes to. Made in one place only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    names: BTreeSet<ServerName>,
    lines: Lines,
}

impl Offered {
    /// The only way to have lines written. A deck that only reads cannot.
    #[must_use]
    pub fn new(read_only: bool, names: BTreeSet<ServerName>, lines: Lines) -> Option<Self> {
        (!read_only).then_some(Self { names, lines })
    }

    /// Who is offered.
    #[must_use]
    pub const fn names(&self) -> &BTreeSet<ServerName> {
        &self.names
    }

    /// The lines as they were read.
    #[must_use]
    pub const fn lines(&self) -> &Lines {
        &self.lines
    }
}

/// Something that is asked of the captain. Made in one place only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    what: What,
}

impl Asked {
    /// The only way to ask. A deck that only reads cannot.
    #[must_use]
    pub fn new(read_only: bool, what: What) -> Option<Self> {
        (!read_only).then_some(Self { what })
    }

    /// What is asked.
    #[must_use]
    pub const fn what(&self) -> &What {
        &self.what
    }
}
