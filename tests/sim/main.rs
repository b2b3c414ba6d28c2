//! The whole captain on a rack in memory: what must never happen, under every fault that can be asked for.

#![expect(clippy::unwrap_used, reason = "a test that fails by it says so")]

mod agent;
mod answers;
mod away;
mod blocked;
mod chance;
mod copies;
mod crash;
mod doctor;
mod ends;
mod full;
mod gate;
mod lost;
mod maintenance;
mod notes;
mod others;
mod quiet;
mod rack;
mod recover;
mod recover_held;
mod site;
mod two_stores;
mod watched;
mod whole;
mod zombie;
mod zombies;
