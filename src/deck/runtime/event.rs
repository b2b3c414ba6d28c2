//! What reaches the thread that owns the screen, in one queue: the deck's, or the wall's with messages of its own.

use std::time::Duration;

use crate::deck::Msg;

/// One thing that happened.
#[derive(Debug)]
pub enum Event<M = Msg> {
    /// Something for `update`.
    Msg(M),
    /// The terminal has another size.
    Resized,
    /// A frame reached the terminal; it took so long.
    Written(Duration),
    /// The process was stopped and goes on.
    Continued,
    /// The terminal is back from another program; why it did not come to that.
    Back(Result<(), String>),
    /// The terminal is gone.
    Hangup,
}
