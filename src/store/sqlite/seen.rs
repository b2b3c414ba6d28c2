//! What was only seen: written without waiting for the disk, so a power cut may damage it.
//! Must never hold what cannot be seen again.

use std::{collections::BTreeMap, path::Path};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{
    facts::END,
    file::{self, File, Sync},
    schema::SEEN,
};
use crate::{fleet::BootId, store::StoreError};

/// Opens the file; the first one to do so after a boot looks whether the file is whole, and empties it
/// when it is not.
pub(super) fn open(path: &Path, boot: &BootId) -> Result<File, StoreError> {
    file::create(path, &SEEN, |_| Ok(()))?;
    let file = match File::open(path, &SEEN, Sync::Off) {
        Err(StoreError::Broken(_)) => {
            empty(path)?;
            File::open(path, &SEEN, Sync::Off)?
        }
        other => other?,
    };
    let whole = file.read(|connection| {
        let checked: String = connection.query_row("SELECT id FROM boot", (), |row| row.get(0))?;
        if checked == boot.0 {
            return Ok(true);
        }
        let answer: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
        Ok(answer == "ok")
    });
    let file = match whole {
        Ok(true) => file,
        Ok(false) | Err(StoreError::Broken(_)) => {
            drop(file);
            empty(path)?;
            File::open(path, &SEEN, Sync::Off)?
        }
        Err(other) => return Err(other),
    };
    file.write(|connection| {
        connection.execute("UPDATE boot SET id = ?1 WHERE id <> ?1", [&boot.0])?;
        Ok(())
    })?;
    Ok(file)
}

/// Empties a damaged file in place, as <https://sqlite.org/c3ref/c_dbconfig_defensive.html> describes:
/// other processes that have it open see a commit, not a file that is gone.
fn empty(path: &Path) -> Result<(), StoreError> {
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NOFOLLOW,
    )?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, true)?;
    connection.execute_batch("VACUUM")?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, false)?;
    SEEN.bring_up(&mut connection)
}

pub(super) fn see(
    connection: &Connection,
    values: &BTreeMap<String, Option<String>>,
) -> Result<(), StoreError> {
    let mut put = connection.prepare_cached("INSERT OR REPLACE INTO seen VALUES (?1, ?2)")?;
    let mut take = connection.prepare_cached("DELETE FROM seen WHERE key = ?1")?;
    for (key, value) in values {
        match value {
            Some(value) => put.execute([key, value])?,
            None => take.execute([key])?,
        };
    }
    Ok(())
}

pub(super) fn list(
    connection: &Connection,
    prefix: &str,
) -> rusqlite::Result<BTreeMap<String, String>> {
    let sql = format!("SELECT key, value FROM seen WHERE key >= ?1 AND key < {END} ORDER BY key");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([prefix], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}
