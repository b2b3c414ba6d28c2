//! When many servers vanish at once it is our own network, and nothing new starts.
//! Must never count who was gone before, nor end before they are back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::fleet::{ServerName, ServerSeen, TroubleKind};

/// More than this part of what was there, gone within [`LATELY`], is our own trouble, not theirs.
const PART: (usize, usize) = (1, 3);
/// Fewer are never a storm: two of four servers may well share a power strip.
const LEAST: usize = 3;
/// What vanishes within this time vanishes together; probes of a large fleet take half of it.
const LATELY: SignedDuration = SignedDuration::from_mins(1);

/// Those that vanished together and are not back yet.
#[derive(Debug, Default)]
pub struct Storm {
    vanished: BTreeSet<ServerName>,
}

impl Storm {
    /// Why nothing new starts; none when all is calm.
    pub fn look(
        &mut self,
        servers: &BTreeMap<ServerName, ServerSeen>,
        now: Timestamp,
    ) -> Option<String> {
        let known = servers.iter().filter(|(_, seen)| seen.seen.is_some());
        let (mut there, mut vanished) = (0_usize, BTreeSet::new());
        for (name, seen) in known {
            match gone_since(seen) {
                None => there += 1,
                Some(since)
                    if now.duration_since(since) < LATELY || self.vanished.contains(name) =>
                {
                    vanished.insert(name.clone());
                }
                // Switched off long ago: neither there nor vanished.
                Some(_) => (),
            }
        }
        let (gone, of) = (vanished.len(), there + vanished.len());
        let is_storm = LEAST <= gone && of * PART.0 < gone * PART.1;
        self.vanished = if is_storm { vanished } else { BTreeSet::new() };
        is_storm.then(|| {
            format!(
                "{gone} of {of} servers vanished at once: look at this host's own network first"
            )
        })
    }
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

    fn room(gone: &[(u32, i64)], of: u32) -> BTreeMap<ServerName, ServerSeen> {
        let server = |number: u32| {
            let trouble = gone.iter().find(|(it, _)| *it == number);
            let seen = ServerSeen {
                seen: Some(at(-MINUTE)),
                trouble: trouble.map(|(_, since)| Trouble {
                    kind: TroubleKind::Unreachable,
                    text: String::new(),
                    since: at(*since),
                }),
                ..ServerSeen::default()
            };
            (format!("s{number:02}").parse().unwrap(), seen)
        };
        (1..=of).map(server).collect()
    }

    #[test]
    fn a_storm_holds_until_they_are_back_however_long_it_takes() {
        let mut storm = Storm::default();
        let four = [(1, 0), (2, 1), (3, 2), (4, 3)];
        assert!(storm.look(&room(&four, 9), at(5)).is_some());
        assert!(storm.look(&room(&four, 9), at(60 * MINUTE)).is_some());
        assert_eq!(storm.look(&room(&four[..2], 9), at(61 * MINUTE)), None);
        let word = storm.look(&room(&four, 9), at(62 * MINUTE));
        assert_eq!(
            word, None,
            "it is over, and they have been gone for an hour"
        );
    }

    #[test]
    fn a_storm_counts_nobody_who_was_gone_before() {
        let mut storm = Storm::default();
        let off = [(1, -9 * MINUTE), (2, -9 * MINUTE), (3, -9 * MINUTE)];
        assert_eq!(storm.look(&room(&off, 8), at(0)), None);
        let all = [off.as_slice(), &[(4, 0), (5, 0), (6, 0)]].concat();
        let word = storm.look(&room(&all, 8), at(1)).unwrap();
        assert!(word.starts_with("3 of 5 servers"), "{word}");
        assert_eq!(storm.look(&room(&off, 8), at(9 * MINUTE)), None);
    }

    #[test]
    fn two_servers_are_no_storm_and_a_third_of_the_room_is_none() {
        let mut storm = Storm::default();
        assert_eq!(storm.look(&room(&[(1, 0), (2, 0)], 3), at(1)), None);
        let third = [(1, 0), (2, 0), (3, 0)];
        assert_eq!(storm.look(&room(&third, 9), at(1)), None);
    }
}
