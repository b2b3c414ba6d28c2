//! The deck, from messages to bytes: what it shows, what it asks, what it writes to a terminal.
#![expect(
    clippy::unwrap_used,
    reason = "a fixture that is wrong should stop every test"
)]

mod confirm;
mod driver;
mod pictures;
mod pty;
mod question;
mod room7;
mod runs;
mod screens;
mod terminal;
mod update;
