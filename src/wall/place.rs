//! Where the view hangs: where somebody said, else at the readers' place, else beside the store.
//! Must never open a store: a wall knows only where its file is.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use super::hang::{Hanging, Hook, hang};
use crate::store::{
    Store, StoreError,
    place::{self, Around, Place},
};

/// Where a group of readers finds the view: they may not even enter the store's folder.
const READERS: &str = "/run/pooldeck-wall";
/// The file there.
const NAME: &str = "view.json";

/// What was said about the view.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Its file.
    pub file: Option<PathBuf>,
    /// Who reads it.
    pub group: Option<String>,
    /// What people call the room.
    pub room: Option<String>,
}

/// Hangs the view of a store. A place that nobody named and that cannot be written keeps no captain from acting.
///
/// # Errors
/// [`StoreError::Place`] when the place or the group that was named is of no use.
pub fn hang_for(
    store: &Arc<dyn Store>,
    place: &Place,
    wanted: Wanted,
) -> Result<Option<Hanging>, StoreError> {
    let named = wanted.file.is_some() || wanted.group.is_some();
    let group = wanted.group.as_deref().map(number).transpose()?;
    let file = match (wanted.file, group) {
        (Some(file), _) => Some(file),
        (None, Some(group)) => Some(readers(Path::new(READERS), group)?),
        (None, None) => place.view(),
    };
    let Some(file) = file else {
        return Ok(None);
    };
    let hook = Hook {
        file: file.clone(),
        group,
        room: wanted.room,
    };
    match hang(Arc::clone(store), hook, Timestamp::now) {
        Ok(hanging) => Ok(Some(hanging)),
        Err(error) if named => Err(StoreError::Place(format!(
            "the wall's view cannot be written to `{}`: {error}\nhint: `--view FILE` names another place; its folder must be there, and the captain able to write to it",
            file.display()
        ))),
        Err(error) => {
            tracing::warn!("the wall has no view: {error}");
            Ok(None)
        }
    }
}

/// Where a wall finds the view.
///
/// # Errors
/// [`StoreError::Place`] when the store that was named can have none.
pub fn find(file: Option<PathBuf>, store: Option<&str>) -> Result<PathBuf, StoreError> {
    if let Some(file) = file {
        return Ok(file);
    }
    let place = Place::choose_to_look(store, &Around::here()?)?;
    let beside = place.view().ok_or_else(|| {
        let text = "a store in memory has no view\nhint: `--view FILE` names the file";
        StoreError::Place(text.to_owned())
    })?;
    let readers = Path::new(READERS).join(NAME);
    Ok(if store.is_none() {
        newer(readers, beside)
    } else {
        beside
    })
}

/// Where a captain writes now: it may have been started in another way since the older one was written.
fn newer(one: PathBuf, other: PathBuf) -> PathBuf {
    let written = |file: &Path| fs::metadata(file).and_then(|meta| meta.modified()).ok();
    if written(&one) > written(&other) {
        one
    } else {
        other
    }
}

fn number(group: &str) -> Result<u32, StoreError> {
    place::group(group).ok_or_else(|| {
        StoreError::Place(format!(
            "there is no group `{group}` that could read the wall's view\nhint: `groupadd --system {group}`"
        ))
    })
}

/// The readers' place, made for that group where it is not there.
fn readers(folder: &Path, group: u32) -> Result<PathBuf, StoreError> {
    make(folder, group).map_err(|error| {
        StoreError::Place(format!(
            "`{}` cannot be made for those who read the wall's view: {error}\nhint: `RuntimeDirectory=pooldeck-wall` in the captain's unit makes it, or `--view FILE` names another place",
            folder.display()
        ))
    })?;
    Ok(folder.join(NAME))
}

fn make(folder: &Path, group: u32) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new().mode(0o700).create(folder)?;
    chown(folder, None, Some(group))?;
    fs::set_permissions(folder, Permissions::from_mode(0o750))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readers_place_is_the_groups_to_enter_and_nobody_elses() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("pooldeck-wall");
        let own = rustix::process::getegid().as_raw();
        let file = readers(&folder, own).unwrap();
        assert_eq!(file, folder.join("view.json"));
        let mode = fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o750);
        assert!(readers(&folder, own).is_ok());
        let nowhere = readers(&dir.path().join("not/there"), own).unwrap_err();
        assert!(nowhere.to_string().contains("hint: `RuntimeDirectory="));
    }

    #[test]
    fn a_wall_looks_where_it_was_told_and_beside_the_store_that_was_named() {
        let file = PathBuf::from("/somewhere/view.json");
        assert_eq!(find(Some(file.clone()), None).unwrap(), file);
        let beside = find(None, Some("sqlite:/tmp/room.db")).unwrap();
        assert_eq!(beside, Path::new("/tmp/room.wall.json"));
        assert!(find(None, Some("memory:")).is_err());
    }

    #[test]
    fn of_two_views_the_one_that_is_written_now_is_shown() {
        let dir = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| dir.path().join(name));
        assert_eq!(newer(new.clone(), old.clone()), old);
        fs::write(&old, "").unwrap();
        let past = std::time::SystemTime::now() - std::time::Duration::from_mins(1);
        fs::File::open(&old).unwrap().set_modified(past).unwrap();
        assert_eq!(newer(new.clone(), old.clone()), old);
        fs::write(&new, "").unwrap();
        assert_eq!(newer(new.clone(), old.clone()), new);
        assert_eq!(newer(old, new.clone()), new);
    }
}
