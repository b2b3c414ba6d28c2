//! One history by seed: a room, captains, people and faults; then nothing goes wrong any more, and the world is judged.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use pooldeck::{
    captain::Source,
    fleet::{Bytes, Server, ServerName},
    plan::{Clean, Request},
    run::Run,
    sim::{
        Clock, fleet,
        furnish::{self, Wanted},
        odd::Odd,
        prng::Prng,
    },
    store::{
        Commit, Store,
        record::{Answer, Ask, What, key},
        snapshot::Snapshot,
    },
};
use tokio::{sync::watch, time::sleep};

use crate::{
    laws::Law,
    meets::meets,
    proof::Tally,
    seats::Seats,
    site::{Site, story},
    strikes::{cease, strikes},
    wishes::{confirm, meddler, operator, patient},
};

type List = Result<BTreeMap<ServerName, Server>, Vec<String>>;

/// Every so many seeds the room is a large one.
const LARGE: u64 = 100;
/// Once nothing goes wrong, every run ends within that.
const ENDS: Duration = Duration::from_hours(2);
/// Captains are killed at most so often in a row that an ask waits longer.
const ANSWERED: Duration = Duration::from_mins(10);

/// Where a history happens.
pub struct Stage {
    pub site: Site,
    pub large: bool,
    pub seats: Mutex<Seats>,
    pub list: watch::Sender<List>,
    /// Who never comes back.
    pub lost: Mutex<BTreeSet<ServerName>>,
    /// Who was off from the beginning, and whose clock was wrong.
    pub odd: BTreeMap<ServerName, (bool, f64)>,
    disks: BTreeMap<ServerName, Bytes>,
    tally: Mutex<Tally>,
    asks: AtomicU64,
    talks: bool,
}

impl Stage {
    /// The room of that seed, with its captains.
    fn of(seed: u64, talks: bool) -> Self {
        let mut prng = Prng::new(seed ^ 0x0007_a6e5);
        let large = seed % LARGE == LARGE - 1;
        let mut site = if large {
            Site::new(18, seed)
        } else {
            small(seed, &mut prng)
        };
        site.away = Duration::from_secs(if large { 180 } else { 45 });
        let (list, edited) = watch::channel(Ok(site.room.listed.clone()));
        let mut options = site.options();
        options.source = Source::Edited(edited);
        options.probe_every = Duration::from_secs(prng.between(2, 5));
        site.store.copies.store(prng.chance(10), Ordering::SeqCst);
        let mut seats = Seats::new(site.store.clone(), site.rack.clone(), options);
        seats.seat();
        if prng.chance(15) {
            seats.seat();
        }
        let machine = |name: &ServerName| {
            let found = site
                .rack
                .machine(name, |it| (it.power, it.clock_ahead, it.disk.free));
            found.unwrap()
        };
        let names = || site.room.listed.keys();
        Self {
            large,
            seats: Mutex::new(seats),
            list,
            lost: Mutex::default(),
            odd: names()
                .map(|name| (name.clone(), (!machine(name).0, machine(name).1)))
                .collect(),
            disks: names()
                .map(|name| (name.clone(), machine(name).2))
                .collect(),
            tally: Mutex::default(),
            asks: AtomicU64::new(0),
            talks,
            site,
        }
    }

    pub fn fault(&self, kind: &str) {
        self.say(|| format!("fault: {kind}"));
        self.tally.lock().unwrap().fault(kind);
    }

    pub fn wish(&self, word: &'static str) {
        self.say(|| format!("wish: {word}"));
        let mut tally = self.tally.lock().unwrap();
        tally.requests += 1;
        *tally.wishes.entry(word).or_default() += 1;
    }

    /// For whoever reads one history.
    pub fn say(&self, text: impl FnOnce() -> String) {
        if self.talks {
            let now = self.site.rack.clock.now();
            crate::chance::print(&format!("{} {}", now.strftime("%H:%M:%S%.3f"), text()));
        }
    }

    /// Its disk is as free as before anything went wrong.
    pub fn free(&self, server: &ServerName) {
        self.site.rack.free(server, self.disks[server]);
    }

    /// The list as it was, with a change.
    pub fn edit(&self, change: impl FnOnce(&mut BTreeMap<ServerName, Server>)) {
        let mut list = self.site.room.listed.clone();
        change(&mut list);
        drop(self.list.send_replace(Ok(list)));
    }

    /// Waits until it is so, at most so long; false when it is not by then, or a law is broken.
    pub async fn wait(&self, most: Duration, so: impl Fn(&Snapshot) -> bool) -> bool {
        let until = tokio::time::Instant::now() + most;
        while self.site.store.violations.lock().unwrap().is_empty() {
            if self.site.store.with(&so) {
                return true;
            }
            if tokio::time::Instant::now() >= until {
                return false;
            }
            sleep(Duration::from_millis(500)).await;
        }
        false
    }

    /// Asks the captain, and waits for its answer.
    pub async fn ask(&self, what: What) -> Option<Answer> {
        let number = self.asks.fetch_add(1, Ordering::SeqCst);
        let (name, by) = (key::ask(&format!("test-{number}")), "ops1@jump1".to_owned());
        let at = self.site.rack.clock.now();
        let ask = Ask {
            by,
            at,
            what,
            answer: None,
        };
        let mut commit = Commit::default();
        commit
            .writes
            .insert(name.clone(), Some(serde_json::to_string(&ask).unwrap()));
        self.site.store.commit(&commit).unwrap();
        let answered = |it: &Snapshot| it.asks.get(&name).is_none_or(|ask| ask.answer.is_some());
        let told = self.wait(ANSWERED, answered).await;
        let broken = !self.site.store.violations.lock().unwrap().is_empty();
        self.site.store.must(Law::Answered, told || broken, || {
            format!("{:?} has no answer", ask.what)
        });
        self.site
            .store
            .with(|it| it.asks.get(&name)?.answer.clone())
    }

    /// Nothing is open.
    async fn settled(&self) -> bool {
        let ends = self
            .wait(ENDS, |it| !it.runs.values().any(Run::is_open))
            .await;
        let broken = !self.site.store.violations.lock().unwrap().is_empty();
        let open = || {
            self.site.store.with(|it| {
                it.runs
                    .values()
                    .filter(|run| run.is_open())
                    .map(story)
                    .collect::<Vec<_>>()
                    .join("\n")
            })
        };
        self.site.store.must(Law::Ends, ends || broken, open);
        ends
    }
}

/// A room of a few servers: one pool, a few spare, one that nobody may touch.
fn small(seed: u64, prng: &mut Prng) -> Site {
    let clock = Clock::starting("2026-01-05T09:00:00Z".parse().unwrap(), 1);
    let size = usize::try_from(prng.between(6, 9)).unwrap();
    let room = fleet::room(size, seed, clock).unwrap();
    let wanted = Wanted {
        name: "web",
        env: None,
        protected: prng.chance(50),
        workers: usize::try_from(prng.between(1, 3)).unwrap(),
    };
    let odd = Odd {
        kinds: vec![usize::try_from(prng.below(4)).unwrap()],
        not_offered: usize::from(size > 8),
    };
    Site::furnished(room, |room, store| {
        furnish::furnish_with(room, store, &[wanted], &odd).unwrap()
    })
}

/// What the captain has given up to pay is left to people: they clean every server that is there.
async fn payers(stage: &Stage) {
    let debts = |it: &Snapshot| -> Vec<ServerName> { it.fleet.debts.keys().cloned().collect() };
    for server in stage.site.store.with(debts) {
        if !stage.lost.lock().unwrap().contains(&server) && !stage.odd[&server].0 {
            confirm(stage, &Request::Clean(Clean { server })).await;
            stage.settled().await;
        }
    }
}

/// What came of a history: its numbers, what was broken, and all that was ever committed.
pub struct Told {
    pub tally: Tally,
    pub broken: Vec<String>,
    pub log: Vec<BTreeMap<String, Option<String>>>,
}

/// Lives the history of that seed.
pub async fn live(seed: u64, talks: bool) -> Told {
    let stage = Stage::of(seed, talks);
    let chance = |salt: u64| Prng::new(pooldeck::sim::prng::mix(seed) ^ salt);
    let mut prng = chance(0);
    let (first, second) = (prng.between(1, 3), prng.below(4) / 3);
    let happens = async {
        tokio::join!(
            strikes(&stage, chance(1)),
            operator(&stage, chance(2), first),
            operator(&stage, chance(3), second * first),
            meddler(&stage, chance(4)),
        );
        cease(&stage);
        stage.say(|| "nothing goes wrong any more".to_owned());
        if stage.settled().await {
            // Debts are paid by themselves where that is possible.
            stage.wait(Duration::from_secs(25), |_| false).await;
            stage.settled().await;
            payers(&stage).await;
        }
    };
    tokio::select! {
        biased;
        () = happens => (),
        () = patient(&stage, chance(5)) => (),
    }
    let store = &stage.site.store;
    if store.violations.lock().unwrap().is_empty() {
        let wrong = meets(&stage);
        store.must(Law::Meets, wrong.is_empty(), || wrong.join("; "));
    }
    let broken = store.violations.lock().unwrap().clone();
    if talks || !broken.is_empty() {
        store.with(|it| {
            it.runs
                .values()
                .for_each(|run| crate::chance::print(&story(run)));
        });
    }
    let mut tally = std::mem::take(&mut *stage.tally.lock().unwrap());
    tally.seeds = 1;
    tally.commits = store.log.lock().unwrap().len() as u64;
    tally.commands = stage.site.rack.commands();
    tally.laws = store.laws.looked.lock().unwrap().clone();
    store.with(|it| {
        tally.runs = it.runs.len() as u64;
        for run in it.runs.values() {
            let word = run.outcome.as_ref().map_or("open", |it| it.word());
            *tally.outcomes.entry(word).or_default() += 1;
        }
    });
    let log = std::mem::take(&mut *store.log.lock().unwrap());
    Told { tally, broken, log }
}
