//! Writes the view beside the captain: a thread that reads the store as the deck does, and renames a file into place.
//! Must never hold up the captain, and never leave half a view where a wall could read it.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::view::{Captain, View};
use crate::{
    deck::World,
    store::{
        Store, StoreError,
        record::{CaptainSeen, seen_key},
        snapshot::{self, Snapshot},
        whole::{self, Kept},
    },
};

/// Nobody sees more on a wall.
const EVERY: Duration = Duration::from_secs(2);
/// Written at least so often, so that a captain that is gone shows; a little below the five seconds that walls count on.
const BEAT: Duration = Duration::from_millis(4500);
/// How often the two are looked at.
const POLL: Duration = Duration::from_millis(250);
/// Reading a large fleet takes at most a twentieth of a core.
const SHARE: u32 = 20;
/// With what every view begins: its first field is its format.
const BEGIN: &[u8; 10] = b"{\"format\":";
/// For its owner to write and its group to read.
const MODE: u32 = 0o640;

/// Where the view hangs and who may read it.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The file.
    pub file: PathBuf,
    /// The number of the group that reads it; none: that of the folder or of the process.
    pub group: Option<u32>,
    /// What people call the room.
    pub room: Option<String>,
}

impl Hook {
    /// Writes the view whole: beside its place, for its readers, and then renamed there.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn put(&self, view: &View) -> io::Result<()> {
        if !self.is_free()? {
            let why = "something else lies there, and is left as it is";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
        }
        let kept = Kept {
            mode: MODE,
            group: self.group,
            replaces: true,
            // It is written anew within seconds.
            lasts: false,
        };
        whole::put(&self.file, serde_json::to_string(view)?.as_bytes(), kept)
    }
}

impl Hook {
    /// True where nothing lies, or a view. A place that was mistyped may be somebody's inventory, or the store.
    fn is_free(&self) -> io::Result<bool> {
        let mut begin = [0; BEGIN.len()];
        let about = match fs::symlink_metadata(&self.file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            about => about?,
        };
        if !about.is_file() {
            return Ok(false);
        }
        Ok(match File::open(&self.file)?.read_exact(&mut begin) {
            Ok(()) => begin == *BEGIN,
            Err(_) => about.len() == 0,
        })
    }
}

/// Writes the view as long as it lives.
#[derive(Debug)]
pub struct Hanging {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It died of a fault: that is in the log.
            drop(thread.join());
        }
    }
}

/// Writes the first view and begins the thread that keeps it current.
///
/// # Errors
/// Those of the file system, for the first view.
pub fn hang(store: Arc<dyn Store>, hook: Hook, now: fn() -> Timestamp) -> io::Result<Hanging> {
    let mut painter = Painter {
        store,
        hook,
        now,
        view: None,
        read: None,
        cost: Duration::ZERO,
        wrote: None,
    };
    painter.turn(Instant::now())?;
    let (stop, stopped) = channel::<()>();
    let thread = thread::Builder::new()
        .name("wall-view".to_owned())
        .spawn(move || {
            let mut well = true;
            while stopped.recv_timeout(POLL) == Err(RecvTimeoutError::Timeout) {
                let done = painter.turn(Instant::now());
                if let (Err(error), true) = (&done, well) {
                    tracing::warn!("the wall's view cannot be written: {error}");
                }
                well = done.is_ok();
            }
        })?;
    Ok(Hanging {
        stop: Some(stop),
        thread: Some(thread),
    })
}

struct Painter {
    store: Arc<dyn Store>,
    hook: Hook,
    now: fn() -> Timestamp,
    view: Option<View>,
    read: Option<Instant>,
    cost: Duration,
    wrote: Option<Instant>,
}

impl Painter {
    /// Reads when it is time, and writes when something changed or the last view grows old.
    fn turn(&mut self, now: Instant) -> io::Result<()> {
        let since = |at: Instant| now.saturating_duration_since(at);
        let beat = self.wrote.is_none_or(|at| since(at) >= BEAT);
        let pause = EVERY.max(self.cost * SHARE);
        let mut changed = false;
        if self.read.is_none_or(|at| since(at) >= pause) {
            let begin = Instant::now();
            let view = self.look().map_err(io::Error::other)?;
            (self.cost, self.read) = (begin.elapsed(), Some(now));
            changed = self
                .view
                .as_ref()
                .is_none_or(|last| !last.shows_the_same_as(&view));
            self.view = Some(view);
        } else if beat {
            self.hear_captain().map_err(io::Error::other)?;
        }
        if let Some(view) = self.view.as_ref().filter(|_| changed || beat) {
            self.hook.put(view)?;
            self.wrote = Some(now);
        }
        Ok(())
    }

    fn look(&self) -> Result<View, StoreError> {
        let now = (self.now)();
        let world = World::of(Snapshot::read(&*self.store)?, now);
        Ok(View::of(&world, now, self.hook.room.clone()))
    }

    /// A fleet that takes long to read is read less often than a captain must be heard.
    fn hear_captain(&mut self) -> Result<(), StoreError> {
        let said = self
            .store
            .seen(seen_key::CAPTAIN)?
            .remove(seen_key::CAPTAIN);
        if let (Some(view), Some(said)) = (&mut self.view, said) {
            let seen: CaptainSeen = snapshot::read(seen_key::CAPTAIN, &said)?;
            (view.at, view.captain) = ((self.now)(), Some(Captain::of(&seen)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    use super::*;
    use crate::store::{
        Commit,
        memory::Memory,
        record::{Stop, key},
    };

    fn clock() -> Timestamp {
        "2026-11-21T12:41:07Z".parse().unwrap()
    }

    fn say_stop(store: &Memory, by: &str) {
        let stop = Stop {
            by: by.to_owned(),
            at: clock(),
            all: false,
        };
        let text = serde_json::to_string(&stop).unwrap();
        let mut commit = Commit::default();
        commit.writes.insert(key::STOP.to_owned(), Some(text));
        store.commit(&commit).unwrap();
    }

    fn captain(at: Timestamp) -> BTreeMap<String, Option<String>> {
        let text = format!(
            r#"{{"holder":"","host":"jump1","pid":1,"at":"{at}","until_idle":false,"forwarded_agent":false,"networks":[],"machine":null,"holds_back":null,"store_free":null}}"#
        );
        BTreeMap::from([(seen_key::CAPTAIN.to_owned(), Some(text))])
    }

    #[test]
    fn a_view_is_written_every_two_seconds_at_most_and_every_five_at_least() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("view.json");
        let store = Arc::new(Memory::new().unwrap());
        let mut painter = Painter {
            store: Arc::clone(&store) as Arc<dyn Store>,
            hook: Hook {
                file: file.clone(),
                group: None,
                room: None,
            },
            now: clock,
            view: None,
            read: None,
            cost: Duration::ZERO,
            wrote: None,
        };
        let begin = Instant::now();
        let is_written_after = |painter: &mut Painter, millis: u64| {
            drop(fs::remove_file(&file));
            painter.turn(begin + Duration::from_millis(millis)).unwrap();
            file.exists()
        };
        assert!(is_written_after(&mut painter, 0));
        say_stop(&store, "ops1@jump1");
        painter.cost = Duration::ZERO;
        assert!(!is_written_after(&mut painter, 1900), "too early");
        assert!(is_written_after(&mut painter, 2000), "something changed");
        painter.cost = Duration::ZERO;
        assert!(!is_written_after(&mut painter, 4100), "nothing changed");
        painter.cost = Duration::ZERO;
        assert!(is_written_after(&mut painter, 6500), "it grew old");
        // A fleet that takes long to read: the captain is heard in between.
        painter.cost = Duration::from_mins(1);
        store.see(&captain(clock())).unwrap();
        assert!(is_written_after(&mut painter, 11_000), "it grew old");
        let heard = painter.view.unwrap().captain;
        assert_eq!(heard.map(|it| it.at), Some(clock()));
    }

    #[test]
    fn what_is_no_view_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hosts.yaml");
        let hook = |file: &Path| Hook {
            file: file.to_owned(),
            group: None,
            room: None,
        };
        fs::write(&file, "all:\n  hosts:\n    s01:\n").unwrap();
        let store: Arc<dyn Store> = Arc::new(Memory::new().unwrap());
        let why = hang(Arc::clone(&store), hook(&file), clock).unwrap_err();
        assert_eq!(why.kind(), io::ErrorKind::AlreadyExists);
        assert!(fs::read_to_string(&file).unwrap().starts_with("all:"));
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(hang(Arc::clone(&store), hook(&link), clock).is_err());
        let view = folder.path().join("view.json");
        drop(hang(Arc::clone(&store), hook(&view), clock).unwrap());
        drop(hang(store, hook(&view), clock).unwrap());
    }
}
