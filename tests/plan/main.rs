//! The planner: rooms of servers described by adjectives, a wish, and the whole preview as text.

#![expect(
    clippy::unwrap_used,
    reason = "fixtures are outside of test functions; what cannot be unwrapped is a broken fixture"
)]

mod change;
mod compare;
mod create;
mod laws;
mod linter;
mod maintain;
mod preview;
mod room;
mod scripts;
mod weigh;
