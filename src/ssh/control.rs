//! The directory of the control sockets: short, ours alone, and swept of what dead processes of ours left.
//! Must never touch a directory of a living process.

use std::{
    env, fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use tempfile::TempDir;

/// A socket's path must stay below 108 bytes, and ssh appends 17 of its own while it makes one.
const LONGEST: usize = 61;

/// Where masters listen. Goes away when it is dropped.
#[derive(Debug)]
pub(super) struct ControlDir {
    dir: TempDir,
    next: AtomicU64,
}

impl ControlDir {
    /// A new one in `$XDG_RUNTIME_DIR`, or in `/tmp` when there is none or its path is too long; mode 0700.
    ///
    /// # Errors
    /// When no directory can be made there.
    pub(super) fn new() -> io::Result<Self> {
        let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let base = runtime
            .filter(|path| path.is_dir() && path.as_os_str().len() + 32 < LONGEST)
            .unwrap_or_else(|| PathBuf::from("/tmp"));
        sweep(&base);
        let dir = tempfile::Builder::new()
            .prefix(&format!("{}{}-", prefix(), std::process::id()))
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(base)?;
        Ok(Self {
            dir,
            next: AtomicU64::new(0),
        })
    }

    /// A path that no socket had before.
    pub(super) fn socket(&self) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.dir.path().join(number.to_string())
    }
}

fn prefix() -> String {
    format!("pooldeck-{}-", own_uid())
}

fn own_uid() -> u32 {
    fs::metadata("/proc/self").map_or(0, |of_us| of_us.uid())
}

/// Removes what processes left that were killed: directories of ours whose process is gone.
fn sweep(base: &Path) {
    let prefix = prefix();
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|name| name.strip_prefix(&prefix)?.split('-').next())
            .filter(|process| !process.is_empty() && process.bytes().all(|c| c.is_ascii_digit()));
        let dead = process.is_some_and(|process| !Path::new("/proc").join(process).exists());
        let ours = entry
            .metadata()
            .is_ok_and(|found| found.is_dir() && found.uid() == own_uid());
        if dead && ours {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_swept_and_what_a_living_one_has_is_not() {
        let base = tempfile::tempdir().unwrap();
        let dead = base.path().join(format!("{}4194399-abc", prefix()));
        let alive = base.path().join(format!("{}1-abc", prefix()));
        let foreign = base.path().join("somebody-4194399-abc");
        for dir in [&dead, &alive, &foreign] {
            fs::create_dir(dir).unwrap();
        }
        sweep(base.path());
        assert!(!dead.exists() && alive.exists() && foreign.exists());
    }

    #[test]
    fn the_directory_is_ours_alone_and_short_enough_for_a_socket() {
        let control = ControlDir::new().unwrap();
        let path = control.dir.path();
        assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o700);
        assert!(path.as_os_str().len() <= LONGEST, "{}", path.display());
        assert_ne!(control.socket(), control.socket());
    }
}
