//! How ssh is used: in the field and on a test bench.

use std::{env, ffi::OsString, path::PathBuf};

use super::scripts;

/// What differs between the field and a test bench.
#[derive(Debug, Clone)]
pub struct Options {
    /// Given to ssh as `-F`, in place of `~/.ssh/config`.
    pub config: Option<PathBuf>,
    /// Where a server keeps the files of units; a tmpfs.
    pub units: String,
    /// The scripts by name.
    pub scripts: fn(&str) -> Option<&'static str>,
}

impl Options {
    /// As in the field: `POOLDECK_SSH_CONFIG` for ssh's configuration, `/run/pooldeck` on servers, `assets/steps/`.
    #[must_use]
    pub fn from_env() -> Self {
        let config = env::var_os("POOLDECK_SSH_CONFIG").filter(|path| *path != OsString::new());
        Self {
            config: config.map(PathBuf::from),
            units: "/run/pooldeck".to_owned(),
            scripts: scripts::file,
        }
    }
}
