//! The workers of a pool: the selection, and the set that is a little short where one exists.
//! Must never take the short one unless the request says so.

use std::collections::BTreeSet;

use super::{
    Offer,
    select::{self, Choice, Merit, Wish, Worth},
    words,
};
use crate::fleet::{Bytes, Capacity};

/// A set may be this much short, in hundredths of what was asked: four "64 GB" servers have 250.8 GiB, not 256.
const SHORT_PERCENT: u64 = 5;

/// What was asked of the workers.
pub(super) struct Ask<'s, 'a> {
    /// Totals.
    pub asked: Capacity,
    /// It lowers something.
    pub lowers: bool,
    /// In the pool in any case.
    pub kept: &'s [Choice<'a>],
    /// May come or go.
    pub free: &'s [Choice<'a>],
    /// A set that is a little short may be taken.
    pub accept_less: bool,
}

/// Who is a worker afterwards.
pub(super) struct Settled<'a> {
    /// In order of name.
    pub workers: Vec<Choice<'a>>,
    /// How good it is.
    pub merit: Merit<'a>,
    /// A set that moves fewer servers and is a little short.
    pub offer: Option<Offer>,
}

/// Chooses. On failure: the short set that could be had instead, if there is one.
pub(super) fn settle<'a>(ask: &Ask<'_, 'a>) -> Result<Settled<'a>, Option<Offer>> {
    let exact = attempt(ask, ask.asked);
    let short = attempt(ask, a_little_less(ask.asked));
    let offer = |set: &Settled<'_>| Offer {
        servers: set.workers.iter().map(|it| it.name.clone()).collect(),
        capacity: select::total(&set.workers),
        text: text(ask.asked, set),
    };
    match (exact, short) {
        (Some(exact), Some(short)) if short.merit.moved < exact.merit.moved => {
            let offer = Some(offer(&short));
            let taken = if ask.accept_less { short } else { exact };
            Ok(Settled { offer, ..taken })
        }
        (Some(exact), _) => Ok(exact),
        (None, Some(short)) if ask.accept_less => Ok(Settled {
            offer: Some(offer(&short)),
            ..short
        }),
        (None, short) => Err(short.map(|short| offer(&short))),
    }
}

fn attempt<'a>(ask: &Ask<'_, 'a>, floor: Capacity) -> Option<Settled<'a>> {
    let wish = Wish {
        asked: ask.asked,
        floor,
        lowers: ask.lowers,
        kept: ask.kept,
    };
    let moves: BTreeSet<usize> = select::select(&wish, ask.free)?;
    let mut workers = select::after(&wish, ask.free, &moves);
    workers.sort_by_key(|it| it.name);
    let merit = select::merit(&wish, ask.free, &moves, Worth::of(ask.asked));
    Some(Settled {
        workers,
        merit,
        offer: None,
    })
}

fn a_little_less(asked: Capacity) -> Capacity {
    let less = |n: u64| {
        let part = (u128::from(n) * u128::from(100 - SHORT_PERCENT)).div_ceil(100);
        u64::try_from(part).unwrap_or(u64::MAX)
    };
    Capacity::new(
        u32::try_from(less(asked.cores.into())).unwrap_or(u32::MAX),
        Bytes(less(asked.memory.0)),
    )
}

/// `3 servers give 188.1 of 192 GiB`: only what falls short.
fn text(asked: Capacity, set: &Settled<'_>) -> String {
    let has = select::total(&set.workers);
    let mut parts = Vec::new();
    if has.cores < asked.cores {
        parts.push(format!("{} of {}", has.cores, words::cpus(asked.cores)));
    }
    if has.memory < asked.memory {
        parts.push(format!("{:.1} of {}", has.memory.as_gib(), asked.memory));
    }
    if parts.is_empty() {
        parts.push(words::size(has));
    }
    let count = words::count(set.workers.len(), "server");
    let verb = if set.workers.len() == 1 {
        "gives"
    } else {
        "give"
    };
    format!("{count} {verb} {}", parts.join(" and "))
}
