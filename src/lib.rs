//! pooldeck turns a room full of servers into resource pools. The map, in reading order:
//!
//! - [`fleet`]   what is: plain data
//! - [`plan`]    what to do: pure functions from a request to an ordered, explained plan
//! - [`run`]     doing it, as values: the fold of events
//! - [`store`]   what lasts
//! - [`ssh`]     the door out: scripts and probes over SSH
//! - [`cluster`] the window in: Kubernetes, read only
//! - [`captain`] the actor: takes the lease, observes, executes runs
//! - [`deck`]    the picture: what people look at and type into
//! - [`cli`]     verbs, tables and JSON
//! - [`wall`]    the picture that hangs in the room: a view without secrets, and a screen without keys
//! - [`sim`]     a rack in memory: the demo and the tests

pub mod captain;
pub mod cli;
pub mod cluster;
pub mod deck;
pub mod fleet;
pub mod plan;
pub mod run;
pub mod sim;
pub mod ssh;
pub mod store;
pub mod wall;
