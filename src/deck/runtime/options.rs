//! How the deck is opened.

use std::ffi::OsString;

use jiff::Timestamp;

use crate::deck::Look;

/// How the deck is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Nothing can be asked of the captain, and nothing at all is written.
    pub read_only: bool,
    /// Who asks: `ops1@jump1`.
    pub who: String,
    /// Colours and symbols.
    pub look: Look,
    /// A set of colours or a theme file that was named; none: as the environment and the person's own file have it.
    pub theme: Option<String>,
    /// The link is known to be slow.
    pub slow_link: bool,
    /// The clock.
    pub now: fn() -> Timestamp,
    /// The command that prints a pool's kubeconfig, its name comes behind it; none where pools are simulated.
    pub kubeconfig: Vec<OsString>,
}

impl Options {
    /// As a person's environment has it.
    #[must_use]
    pub fn new(who: String) -> Self {
        Self {
            read_only: false,
            who,
            look: Look::of(|name| std::env::var(name).ok()),
            theme: None,
            slow_link: false,
            now: Timestamp::now,
            kubeconfig: Vec::new(),
        }
    }
}
