//! Captains of one store: killed between any two things that they do, stopped and woken late, one after the other and two at once.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
};

use pooldeck::{
    captain::{Ending, Options, captain},
    fleet::{Epoch, FleetId},
    sim::Rack,
    store::{Commit, Lease, Lost, Revision, Store, StoreError, Versioned},
};
use tokio::{sync::watch, task::JoinSet};

use crate::{laws::Law, watched::Watched, wire::Wire};

/// What one captain is led by.
#[derive(Default)]
pub struct Reins {
    stopped: watch::Sender<bool>,
    was_stopped: AtomicBool,
    dead: AtomicBool,
    /// It dies when it has gone on so many times more.
    turns: Mutex<Option<u64>>,
    /// It dies with that many commits more, and whether the last one is still written.
    commits: Mutex<Option<(u64, bool)>>,
    /// It is stopped after so many commits.
    stops: Mutex<Option<u64>>,
    waker: Mutex<Option<Waker>>,
}

impl Reins {
    /// Kills it once it has gone on so many times more.
    pub fn kill_after(&self, turns: u64) {
        *self.turns.lock().unwrap() = Some(turns);
        self.nudge();
    }

    /// Kills it at one of its next commits.
    pub fn kill_at_commit(&self, commits: u64, written: bool) {
        *self.commits.lock().unwrap() = Some((commits, written));
    }

    /// Stops it right after one of its next commits.
    pub fn stop_at_commit(&self, commits: u64) {
        *self.stops.lock().unwrap() = Some(commits);
    }

    /// A commit more is written.
    fn committed(&self) {
        let mut stops = self.stops.lock().unwrap();
        if *stops == Some(0) {
            self.stop();
        }
        *stops = stops.and_then(|left| left.checked_sub(1));
    }

    /// Stops it, as a laptop that is closed does.
    pub fn stop(&self) {
        self.was_stopped.store(true, Ordering::SeqCst);
        self.stopped.send_replace(true);
    }

    /// Lets it go on where it was.
    pub fn wake(&self) {
        *self.stops.lock().unwrap() = None;
        self.stopped.send_replace(false);
        self.nudge();
    }

    fn nudge(&self) {
        if let Some(waker) = self.waker.lock().unwrap().take() {
            waker.wake();
        }
    }

    pub fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    /// One turn more; true when it was the last.
    fn turn(&self) -> bool {
        let mut turns = self.turns.lock().unwrap();
        let over = *turns == Some(0);
        *turns = turns.map(|left| left.saturating_sub(1));
        if over {
            self.dead.store(true, Ordering::SeqCst);
        }
        over
    }
}

/// Where captains sit.
pub struct Seats {
    pub store: Arc<Watched>,
    pub rack: Rack,
    pub options: Options,
    pub living: Arc<Mutex<Vec<Arc<Reins>>>>,
    tasks: JoinSet<()>,
}

impl Seats {
    pub fn new(store: Arc<Watched>, rack: Rack, options: Options) -> Self {
        let (living, tasks) = (Arc::default(), JoinSet::new());
        Self {
            store,
            rack,
            options,
            living,
            tasks,
        }
    }

    /// One more captain, and a new one whenever it ends.
    pub fn seat(&mut self) {
        let (store, rack) = (Arc::clone(&self.store), self.rack.clone());
        let (options, living) = (self.options.clone(), Arc::clone(&self.living));
        self.tasks.spawn(async move {
            loop {
                let reins = Arc::new(Reins::default());
                living.lock().unwrap().push(Arc::clone(&reins));
                let ended = one(&store, &rack, &options, &reins).await;
                living.lock().unwrap().retain(|it| !Arc::ptr_eq(it, &reins));
                let late = reins.was_stopped.load(Ordering::SeqCst);
                let allowed = match &ended {
                    None => true,
                    Some(Ok(Ending::Fenced(_))) => late,
                    Some(_) => reins.dead.load(Ordering::SeqCst),
                };
                store.must(Law::Captain, allowed, || {
                    format!("it ended by itself: {ended:?}")
                });
            }
        });
    }
}

/// One captain's life; none when it was killed.
async fn one(
    store: &Arc<Watched>,
    rack: &Rack,
    options: &Options,
    reins: &Arc<Reins>,
) -> Option<Result<Ending, StoreError>> {
    let wire = Wire {
        rack: rack.clone(),
        store: Arc::clone(store),
        stopped: reins.stopped.subscribe(),
    };
    let seat: Arc<dyn Store> = Arc::new(Seat {
        store: Arc::clone(store),
        reins: Arc::clone(reins),
    });
    let mut acts = Some(Box::pin(captain(
        seat,
        Arc::new(wire),
        Arc::new(rack.clone()),
        options.clone(),
    )));
    poll_fn(move |context| {
        *reins.waker.lock().unwrap() = Some(context.waker().clone());
        if reins.is_stopped() {
            return Poll::Pending;
        }
        let Some(living) = acts.as_mut().filter(|_| !reins.turn()) else {
            // Its tasks go with it, wherever they are.
            acts = None;
            return Poll::Ready(None);
        };
        living.as_mut().poll(context).map(Some)
    })
    .await
}

/// The store as one captain has it: nothing that it still calls once it is dead does anything.
struct Seat {
    store: Arc<Watched>,
    reins: Arc<Reins>,
}

impl Store for Seat {
    fn fleet(&self) -> FleetId {
        self.store.fleet()
    }
    fn place(&self) -> String {
        self.store.place()
    }
    fn get(&self, key: &str) -> Result<Option<Versioned>, StoreError> {
        self.store.get(key)
    }
    fn list(&self, prefix: &str) -> Result<BTreeMap<String, Versioned>, StoreError> {
        self.store.list(prefix)
    }
    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        let killed = || Err(StoreError::Broken("killed".to_owned()));
        if self.reins.dead.load(Ordering::SeqCst) {
            return killed();
        }
        let mut left = self.reins.commits.lock().unwrap();
        if let Some((0, written)) = *left {
            self.reins.dead.store(true, Ordering::SeqCst);
            if written {
                self.store.commit(commit)?;
            }
            return killed();
        }
        *left = left.map(|(left, written)| (left - 1, written));
        drop(left);
        self.store.commit(commit)?;
        if commit.epoch.is_some() {
            self.reins.committed();
        }
        Ok(())
    }
    fn version(&self) -> Result<u64, StoreError> {
        self.store.version()
    }
    fn revision(&self) -> Result<Revision, StoreError> {
        self.store.revision()
    }
    fn see(&self, values: &BTreeMap<String, Option<String>>) -> Result<(), StoreError> {
        self.store.see(values)
    }
    fn seen(&self, prefix: &str) -> Result<BTreeMap<String, String>, StoreError> {
        self.store.seen(prefix)
    }
    fn campaign(&self, holder: &str) -> Result<Option<Epoch>, StoreError> {
        self.store.campaign(holder)
    }
    fn renew(&self, epoch: Epoch) -> Result<(), StoreError> {
        self.store.renew(epoch)
    }
    fn resign(&self, epoch: Epoch) -> Result<(), StoreError> {
        // Who was killed gives nothing back.
        if self.reins.dead.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.store.resign(epoch)
    }
    fn lease(&self) -> Result<Option<Lease>, StoreError> {
        self.store.lease()
    }
    fn adopt(&self, read: Revision, lost: &Lost) -> Result<(), StoreError> {
        self.store.adopt(read, lost)
    }
    fn free_bytes(&self) -> Option<u64> {
        self.store.free_bytes()
    }
    fn copy(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.copy()
    }
}
