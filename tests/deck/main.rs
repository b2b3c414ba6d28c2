//! The deck, from messages to bytes: what it shows, what it asks, what it writes to a terminal.
#![expect(
    clippy::unwrap_used,
    reason = "a fixture that is wrong should stop every test"
)]

mod bytes;
mod confirm;
mod dialog;
mod driver;
mod going;
mod links;
mod maintenance;
mod numbers;
mod offer;
mod pictures;
mod problems;
mod pty;
mod question;
mod room7;
mod runs;
mod screens;
mod taste;
mod terminal;
mod told;
mod update;
mod visit;
mod wall;
