//! The planner: rooms of servers described by adjectives, a wish, and the whole preview as text.

mod change;
mod create;
mod preview;
mod room;
