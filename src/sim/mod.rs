//! A rack in memory: servers, clusters and their faults, for the demo and the tests.
//! Must never be known to anything but `main` and tests.

mod api;
pub mod clock;
pub mod cluster;
pub mod demo;
pub mod fault;
pub mod fleet;
pub mod furnish;
pub mod machine;
pub mod odd;
mod operator;
mod pods;
pub mod prng;
mod probe;
pub mod rack;
mod script;
mod transport;
pub mod unit;
pub mod world;

pub use self::{
    clock::Clock,
    fault::{ApiFault, Cut, Lie},
    rack::Rack,
};
