//! What a resize asks for, as totals: steps with a sign count from the hardware of now, what is not named stays as it was asked.
//! Must never take a bare number for a wish to shrink unless it says so.

use super::Resize;
use crate::fleet::{Bytes, Capacity, Change, Pool};

/// The totals of a resize.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Totals {
    /// The workers' hardware of now.
    pub now: Capacity,
    /// What the selection must reach.
    pub asked: Capacity,
    /// What the pool is said to be asked for from now on.
    pub kept: Capacity,
    /// Something is lowered.
    pub lowers: bool,
    /// Bare numbers that lower something: `CPUs 96 → 8: shrink by 88`.
    pub bare: Vec<String>,
}

impl Totals {
    /// None when the request names no total.
    pub fn of(pool: &Pool, wish: &Resize) -> Option<Self> {
        if wish.cores.is_none() && wish.memory.is_none() {
            return None;
        }
        let now = pool.capacity();
        let cores = wish.cores.map(|change| {
            let total = change.total(now.cores.into());
            u32::try_from(total).unwrap_or(u32::MAX)
        });
        let memory = wish.memory.map(|change| Bytes(change.total(now.memory.0)));
        let fewer = lowers(wish.cores, pool.asked.cores, now.cores);
        let less = lowers(wish.memory, pool.asked.memory, now.memory);
        let mut bare = Vec::new();
        if let (Some(Change::To(to)), true) = (wish.cores, fewer) {
            let gone = now.cores - to;
            bare.push(format!("CPUs {} → {to}: shrink by {gone}", now.cores));
        }
        if let (Some(Change::To(to)), true) = (wish.memory, less) {
            let gone = Bytes(now.memory.0 - to.0);
            bare.push(format!("memory {} → {to}: shrink by {gone}", now.memory));
        }
        Some(Self {
            now,
            // A pool that already has less than was once asked is not mended in passing.
            asked: Capacity::new(
                cores.unwrap_or(pool.asked.cores.min(now.cores)),
                memory.unwrap_or(pool.asked.memory.min(now.memory)),
            ),
            kept: Capacity::new(
                cores.unwrap_or(pool.asked.cores),
                memory.unwrap_or(pool.asked.memory),
            ),
            lowers: fewer || less,
            bare,
        })
    }
}

/// Whether a wish lowers a total. A step down always does; a bare number does when it is below both what there is and what was
/// asked for last: asking for the same again, or for more, releases nobody, however much too large the servers are.
fn lowers<T: Ord + Copy + Into<u64>>(wish: Option<Change<T>>, asked: T, now: T) -> bool {
    match wish {
        Some(Change::To(to)) => to < now && to < asked,
        Some(Change::Less(by)) => by.into() > 0,
        Some(Change::More(_)) | None => false,
    }
}
