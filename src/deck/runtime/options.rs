//! How the deck is opened.

use std::{ffi::OsString, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};

use super::own::Own;
use crate::deck::{Look, Model, Msg, World, update};

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
    /// A sentence for the first picture.
    pub greeting: Option<String>,
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
            greeting: None,
            kubeconfig: Vec::new(),
        }
    }

    /// The deck as it opens on a terminal so high, and where what the person likes is read from.
    pub(super) fn begin(&self, world: World, rows: u16) -> (Model, Own) {
        let (now, zone) = ((self.now)(), TimeZone::system());
        let mut model = Model::new(Arc::new(world), now, zone, self.read_only, self.look);
        model.rows = rows;
        model.slow = self.slow_link;
        let environment = |name: &str| std::env::var(name).ok();
        let mut own = Own::new(self.look, self.theme.as_deref(), environment);
        let taste = own.read();
        let silent = taste.mistakes.is_empty();
        drop(update(&mut model, Msg::Taste(Box::new(taste))));
        if silent {
            // What was read before the first picture is worth a word only where it is wrong.
            model.notice.clone_from(&self.greeting);
        }
        (model, own)
    }
}
