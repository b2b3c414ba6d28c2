//! What may carry a store: a local file system with room, a directory that not everybody may write to.
//! Must never change anything: it looks and refuses.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use rustix::fs::statfs;

use super::{FREE_TO_COMMIT, StoreError};

/// Free bytes for people who are not root; none when the kernel does not say, or the file system does not count.
#[must_use]
pub fn free_bytes(dir: &Path) -> Option<u64> {
    let stat = statfs(dir).ok().filter(|stat| stat.f_blocks > 0)?;
    Some(stat.f_bavail * u64::try_from(stat.f_bsize).ok()?)
}

/// Refuses a commit when there is next to no room.
///
/// # Errors
/// [`StoreError::Full`].
pub fn room(dir: &Path, free: Option<u64>) -> Result<(), StoreError> {
    match free {
        Some(free) if free < FREE_TO_COMMIT => Err(StoreError::Full {
            place: dir.display().to_string(),
            free_mb: free / 1_000_000,
        }),
        _ => Ok(()),
    }
}

/// Refuses a directory that cannot carry a store: not there, on a network, or open to everybody.
///
/// # Errors
/// [`StoreError::Place`] with the reason.
pub fn check(dir: &Path) -> Result<(), StoreError> {
    let shown = dir.display();
    let stat = statfs(dir).map_err(|error| {
        StoreError::Place(format!(
            "no store can be at `{shown}`: {error}\nhint: make the directory first: `mkdir -m 700 {shown}`"
        ))
    })?;
    if let Some(network) = network(i128::from(stat.f_type)) {
        return Err(StoreError::Place(format!(
            "no store can be at `{shown}`: it is on {network}, and the store's processes share memory, which needs one machine\nhint: take a local directory with `--store sqlite:DIR`"
        )));
    }
    let meta = fs::metadata(dir)
        .map_err(|error| StoreError::Place(format!("`{shown}` cannot be read: {error}")))?;
    if !meta.is_dir() {
        return Err(StoreError::Place(format!("`{shown}` is not a directory")));
    }
    if meta.permissions().mode() & 0o002 != 0 {
        return Err(StoreError::Place(format!(
            "no store can be at `{shown}`: everybody may write there\nhint: take a directory of your own, `mkdir -m 700 DIR`, or `chmod o-w {shown}`"
        )));
    }
    Ok(())
}

/// Names a file system that more than one machine, or a program, stands behind. The numbers are those
/// of statfs(2) and linux/magic.h.
fn network(magic: i128) -> Option<&'static str> {
    Some(match magic & 0xffff_ffff {
        0x6969 => "NFS",
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => "CIFS",
        0x6573_5546 => "FUSE",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x00c3_6400 => "Ceph",
        0x0102_1997 => "9p",
        0x7375_7245 => "Coda",
        0x0116_1970 => "GFS2",
        0x7461_636f => "OCFS2",
        0x0bd0_0bd0 => "Lustre",
        0x4750_4653 => "GPFS",
        0x1983_0326 => "BeeGFS",
        0x2003_0528 => "OrangeFS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_their_numbers_and_local_ones_pass() {
        assert_eq!(network(0x6969), Some("NFS"));
        assert_eq!(network(0xff53_4d42), Some("CIFS"));
        // A 32-bit kernel gives the same number with a sign.
        assert_eq!(
            network(i128::from(0xff53_4d42_u32.cast_signed())),
            Some("CIFS")
        );
        assert_eq!(network(0x6573_5546), Some("FUSE"));
        for local in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630] {
            assert_eq!(network(local), None, "{local:x}");
        }
    }

    #[test]
    fn a_commit_needs_a_little_room_and_says_what_is_left() {
        let dir = Path::new("/place");
        assert!(room(dir, Some(FREE_TO_COMMIT)).is_ok());
        assert!(room(dir, None).is_ok());
        let error = room(dir, Some(FREE_TO_COMMIT - 1)).unwrap_err().to_string();
        assert!(error.contains("only 19 MB are free at `/place`"), "{error}");
    }

    #[test]
    fn a_file_system_that_does_not_count_is_not_taken_for_a_full_one() {
        assert_eq!(free_bytes(Path::new("/proc")), None);
        assert!(free_bytes(Path::new("/")).is_some());
    }

    #[test]
    fn a_directory_that_everybody_may_write_to_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(check(dir.path()).is_ok());
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o1777)).unwrap();
        let error = check(dir.path()).unwrap_err().to_string();
        assert!(error.contains("everybody may write there"), "{error}");
    }
}
