//! A step's script as it is sent to a server: a name, a verb, variables and, apart from them, a secret.
//! Must never print or store the secret.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// What a script is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Is it so? Reads only. Exit 0 so, 1 not so, anything else: cannot tell.
    Check,
    /// Make it so.
    Apply,
    /// Take back what apply did.
    Undo,
    /// Print a secret to the one who asked; its output is never kept.
    Fetch,
}

impl Verb {
    /// The word as the scripts know it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Apply => "apply",
            Self::Undo => "undo",
            Self::Fetch => "fetch",
        }
    }
}

/// A script of `assets/steps/`, ready to be sent. `Debug` hides the secret.
#[derive(Debug, Clone)]
pub struct Script {
    /// The file's name without `.sh`.
    pub name: &'static str,
    /// What it is to do.
    pub verb: Verb,
    /// Variables (`POOLDECK_…`); never secret, since they stand in the script's text.
    pub env: BTreeMap<String, String>,
    /// What stands on its standard input; nothing when there is no secret.
    pub secret: Option<SecretString>,
}

impl Script {
    /// A script without variables and without a secret.
    #[must_use]
    pub fn new(name: &'static str, verb: Verb) -> Self {
        Self {
            name,
            verb,
            env: BTreeMap::new(),
            secret: None,
        }
    }

    /// The same with one more variable.
    #[must_use]
    pub fn with(mut self, key: &str, value: &impl ToString) -> Self {
        self.env.insert(key.to_owned(), value.to_string());
        self
    }
}

/// How a script ended: exit codes advise, checks decide.
pub mod exit {
    /// Check: so. Apply: ended well.
    pub const OK: i32 = 0;
    /// Check: not so.
    pub const NOT_SO: i32 = 1;
    /// `EX_TEMPFAIL` of sysexits.h: again later.
    pub const AGAIN: i32 = 75;
    /// Another machine answers at the address: nothing was done, and nothing was seen.
    pub const STRANGER: i32 = 77;
    /// Another fleet holds the server: the step has failed, and nothing there is ours to undo.
    pub const FOREIGN: i32 = 78;
    /// Fenced: the server names a later captain. With one in the store, too, this captain ends itself; else that server waits.
    pub const FENCED: i32 = 79;
}
