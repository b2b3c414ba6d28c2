//! The demo: a captain at work on a rack in memory, in this process, with a store that every other process can use.
//! Must never act on a store that is not a demo's.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::{runtime::Runtime, task::JoinHandle};

use super::{
    clock::Clock,
    fleet::{self, Room},
    furnish, operator,
};
use crate::{
    captain::{self, Ending, Source, captain},
    store::{
        Commit, Store, StoreError,
        place::{Around, Place},
        record::key,
        sqlite::NAME,
    },
};

/// What a demo is made of; kept in its store, so that it can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// How many servers.
    pub servers: usize,
    /// The same seed makes the same room.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            servers: 24,
            seed: 1,
        }
    }
}

/// A living demo. Ends with this value; its store, too, unless a place was named for it.
pub struct Demo {
    /// What it shares with every deck and verb.
    pub store: Arc<dyn Store>,
    /// For `--store` of another process.
    pub place: String,
    runtime: Option<Runtime>,
    captain: JoinHandle<Result<Ending, StoreError>>,
    _temporary: Option<TempDir>,
}

/// Makes a room, or goes on with the one of that store, and sets a captain and an operator to work on it.
///
/// # Errors
/// [`StoreError::Place`] for a store that is not a demo's, or when so many servers make no room; else those of the store.
pub fn demo(options: Options, store: Option<&str>) -> Result<Demo, StoreError> {
    let temporary = match store {
        Some(_) => None,
        None => Some(TempDir::with_prefix("pooldeck-demo-").map_err(broken)?),
    };
    let place = match &temporary {
        Some(dir) => named(&dir.path().join(NAME)),
        None => store.unwrap_or_default().to_owned(),
    };
    let store = Place::choose(Some(&place), &Around::here()?)?.open()?;
    let options = mark(store.as_ref(), options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(broken)?;
    let captain = {
        let _inside = runtime.enter();
        let clock = Clock::starting(Timestamp::now(), 1);
        let mut room =
            fleet::make(options.servers, options.seed, clock).map_err(StoreError::Place)?;
        furnish::furnish(&mut room, store.as_ref())?;
        runtime.spawn(operator::operate(
            room.rack.clone(),
            Arc::clone(&store),
            options.seed,
        ));
        runtime.spawn(at_work(room, Arc::clone(&store)))
    };
    Ok(Demo {
        store,
        place,
        runtime: Some(runtime),
        captain,
        _temporary: temporary,
    })
}

impl Demo {
    /// Waits until the captain ends: the process was told to, or the store is gone.
    ///
    /// # Errors
    /// Those of the captain.
    pub fn wait(&mut self) -> Result<Ending, StoreError> {
        let Some(runtime) = self.runtime.take() else {
            return Ok(Ending::Terminated);
        };
        let ended = runtime.block_on(&mut self.captain);
        runtime.shutdown_timeout(Duration::from_millis(200));
        ended.unwrap_or_else(|error| Err(broken(error)))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            self.captain.abort();
            // Time for the captain to give the lease back before the store goes.
            runtime.shutdown_timeout(Duration::from_millis(200));
        }
    }
}

async fn at_work(room: Room, store: Arc<dyn Store>) -> Result<Ending, StoreError> {
    let rack = Arc::new(room.rack);
    let options = captain::Options {
        holder: "demo".to_owned(),
        networks: Vec::new(),
        machine: None,
        forwarded_agent: false,
        ..captain::Options::here(Source::Fixed(room.listed), false)
    };
    captain(store, Arc::clone(&rack), rack, options).await
}

/// Marks an empty store as a demo's; reads the mark of one that is.
fn mark(store: &dyn Store, options: Options) -> Result<Options, StoreError> {
    if let Some(found) = store.get(key::DEMO)? {
        return serde_json::from_str(&found.value).map_err(broken);
    }
    if !store.list("")?.is_empty() {
        let text = format!(
            "{} is not a demo's store\nhint: `--store sqlite:FILE` with a file that does not exist yet",
            store.place()
        );
        return Err(StoreError::Place(text));
    }
    // Only once it is certain that a room can be made of it.
    fleet::make(
        options.servers,
        options.seed,
        Clock::starting(Timestamp::UNIX_EPOCH, 1),
    )
    .map_err(StoreError::Place)?;
    let mut commit = Commit::default();
    commit.reads.insert(key::DEMO.to_owned(), 0);
    let text = serde_json::to_string(&options).map_err(broken)?;
    commit.writes.insert(key::DEMO.to_owned(), Some(text));
    store.commit(&commit)?;
    Ok(options)
}

fn named(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what `map_err` hands over"
)]
fn broken(error: impl ToString) -> StoreError {
    StoreError::Broken(error.to_string())
}
