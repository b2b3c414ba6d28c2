//! A store without room takes nothing more: the term ends, and the next one begins when there is room again.
//! Must never believe what could not be stored: what was under way is found on its servers, as after a crash.

use std::time::Duration;

use tokio::time::interval;

use super::{Ending, door::Input, life, owner::Owner, seen::Writes};
use crate::{
    cluster::ClusterApi,
    ssh::Transport,
    store::{FREE_TO_COMMIT, FREE_TO_START, Store, StoreError},
};

/// How often it is looked whether there is room again; somebody who frees some waits for it.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why nothing new starts, in one line; none while there is room.
#[must_use]
pub fn too_little(store: &dyn Store) -> Option<String> {
    let free = store.free_bytes().filter(|free| *free < FREE_TO_START)?;
    let full = StoreError::Full {
        place: store.place(),
        free_mb: free / 1_000_000,
    };
    full.to_string().lines().next().map(str::to_owned)
}

impl<T: Transport, C: ClusterApi> Owner<T, C> {
    /// Does nothing but say why until a commit finds room again, then gives the reason back: this term is over, since its memory
    /// may lack what it could not store. Tasks that have something to say hear that they are over, and start nothing more.
    ///
    /// # Errors
    /// The reason.
    pub(super) async fn wait_for_room(mut self, why: StoreError) -> Result<Ending, StoreError> {
        let mut look = interval(LOOK_EVERY);
        // What was seen is seen again: written now, it would hide from the next term what it should have led to.
        self.writes = Writes::default();
        loop {
            let input = tokio::select! {
                biased;
                _ = look.tick() => None,
                input = self.from.recv() => input,
            };
            if matches!(input, Some(Input::Terminate)) {
                return Ok(Ending::Terminated);
            }
            if input.is_some() {
                continue;
            }
            let store = self.state.store.as_ref();
            if let Err(error @ StoreError::Fenced { .. }) = store.renew(self.state.epoch) {
                return Ok(Ending::Fenced(error.to_string()));
            }
            let now = self.now();
            let introduction = self.introduce(now);
            self.writes.captain(&introduction);
            // Where not even this finds room, what was said before still stands there, with its age.
            drop(self.writes.flush(store));
            if store.free_bytes().is_none_or(|free| FREE_TO_COMMIT <= free) {
                return Err(why);
            }
            let unneeded = life::is_unneeded(&self.state, self.options.idle_after, now);
            if self.options.until_idle && unneeded {
                return Ok(Ending::Idle);
            }
        }
    }
}
