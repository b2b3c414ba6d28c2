//! Where the view comes from: a file that is renamed into place, read when it is another one. The same loop feeds the wall beside it, and
//! prints lines for a wall elsewhere.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::view::{LARGEST, View};

/// So often the file is looked at; the captain writes it every two seconds at most.
const POLL: Duration = Duration::from_millis(500);
/// Something is said so often, also when nothing is new: whoever hears nothing knows that the line is dead.
const BEAT: Duration = Duration::from_secs(5);

/// One thing that a source says; as JSON, one line of `pooldeck wall --feed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// What time it is there.
    pub sent: Timestamp,
    /// The view, when it is a new one.
    #[serde(default)]
    pub view: Option<View>,
    /// Why there is none.
    #[serde(default)]
    pub trouble: Option<String>,
}

/// Reads the file for ever; ends when `say` answers false.
pub fn follow(file: &Path, now: fn() -> Timestamp, mut say: impl FnMut(Feed) -> bool) {
    let mut reader = Reader::new(file.to_owned());
    let mut said: Option<Instant> = None;
    loop {
        let view = reader.look();
        if view.is_some() || said.is_none_or(|at| at.elapsed() >= BEAT) {
            said = Some(Instant::now());
            let feed = Feed {
                sent: now(),
                view,
                trouble: reader.trouble.clone(),
            };
            if !say(feed) {
                return;
            }
        }
        thread::sleep(POLL);
    }
}

/// Which file it was: renamed into place, each has a number of its own.
type Stamp = (u64, u64, i64, i64);

/// Reads a file when it is another one.
#[derive(Debug)]
pub struct Reader {
    file: PathBuf,
    stamp: Option<Stamp>,
    /// What is wrong with the file now: a sentence.
    pub trouble: Option<String>,
}

impl Reader {
    /// One that has read nothing.
    #[must_use]
    pub const fn new(file: PathBuf) -> Self {
        Self {
            file,
            stamp: None,
            trouble: None,
        }
    }

    /// The file's name without its folder: in whose home it lies does not belong on a wall.
    fn name(&self) -> String {
        let name = self.file.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The view, when it is a new one.
    pub fn look(&mut self) -> Option<View> {
        match self.read() {
            Ok(None) => None,
            Ok(Some(text)) => match View::read(&text) {
                Ok(view) => {
                    self.trouble = None;
                    Some(view)
                }
                Err(why) => {
                    self.trouble = Some(format!("`{}`: {why}", self.name()));
                    None
                }
            },
            Err(error) => {
                self.stamp = None;
                let hint = match error.kind() {
                    io::ErrorKind::NotFound => {
                        "is a captain there? it writes the view; `--view FILE` names another place"
                    }
                    io::ErrorKind::PermissionDenied => {
                        "`pooldeck captain --view-group GROUP` writes it for a group of readers"
                    }
                    _ => "`--view FILE` names another place",
                };
                self.trouble = Some(format!(
                    "`{}` cannot be read: {error}\nhint: {hint}",
                    self.name()
                ));
                None
            }
        }
    }

    /// The text, when the file is another one.
    fn read(&mut self) -> io::Result<Option<String>> {
        // Somebody's pipe at that place must not hold us up.
        let nonblock = libc::O_NONBLOCK;
        let file = File::options()
            .read(true)
            .custom_flags(nonblock)
            .open(&self.file)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let stamp = (meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec());
        if self.stamp == Some(stamp) {
            return Ok(None);
        }
        let mut text = String::new();
        let most = u64::try_from(LARGEST).unwrap_or(u64::MAX);
        let read = file.take(most + 1).read_to_string(&mut text)?;
        if read > LARGEST {
            return Err(io::Error::other("it is larger than any view"));
        }
        self.stamp = Some(stamp);
        Ok(Some(text))
    }
}
