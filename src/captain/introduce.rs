//! What a captain says of itself: to those who look, and to the planner.

use jiff::Timestamp;

use super::owner::Owner;
use crate::{
    cluster::ClusterApi,
    fleet::Bytes,
    plan::Site,
    ssh::Transport,
    store::{FREE_TO_START, record::CaptainSeen},
};

impl<T: Transport, C: ClusterApi> Owner<T, C> {
    /// Who it is, where, and what holds it back.
    pub(super) fn introduce(&self, now: Timestamp) -> CaptainSeen {
        CaptainSeen {
            holder: self.options.holder.clone(),
            host: self.options.host.clone(),
            pid: std::process::id(),
            at: now,
            until_idle: self.options.until_idle,
            forwarded_agent: self.options.forwarded_agent,
            networks: self.options.networks.clone(),
            machine: self.options.machine.clone(),
            holds_back: self.holds_back.clone(),
            uncopied: self.keeper.trouble(),
            store_free: self.state.store.free_bytes().map(Bytes),
        }
    }

    /// Too little space for a run to go on safely.
    pub(super) fn is_full(&self) -> bool {
        self.state
            .store
            .free_bytes()
            .is_some_and(|free| free < FREE_TO_START)
    }

    /// Its place, for the planner.
    pub(super) fn site(&self) -> Site {
        self.introduce(self.now()).site()
    }
}
