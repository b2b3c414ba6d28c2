//! The thread that thinks and asks: plans are made and asks are committed here, never on the deck's own thread.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    process,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Sender, channel},
    },
    thread,
    time::Duration,
};

use jiff::Timestamp;

use super::{Event, beside};
use crate::{
    deck::{
        Msg, World,
        effect::{Asked, Offered},
    },
    fleet::{ServerName, inventory::offer::compose},
    plan::{Request, Site, plan},
    store::{
        Commit, Store, StoreError,
        record::{Ask, CaptainSeen, key},
    },
};

/// How many commits are on their way.
#[derive(Debug, Clone, Default)]
pub struct Pending(Arc<(Mutex<usize>, Condvar)>);

impl Pending {
    /// Waits until nothing is pending, at most so long.
    pub fn wait(&self, most: Duration) {
        let (count, changed) = &*self.0;
        let held = count.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_timeout_while(held, most, |count| *count > 0));
    }

    fn add(&self, by: isize) {
        let (count, changed) = &*self.0;
        let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.saturating_add_signed(by);
        changed.notify_all();
    }
}

/// One piece of work.
pub enum Work {
    /// Make a plan on this knowledge.
    Plan(u64, Box<Request>, Arc<World>),
    /// Ask the captain.
    Ask(Asked),
    /// Make the lines that offer these servers of the inventory there.
    Compose(PathBuf, BTreeSet<ServerName>),
    /// Write lines that offer servers beside the inventory there.
    Write(PathBuf, Offered),
}

impl Work {
    /// The deck does not end before it is done.
    const fn changes(&self) -> bool {
        matches!(self, Self::Ask(_) | Self::Write(..))
    }
}

/// Hands work to the thread.
pub struct Worker {
    work: Sender<Work>,
    pending: Pending,
}

impl Worker {
    /// Starts the thread. It ends when this is dropped.
    pub fn start(
        store: Arc<dyn Store>,
        who: String,
        now: fn() -> Timestamp,
        pending: Pending,
        events: Sender<Event>,
    ) -> std::io::Result<Self> {
        let (work, todo) = channel();
        let done = pending.clone();
        thread::Builder::new()
            .name("deck-work".to_owned())
            .spawn(move || {
                for work in todo {
                    let msg = match work {
                        Work::Plan(ticket, request, world) => Msg::Planned {
                            ticket,
                            plan: guarded(|| think(&world, &request, now())),
                        },
                        Work::Ask(asked) => {
                            let said = guarded(|| {
                                ask(&*store, &asked, &who, now()).map_err(|error| error.to_string())
                            });
                            done.add(-1);
                            Msg::Asked(said)
                        }
                        Work::Compose(place, names) => {
                            Msg::Composed(guarded(|| compose(&place, &names).map(Box::new)))
                        }
                        Work::Write(place, offered) => {
                            let done_so = guarded(|| beside::write(&place, &offered));
                            done.add(-1);
                            Msg::Written(done_so.map(Box::new))
                        }
                    };
                    if events.send(Event::Msg(msg)).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self { work, pending })
    }

    /// Hands one piece of work over.
    pub fn give(&self, work: Work) {
        let changes = work.changes();
        if changes {
            self.pending.add(1);
        }
        if self.work.send(work).is_err() && changes {
            self.pending.add(-1);
        }
    }
}

/// A fault in one piece of work is that piece's answer: the next one is done all the same.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err("a fault in pooldeck ended this; nothing is known to be asked\nhint: look at the runs before you ask again".to_owned())
    })
}

fn think(
    world: &World,
    request: &Request,
    now: Timestamp,
) -> Result<Box<crate::plan::Plan>, String> {
    let snapshot = &world.snapshot;
    let site = snapshot
        .captain
        .as_ref()
        .map_or_else(Site::default, CaptainSeen::site);
    plan(&snapshot.fleet, &snapshot.observed, request, now, &site)
        .map(Box::new)
        .map_err(|error| error.to_string())
}

/// The one function through which the deck reaches the world: it writes an ask, under a key that nobody has.
fn ask(store: &dyn Store, asked: &Asked, who: &str, now: Timestamp) -> Result<String, StoreError> {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let number = ASKED.fetch_add(1, Ordering::Relaxed);
    let key = key::ask(&format!(
        "{}-{}-{number}",
        now.as_millisecond(),
        process::id()
    ));
    let ask = Ask {
        by: who.to_owned(),
        at: now,
        what: asked.what().clone(),
        answer: None,
    };
    let text = serde_json::to_string(&ask)
        .map_err(|error| StoreError::Broken(format!("an ask cannot be written: {error}")))?;
    store.commit(&Commit {
        reads: BTreeMap::from([(key.clone(), 0)]),
        writes: BTreeMap::from([(key.clone(), Some(text))]),
        epoch: None,
    })?;
    Ok(key)
}
