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
    /// Bare numbers below what there is: `CPUs 96 → 8: shrink by 88`.
    pub bare: Vec<String>,
}

impl Totals {
    /// None when the request names no total.
    pub fn of(pool: &Pool, wish: &Resize) -> Option<Self> {
        if wish.cores.is_none() && wish.memory.is_none() {
            return None;
        }
        let now = pool.capacity();
        let cores = wish
            .cores
            .map(|change| u32::try_from(change.total(now.cores.into())).unwrap_or(u32::MAX));
        let memory = wish.memory.map(|change| Bytes(change.total(now.memory.0)));
        let mut bare = Vec::new();
        if let (Some(Change::To(_)), Some(to)) = (wish.cores, cores)
            && to < now.cores
        {
            bare.push(format!(
                "CPUs {} → {to}: shrink by {}",
                now.cores,
                now.cores - to
            ));
        }
        if let (Some(Change::To(_)), Some(to)) = (wish.memory, memory)
            && to < now.memory
        {
            let less = Bytes(now.memory.0 - to.0);
            bare.push(format!("memory {} → {to}: shrink by {less}", now.memory));
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
            lowers: cores.is_some_and(|to| to < now.cores)
                || memory.is_some_and(|to| to < now.memory),
            bare,
        })
    }
}
