//! What reaches the deck's own thread, in one queue.

use std::time::Duration;

use crate::deck::Msg;

/// One thing that happened.
#[derive(Debug)]
pub enum Event {
    /// Something for `update`.
    Msg(Msg),
    /// The terminal has another size.
    Resized,
    /// A frame reached the terminal; it took so long.
    Written(Duration),
    /// The process was stopped and goes on.
    Continued,
    /// The terminal is gone.
    Hangup,
}
