//! What the wall knows: one view, how old it is, and what stands between it and the captain. Only `update` changes it.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::view::{Pool, View};
use crate::deck::{Look, world::CAPTAIN_GONE};

/// A view is written every five seconds: after three times that nobody writes it any more.
const VIEW_GONE: SignedDuration = SignedDuration::from_secs(15);
/// A source that was silent for so many of its intervals is stale.
const INTERVALS: i64 = 3;
/// Values that are older are not shown at all.
const HIDDEN: SignedDuration = SignedDuration::from_mins(15);

/// The wall at one moment.
#[derive(Debug, Clone)]
pub struct Model {
    /// Where the view comes from, for people.
    pub source: String,
    /// The newest view.
    pub view: Option<View>,
    /// Why the source says nothing now.
    pub trouble: Option<String>,
    /// How far our clock is ahead of the one that the view's times are from.
    pub ahead: SignedDuration,
    /// When the source said something last, by our clock.
    pub heard: Option<Timestamp>,
    /// Our clock.
    pub now: Timestamp,
    /// In which it is shown.
    pub zone: TimeZone,
    /// Colours and symbols.
    pub look: Look,
    /// How long a page is shown, in seconds.
    pub page_seconds: u32,
    /// Dark at night.
    pub dim: bool,
}

/// What the wall as a whole has to say before any value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// A captain acts, and pools are seen.
    Fine,
    /// No view comes any more, since when; none when none ever came.
    NoView(Option<Timestamp>),
    /// The view is read, and nobody has written a newer one since then: whether somebody acts is not known.
    NoNewView(Timestamp),
    /// Nobody acts, as a view of now says, since when; none when nobody ever did.
    NoCaptain(Option<Timestamp>),
    /// A captain acts, and sees nothing of any pool since then.
    NothingSeen(Timestamp),
}

impl Model {
    /// A wall that has heard nothing yet.
    #[must_use]
    pub const fn new(source: String, now: Timestamp, zone: TimeZone, look: Look) -> Self {
        Self {
            source,
            view: None,
            trouble: None,
            ahead: SignedDuration::ZERO,
            heard: None,
            now,
            zone,
            look,
            page_seconds: 15,
            dim: false,
        }
    }

    /// What time it is by the clock that the view's times are from.
    #[must_use]
    pub fn there(&self) -> Timestamp {
        self.now.checked_sub(self.ahead).unwrap_or(self.now)
    }

    /// How long ago that was.
    #[must_use]
    pub fn age(&self, at: Timestamp) -> SignedDuration {
        self.there().duration_since(at)
    }

    /// What is to be said before any value.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let Some(view) = &self.view else {
            return Condition::NoView(None);
        };
        let silent = self
            .heard
            .is_none_or(|at| self.now.duration_since(at) > VIEW_GONE);
        // A view from the future is none: a clock was set back.
        if self.age(view.at).abs() > VIEW_GONE {
            return if silent || self.trouble.is_some() {
                Condition::NoView(Some(view.at))
            } else {
                Condition::NoNewView(view.at)
            };
        }
        match &view.captain {
            None => return Condition::NoCaptain(None),
            Some(it) if view.at.duration_since(it.at).abs() > CAPTAIN_GONE => {
                return Condition::NoCaptain(Some(it.at));
            }
            Some(_) => (),
        }
        let seen = view.pools.iter().filter_map(|pool| pool.seen).max();
        match seen {
            Some(seen) if view.pools.iter().all(|pool| self.stale(pool).is_some()) => {
                Condition::NothingSeen(seen)
            }
            _ => Condition::Fine,
        }
    }

    /// How old what is known of a pool is, when that is too old to be believed.
    #[must_use]
    pub fn stale(&self, pool: &Pool) -> Option<SignedDuration> {
        let every = i64::from(pool.source_seconds);
        let limit = SignedDuration::from_secs(every * INTERVALS);
        pool.seen.map(|at| self.age(at)).filter(|age| *age > limit)
    }

    /// What is known of a pool is so old that its values are not shown.
    #[must_use]
    pub fn hides(&self, pool: &Pool) -> bool {
        let view = self.view.as_ref().map(|view| view.at);
        let oldest = pool.seen.into_iter().chain(view).min();
        oldest.is_none_or(|at| self.age(at) > HIDDEN)
    }

    /// Since when the oldest source has been silent: the view, its captain, or a pool.
    #[must_use]
    pub fn oldest(&self) -> Option<SignedDuration> {
        let view = self.view.as_ref()?;
        let seen = view.pools.iter().filter_map(|pool| pool.seen);
        let captain = view.captain.iter().map(|captain| captain.at);
        let all = seen.chain(captain).chain([view.at]);
        all.min().map(|at| self.age(at))
    }
}
