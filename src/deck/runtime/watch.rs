//! The thread that reads the store: its version ten times a second, all of it only when that changed.

use std::{
    collections::BTreeMap,
    process,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::{Event, own::Own};
use crate::{
    deck::{Msg, World},
    fleet::RunId,
    plan::StepId,
    store::{
        Store,
        record::{self, Line, seen_key},
        snapshot::Snapshot,
    },
};

const POLL: Duration = Duration::from_millis(100);
/// Not more often than this while nobody waits for an answer.
const CALM: Duration = Duration::from_secs(1);
/// While somebody waits for the captain's answer.
const KEEN: Duration = Duration::from_millis(200);
/// Rows age also in a store in which nothing happens.
const AGEING: Duration = Duration::from_secs(30);
/// A captain that was started for us stays while we look; it forgets us after a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Reading a large fleet takes at most a twentieth of a core.
const SHARE: u32 = 20;

/// What the thread is told.
#[derive(Debug)]
pub enum Order {
    /// Read the output of this step, too.
    Follow(Option<(RunId, StepId)>),
    /// Read the person's own files again.
    Reload,
    /// Somebody waits for an answer: look more often for ten seconds.
    Keen,
}

/// Starts it. It ends when the returned sender is dropped.
pub fn start(
    store: Arc<dyn Store>,
    now: fn() -> Timestamp,
    read_only: bool,
    own: Own,
    events: Sender<Event>,
) -> std::io::Result<Sender<Order>> {
    let (orders, told) = channel();
    let watch = Watch {
        store,
        now,
        events,
        version: None,
        read: None,
        cost: Duration::ZERO,
        keen_until: None,
        follow: None,
        lines: None,
        own,
    };
    thread::Builder::new()
        .name("deck-store".to_owned())
        .spawn(move || watch.run(&told, read_only))?;
    Ok(orders)
}

struct Watch {
    store: Arc<dyn Store>,
    now: fn() -> Timestamp,
    events: Sender<Event>,
    version: Option<u64>,
    read: Option<Instant>,
    cost: Duration,
    keen_until: Option<Instant>,
    follow: Option<(RunId, StepId)>,
    lines: Option<(RunId, StepId, Vec<Line>)>,
    own: Own,
}

impl Watch {
    fn run(mut self, told: &Receiver<Order>, read_only: bool) {
        let mut beat: Option<Instant> = None;
        loop {
            match told.recv_timeout(POLL) {
                Ok(Order::Follow(step)) => {
                    self.follow = step;
                    self.follow_lines();
                }
                Ok(Order::Reload) => self.like(),
                Ok(Order::Keen) => self.keen_until = Some(Instant::now() + 10 * CALM),
                Err(RecvTimeoutError::Timeout) => self.poll(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.own.changed() {
                self.like();
            }
            if !read_only && beat.is_none_or(|at| at.elapsed() > HEARTBEAT) {
                beat = Some(Instant::now());
                self.say_here(Some(record::looking((self.now)())));
            }
        }
        if !read_only {
            self.say_here(None);
        }
    }

    /// Who looks. A failure is not worth a word: the next reading says what is wrong with the store.
    fn say_here(&self, value: Option<String>) {
        let key = format!("{}{}", seen_key::READERS, process::id());
        drop(self.store.see(&BTreeMap::from([(key, value)])));
    }

    fn poll(&mut self) {
        let keen = self.keen_until.is_some_and(|until| Instant::now() < until);
        let pause = (if keen { KEEN } else { CALM }).max(self.cost * SHARE);
        let waited = self.read.map(|at| at.elapsed());
        if waited.is_some_and(|waited| waited < pause) {
            return;
        }
        match self.store.version() {
            Ok(version) if Some(version) == self.version => {
                if waited.is_none_or(|waited| waited > AGEING) {
                    self.look();
                }
            }
            Ok(version) => {
                self.version = Some(version);
                self.look();
                self.follow_lines();
            }
            Err(error) => self.say(Msg::StoreTrouble(error.to_string())),
        }
    }

    fn look(&mut self) {
        let begin = Instant::now();
        match Snapshot::read(&*self.store) {
            Ok(snapshot) => {
                let world = World::of(snapshot, (self.now)());
                self.say(Msg::World(Arc::new(world)));
            }
            Err(error) => self.say(Msg::StoreTrouble(error.to_string())),
        }
        self.cost = begin.elapsed();
        self.read = Some(Instant::now());
    }

    fn like(&mut self) {
        let taste = self.own.read();
        self.say(Msg::Taste(Box::new(taste)));
    }

    fn follow_lines(&mut self) {
        let Some((run, step)) = self.follow else {
            return;
        };
        let key = seen_key::lines(run, step);
        let Ok(mut seen) = self.store.seen(&key) else {
            return;
        };
        let text = seen.remove(&key).unwrap_or_default();
        let lines: Vec<Line> = serde_json::from_str(&text).unwrap_or_default();
        let found = Some((run, step, lines));
        if found != self.lines {
            self.lines.clone_from(&found);
            if let Some((run, step, lines)) = found {
                self.say(Msg::Printed(run, step, lines));
            }
        }
    }

    /// A deck that is gone ends this thread by dropping its orders, not here.
    fn say(&self, msg: Msg) {
        drop(self.events.send(Event::Msg(msg)));
    }
}
