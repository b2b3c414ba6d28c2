//! The whole captain on a rack in memory: what must never happen, under every fault that can be asked for.

#![expect(clippy::unwrap_used, reason = "a test that fails by it says so")]

mod answers;
mod away;
mod blocked;
mod by_hand;
mod chance;
mod copies;
mod crash;
mod ends;
mod gate;
mod lost;
mod maintenance;
mod notes;
mod others;
mod quiet;
mod rack;
mod site;
mod watched;
mod whole;
mod zombie;
