//! The actor: takes the lease, observes, executes runs. Only it knows `ssh` and `cluster`.
//! Must never act without a committed event, and never after another captain took the lease.

mod accept;
mod another;
pub mod ask;
mod by_hand;
mod carry;
pub mod clusters;
pub mod debt;
pub mod door;
pub mod engine;
mod facts;
pub mod fence;
mod gate;
mod hear;
mod heard;
mod introduce;
pub mod inventory;
mod keep;
mod life;
mod note;
pub mod observe;
pub mod options;
mod others;
mod owner;
mod process;
pub mod recover;
mod room;
mod seen;
mod settle;
pub mod state;
pub mod steer;
mod step;
pub mod storm;
mod unheard;

use std::sync::Arc;

pub use self::options::{Clock, Options, Source};
use crate::{
    cluster::ClusterApi,
    ssh::Transport,
    store::{Store, StoreError, record::key},
};

/// Why a captain ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Another process holds the lease; nothing was done.
    NotNeeded,
    /// Nobody looks and nothing runs.
    Idle,
    /// The process was told to end; what runs on servers goes on there and is found by the next captain.
    Terminated,
    /// A later captain is there.
    Fenced(String),
}

/// Takes the lease and acts until there is a reason to end.
///
/// # Errors
/// Those of the store.
pub async fn captain<T: Transport, C: ClusterApi>(
    store: Arc<dyn Store>,
    transport: Arc<T>,
    cluster: Arc<C>,
    options: Options,
) -> Result<Ending, StoreError> {
    if matches!(options.source, Source::Folder(_)) && store.get(key::DEMO)?.is_some() {
        let text = format!(
            "{} is a demo's store: its servers do not exist\nhint: name another place with `--store`, or `pooldeck demo` to go on with it",
            store.place()
        );
        return Err(StoreError::Place(text));
    }
    loop {
        match term(&store, &transport, &cluster, &options).await {
            // Nothing is lost and nothing half-written: it goes on when there is room.
            Err(StoreError::Full { .. }) => tokio::time::sleep(room::LOOK_EVERY).await,
            ended => return ended,
        }
    }
}

/// One term: from taking the lease to giving it back.
async fn term<T: Transport, C: ClusterApi>(
    store: &Arc<dyn Store>,
    transport: &Arc<T>,
    cluster: &Arc<C>,
    options: &Options,
) -> Result<Ending, StoreError> {
    let Some((epoch, alive)) = life::take_lease(store.as_ref(), options).await? else {
        return Ok(Ending::NotNeeded);
    };
    let (transport, cluster) = (Arc::clone(transport), Arc::clone(cluster));
    let owner = owner::Owner::new(
        Arc::clone(store),
        epoch,
        transport,
        cluster,
        options.clone(),
    )?;
    let ending = owner.run(alive).await;
    // A lease that is not given back runs out by itself.
    drop(store.resign(epoch));
    ending
}
