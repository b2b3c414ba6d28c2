//! A file that is written whole: beside its place and then renamed there, so that nobody ever reads half of it.
//! Must never decide what may be replaced: whoever writes says so.

use std::{
    fs::{File, Permissions},
    io::{self, Write},
    os::unix::fs::{PermissionsExt, fchown},
    path::Path,
};

/// What becomes of the file.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Who may do what with it.
    pub mode: u32,
    /// The number of the group that it belongs to; none: that of the folder or of the process.
    pub group: Option<u32>,
    /// What lies there may be replaced.
    pub replaces: bool,
    /// It outlasts a power cut: it is on the disk when this returns.
    pub lasts: bool,
}

/// Writes it.
///
/// # Errors
/// Those of the file system; then what lay there lies there still.
pub fn put(place: &Path, bytes: &[u8], kept: Kept) -> io::Result<()> {
    let folder = place.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // Its name begins with a dot: nobody who reads the folder takes the half of it for what it will be.
    let mut file = tempfile::Builder::new()
        .prefix(".pooldeck-")
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(group) = kept.group {
        fchown(file.as_file(), None, Some(group))?;
    }
    let mode = Permissions::from_mode(kept.mode);
    file.as_file().set_permissions(mode)?;
    if kept.lasts {
        file.as_file().sync_all()?;
    }
    if kept.replaces {
        file.persist(place)?;
    } else {
        file.persist_noclobber(place)?;
    }
    if kept.lasts {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_there_whole_or_as_it_was_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("view.json");
        let kept = |replaces| Kept {
            mode: 0o640,
            group: None,
            replaces,
            lasts: true,
        };
        put(&place, b"one", kept(false)).unwrap();
        assert!(put(&place, b"two", kept(false)).is_err());
        assert_eq!(fs::read_to_string(&place).unwrap(), "one");
        put(&place, b"two", kept(true)).unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), "two");
        assert_eq!(
            fs::metadata(&place).unwrap().permissions().mode() & 0o777,
            0o640
        );
        let strange = Kept {
            group: Some(u32::MAX - 1),
            ..kept(true)
        };
        // Only root may give it to a group that is not its own.
        drop(put(&place, b"three", strange));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
