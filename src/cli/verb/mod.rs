//! One file per family of verbs.
//! Must never talk to a server, but for the two that use the operator's own ssh: `keys` and `kubeconfig`.

pub mod answer;
mod by_hand;
pub mod detail;
pub mod doctor;
pub mod history;
pub mod inventory;
mod keys;
pub mod kubeconfig;
pub mod maintain;
mod offer;
pub mod pool;
pub mod problem;
pub mod recover;
pub mod run;
pub mod server;
pub mod set;
pub mod stop;
