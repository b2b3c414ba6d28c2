//! The one owner of the captain's state: every input is handled here, one at a time.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use super::{
    Ending, ask,
    by_hand::Texts,
    clusters::Watches,
    debt,
    door::Input,
    engine::{Engine, Unfenced},
    fence,
    hear::Waiting,
    inventory,
    keep::Keeper,
    life, note,
    observe::Observer,
    options::{Options, Source},
    process::on_terminate,
    seen::Writes,
    state::State,
    storm::storm,
};
use crate::{
    cluster::ClusterApi,
    fleet::Epoch,
    ssh::Transport,
    store::{Store, StoreError},
};

/// How often asks are looked for and ready steps are started when nothing else happens.
const TICK: Duration = Duration::from_millis(100);
/// The lease is renewed at this pace (it lasts ten seconds).
const RENEW: Duration = Duration::from_secs(3);

/// The files' times are looked at at this pace, beside the watch.
const LOOK_AT_FILES: Duration = Duration::from_secs(5);

/// The inventory's files as they were seen last, as they were read, and when they are looked at next.
#[derive(Default)]
pub struct Stamps {
    seen: Option<u64>,
    read: Option<u64>,
    next: Timestamp,
}

/// The captain at work.
pub struct Owner<T, C> {
    pub(super) state: State,
    pub(super) options: Options,
    pub(super) transport: Arc<T>,
    pub(super) cluster: Arc<C>,
    pub(super) engine: Engine<T>,
    pub(super) observer: Observer<T>,
    pub(super) watches: Watches,
    pub(super) fences: JoinSet<()>,
    pub(super) unfenced: Unfenced,
    pub(super) waiting: BTreeMap<String, Waiting>,
    pub(super) stamps: Stamps,
    pub(super) keeper: Keeper,
    pub(super) texts: Texts,
    pub(super) holds_back: Option<String>,
    pub(super) writes: Writes,
    pub(super) needed: Timestamp,
    pub(super) to: mpsc::Sender<Input>,
    pub(super) from: mpsc::Receiver<Input>,
}

impl<T: Transport, C: ClusterApi> Owner<T, C> {
    /// A captain that has the lease and has read the store.
    ///
    /// # Errors
    /// Those of the store.
    pub fn new(
        store: Arc<dyn Store>,
        epoch: Epoch,
        transport: Arc<T>,
        cluster: Arc<C>,
        options: Options,
    ) -> Result<Self, StoreError> {
        // Facts wait for their turn; lines are dropped when there is no room.
        let (to, from) = mpsc::channel(1024);
        Ok(Self {
            state: State::new(store, epoch)?,
            engine: Engine::new(Arc::clone(&transport), to.clone(), &options),
            observer: Observer::new(Arc::clone(&transport), to.clone()),
            watches: Watches::new(),
            fences: JoinSet::new(),
            unfenced: Unfenced::new(),
            waiting: BTreeMap::new(),
            stamps: Stamps::default(),
            keeper: Keeper::default(),
            texts: Texts::default(),
            holds_back: None,
            writes: Writes::default(),
            needed: (options.clock)(),
            options,
            transport,
            cluster,
            to,
            from,
        })
    }

    /// Acts until there is a reason to end.
    ///
    /// # Errors
    /// Those of the store that leave no way on.
    pub async fn run(mut self, captain_gone: Option<Duration>) -> Result<Ending, StoreError> {
        let now = self.now();
        let _watcher = self.watch_inventory();
        inventory::reload(&mut self.state, &self.options, now)?;
        life::pause_what_stood_still(&mut self.state, captain_gone, now)?;
        self.unfenced = fence::to_fence(&self.state);
        fence::fence(
            &mut self.fences,
            &self.transport,
            &self.state,
            &self.options,
            &self.unfenced,
            &self.to,
        );
        on_terminate(&self.to);
        let (mut tick, mut renew, mut second) = (
            interval(TICK),
            interval(RENEW),
            interval(Duration::from_secs(1)),
        );
        for timer in [&mut tick, &mut renew, &mut second] {
            timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        loop {
            let result = tokio::select! {
                biased;
                _ = renew.tick() => self.state.store.renew(self.state.epoch).map(|()| None),
                Some(input) = self.from.recv() => self.take(input),
                _ = tick.tick() => self.tick(),
                _ = second.tick() => self.second(),
            };
            match result {
                Ok(Some(ending)) => return Ok(ending),
                Err(error @ StoreError::Fenced { .. }) => {
                    return Ok(Ending::Fenced(error.to_string()));
                }
                // Somebody wrote in between: memory is fresh again, the next tick decides anew.
                Ok(None) | Err(StoreError::Conflict(_)) => (),
                Err(error @ StoreError::Full { .. }) => return self.wait_for_room(error).await,
                Err(error) => return Err(error),
            }
        }
    }

    fn take(&mut self, input: Input) -> Result<Option<Ending>, StoreError> {
        let now = self.now();
        match input {
            Input::Record { run, facts, stored } => {
                if self.may_be_recorded(run, &facts, now) {
                    self.state.record(run, &facts, now)?;
                    self.look_again(run, &facts, now);
                    // The task may have gone; what it said is stored all the same.
                    stored.send(()).ok();
                }
            }
            Input::Ended { run, job } => {
                self.engine.ended(run, job);
                if self
                    .state
                    .snapshot
                    .runs
                    .get(&run)
                    .is_none_or(|run| !run.is_open())
                {
                    self.writes.ended(run);
                }
                self.pump();
            }
            Input::Line { run, step, text } => self.writes.line(run, step, now, text),
            Input::Probed { server, result } => self.probed(&server, result, now)?,
            Input::Cluster { pool, seen } => self.heard(&pool, &seen, now)?,
            Input::ClusterLost { pool, why } => self.lost(&pool, why, now),
            Input::Fence { server, done: true } => {
                self.unfenced.remove(&server);
                fence::told(&mut self.state, &server)?;
                self.pump();
            }
            Input::Fence { done: false, .. } => (),
            Input::InventoryChanged => inventory::reload(&mut self.state, &self.options, now)?,
            Input::Fenced { server, why } => {
                // The store says who is captain: with a later one this ends here.
                self.state.store.renew(self.state.epoch)?;
                self.at_odds(&server, &why, now)?;
            }
            Input::Terminate => return Ok(Some(Ending::Terminated)),
        }
        Ok(None)
    }

    fn tick(&mut self) -> Result<Option<Ending>, StoreError> {
        let now = self.now();
        self.state.refresh()?;
        for (key, ask) in ask::pending(&self.state) {
            self.hear(&key, &ask, now)?;
        }
        self.observer
            .pump(&self.state, self.options.probe_every, now);
        self.watches
            .pump(&self.state, &self.transport, &self.cluster, &self.to);
        self.pump();
        Ok(None)
    }

    fn second(&mut self) -> Result<Option<Ending>, StoreError> {
        let now = self.now();
        let snapshot = &self.state.snapshot;
        let fleet = &snapshot.fleet;
        // Whoever works on a server may switch it off: that is no storm.
        let listed = fleet.servers.keys();
        let listed = listed.filter(|name| fleet.maintenance(name, now).is_none());
        let seen = listed.filter_map(|name| snapshot.observed.servers.get(name));
        self.holds_back = storm(seen, now);
        self.read_what_no_watch_told(now)?;
        self.withdrawn(now)?;
        let listed_well = self.state.snapshot.listed.trouble().is_none();
        if listed_well && self.holds_back.is_none() && self.state.snapshot.stop.is_none() {
            let site = self.site();
            debt::pay(&mut self.state, &site, now)?;
        }
        ask::forget_answered(&mut self.state, now)?;
        note::prune(&mut self.state, now)?;
        self.keeper
            .pump(&self.state, &self.transport, &self.options, now);
        self.texts
            .pump(&self.state, &self.transport, &self.options, now);
        let introduction = self.introduce(now);
        self.writes.captain(&introduction);
        self.writes.copies(self.keeper.copies());
        self.state.snapshot.captain = Some(introduction);
        self.writes.flush(self.state.store.as_ref())?;
        if !self.options.until_idle || !life::is_unneeded(&self.state, self.options.idle_after, now)
        {
            self.needed = now;
        }
        let idle_for = now.duration_since(self.needed);
        let limit = jiff::SignedDuration::try_from(self.options.idle_after).unwrap_or_default();
        Ok((limit < idle_for && self.engine.is_idle()).then_some(Ending::Idle))
    }

    /// Reads the inventory again where its files are others than those that were read, and are no longer being written.
    fn read_what_no_watch_told(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let folder = match &self.options.source {
            Source::Fixed(_) => return Ok(()),
            Source::Edited(_) => return inventory::reload(&mut self.state, &self.options, now),
            Source::Folder(folder) => folder,
        };
        if now < self.stamps.next {
            return Ok(());
        }
        let stamp = inventory::stamp(folder);
        let is_still = self.stamps.seen.replace(stamp) == Some(stamp);
        self.stamps.next = now + LOOK_AT_FILES;
        if is_still && self.stamps.read.replace(stamp) != Some(stamp) {
            inventory::reload(&mut self.state, &self.options, now)?;
        }
        Ok(())
    }

    fn watch_inventory(&self) -> Option<notify::RecommendedWatcher> {
        match &self.options.source {
            // Without a watch the files' times tell, some seconds later.
            Source::Folder(folder) => inventory::watch(folder, self.to.clone()).ok(),
            Source::Fixed(_) | Source::Edited(_) => None,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.options.clock)()
    }
}
