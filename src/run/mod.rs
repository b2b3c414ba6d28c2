//! Doing it, as values: a run is a plan plus the fold of its events.
//! Must never act: it says what is ready, the captain does it.

pub mod event;

pub use self::event::{Cause, Event, Fact, Outcome};
