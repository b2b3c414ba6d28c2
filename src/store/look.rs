//! The store's files as they lie on the disk: how large, for whom.
//! Must never open one: looking at a file that SQLite has locked, and closing it, drops the lock.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDisk {
    /// Where.
    pub path: PathBuf,
    /// How large.
    pub bytes: u64,
    /// Permissions, as chmod(1) has them.
    pub mode: u32,
}

impl OnDisk {
    /// True for a write-ahead log, which only grows while somebody reads something old.
    #[must_use]
    pub fn is_log(&self) -> bool {
        self.path.to_string_lossy().ends_with("-wal")
    }

    /// True when people may read or write it who are neither its owner nor of its group.
    #[must_use]
    pub const fn is_for_all(&self) -> bool {
        self.mode & 0o006 != 0
    }
}

/// The durable file at `file` and what belongs to it, as far as it is there.
#[must_use]
pub fn files(file: &Path) -> Vec<OnDisk> {
    let seen = super::sqlite::seen_beside(file);
    let log = |file: &Path| {
        let mut name = file.as_os_str().to_owned();
        name.push("-wal");
        PathBuf::from(name)
    };
    let all = [log(file), file.to_owned(), log(&seen), seen];
    let look = |path: PathBuf| {
        let meta = fs::metadata(&path).ok()?;
        Some(OnDisk {
            path,
            bytes: meta.len(),
            mode: meta.permissions().mode() & 0o7777,
        })
    };
    all.into_iter().filter_map(look).collect()
}
