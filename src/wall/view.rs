//! What hangs on the wall, as one JSON document: names, states, numbers and sentences. The format is additive.
//! Must never hold more than whoever passes by may read: no address, no user of a server, no path, no key.

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IntoDeserializer, value},
};

use crate::deck::world::Light;

/// Raised only by a change after which an older wall would show something that is not so.
pub const FORMAT: u32 = 1;

/// A larger file is none of ours: a fleet of ten thousand servers makes about fifty kilobytes.
pub const LARGEST: usize = 1 << 20;

/// The fleet at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// [`FORMAT`] of whoever wrote it.
    pub format: u32,
    /// When it was written. It is written anew every five seconds, changed or not: so a captain that is gone shows.
    pub at: Timestamp,
    /// What people call the room.
    #[serde(default)]
    pub room: Option<String>,
    /// Who acts; none when nobody ever did.
    #[serde(default)]
    pub captain: Option<Captain>,
    /// How many servers there are.
    #[serde(default)]
    pub servers: Servers,
    /// Pools, worst first.
    #[serde(default)]
    pub pools: Vec<Pool>,
    /// Problems, worst first; the first ones.
    #[serde(default)]
    pub problems: Vec<Problem>,
    /// Open runs, oldest first; the first ones.
    #[serde(default)]
    pub runs: Vec<Running>,
    /// How many problems and runs more there are.
    #[serde(default)]
    pub left_out: usize,
}

const fn ten() -> u32 {
    10
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captain {
    /// On which host.
    pub host: String,
    /// When it said something last.
    pub at: Timestamp,
}

/// How many servers there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Servers {
    /// Listed.
    pub all: usize,
    /// Offered.
    pub offered: usize,
    /// Could be taken now.
    pub spare: usize,
    /// Offered, in no pool, and not seen.
    pub unseen: usize,
}

/// A pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Which.
    pub name: String,
    /// Its environment's tag.
    #[serde(default)]
    pub env: Option<String>,
    /// How it is.
    #[serde(deserialize_with = "light")]
    pub light: Light,
    /// The same as a word.
    pub state: String,
    /// When the older of its sources, API and servers, said something last; none when one never did.
    #[serde(default)]
    pub seen: Option<Timestamp>,
    /// How often they do while they are well.
    #[serde(default = "ten")]
    pub source_seconds: u32,
    /// CPUs, in thousandths.
    #[serde(default)]
    pub cpu_milli: Part,
    /// Memory, in bytes.
    #[serde(default)]
    pub memory_bytes: Part,
}

/// How much is used of what pods may have; none is unknown, never 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Part {
    /// In use now.
    pub used: Option<u64>,
    /// Allocatable of Ready, uncordoned nodes.
    pub max: Option<u64>,
    /// Some server's part is not known.
    pub partial: bool,
}

/// How near memory is to its end: what comes before evictions. CPUs in use press nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// There is room.
    None,
    /// From 85 per cent on.
    High,
    /// From 95 per cent on.
    Full,
}

impl Part {
    /// How near it is to its end; what is not known presses nobody.
    #[must_use]
    pub fn pressure(self) -> Pressure {
        match self.percent() {
            Some(95..) => Pressure::Full,
            Some(85..) => Pressure::High,
            _ => Pressure::None,
        }
    }

    /// Used of max, rounded; none when either is not known, or nothing may be had.
    #[must_use]
    pub fn percent(self) -> Option<u64> {
        let (used, max) = (self.used?, self.max?);
        let half = max / 2;
        used.saturating_mul(100)
            .saturating_add(half)
            .checked_div(max)
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// How bad.
    #[serde(deserialize_with = "light")]
    pub light: Light,
    /// The name that stands in front.
    pub subject: String,
    /// A sentence.
    pub text: String,
    /// Since when, where that is known.
    #[serde(default)]
    pub since: Option<Timestamp>,
}

/// A run that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// How it is.
    #[serde(deserialize_with = "light")]
    pub light: Light,
    /// What it does: `grow batch by 2 servers`.
    pub title: String,
    /// Who asked for it.
    pub by: String,
    /// What it does now: `join s15`.
    #[serde(default)]
    pub phase: String,
    /// Steps that are proved.
    #[serde(default)]
    pub done: usize,
    /// Steps in all.
    #[serde(default)]
    pub all: usize,
    /// When it was accepted.
    pub since: Timestamp,
}

/// A word that a later release adds is unknown to this one.
fn light<'de, D: Deserializer<'de>>(from: D) -> Result<Light, D::Error> {
    let word = String::deserialize(from)?;
    let known: Result<Light, value::Error> = Light::deserialize(word.as_str().into_deserializer());
    Ok(known.unwrap_or(Light::Unknown))
}

impl View {
    /// Reads a document.
    ///
    /// # Errors
    /// A sentence: it is of a later format, or no view at all.
    pub fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let head: Head = serde_json::from_str(text).map_err(|error| broken(&error))?;
        if head.format > FORMAT {
            return Err(format!(
                "the view has format {} and this pooldeck knows {FORMAT}\nhint: use the captain's version of pooldeck here, too",
                head.format
            ));
        }
        serde_json::from_str(text).map_err(|error| broken(&error))
    }

    /// The same picture, whenever it was written.
    #[must_use]
    pub fn shows_the_same_as(&self, other: &Self) -> bool {
        let captain = |view: &Self| view.captain.as_ref().map(|captain| captain.host.clone());
        let of_rows = |view: &Self| (view.servers, view.left_out);
        captain(self) == captain(other)
            && of_rows(self) == of_rows(other)
            && self.room == other.room
            && self.problems == other.problems
            && self.runs == other.runs
            && self.pools == other.pools
    }
}

fn broken(error: &serde_json::Error) -> String {
    let what = if error.is_eof() {
        "is cut off"
    } else {
        "is no view"
    };
    format!("what was read {what}: {error}")
}
