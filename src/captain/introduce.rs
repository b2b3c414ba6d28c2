//! What a captain says of itself: to those who look, and to the planner.

use jiff::Timestamp;

use super::{owner::Owner, room};
use crate::{
    cluster::ClusterApi, fleet::Bytes, plan::Site, ssh::Transport, store::record::CaptainSeen,
};

impl<T: Transport, C: ClusterApi> Owner<T, C> {
    /// Who it is, where, and what holds it back.
    pub(super) fn introduce(&self, now: Timestamp) -> CaptainSeen {
        let storm = self.holds_back.clone();
        CaptainSeen {
            holder: self.options.holder.clone(),
            host: self.options.host.clone(),
            pid: std::process::id(),
            at: now,
            until_idle: self.options.until_idle,
            forwarded_agent: self.options.forwarded_agent,
            networks: self.options.networks.clone(),
            machine: self.options.machine.clone(),
            holds_back: storm.or_else(|| room::too_little(self.state.store.as_ref())),
            uncopied: self.keeper.trouble(),
            store_free: self.state.store.free_bytes().map(Bytes),
        }
    }

    /// Too little space for a run to go on safely.
    pub(super) fn is_full(&self) -> bool {
        room::too_little(self.state.store.as_ref()).is_some()
    }

    /// Its place, for the planner.
    pub(super) fn site(&self) -> Site {
        self.introduce(self.now()).site()
    }
}
