//! The whole captain on a rack in memory: what must never happen, under every fault that can be asked for.

#![expect(clippy::unwrap_used, reason = "a test that fails by it says so")]

mod agent;
mod answers;
mod away;
mod blocked;
mod by_hand;
mod chance;
mod copies;
mod crash;
mod doctor;
mod ends;
mod full;
mod gate;
mod headless;
mod history;
mod laws;
mod lost;
mod maintenance;
mod meets;
mod notes;
mod others;
mod proof;
mod quiet;
mod rack;
mod recover;
mod recover_held;
mod request;
mod seats;
mod site;
mod strikes;
mod two_stores;
mod unheard;
mod view;
mod watched;
mod whole;
mod wire;
mod wishes;
mod zombie;
mod zombies;
