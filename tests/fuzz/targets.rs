//! What every input must leave true, one function for each kind of text that comes from outside. Fuzzing calls them with what it
//! thinks up (`tests/fuzz/run`), `cargo test` with what is kept in `corpus`.

mod answers;
mod claims;
mod events;
mod inventory;
mod known_hosts;
mod names;
mod probe;

use jiff::Timestamp;

pub use self::{
    answers::answers, claims::claims, events::events, inventory::inventory,
    known_hosts::known_hosts, names::names, probe::probe,
};

/// A target: must return, and must not panic.
pub type Target = fn(&[u8]);

/// All of them, by the name of their corpus.
pub const TARGETS: [(&str, Target); 7] = [
    ("answers", answers),
    ("claims", claims),
    ("events", events),
    ("inventory", inventory),
    ("known_hosts", known_hosts),
    ("names", names),
    ("probe", probe),
];

/// What comes over a connection is made text so before anybody reads it.
fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// An hour at which something was heard: the same for all.
fn now() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap_or_default()
}
