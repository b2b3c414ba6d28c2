//! The state of a thing as a symbol; its word and its colour always stand beside it.

use serde::{Deserialize, Serialize};

/// How well a thing is, from well to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Light {
    /// Well.
    Ok,
    /// Nothing to us: not offered.
    Off,
    /// On purpose out of service.
    Maintenance,
    /// Not to be taken: in use, not ours, leftovers, unfit.
    Apart,
    /// A run works on it.
    Changing,
    /// Not known.
    Unknown,
    /// It works, but something is wrong.
    Degraded,
    /// It does not work.
    Down,
}

impl Light {
    /// One cell. The ASCII set has a twin for each.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Ok => "●",
            Self::Off => " ",
            Self::Maintenance => "■",
            Self::Apart => "#",
            Self::Changing => "◐",
            Self::Unknown => "?",
            Self::Degraded => "▲",
            Self::Down => "✖",
        }
    }
}
