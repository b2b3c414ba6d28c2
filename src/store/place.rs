//! Where the store is: what was asked for, else the machine's own place, else the user's.
//! Must never make a store where somebody else could change it.

use std::{
    fs::{self, DirBuilder, Permissions},
    os::unix::fs::{DirBuilderExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    sync::Arc,
};

use etcetera::BaseStrategy;
use rustix::fs::{Access, access};

use super::{
    Store, StoreError,
    memory::Memory,
    sqlite::{NAME, Sqlite},
};

/// The group whose members share the machine's store.
const GROUP: &str = "pooldeck";
/// What takes the place of `db` in the name of the file beside the store.
const VIEW: &str = "wall.json";

/// What the choice depends on.
#[derive(Debug, Clone)]
pub struct Around {
    /// The machine's own place.
    pub shared: PathBuf,
    /// The user's place.
    pub private: PathBuf,
    /// Whether we may make the machine's place.
    pub root: bool,
}

impl Around {
    /// This machine and this user.
    ///
    /// # Errors
    /// [`StoreError::Place`] when the user has no home.
    pub fn here() -> Result<Self, StoreError> {
        let state = etcetera::choose_base_strategy()
            .ok()
            .and_then(|base| base.state_dir())
            .ok_or_else(|| {
                StoreError::Place(
                    "this user has no home, so no store can be in it\nhint: name a place with `--store sqlite:DIR`"
                        .to_owned(),
                )
            })?;
        Ok(Self {
            shared: PathBuf::from("/var/lib/pooldeck"),
            private: state.join("pooldeck"),
            root: rustix::process::geteuid().is_root(),
        })
    }
}

/// A store's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this process; gone with it.
    Memory,
    /// A durable file in a directory that somebody named.
    Named(PathBuf),
    /// The machine's: of group `pooldeck` where that exists.
    Shared(PathBuf),
    /// The user's own.
    Private(PathBuf),
}

impl Place {
    /// Chooses by `--store`: `memory:`, `sqlite:FILE`, `sqlite:DIR` (a directory that exists, or ends in `/`);
    /// without it by what the machine has.
    ///
    /// # Errors
    /// [`StoreError::Place`] when `--store` cannot be read.
    pub fn choose(asked: Option<&str>, around: &Around) -> Result<Self, StoreError> {
        let Some(asked) = asked else {
            let writable = access(&around.shared, Access::WRITE_OK | Access::EXEC_OK).is_ok();
            return Ok(if around.root || writable {
                Self::Shared(around.shared.clone())
            } else {
                Self::Private(around.private.clone())
            });
        };
        match asked.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Named(
                if path.ends_with('/') || Path::new(path).is_dir() {
                    Path::new(path).join(NAME)
                } else {
                    PathBuf::from(path)
                },
            )),
            // What stands behind the scheme may hold a password.
            scheme => Err(StoreError::Place(format!(
                "`{}` is no store\nhint: `--store sqlite:FILE`, `--store sqlite:DIR` or `--store memory:`",
                scheme.map_or_else(|| asked.to_owned(), |(scheme, _)| format!("{scheme}:…"))
            ))),
        }
    }

    /// Chooses for somebody who only looks: the machine's place as soon as its store can be read.
    ///
    /// # Errors
    /// As [`Place::choose`].
    pub fn choose_to_look(asked: Option<&str>, around: &Around) -> Result<Self, StoreError> {
        let readable = access(around.shared.join(NAME), Access::READ_OK).is_ok();
        match asked {
            None if readable => Ok(Self::Shared(around.shared.clone())),
            _ => Self::choose(asked, around),
        }
    }

    /// The database file; none for a store in memory.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Memory => None,
            Self::Named(file) => Some(file.clone()),
            Self::Shared(dir) | Self::Private(dir) => Some(dir.join(NAME)),
        }
    }

    /// Opens the store, making what is missing.
    ///
    /// # Errors
    /// As [`Sqlite::open`].
    pub fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        Ok(match self {
            Self::Memory => Arc::new(Memory::new()?),
            Self::Named(file) => Arc::new(Sqlite::open(file)?),
            Self::Shared(dir) => {
                make_shared(dir, group(GROUP)).map_err(|error| refused(dir, &error))?;
                Arc::new(Sqlite::open(&dir.join(NAME))?.shown_as(self.shown()))
            }
            Self::Private(dir) => {
                let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
                made.map_err(|error| refused(dir, &error))?;
                Arc::new(Sqlite::open(&dir.join(NAME))?.shown_as(self.shown()))
            }
        })
    }

    /// Opens the store without the right to change it.
    ///
    /// # Errors
    /// As [`Sqlite::open_read_only`].
    pub fn open_read_only(&self) -> Result<Arc<dyn Store>, StoreError> {
        Ok(match self {
            Self::Memory => Arc::new(Memory::new()?),
            Self::Named(file) => Arc::new(Sqlite::open_read_only(file)?),
            Self::Shared(dir) | Self::Private(dir) => {
                Arc::new(Sqlite::open_read_only(&dir.join(NAME))?.shown_as(self.shown()))
            }
        })
    }

    /// Where the view of it hangs that a wall reads, unless somebody names another place; none for a store in memory.
    #[must_use]
    pub fn view(&self) -> Option<PathBuf> {
        match self {
            Self::Memory => None,
            Self::Named(file) => Some(file.with_extension(VIEW)),
            Self::Shared(dir) | Self::Private(dir) => Some(dir.join(NAME).with_extension(VIEW)),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Memory => "memory".to_owned(),
            Self::Named(path) | Self::Shared(path) => path.display().to_string(),
            Self::Private(path) => format!("private store {}", path.display()),
        }
    }
}

fn refused(dir: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Place(format!(
        "no store can be made at `{}`: {error}\nhint: name a place with `--store sqlite:DIR`",
        dir.display()
    ))
}

/// Without the group the place is root's alone; with it, what is made inside belongs to the group.
fn make_shared(dir: &Path, group: Option<u32>) -> std::io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    DirBuilder::new().mode(0o700).create(dir)?;
    if let Some(group) = group {
        chown(dir, None, Some(group))?;
        fs::set_permissions(dir, Permissions::from_mode(0o2770))?;
    }
    Ok(())
}

/// A group's number. A group that only a directory service knows is not found: then the administrator makes the place.
#[must_use]
pub fn group(name: &str) -> Option<u32> {
    group_of(&fs::read_to_string("/etc/group").unwrap_or_default(), name)
}

/// The same, from the text of group(5).
fn group_of(groups: &str, name: &str) -> Option<u32> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests;
