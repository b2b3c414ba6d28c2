//! The tables, as a list of steps from each version to the next. A new file takes them all, an old one the rest.
//! Must never change a step that was released: files out there have taken it.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::store::StoreError;

/// What a file holds: its mark and how it came to its present shape.
pub(super) struct Schema {
    /// SQLite's `application_id`, so that another program's file is never taken for ours.
    mark: u32,
    /// Step n leads from version n to n + 1; the file's version is its `user_version`.
    steps: &'static [&'static str],
}

/// `pooldeck.db`.
pub(super) const DURABLE: Schema = Schema {
    mark: u32::from_be_bytes(*b"pool"),
    steps: &[
        "CREATE TABLE store (one INTEGER PRIMARY KEY CHECK (one = 1), fleet TEXT NOT NULL) STRICT;
         CREATE TABLE facts (key TEXT PRIMARY KEY, revision INTEGER NOT NULL, value TEXT NOT NULL)
             STRICT, WITHOUT ROWID;
         CREATE TABLE lease (one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL,
             holder TEXT NOT NULL, boot TEXT, renewed INTEGER) STRICT;
         INSERT INTO lease VALUES (1, 0, '', NULL, NULL);",
        // One counter for all keys: a key that is deleted and made again never repeats a revision.
        "ALTER TABLE store ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
         UPDATE store SET revision = (SELECT coalesce(max(revision), 0) FROM facts);",
    ],
};

/// `seen.db`.
pub(super) const SEEN: Schema = Schema {
    mark: u32::from_be_bytes(*b"seen"),
    steps: &[
        "CREATE TABLE boot (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL) STRICT;
         CREATE TABLE seen (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
         INSERT INTO boot VALUES (1, '');",
    ],
};

impl Schema {
    /// Whether the file has this schema; if not, an older version of it.
    ///
    /// # Errors
    /// [`StoreError::Place`] for a newer version and for another program's file: neither must be touched.
    pub fn is_current(&self, path: &Path, found: Found) -> Result<bool, StoreError> {
        if found.mark != self.mark {
            return Err(StoreError::Place(format!(
                "`{}` is not a pooldeck store\nhint: name another place with `--store sqlite:DIR`",
                path.display()
            )));
        }
        if found.version > self.steps.len() {
            return Err(StoreError::Place(format!(
                "`{}` was written by a newer pooldeck (store version {}, this one knows {})\nhint: upgrade pooldeck here, and start it again",
                path.display(),
                found.version,
                self.steps.len()
            )));
        }
        Ok(found.version == self.steps.len())
    }

    /// Takes the steps that the file lacks, all or nothing. Another process may have been faster.
    pub fn bring_up(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for step in self.steps.iter().skip(Found::in_file(&change)?.version) {
            change.execute_batch(step)?;
        }
        change.pragma_update(None, "application_id", self.mark)?;
        change.pragma_update(None, "user_version", self.steps.len())?;
        change.commit()?;
        Ok(())
    }
}

/// What a file says that it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    mark: u32,
    version: usize,
}

impl Found {
    /// Reads the two numbers of the file's head.
    pub fn in_file(connection: &Connection) -> rusqlite::Result<Self> {
        let number = |name| connection.pragma_query_value(None, name, |row| row.get(0));
        Ok(Self {
            mark: number("application_id")?,
            version: usize::try_from(number("user_version")?).unwrap_or(usize::MAX),
        })
    }
}
