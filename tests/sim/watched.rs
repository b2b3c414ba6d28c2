//! A store that judges every commit, and can be the last thing that a captain does.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use pooldeck::{
    fleet::{Epoch, FleetId, RunId, ServerName},
    sim::{Rack, prng::CANARY},
    store::{
        Commit, FREE_TO_COMMIT, Lease, Lost, Revision, Store, StoreError, Versioned,
        memory::Memory, snapshot::Snapshot, sqlite::Sqlite,
    },
};

use crate::{
    laws::{Law, Laws},
    view::View,
};

/// A store that looks at the world after each commit, and can end whoever commits.
pub struct Watched {
    pub inner: Memory,
    pub rack: Rack,
    /// Servers that nobody may ever claim.
    pub never: BTreeSet<ServerName>,
    /// Commits under a captain's term so far.
    pub commits: AtomicU64,
    /// What was written, commit by commit.
    pub log: Mutex<Vec<BTreeMap<String, Option<String>>>>,
    /// How often all of it was read.
    pub lists: AtomicU64,
    /// Copies of it can be had: each is its revision, as text.
    pub copies: AtomicBool,
    /// Copies of it are whole stores, as they are outside the simulation.
    pub whole: AtomicBool,
    /// Servers that are claimed and left to people: no record has them.
    pub aside: Mutex<BTreeSet<ServerName>>,
    /// The commit at which the captain is killed, and whether it is still written.
    pub dies: Mutex<Option<(u64, bool)>>,
    /// It was: whatever it still calls does nothing.
    pub dead: AtomicBool,
    /// So many bytes are free where it is; none: that has no meaning.
    pub free: Mutex<Option<u64>>,
    /// What must never happen and did; a panic in a captain's task would be heard by nobody.
    pub violations: Mutex<Vec<String>>,
    /// What must hold at every moment.
    pub laws: Laws,
    /// What is stored, kept up with it.
    picture: Mutex<Option<Snapshot>>,
}

impl Watched {
    /// One that has seen nothing yet.
    pub fn new(inner: Memory, rack: Rack, never: BTreeSet<ServerName>) -> Self {
        Self {
            inner,
            rack,
            never,
            commits: AtomicU64::new(0),
            log: Mutex::default(),
            lists: AtomicU64::new(0),
            copies: AtomicBool::new(false),
            whole: AtomicBool::new(false),
            aside: Mutex::default(),
            dies: Mutex::new(None),
            dead: AtomicBool::new(false),
            free: Mutex::new(None),
            violations: Mutex::new(Vec::new()),
            laws: Laws::default(),
            picture: Mutex::new(None),
        }
    }

    /// Writes down what must never happen, when it did.
    pub fn must(&self, law: Law, so: bool, otherwise: impl FnOnce() -> String) {
        self.laws.must(law, &self.violations, so, otherwise);
    }

    /// Looks at all that is stored, without reading it again.
    pub fn with<R>(&self, look: impl FnOnce(&Snapshot) -> R) -> R {
        let mut picture = self.picture.lock().unwrap();
        look(picture.get_or_insert_with(|| Snapshot::read(&self.inner).unwrap()))
    }

    /// All that is stored and seen.
    pub fn snapshot(&self) -> Snapshot {
        let mut picture = self.picture.lock().unwrap();
        let picture = picture.get_or_insert_with(|| Snapshot::read(&self.inner).unwrap());
        picture.look(&self.inner).unwrap();
        picture.clone()
    }

    /// The bytes of the same store as a file.
    fn as_file(&self) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let file = Sqlite::open(&folder.path().join("copy.db")).unwrap();
        let facts = self.inner.list("").unwrap();
        let lost = Lost {
            fleet: self.inner.fleet(),
            epoch: self.inner.lease().unwrap().map_or(Epoch(0), |it| it.epoch),
            facts: facts.into_iter().map(|(key, it)| (key, it.value)).collect(),
        };
        file.adopt(file.revision().unwrap(), &lost).unwrap();
        file.copy().unwrap().unwrap()
    }

    /// Refuses what finds no room below so many bytes.
    fn fits(&self, least: u64) -> Result<(), StoreError> {
        match *self.free.lock().unwrap() {
            Some(free) if free < least => Err(StoreError::Full {
                place: self.place(),
                free_mb: free / 1_000_000,
            }),
            _ => Ok(()),
        }
    }

    /// Writes, and looks at what must hold at every moment.
    fn write(&self, commit: &Commit) -> Result<(), StoreError> {
        // Read before anything is written, so that what is new in it is taken in below.
        self.with(|_| ());
        self.fits(FREE_TO_COMMIT)?;
        self.inner.commit(commit)?;
        self.log.lock().unwrap().push(commit.writes.clone());
        let mut picture = self.picture.lock().unwrap();
        let snapshot = picture.as_mut().unwrap();
        self.laws.commit(&self.view(snapshot), &commit.writes);
        let runs: BTreeSet<RunId> = snapshot.runs.keys().copied().collect();
        snapshot.take(&commit.writes).unwrap();
        let view = self.view(snapshot);
        for run in snapshot
            .runs
            .values()
            .filter(|run| !runs.contains(&run.id()))
        {
            self.laws.accepted(&view, run);
        }
        self.laws.look(&view);
        Ok(())
    }

    /// What must hold after a command, too.
    pub fn look(&self) {
        self.with(|snapshot| self.laws.look(&self.view(snapshot)));
    }

    fn view<'a>(&'a self, snapshot: &'a Snapshot) -> View<'a> {
        View {
            rack: &self.rack,
            fleet: &snapshot.fleet.id.0,
            never: &self.never,
            aside: &self.aside,
            snapshot,
            broken: &self.violations,
        }
    }
}

impl Store for Watched {
    fn fleet(&self) -> FleetId {
        self.inner.fleet()
    }
    fn place(&self) -> String {
        self.inner.place()
    }
    fn get(&self, key: &str) -> Result<Option<Versioned>, StoreError> {
        self.inner.get(key)
    }
    fn list(&self, prefix: &str) -> Result<BTreeMap<String, Versioned>, StoreError> {
        self.lists.fetch_add(1, Ordering::SeqCst);
        self.inner.list(prefix)
    }
    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        if commit.epoch.is_none() {
            return self.write(commit);
        }
        let killed = || Err(StoreError::Broken("killed".to_owned()));
        if self.dead.load(Ordering::SeqCst) {
            return killed();
        }
        let number = self.commits.fetch_add(1, Ordering::SeqCst);
        let dies = *self.dies.lock().unwrap();
        if let Some((_, written)) = dies.filter(|(at, _)| *at == number) {
            self.dead.store(true, Ordering::SeqCst);
            if written {
                self.write(commit)?;
            }
            return killed();
        }
        self.write(commit)
    }
    fn version(&self) -> Result<u64, StoreError> {
        self.inner.version()
    }
    fn revision(&self) -> Result<Revision, StoreError> {
        self.inner.revision()
    }
    fn see(&self, values: &BTreeMap<String, Option<String>>) -> Result<(), StoreError> {
        self.fits(1)?;
        for (key, value) in values {
            let told = value.as_ref().is_some_and(|value| value.contains(CANARY));
            self.must(Law::NoSecret, !told, || format!("`{key}` shows one"));
        }
        self.inner.see(values)
    }
    fn seen(&self, prefix: &str) -> Result<BTreeMap<String, String>, StoreError> {
        self.inner.seen(prefix)
    }
    fn campaign(&self, holder: &str) -> Result<Option<Epoch>, StoreError> {
        self.fits(1)?;
        self.inner.campaign(holder)
    }
    fn renew(&self, epoch: Epoch) -> Result<(), StoreError> {
        self.fits(1)?;
        self.inner.renew(epoch)
    }
    fn resign(&self, epoch: Epoch) -> Result<(), StoreError> {
        // Who was killed gives nothing back.
        if self.dead.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.inner.resign(epoch)
    }
    fn lease(&self) -> Result<Option<Lease>, StoreError> {
        self.inner.lease()
    }
    fn adopt(&self, read: Revision, lost: &Lost) -> Result<(), StoreError> {
        self.inner.adopt(read, lost)?;
        // All of it is new at once.
        *self.picture.lock().unwrap() = None;
        self.look();
        Ok(())
    }
    fn free_bytes(&self) -> Option<u64> {
        *self.free.lock().unwrap()
    }
    fn copy(&self) -> Result<Option<Vec<u8>>, StoreError> {
        if self.whole.load(Ordering::SeqCst) {
            return Ok(Some(self.as_file()));
        }
        let copies = self.copies.load(Ordering::SeqCst);
        Ok(copies.then(|| self.inner.revision().unwrap_or_default().to_string().into()))
    }
}
