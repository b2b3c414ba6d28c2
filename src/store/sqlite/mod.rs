//! The store as files that several processes of one machine open at the same time: `pooldeck.db` for what
//! lasts, synced with each commit, and `seen.db` for what was only seen, never synced.
//! Must never say "committed" before the disk has it.

mod facts;
mod file;
mod schema;
mod seen;

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use rusqlite::ErrorCode;

use self::file::{File, Sync};
use super::{
    Commit, Lease, Lost, Revision, Store, StoreError, Versioned, disk,
    machine::{self, Clock},
};
use crate::fleet::{Epoch, FleetId};

/// The durable file's name, unless another one is asked for.
pub const NAME: &str = "pooldeck.db";

/// A store in two files.
pub struct Sqlite {
    fleet: FleetId,
    place: String,
    dir: PathBuf,
    clock: Clock,
    durable: File,
    /// None for a copy, which comes without: nothing was seen then.
    seen: Option<File>,
}

impl Sqlite {
    /// Opens the store whose durable file is at `path`; makes it when it is not there, and migrates it when
    /// it is older.
    ///
    /// # Errors
    /// [`StoreError::Place`] when it cannot be there or must not be touched, [`StoreError::Broken`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with_clock(path, machine::clock()?)
    }

    /// The same with a lease that goes by another clock.
    ///
    /// # Errors
    /// As [`Sqlite::open`].
    pub fn open_with_clock(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let path = &settled(path)?;
        file::create(path, &schema::DURABLE, |connection| {
            let fleet = machine::new_fleet()?;
            connection.execute("INSERT INTO store (one, fleet) VALUES (1, ?1)", [&fleet.0])?;
            Ok(())
        })?;
        let durable = File::open(path, &schema::DURABLE, Sync::Full)?;
        let seen = seen::open(&seen_beside(path), &clock().boot)?;
        Self::of(path, clock, durable, Some(seen))
    }

    /// Opens a store that is there, without the right to change it. Nothing is made and nothing migrated.
    ///
    /// # Errors
    /// As [`Sqlite::open`], also when there is none.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let path = &settled(path)?;
        let durable = File::open_read_only(path, &schema::DURABLE)?;
        let beside = seen_beside(path);
        let seen = beside
            .exists()
            .then(|| File::open_read_only(&beside, &schema::SEEN));
        let seen = seen.transpose()?;
        Self::of(path, machine::clock()?, durable, seen)
    }

    /// The same store under another name for people.
    #[must_use]
    pub fn shown_as(self, place: String) -> Self {
        Self { place, ..self }
    }

    fn of(
        path: &Path,
        clock: Clock,
        durable: File,
        seen: Option<File>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            fleet: durable.read(facts::fleet)?,
            place: path.display().to_string(),
            dir: path.parent().unwrap_or(Path::new("/")).to_owned(),
            clock,
            durable,
            seen,
        })
    }
}

impl Store for Sqlite {
    fn fleet(&self) -> FleetId {
        // It may have been made again, as a lost fleet's, since it was opened.
        let now = self.durable.read(facts::fleet);
        now.unwrap_or_else(|_| self.fleet.clone())
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn get(&self, key: &str) -> Result<Option<Versioned>, StoreError> {
        self.durable.read(|connection| facts::get(connection, key))
    }

    fn list(&self, prefix: &str) -> Result<BTreeMap<String, Versioned>, StoreError> {
        self.durable
            .read(|connection| facts::list(connection, prefix))
    }

    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        disk::room(&self.dir, self.free_bytes())?;
        self.durable
            .write(|connection| facts::commit(connection, commit))
    }

    fn version(&self) -> Result<u64, StoreError> {
        let seen = self.seen.as_ref().map_or(Ok(0), File::version)?;
        Ok(self.durable.version()? + seen)
    }

    fn revision(&self) -> Result<Revision, StoreError> {
        self.durable.read(facts::revision)
    }

    fn see(&self, values: &BTreeMap<String, Option<String>>) -> Result<(), StoreError> {
        match &self.seen {
            Some(file) => file.write(|connection| seen::see(connection, values)),
            None => self.durable.write(|_| Ok(())),
        }
    }

    fn seen(&self, prefix: &str) -> Result<BTreeMap<String, String>, StoreError> {
        let all = |file: &File| file.read(|connection| seen::list(connection, prefix));
        self.seen.as_ref().map_or_else(|| Ok(BTreeMap::new()), all)
    }

    fn campaign(&self, holder: &str) -> Result<Option<Epoch>, StoreError> {
        self.durable.write(|connection| {
            let Some(term) = facts::term(connection)?.next(holder, (self.clock)()) else {
                return Ok(None);
            };
            facts::set_term(connection, &term)?;
            Ok(Some(term.epoch))
        })
    }

    fn renew(&self, epoch: Epoch) -> Result<(), StoreError> {
        self.durable.write(|connection| {
            let term = facts::term(connection)?.renew(epoch, (self.clock)())?;
            facts::set_term(connection, &term)
        })
    }

    fn resign(&self, epoch: Epoch) -> Result<(), StoreError> {
        self.durable
            .write(|connection| match facts::term(connection)?.resign(epoch) {
                Some(term) => facts::set_term(connection, &term),
                None => Ok(()),
            })
    }

    fn lease(&self) -> Result<Option<Lease>, StoreError> {
        let term = self.durable.read(facts::term)?;
        Ok(term.lease(&(self.clock)()))
    }

    fn adopt(&self, read: Revision, lost: &Lost) -> Result<(), StoreError> {
        disk::room(&self.dir, self.free_bytes())?;
        self.durable.write(|connection| {
            let before = facts::term(connection)?;
            let term = before.adopted(lost.epoch, &(self.clock)());
            let term = term.ok_or(StoreError::Fenced {
                now: before.epoch,
                had: lost.epoch,
            })?;
            if facts::revision(connection)? != read {
                return Err(StoreError::Conflict("the store".to_owned()));
            }
            facts::set_term(connection, &term)?;
            facts::adopt(connection, lost)
        })?;
        // What was seen was judged by another fleet's word.
        let seen = self.seen("")?.into_keys().map(|key| (key, None));
        self.see(&seen.collect())
    }

    fn free_bytes(&self) -> Option<u64> {
        disk::free_bytes(&self.dir)
    }

    fn examine(&self) -> Result<Vec<String>, StoreError> {
        let files = [Some(&self.durable), self.seen.as_ref()];
        let found = files.into_iter().flatten().map(File::examine);
        Ok(found.collect::<Result<Vec<_>, _>>()?.concat())
    }

    fn copy(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let failed = |error: std::io::Error| StoreError::Broken(format!("no copy: {error}"));
        let copy = tempfile::NamedTempFile::new().map_err(failed)?;
        self.durable.read(|connection| {
            connection.execute("VACUUM INTO ?1", [copy.path().to_string_lossy()])?;
            Ok(())
        })?;
        fs::read(copy.path()).map(Some).map_err(failed)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            // Who knows the place names it (`File::write`).
            Some(ErrorCode::DiskFull) => Self::Full {
                place: "the store's disk".to_owned(),
                free_mb: 0,
            },
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// The path without links in its directory, once the directory is found fit. What is left to follow is the
/// file itself, and that is refused when it is opened.
fn settled(path: &Path) -> Result<PathBuf, StoreError> {
    let name = path.file_name().unwrap_or(OsStr::new(NAME));
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    disk::check(parent)?;
    let dir = parent.canonicalize().map_err(|error| {
        StoreError::Place(format!("`{}` cannot be read: {error}", parent.display()))
    })?;
    Ok(dir.join(name))
}

/// `seen.db` beside `pooldeck.db`, `x.seen.db` beside `x.db`: two stores in one directory share nothing.
pub(super) fn seen_beside(durable: &Path) -> PathBuf {
    if durable.file_name() == Some(OsStr::new(NAME)) {
        durable.with_file_name("seen.db")
    } else {
        durable.with_extension("seen.db")
    }
}
