//! One database file: made whole or not at all, with narrow rights, opened once for writing and once for reading.
//! Must never follow a symbolic link, nor widen the rights of a file that exists.

use std::{
    fs::{self, Permissions},
    io::ErrorKind,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{
    Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, config::DbConfig,
};

use super::schema::{Found, Schema};
use crate::store::{StoreError, disk};

/// How long a process waits for another one's commit, which takes milliseconds.
const BUSY: Duration = Duration::from_secs(5);

/// When SQLite says that a commit is done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sync {
    /// When the disk has it.
    Full,
    /// When the kernel has it.
    Off,
}

/// Two connections, so that nobody who looks waits for the disk. Since the reading one never writes, its
/// `data_version` also counts this process's own commits.
pub(super) struct File {
    path: PathBuf,
    /// Device and inode of what was opened: a file that is removed goes on for whoever has it open.
    inode: (u64, u64),
    schema: &'static Schema,
    write: Option<Mutex<Connection>>,
    read: Mutex<Connection>,
}

impl File {
    /// Opens a file that is there, and migrates it.
    pub fn open(path: &Path, schema: &'static Schema, sync: Sync) -> Result<Self, StoreError> {
        let inode = guard(path)?;
        let mut write = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Before anything is changed: it may be another program's.
        let current = schema.is_current(path, Found::in_file(&write)?)?;
        prepare(&write, sync)?;
        if !current {
            schema.bring_up(&mut write)?;
        }
        Ok(Self {
            path: path.to_owned(),
            inode,
            schema,
            write: Some(Mutex::new(write)),
            read: Mutex::new(connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?),
        })
    }

    /// Opens a file that is there; every write is refused.
    pub fn open_read_only(path: &Path, schema: &'static Schema) -> Result<Self, StoreError> {
        let inode = guard(path)?;
        let file = Self {
            path: path.to_owned(),
            inode,
            schema,
            write: None,
            read: Mutex::new(connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?),
        };
        if !schema.is_current(path, file.read(Found::in_file)?)? {
            return Err(StoreError::Place(format!(
                "`{}` was written by an older pooldeck, and only looking does not change it\nhint: start a captain once, it migrates the store",
                path.display()
            )));
        }
        Ok(file)
    }

    /// Looks. SQLite answers "read-only" to those who may not write while a writer makes the log's index
    /// anew, which takes milliseconds.
    pub fn read<T>(
        &self,
        look: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = lock(&self.read);
        let since = Instant::now();
        loop {
            match look(&connection) {
                Err(error)
                    if error.sqlite_error_code() == Some(ErrorCode::ReadOnly)
                        && since.elapsed() < BUSY =>
                {
                    thread::sleep(Duration::from_millis(2));
                }
                answer => return Ok(answer?),
            }
        }
    }

    /// Changes, all or nothing, alone among all processes.
    pub fn write<T>(
        &self,
        change: impl FnOnce(&Transaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Some(write) = &self.write else {
            return Err(StoreError::Place(format!(
                "`{}` is open for reading only\nhint: leave out `--read-only`",
                self.path.display()
            )));
        };
        let mut write = lock(write);
        if inode(&self.path).ok() != Some(self.inode) {
            return Err(StoreError::Place(format!(
                "`{}` was removed or replaced while it was open, so nothing is written any more\nhint: see who did that and put it back, then start again",
                self.path.display()
            )));
        }
        let changed = self.whole(&mut write, change);
        changed.map_err(|error| match error {
            StoreError::Full { .. } => full(&self.path),
            other => other,
        })
    }

    fn whole<T>(
        &self,
        write: &mut Connection,
        change: impl FnOnce(&Transaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = write.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // A newer pooldeck may have migrated the file since this process opened it.
        self.schema
            .is_current(&self.path, Found::in_file(&transaction)?)?;
        let answer = change(&transaction)?;
        transaction.commit()?;
        Ok(answer)
    }

    /// What SQLite finds wrong with it; its first ten words are enough to act on.
    pub fn examine(&self) -> Result<Vec<String>, StoreError> {
        let found: Vec<String> = self.read(|connection| {
            let mut statement = connection.prepare("PRAGMA integrity_check(10)")?;
            let rows = statement.query_map((), |row| row.get(0))?;
            rows.collect()
        })?;
        let wrong = found.into_iter().filter(|said| said != "ok");
        let name = self.path.display();
        Ok(wrong.map(|said| format!("`{name}`: {said}")).collect())
    }

    /// A number that changes with each commit of any process.
    pub fn version(&self) -> Result<u64, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached("PRAGMA data_version")?
                .query_row((), |row| row.get(0))
        })
    }
}

/// Makes the file unless it is there: complete under another name, then linked to its own, so that
/// no process ever meets half a store. `fill` writes its first rows.
pub(super) fn create(
    path: &Path,
    schema: &Schema,
    fill: impl FnOnce(&Connection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if path.symlink_metadata().is_ok() {
        return Ok(());
    }
    let dir = path.parent().unwrap_or(Path::new("/"));
    let failed = |error: std::io::Error| {
        StoreError::Place(format!(
            "no store can be made at `{}`: {error}\nhint: look at the directory's rights, or name another place with `--store sqlite:DIR`",
            path.display()
        ))
    };
    let new = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(dir)
        .map_err(failed)?
        // Closed before SQLite opens it: closing any descriptor of a file drops all of a process's locks on it.
        .into_temp_path();
    let mut connection = connect(&new, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    prepare(&connection, Sync::Full)?;
    // Here closing must leave one file alone, with everything in it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    schema.bring_up(&mut connection)?;
    fill(&connection)?;
    connection.close().map_err(|(_, error)| error)?;
    let shared = fs::metadata(dir).map_err(failed)?.permissions().mode() & 0o020 != 0;
    let mode = if shared { 0o660 } else { 0o600 };
    fs::set_permissions(&new, Permissions::from_mode(mode)).map_err(failed)?;
    match new.persist_noclobber(path) {
        Ok(()) => fs::File::open(dir)
            .and_then(|dir| dir.sync_all())
            .map_err(failed),
        Err(lost) if lost.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(lost) => Err(failed(lost.error)),
    }
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    // A transaction that a panic drops is rolled back.
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Refuses what somebody else may have laid there. SQLite itself makes `-wal` and `-shm` with the rights
/// of the file and without following links. Gives the file's device and inode.
fn guard(path: &Path) -> Result<(u64, u64), StoreError> {
    let shown = path.display();
    let meta = path.symlink_metadata().map_err(|error| {
        StoreError::Place(format!(
            "there is no store at `{shown}`: {error}\nhint: start `pooldeck` once without `--read-only`, it makes one"
        ))
    })?;
    if !meta.is_file() {
        return Err(StoreError::Place(format!(
            "`{shown}` is not a plain file, so it is not opened\nhint: look who made it"
        )));
    }
    if meta.permissions().mode() & 0o002 != 0 {
        return Err(StoreError::Place(format!(
            "everybody may write to `{shown}`, so it is not trusted\nhint: look who changed it, then `chmod o-w {shown}`"
        )));
    }
    Ok((meta.dev(), meta.ino()))
}

/// SQLite found no room: where, and what is left.
fn full(path: &Path) -> StoreError {
    let dir = path.parent().unwrap_or(Path::new("/"));
    StoreError::Full {
        place: dir.display().to_string(),
        free_mb: disk::free_bytes(dir).unwrap_or(0) / 1_000_000,
    }
}

fn inode(path: &Path) -> std::io::Result<(u64, u64)> {
    let meta = path.symlink_metadata()?;
    Ok((meta.dev(), meta.ino()))
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    let flags = access | OpenFlags::SQLITE_OPEN_NOFOLLOW | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

fn prepare(write: &Connection, sync: Sync) -> Result<(), StoreError> {
    let mode: String =
        write.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Place(format!(
            "the file system takes no write-ahead log (SQLite answers `{mode}`)\nhint: take a local directory with `--store sqlite:DIR`"
        )));
    }
    let sync = match sync {
        Sync::Full => "full",
        Sync::Off => "off",
    };
    write.pragma_update(None, "synchronous", sync)?;
    // The log and its index stay when the last writer goes, so that those who may only read still can.
    write.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}
