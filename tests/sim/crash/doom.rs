//! Where a captain is killed: at a commit, at a command, at any turn of its own.
//! Must never let one that was killed do anything more, nor stop what it has sent already.

use std::{
    future::{Future, pending, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
};

use pooldeck::{
    captain::captain,
    fleet::{Script, Server},
    sim::{Cut, Rack},
    ssh::{Answer, ProbeText, Transport, TransportError, UnitName, UnitState},
    store::Store,
};
use secrecy::SecretString;
use tokio::{sync::Notify, task::JoinHandle};

use crate::{laws::Law, site::Site};

/// One moment in a captain's life, counted from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Its n-th commit; whether it is still written.
    Commit(u64, bool),
    /// Its n-th command: before it is sent, while it is on its way, or when it was done and the answer is not read.
    Command(u64, Cut),
    /// The n-th time that it wakes up for anything at all.
    Turn(u64),
    /// Its n-th command loses its connection so; the captain itself goes on.
    Link(u64, Cut),
}

/// What a captain did in its life, or in all lives that it had.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lived {
    pub commits: u64,
    pub commands: u64,
    pub turns: u64,
    /// Moments that came.
    pub struck: usize,
}

/// Counters that a captain's task and its commands share.
#[derive(Default)]
pub struct Counters {
    commands: AtomicU64,
    turns: AtomicU64,
    struck: AtomicU64,
}

/// Captains one after the other, each killed at its moment; the last one lives on.
pub struct Reign {
    pub counters: Arc<Counters>,
    pub task: JoinHandle<()>,
}

impl Reign {
    pub fn begin(site: &Site, fate: &[Moment]) -> Self {
        let counters = Arc::<Counters>::default();
        let (store, rack) = (Arc::clone(&site.store), site.rack.clone());
        let (options, shared) = (site.options(), Arc::clone(&counters));
        let mut fate: Vec<Moment> = fate.iter().rev().copied().collect();
        let task = tokio::spawn(async move {
            loop {
                let moment = fate.pop();
                shared.commands.store(0, Ordering::SeqCst);
                shared.turns.store(0, Ordering::SeqCst);
                let mortal = Arc::new(Mortal {
                    rack: rack.clone(),
                    counters: Arc::clone(&shared),
                    moment,
                    killed: Notify::new(),
                });
                let commits = store.commits.load(Ordering::SeqCst);
                *store.dies.lock().unwrap() = match moment {
                    Some(Moment::Commit(at, written)) => Some((commits + at, written)),
                    _ => None,
                };
                if let Some(Moment::Link(at, cut)) = moment {
                    rack.cut(rack.commands() + at, cut);
                    shared.struck.fetch_add(1, Ordering::SeqCst);
                }
                let held: Arc<dyn Store> = store.clone();
                let api = Arc::new(rack.clone());
                let acts = captain(held, Arc::clone(&mortal), api, options.clone());
                let ended = Box::pin(mortal.lives(acts)).await;
                shared.struck.fetch_add(1, Ordering::SeqCst);
                let by_store = store.dead.swap(false, Ordering::SeqCst);
                store.must(Law::Captain, by_store || ended.is_none(), || {
                    format!("a captain ended by itself: {ended:?}")
                });
            }
        });
        Self { counters, task }
    }

    /// What the captain that is there now has done; `before` is what was committed before the first one came.
    pub fn lived(&self, site: &Site, before: u64) -> Lived {
        let read = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        Lived {
            commits: site.store.commits.load(Ordering::SeqCst) - before,
            commands: read(&self.counters.commands),
            turns: read(&self.counters.turns),
            struck: usize::try_from(read(&self.counters.struck)).unwrap(),
        }
    }
}

/// A captain's way to the rack, on which it can die.
struct Mortal {
    rack: Rack,
    counters: Arc<Counters>,
    moment: Option<Moment>,
    killed: Notify,
}

impl Mortal {
    /// Lets it act until it is killed: none, or until it ends by itself.
    async fn lives<R>(&self, acts: impl Future<Output = R>) -> Option<R> {
        let mut acts = pin!(acts);
        let mut killed = pin!(self.killed.notified());
        poll_fn(move |context| {
            let turn = self.counters.turns.fetch_add(1, Ordering::SeqCst);
            let over = self.moment == Some(Moment::Turn(turn));
            if over || killed.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
            acts.as_mut().poll(context).map(Some)
        })
        .await
    }

    /// Counts a command; when it is the last one, what becomes of it.
    fn last(&self) -> Option<Cut> {
        let number = self.counters.commands.fetch_add(1, Ordering::SeqCst);
        match self.moment {
            Some(Moment::Command(at, cut)) if at == number => Some(cut),
            _ => None,
        }
    }

    async fn die<R>(&self) -> R {
        self.killed.notify_one();
        pending().await
    }

    /// A command, which is on its way at once: it arrives whenever its captain is killed meanwhile.
    async fn send<R: Send + 'static>(
        &self,
        command: impl Future<Output = R> + Send + 'static,
    ) -> R {
        match self.last() {
            None => tokio::spawn(command).await.unwrap(),
            Some(Cut::Before) => self.die().await,
            Some(Cut::During) => {
                drop(tokio::spawn(command));
                self.die().await
            }
            Some(Cut::After) => {
                command.await;
                self.die().await
            }
        }
    }
}

impl Transport for Mortal {
    async fn check(&self, server: &Server, script: &Script) -> Result<Answer, TransportError> {
        let (rack, server, script) = (self.rack.clone(), server.clone(), script.clone());
        self.send(async move { rack.check(&server, &script).await })
            .await
    }
    async fn fetch(
        &self,
        server: &Server,
        script: &Script,
    ) -> Result<SecretString, TransportError> {
        let (rack, server, script) = (self.rack.clone(), server.clone(), script.clone());
        self.send(async move { rack.fetch(&server, &script).await })
            .await
    }
    async fn start(
        &self,
        server: &Server,
        unit: &UnitName,
        script: &Script,
    ) -> Result<(), TransportError> {
        let (rack, server) = (self.rack.clone(), server.clone());
        let (unit, script) = (unit.clone(), script.clone());
        self.send(async move { rack.start(&server, &unit, &script).await })
            .await
    }
    async fn follow(
        &self,
        server: &Server,
        unit: &UnitName,
        from: u64,
        line: &mut (dyn FnMut(String) + Send),
    ) -> Result<UnitState, TransportError> {
        let last = self.last();
        let follows = self.rack.follow(server, unit, from, line);
        match last {
            None => follows.await,
            Some(Cut::Before) => self.die().await,
            // It looks once and hears no end.
            Some(Cut::During) => {
                tokio::select! {
                    biased;
                    _ = follows => (),
                    () = tokio::task::yield_now() => (),
                }
                self.die().await
            }
            Some(Cut::After) => {
                drop(follows.await);
                self.die().await
            }
        }
    }
    async fn forget(&self, server: &Server, units: &[UnitName]) -> Result<(), TransportError> {
        let (rack, server, units) = (self.rack.clone(), server.clone(), units.to_vec());
        self.send(async move { rack.forget(&server, &units).await })
            .await
    }
    async fn probe(&self, server: &Server) -> Result<ProbeText, TransportError> {
        self.rack.probe(server).await
    }
}
