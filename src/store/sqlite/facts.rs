//! What lasts: keys, their revisions, and the lease under which they are written.
//! Must never check outside the transaction that writes.

use std::{collections::BTreeMap, time::Duration};

use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    fleet::{BootId, Epoch, FleetId},
    store::{Commit, Lost, Revision, StoreError, Versioned, machine::Moment, term::Term},
};

/// The end of all keys that begin so, as an SQL expression: U+10FFFF is above every character of a key.
pub(super) const END: &str = "?1 || char(1114111)";

pub(super) fn fleet(connection: &Connection) -> rusqlite::Result<FleetId> {
    connection.query_row("SELECT fleet FROM store", (), |row| row.get(0).map(FleetId))
}

pub(super) fn revision(connection: &Connection) -> rusqlite::Result<Revision> {
    connection
        .prepare_cached("SELECT revision FROM store")?
        .query_row((), |row| row.get(0))
}

pub(super) fn get(connection: &Connection, key: &str) -> rusqlite::Result<Option<Versioned>> {
    connection
        .prepare_cached("SELECT revision, value FROM facts WHERE key = ?1")?
        .query_row([key], |row| {
            Ok(Versioned {
                revision: row.get(0)?,
                value: row.get(1)?,
            })
        })
        .optional()
}

pub(super) fn list(
    connection: &Connection,
    prefix: &str,
) -> rusqlite::Result<BTreeMap<String, Versioned>> {
    let sql = format!(
        "SELECT key, revision, value FROM facts WHERE key >= ?1 AND key < {END} ORDER BY key"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([prefix], |row| {
        let (revision, value) = (row.get(1)?, row.get(2)?);
        Ok((row.get(0)?, Versioned { revision, value }))
    })?;
    rows.collect()
}

pub(super) fn commit(connection: &Connection, commit: &Commit) -> Result<(), StoreError> {
    if let Some(epoch) = commit.epoch {
        term(connection)?.fence(epoch)?;
    }
    for (key, read) in &commit.reads {
        if get(connection, key)?.map_or(0, |fact| fact.revision) != *read {
            return Err(StoreError::Conflict(key.clone()));
        }
    }
    let revision: Revision = connection
        .prepare_cached("UPDATE store SET revision = revision + 1 RETURNING revision")?
        .query_row((), |row| row.get(0))?;
    for (key, value) in &commit.writes {
        match value {
            Some(value) => connection
                .prepare_cached("INSERT OR REPLACE INTO facts VALUES (?1, ?2, ?3)")?
                .execute(params![key, revision, value])?,
            None => connection
                .prepare_cached("DELETE FROM facts WHERE key = ?1")?
                .execute([key])?,
        };
    }
    Ok(())
}

/// Another fleet's id and facts in place of all that were there.
pub(super) fn adopt(connection: &Connection, lost: &Lost) -> Result<(), StoreError> {
    connection.execute("UPDATE store SET fleet = ?1", [&lost.fleet.0])?;
    connection.execute("DELETE FROM facts", ())?;
    let writes = lost.facts.iter();
    let writes = writes.map(|(key, value)| (key.clone(), Some(value.clone())));
    let all = Commit {
        writes: writes.collect(),
        ..Commit::default()
    };
    commit(connection, &all)
}

pub(super) fn term(connection: &Connection) -> rusqlite::Result<Term> {
    connection
        .prepare_cached("SELECT epoch, holder, boot, renewed FROM lease")?
        .query_row((), |row| {
            let boot: Option<String> = row.get(2)?;
            let nanos: Option<u64> = row.get(3)?;
            Ok(Term {
                epoch: Epoch(row.get(0)?),
                holder: row.get(1)?,
                renewed: boot.zip(nanos).map(|(boot, nanos)| Moment {
                    boot: BootId(boot),
                    since: Duration::from_nanos(nanos),
                }),
            })
        })
}

pub(super) fn set_term(connection: &Connection, term: &Term) -> Result<(), StoreError> {
    let boot = term.renewed.as_ref().map(|renewed| &renewed.boot.0);
    let nanos = term
        .renewed
        .as_ref()
        .and_then(|renewed| u64::try_from(renewed.since.as_nanos()).ok());
    connection
        .prepare_cached("UPDATE lease SET epoch = ?1, holder = ?2, boot = ?3, renewed = ?4")?
        .execute(params![term.epoch.0, term.holder, boot, nanos])?;
    Ok(())
}
