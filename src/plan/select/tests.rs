//! Selection against every subset: what the search finds is the best there is.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Choice, Merit, Wish, Worth, allowed, greedy, merit, search, select, total};
use crate::fleet::{Bytes, Capacity, ServerName};

/// A server as proptest makes it: size, zone, member.
type Made = (u32, u64, u8, bool);

fn servers(most: usize) -> impl Strategy<Value = Vec<Made>> {
    // Few sizes, so that many sets are equally good and the later criteria decide.
    let one = (1_u32..6, 1_u64..6, 0_u8..3, any::<bool>());
    proptest::collection::vec(one, 1..=most)
}

fn names(count: usize) -> Vec<ServerName> {
    let name = |n: usize| format!("s{n:02}").parse().unwrap();
    (0..count).map(name).collect()
}

fn choices<'a>(made: &[Made], names: &'a [ServerName]) -> Vec<Choice<'a>> {
    const ZONES: [Option<&str>; 3] = [None, Some("a"), Some("b")];
    let choice = |(name, (cores, gib, zone, member)): (&'a ServerName, &Made)| Choice {
        name,
        capacity: Capacity::new(cores * 4, Bytes::gib(gib * 8)),
        zone: ZONES[usize::from(*zone)],
        member: *member,
    };
    names.iter().zip(made).map(choice).collect()
}

/// Every subset, judged alone.
fn by_force<'a>(wish: &Wish<'_, 'a>, free: &[Choice<'a>]) -> Option<Merit<'a>> {
    let sets = (0_u32..1 << free.len()).map(|bits| {
        let taken = |index: &usize| bits & (1 << index) != 0;
        (0..free.len()).filter(taken).collect::<BTreeSet<usize>>()
    });
    let worth = Worth::of(wish.asked);
    let good = sets.filter(|moves| allowed(wish, free, moves));
    good.map(|moves| merit(wish, free, &moves, worth)).min()
}

fn floor(all: &[Choice<'_>], share: u64) -> Capacity {
    let sum = total(all);
    let part = |n: u64| n * share / 100;
    Capacity::new(
        u32::try_from(part(sum.cores.into())).unwrap(),
        Bytes(part(sum.memory.0)),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn ten_servers_are_chosen_as_by_trying_every_set(
        made in servers(10),
        cores in 0_u64..=110,
        memory in 0_u64..=110,
        lowers in any::<bool>(),
    ) {
        let names = names(made.len());
        let all = choices(&made, &names);
        let (kept, free): (Vec<_>, Vec<_>) = all.iter().partition(|it| it.member && !lowers);
        let asked = Capacity::new(floor(&all, cores).cores, floor(&all, memory).memory);
        let wish = Wish { asked, floor: asked, lowers, kept: &kept };
        let worth = Worth::of(asked);
        let found = select(&wish, &free).map(|moves| merit(&wish, &free, &moves, worth));
        prop_assert_eq!(found, by_force(&wish, &free));
    }

    #[test]
    fn greed_alone_is_always_allowed_and_the_search_never_makes_it_worse(
        made in servers(40),
        share in 0_u64..=100,
        lowers in any::<bool>(),
    ) {
        let names = names(made.len());
        let all = choices(&made, &names);
        let (kept, free): (Vec<_>, Vec<_>) = all.iter().partition(|it| it.member && !lowers);
        let asked = floor(&all, share);
        let wish = Wish { asked, floor: asked, lowers, kept: &kept };
        let worth = Worth::of(asked);
        let greedy = greedy::moves(&wish, &free, worth);
        prop_assert!(allowed(&wish, &free, &greedy));
        let best = search::improve(&wish, &free, worth, greedy.clone());
        prop_assert!(allowed(&wish, &free, &best));
        prop_assert!(merit(&wish, &free, &best, worth) <= merit(&wish, &free, &greedy, worth));
    }
}
