//! Everything that can happen to the deck, in one queue.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use jiff::Timestamp;

use super::{taste::Taste, world::World};
use crate::{
    fleet::{RunId, inventory::offer::Lines},
    plan::{Plan, StepId},
    store::record::Line,
};

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// It is that late now. Sent before everything else, and once a second.
    Time(Timestamp),
    /// A key was pressed.
    Key(KeyEvent),
    /// A text was pasted. Outside a line of text it is ignored.
    Paste(String),
    /// The terminal has this many rows now.
    Rows(u16),
    /// The store was read.
    World(Arc<World>),
    /// The store could not be read; why.
    StoreTrouble(String),
    /// A plan is made, or refused with the reason.
    Planned {
        /// Which question this answers.
        ticket: u64,
        /// The plan.
        plan: Result<Box<Plan>, String>,
    },
    /// What was asked stands in the store under this key, or could not be written.
    Asked(Result<String, String>),
    /// The newest output of a step.
    Printed(RunId, StepId, Vec<Line>),
    /// The mouse's wheel was turned by so many rows.
    Wheel(isize),
    /// The terminal is back from k9s or a shell; why it did not come to that.
    Visited(Result<(), String>),
    /// The person's theme and keys were read.
    Taste(Box<Taste>),
    /// The lines that offer servers, or why there are none.
    Composed(Result<Box<Lines>, String>),
    /// They were written, or not, and why.
    Written(Result<Box<Lines>, String>),
    /// How the link to the terminal is.
    Link {
        /// Slow: one picture a second, no clock, no bars.
        slow: bool,
        /// So many frames were left out because another was on its way.
        dropped: u64,
    },
}
