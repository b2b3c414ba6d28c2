//! When many servers vanish at once it is our own network, and nothing new starts until they are back.
//! Must never count who was gone before, and never hold for ever: what stays gone is gone.

use jiff::{SignedDuration, Timestamp};

use crate::fleet::{ServerSeen, TroubleKind};

/// More than this part of what was there, gone within [`TOGETHER`], is our own trouble, not theirs.
const PART: (usize, usize) = (1, 3);
/// Fewer are never a storm: two of four servers may well share a power strip.
const LEAST: usize = 3;
/// What vanishes within this time vanishes together: a thousand servers are looked at in a third of it.
const TOGETHER: SignedDuration = SignedDuration::from_mins(1);
/// Those that are not back by then are gone for good while the others answer: a rack that burned, and not our network.
const HOLDS: SignedDuration = SignedDuration::from_mins(15);

/// Why nothing new starts; none when all is calm. It is read from what is known alone, so that a new captain says the same.
#[must_use]
pub fn storm<'a>(servers: impl Iterator<Item = &'a ServerSeen>, now: Timestamp) -> Option<String> {
    let known: Vec<&ServerSeen> = servers.filter(|seen| seen.seen.is_some()).collect();
    let mut gone: Vec<Timestamp> = known.iter().filter_map(|seen| gone_since(seen)).collect();
    let there = known.len() - gone.len();
    // Switched off long ago: neither there nor vanished. Where nobody answers it is our own network, however long.
    gone.retain(|since| there == 0 || now.duration_since(*since) < HOLDS);
    gone.sort_unstable();
    let together = |from: usize| {
        let within = gone[from..].iter();
        within
            .take_while(|since| since.duration_since(gone[from]) < TOGETHER)
            .count()
    };
    let vanished = (0..gone.len()).map(together).max().unwrap_or(0);
    let of = there + gone.len();
    let is_storm = LEAST <= vanished && of * PART.0 < vanished * PART.1;
    is_storm.then(|| {
        let minutes = HOLDS.as_mins();
        format!(
            "{vanished} of {of} servers vanished at once: look at this host's own network first; it goes on when they are back, or after {minutes} min without them"
        )
    })
}

fn gone_since(seen: &ServerSeen) -> Option<Timestamp> {
    let trouble = seen.trouble.as_ref()?;
    let is_gone = matches!(
        trouble.kind,
        TroubleKind::Unreachable | TroubleKind::Disconnected
    );
    is_gone.then_some(trouble.since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Trouble;

    const MINUTE: i64 = 60;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    /// So many servers, those of them gone since then; what is said at that moment.
    fn said(gone: &[(u32, i64)], of: u32, now: i64) -> Option<String> {
        let server = |number: u32| {
            let trouble = gone.iter().find(|(it, _)| *it == number);
            ServerSeen {
                seen: Some(at(-MINUTE)),
                trouble: trouble.map(|(_, since)| Trouble {
                    kind: TroubleKind::Unreachable,
                    text: String::new(),
                    since: at(*since),
                }),
                ..ServerSeen::default()
            }
        };
        let all: Vec<ServerSeen> = (1..=of).map(server).collect();
        storm(all.iter(), at(now))
    }

    const FOUR: [(u32, i64); 4] = [(1, 0), (2, 1), (3, 2), (4, 3)];

    #[test]
    fn a_storm_holds_until_they_are_back_whoever_asks() {
        assert!(said(&FOUR, 9, 5).is_some());
        assert!(said(&FOUR, 9, 14 * MINUTE).is_some());
        assert_eq!(said(&FOUR[..2], 9, 14 * MINUTE), None);
    }

    #[test]
    fn what_stays_gone_while_the_others_answer_is_gone() {
        assert_eq!(said(&FOUR, 9, 16 * MINUTE), None);
    }

    #[test]
    fn where_nobody_answers_it_is_our_own_network_however_long() {
        let all = [(1, 0), (2, 1), (3, 2)];
        assert!(said(&all, 3, 600 * MINUTE).is_some());
    }

    #[test]
    fn a_storm_counts_nobody_who_was_gone_before() {
        let off = [(1, -60 * MINUTE), (2, -60 * MINUTE), (3, -60 * MINUTE)];
        assert_eq!(said(&off, 8, 0), None);
        let all = [off.as_slice(), &[(4, 0), (5, 0), (6, 0)]].concat();
        let word = said(&all, 8, 1).unwrap();
        assert!(word.starts_with("3 of 5 servers"), "{word}");
    }

    #[test]
    fn those_that_vanish_one_by_one_are_no_storm_nor_is_a_third_of_the_room() {
        let slowly = [(1, 0), (2, 2 * MINUTE), (3, 4 * MINUTE), (4, 6 * MINUTE)];
        assert_eq!(said(&slowly, 9, 7 * MINUTE), None);
        assert_eq!(said(&FOUR[..2], 3, 3), None);
        assert_eq!(said(&FOUR[..3], 9, 3), None);
    }
}
