//! Selection: which servers move. Fewest moved, least over what was asked, most alike in size, best spread over zones, name.
//! Must never release a server for a wish that lowers nothing, nor keep one that could go for a wish that lowers.

mod greedy;
mod search;
#[cfg(test)]
mod tests;
mod worth;

use std::collections::{BTreeMap, BTreeSet};

use crate::fleet::{Bytes, Capacity, ServerName};

pub(super) use self::worth::Worth;

/// A server that may be a worker of the pool afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice<'a> {
    /// Its name.
    pub name: &'a ServerName,
    /// Its hardware.
    pub capacity: Capacity,
    /// Servers of one zone may fail together.
    pub zone: Option<&'a str>,
    /// It is a worker of the pool now: moving it takes it out. Else moving it brings it in.
    pub member: bool,
}

/// What the selection is held to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'s, 'a> {
    /// What the workers' hardware in all should come closest to.
    pub asked: Capacity,
    /// What it must not fall below: what was asked, or a little less where that is taken.
    pub floor: Capacity,
    /// The wish lowers something: afterwards no free server may be one that could go.
    pub lowers: bool,
    /// Workers that are in the pool afterwards in any case: members that may not go, servers picked by hand.
    pub kept: &'s [Choice<'a>],
}

/// What a set of workers is judged by, best first; comparing two is comparing them in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Merit<'a> {
    /// Servers that come or go.
    pub moved: usize,
    /// Worth of what is above what was asked, or below it.
    pub off: u128,
    /// Worth that lies between the largest and the smallest worker, each dimension for itself.
    pub apart: u128,
    /// Workers in the fullest zone.
    pub crowd: usize,
    /// Who is in the pool, by name.
    pub workers: Vec<&'a ServerName>,
}

/// Which of `free` move, as indices into it; none when not even all of them reach the floor.
///
/// Exact while the search stays within its budget, which it always does for ten free servers; beyond it,
/// the best that greed, improvement and the search so far have found. The same input gives the same answer.
pub(super) fn select(wish: &Wish<'_, '_>, free: &[Choice<'_>]) -> Option<BTreeSet<usize>> {
    if !total(wish.kept.iter().chain(free)).covers(wish.floor) {
        return None;
    }
    let worth = Worth::of(wish.asked);
    let enough = greedy::moves(wish, free, worth).len();
    let narrowed = narrow(free, enough);
    let few: Vec<Choice<'_>> = narrowed.iter().map(|index| free[*index]).collect();
    let mut first = greedy::moves(wish, &few, worth);
    greedy::swap(wish, &few, worth, &mut first);
    let best = search::improve(wish, &few, worth, first);
    Some(best.into_iter().map(|index| narrowed[index]).collect())
}

/// Hardware in all.
pub(super) fn total<'a>(all: impl IntoIterator<Item = &'a Choice<'a>>) -> Capacity {
    all.into_iter().map(|it| it.capacity).sum()
}

/// Of spare servers that only their names tell apart, no more than `most` can ever be needed: the first by name.
fn narrow(free: &[Choice<'_>], most: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..free.len()).collect();
    order.sort_by_key(|index| free[*index].name);
    let mut taken: BTreeMap<(u32, Bytes, Option<&str>), usize> = BTreeMap::new();
    order.retain(|index| {
        let it = &free[*index];
        let alike = taken
            .entry((it.capacity.cores, it.capacity.memory, it.zone))
            .or_default();
        *alike += usize::from(!it.member);
        it.member || *alike <= most
    });
    order
}

/// The workers after the moves.
pub(super) fn after<'a>(
    wish: &Wish<'_, 'a>,
    free: &[Choice<'a>],
    moves: &BTreeSet<usize>,
) -> Vec<Choice<'a>> {
    let stay = free
        .iter()
        .enumerate()
        .filter(|(index, it)| it.member != moves.contains(index))
        .map(|(_, it)| *it);
    wish.kept.iter().copied().chain(stay).collect()
}

/// True when these moves are allowed at all.
pub(super) fn allowed(wish: &Wish<'_, '_>, free: &[Choice<'_>], moves: &BTreeSet<usize>) -> bool {
    let sum = total(&after(wish, free, moves));
    if !sum.covers(wish.floor) || (!wish.lowers && moves.iter().any(|index| free[*index].member)) {
        return false;
    }
    let spare = sum.less(wish.floor);
    // What was brought in and could go again is never worth its move, lowered or not.
    !free.iter().enumerate().any(|(index, it)| {
        let stays = it.member != moves.contains(&index);
        stays && (wish.lowers || !it.member) && spare.covers(it.capacity)
    })
}

/// How good these moves are.
pub(super) fn merit<'a>(
    wish: &Wish<'_, 'a>,
    free: &[Choice<'a>],
    moves: &BTreeSet<usize>,
    worth: Worth,
) -> Merit<'a> {
    let workers = after(wish, free, moves);
    let sum = total(&workers);
    let mut names: Vec<&ServerName> = workers.iter().map(|it| it.name).collect();
    names.sort_unstable();
    Merit {
        moved: moves.len(),
        off: worth.off(sum, wish.asked),
        apart: apart(&workers, worth),
        crowd: crowd(&workers),
        workers: names,
    }
}

fn apart(workers: &[Choice<'_>], worth: Worth) -> u128 {
    let cores = || workers.iter().map(|it| it.capacity.cores);
    let memory = || workers.iter().map(|it| it.capacity.memory);
    let largest = Capacity::new(
        cores().max().unwrap_or_default(),
        memory().max().unwrap_or_default(),
    );
    let smallest = Capacity::new(
        cores().min().unwrap_or_default(),
        memory().min().unwrap_or_default(),
    );
    worth.of_capacity(largest.less(smallest))
}

fn crowd(workers: &[Choice<'_>]) -> usize {
    let mut zones: Vec<&str> = workers.iter().filter_map(|it| it.zone).collect();
    zones.sort_unstable();
    zones
        .chunk_by(|a, b| a == b)
        .map(<[&str]>::len)
        .max()
        .unwrap_or(0)
}
