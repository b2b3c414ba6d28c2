//! The deck, from messages to bytes: what it shows, what it asks, what it writes to a terminal.
#![expect(
    clippy::unwrap_used,
    reason = "a fixture that is wrong should stop every test"
)]

mod bytes;
mod confirm;
mod driver;
mod links;
mod numbers;
mod pictures;
mod pty;
mod room7;
mod screens;
mod taste;
mod terminal;
mod update;
