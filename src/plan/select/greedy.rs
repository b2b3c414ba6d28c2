//! A good set at once: bring in what covers most of what is missing, let go what is too much, largest first.
//! Must never end with a set that is not allowed.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{Choice, Wish, Worth, after, allowed, merit, total};
use crate::fleet::Capacity;

/// Swaps are looked for this often over the whole set; each pass is servers moved × servers free.
const PASSES: usize = 4;
/// Swaps beyond this many pairs cost more than they bring.
const PAIRS: usize = 20_000;

/// A first answer for a floor that all servers together reach.
pub(super) fn moves(wish: &Wish<'_, '_>, free: &[Choice<'_>], worth: Worth) -> BTreeSet<usize> {
    let mut moves = BTreeSet::new();
    bring(wish, free, worth, &mut moves);
    release(wish, free, worth, &mut moves);
    moves
}

/// Brings in the server that covers most of what is missing, and of equals the smallest, in the zone with the fewest,
/// until nothing is missing.
fn bring(wish: &Wish<'_, '_>, free: &[Choice<'_>], worth: Worth, moves: &mut BTreeSet<usize>) {
    let workers = after(wish, free, moves);
    let mut sum = total(&workers);
    let mut zones: BTreeMap<&str, usize> = BTreeMap::new();
    for zone in workers.iter().filter_map(|it| it.zone) {
        *zones.entry(zone).or_default() += 1;
    }
    loop {
        let missing = wish.floor.less(sum);
        if missing == Capacity::default() {
            return;
        }
        let useful = |it: &Choice<'_>| {
            worth.of_capacity(Capacity::new(
                it.capacity.cores.min(missing.cores),
                it.capacity.memory.min(missing.memory),
            ))
        };
        let crowd = |it: &Choice<'_>| it.zone.and_then(|zone| zones.get(zone)).copied();
        let Some((next, it)) = free
            .iter()
            .enumerate()
            .filter(|(index, it)| !it.member && !moves.contains(index))
            .max_by_key(|(_, it)| {
                (
                    useful(it),
                    Reverse(worth.of_capacity(it.capacity)),
                    Reverse(crowd(it)),
                    Reverse(it.name),
                )
            })
        else {
            return;
        };
        moves.insert(next);
        sum = sum + it.capacity;
        if let Some(zone) = it.zone {
            *zones.entry(zone).or_default() += 1;
        }
    }
}

/// Lets go what could go: what was brought in and proved needless, then, for a wish that lowers, members, the largest first.
fn release(wish: &Wish<'_, '_>, free: &[Choice<'_>], worth: Worth, moves: &mut BTreeSet<usize>) {
    let mut sum = total(&after(wish, free, moves));
    loop {
        let spare = sum.less(wish.floor);
        let Some((index, it)) = free
            .iter()
            .enumerate()
            .filter(|(index, it)| {
                it.member != moves.contains(index)
                    && (wish.lowers || !it.member)
                    && spare.covers(it.capacity)
            })
            .max_by_key(|(_, it)| (!it.member, worth.of_capacity(it.capacity), it.name))
        else {
            return;
        };
        if !moves.remove(&index) {
            moves.insert(index);
        }
        sum = sum.less(it.capacity);
    }
}

/// Exchanges one moved server for one that is not, while that makes the set better.
pub(super) fn swap(
    wish: &Wish<'_, '_>,
    free: &[Choice<'_>],
    worth: Worth,
    moves: &mut BTreeSet<usize>,
) {
    if moves.len() * free.len() > PAIRS {
        return;
    }
    let mut best = merit(wish, free, moves, worth);
    let mut sum = total(&after(wish, free, moves));
    for _ in 0..PASSES {
        let before = moves.clone();
        for out in before.iter().copied() {
            for into in 0..free.len() {
                if moves.contains(&into) || free[into].member != free[out].member {
                    continue;
                }
                let (less, more) = if free[out].member {
                    (free[into], free[out])
                } else {
                    (free[out], free[into])
                };
                let next = (sum + more.capacity).less(less.capacity);
                if !next.covers(wish.floor) || worth.off(next, wish.asked) > best.off {
                    continue;
                }
                let mut other = moves.clone();
                other.remove(&out);
                other.insert(into);
                let merit = merit(wish, free, &other, worth);
                if merit < best && allowed(wish, free, &other) {
                    (best, sum, *moves) = (merit, next, other);
                    break;
                }
            }
        }
        if *moves == before {
            return;
        }
    }
}
