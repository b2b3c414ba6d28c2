//! Branch and bound over the moves: exact within its budget. Few moves are tried before many; a branch that cannot reach the floor,
//! or cannot come closer to it than the best so far, is left.
//! Must never look at a clock: the budget is counted in branches, so that the same input gives the same answer.

use std::collections::BTreeSet;

use super::{Choice, Merit, Wish, Worth, allowed, merit, total};
use crate::fleet::{Bytes, Capacity};

/// Branches that are looked at before the best so far is taken: a few milliseconds. Ten free servers have 1,024.
const BUDGET: u32 = 60_000;

/// The best set of moves that the budget allows to find, never worse than `first`, which must be allowed.
pub(super) fn improve(
    wish: &Wish<'_, '_>,
    free: &[Choice<'_>],
    worth: Worth,
    first: BTreeSet<usize>,
) -> BTreeSet<usize> {
    let mut search = Search::new(wish, free, worth, first);
    for moves in 0..=search.best.0.moved {
        if search.too_few(moves) {
            continue;
        }
        search.branch(0, moves, &mut Vec::new(), search.base);
        if search.budget == 0 || search.best.0.moved == moves {
            break;
        }
    }
    search.best.1
}

/// One free server, with what moving it does to the pool's worth.
struct Item {
    index: usize,
    gain: i128,
}

struct Search<'s, 'a> {
    wish: &'s Wish<'s, 'a>,
    free: &'s [Choice<'a>],
    worth: Worth,
    /// Largest gain first; of equals the one that is preferred first.
    items: Vec<Item>,
    /// `gained[n]`: gains of the first n items.
    gained: Vec<i128>,
    /// The workers' hardware before any move.
    base: Capacity,
    spare: Most,
    members: Most,
    /// Worth of the floor, and of what was asked.
    floor: i128,
    asked: i128,
    best: (Merit<'a>, BTreeSet<usize>),
    budget: u32,
}

impl<'s, 'a> Search<'s, 'a> {
    fn new(
        wish: &'s Wish<'s, 'a>,
        free: &'s [Choice<'a>],
        worth: Worth,
        first: BTreeSet<usize>,
    ) -> Self {
        let mut items: Vec<Item> = free
            .iter()
            .enumerate()
            .filter(|(_, it)| wish.lowers || !it.member)
            .map(|(index, it)| Item {
                index,
                gain: gain(it, worth),
            })
            .collect();
        items.sort_by(|a, b| b.gain.cmp(&a.gain).then_with(|| prefer(free, a, b)));
        let gained = std::iter::once(0)
            .chain(items.iter().scan(0, |sum, item| {
                *sum += item.gain;
                Some(*sum)
            }))
            .collect();
        Self {
            spare: Most::of(free.iter().filter(|it| !it.member)),
            members: Most::of(free.iter().filter(|it| it.member)),
            base: total(&super::after(wish, free, &BTreeSet::new())),
            floor: signed(worth.of_capacity(wish.floor)),
            asked: signed(worth.of_capacity(wish.asked)),
            best: (merit(wish, free, &first, worth), first),
            budget: BUDGET,
            wish,
            free,
            worth,
            items,
            gained,
        }
    }

    /// True when so few moves cannot reach the floor, or must leave a server that could go.
    fn too_few(&self, moves: usize) -> bool {
        if !(self.base + self.spare.most(moves)).covers(self.wish.floor) {
            return true;
        }
        if !self.wish.lowers || self.members.count() <= moves {
            return false;
        }
        let left = self
            .base
            .less(self.wish.floor)
            .less(self.members.most(moves));
        self.base.covers(self.wish.floor) && left.covers(self.members.most(1))
    }

    /// Tries every set of `rest` more moves from item `from` on.
    fn branch(&mut self, from: usize, rest: usize, chosen: &mut Vec<usize>, sum: Capacity) {
        if rest == 0 {
            self.leaf(chosen, sum);
            return;
        }
        let worth = signed(self.worth.of_capacity(sum));
        let count = self.items.len();
        let least = self.gained[count] - self.gained[(count + 1).saturating_sub(rest)];
        for at in from..(count + 1).saturating_sub(rest) {
            let most = self.gained[at + rest] - self.gained[at];
            if self.budget == 0 || worth + most < self.floor {
                return;
            }
            let closest = worth + self.items[at].gain + least - self.asked;
            let again = at > from && self.same(at - 1, at);
            if again || self.is_hopeless(chosen.len() + rest, closest) {
                continue;
            }
            self.budget -= 1;
            let index = self.items[at].index;
            let it = &self.free[index];
            let next = if it.member {
                sum.less(it.capacity)
            } else {
                sum + it.capacity
            };
            // Servers that go come after those that come: from here on it only gets less.
            if it.member && !next.covers(self.wish.floor) {
                continue;
            }
            chosen.push(index);
            self.branch(at + 1, rest - 1, chosen, next);
            chosen.pop();
        }
    }

    /// True when sets of this many moves, at least so far above what was asked, cannot be better than the best.
    fn is_hopeless(&self, moved: usize, above: i128) -> bool {
        let best = &self.best.0;
        moved > best.moved || (moved == best.moved && above > signed(best.off))
    }

    fn leaf(&mut self, chosen: &[usize], sum: Capacity) {
        if !sum.covers(self.wish.floor) {
            return;
        }
        let off = signed(self.worth.off(sum, self.wish.asked));
        if self.is_hopeless(chosen.len(), off) {
            return;
        }
        // A leaf looks at every server, a branch at one.
        let cost = u32::try_from(self.free.len() / 8).unwrap_or(u32::MAX);
        self.budget = self.budget.saturating_sub(cost);
        let moves: BTreeSet<usize> = chosen.iter().copied().collect();
        if !allowed(self.wish, self.free, &moves) {
            return;
        }
        let merit = merit(self.wish, self.free, &moves, self.worth);
        if merit < self.best.0 {
            self.best = (merit, moves);
        }
    }

    /// Two items of which only the name differs: whoever leaves the first leaves the second as well.
    fn same(&self, one: usize, other: usize) -> bool {
        let (a, b) = (
            &self.free[self.items[one].index],
            &self.free[self.items[other].index],
        );
        a.member == b.member && a.capacity == b.capacity && a.zone == b.zone
    }
}

/// What so many servers of a kind have at most: cores and memory each for itself, so that it is a bound and seldom a set.
struct Most {
    /// Sums of the largest, the first being of none.
    cores: Vec<u32>,
    memory: Vec<u64>,
}

impl Most {
    fn of<'c>(all: impl Iterator<Item = &'c Choice<'c>> + Clone) -> Self {
        let mut cores: Vec<u32> = all.clone().map(|it| it.capacity.cores).collect();
        let mut memory: Vec<u64> = all.map(|it| it.capacity.memory.0).collect();
        cores.sort_unstable_by(|a, b| b.cmp(a));
        memory.sort_unstable_by(|a, b| b.cmp(a));
        cores.insert(0, 0);
        memory.insert(0, 0);
        for at in 1..cores.len() {
            cores[at] = cores[at].saturating_add(cores[at - 1]);
            memory[at] = memory[at].saturating_add(memory[at - 1]);
        }
        Self { cores, memory }
    }

    fn count(&self) -> usize {
        self.cores.len() - 1
    }

    fn most(&self, servers: usize) -> Capacity {
        let at = servers.min(self.count());
        Capacity::new(self.cores[at], Bytes(self.memory[at]))
    }
}

fn gain(it: &Choice<'_>, worth: Worth) -> i128 {
    let worth = signed(worth.of_capacity(it.capacity));
    if it.member { -worth } else { worth }
}

fn signed(worth: u128) -> i128 {
    i128::try_from(worth).unwrap_or(i128::MAX / 4)
}

/// Of equals the first is preferred: the first name comes, the last name goes.
fn prefer(free: &[Choice<'_>], a: &Item, b: &Item) -> std::cmp::Ordering {
    let key = |item: &Item| {
        let it = &free[item.index];
        (it.member, it.capacity.cores, it.capacity.memory, it.zone)
    };
    let (one, other) = (free[a.index].name, free[b.index].name);
    key(a).cmp(&key(b)).then_with(|| {
        if free[a.index].member {
            other.cmp(one)
        } else {
            one.cmp(other)
        }
    })
}
