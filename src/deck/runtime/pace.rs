//! How often a picture is drawn: at once for a person, seldom for what changes by itself, hardly on a slow link.

use std::time::{Duration, Instant};

use crate::deck::Msg;

/// More pictures a second than these twenty nobody sees who presses keys.
const PERSON: Duration = Duration::from_millis(50);
/// What changes by itself is read at leisure.
const WORLD: Duration = Duration::from_millis(500);
/// On a slow link.
const SLOW: Duration = Duration::from_secs(1);

/// A frame that takes longer to write is longer on its way than a person waits without noticing.
const BLOCKED: Duration = Duration::from_millis(100);
/// One such frame is an accident; two within this time are a link.
const SOON: Duration = Duration::from_secs(10);
/// A link that was slow is believed to be well after so long without such a frame.
const WELL: Duration = Duration::from_secs(30);

/// Why a new picture is wanted; the greater reason counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Something changed by itself.
    World,
    /// A person did something, or the terminal is another.
    Person,
}

impl Why {
    /// Whom a message concerns: an answer to a person is as urgent as the key that asked for it.
    pub const fn of(msg: &Msg) -> Self {
        match msg {
            Msg::Key(_) | Msg::Paste(_) | Msg::Planned { .. } | Msg::Asked(_) | Msg::Taste(_) => {
                Self::Person
            }
            _ => Self::World,
        }
    }
}

/// When the last picture was drawn, and how the link is.
#[derive(Debug, Default)]
pub struct Pace {
    drawn: Option<Instant>,
    wanted: Option<Why>,
    told_slow: bool,
    slow: bool,
    blocked: Option<Instant>,
}

impl Pace {
    /// `slow`: a person said that the link is slow; then it stays so.
    pub fn new(slow: bool) -> Self {
        Self {
            told_slow: slow,
            slow,
            ..Self::default()
        }
    }

    /// A picture is wanted.
    pub fn want(&mut self, why: Why) {
        self.wanted = self.wanted.max(Some(why));
    }

    /// How long to wait until the picture that is wanted may be drawn; none when none is wanted.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        let pause = match self.wanted? {
            Why::Person => PERSON,
            Why::World if self.slow => SLOW,
            Why::World => WORLD,
        };
        let since = self.drawn.map(|at| now.duration_since(at));
        Some(since.map_or(Duration::ZERO, |since| pause.saturating_sub(since)))
    }

    /// It was drawn.
    pub fn drew(&mut self, now: Instant) {
        (self.drawn, self.wanted) = (Some(now), None);
    }

    /// A frame took so long to be written.
    pub fn wrote(&mut self, took: Duration, now: Instant) {
        if took > BLOCKED {
            let again = self.blocked.is_some_and(|at| now.duration_since(at) < SOON);
            self.slow |= again;
            self.blocked = Some(now);
        }
    }

    /// Whether the link is slow.
    pub fn is_slow(&mut self, now: Instant) -> bool {
        let well = self.blocked.is_none_or(|at| now.duration_since(at) > WELL);
        self.slow &= self.told_slow || !well;
        self.slow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_key_is_answered_at_once_and_what_changes_by_itself_twice_a_second() {
        let begin = Instant::now();
        let mut pace = Pace::new(false);
        assert_eq!(pace.wait(begin), None);
        pace.want(Why::World);
        assert_eq!(pace.wait(begin), Some(Duration::ZERO));
        pace.drew(begin);
        assert_eq!(pace.wait(begin + ms(9)), None);
        pace.want(Why::World);
        assert_eq!(pace.wait(begin + ms(100)), Some(ms(400)));
        pace.want(Why::Person);
        pace.want(Why::World);
        assert_eq!(pace.wait(begin + ms(100)), Some(Duration::ZERO));
        assert_eq!(pace.wait(begin + ms(20)), Some(ms(30)), "twenty a second");
    }

    #[test]
    fn the_answer_to_a_person_does_not_wait_for_the_world() {
        let answer = Msg::Planned {
            ticket: 1,
            plan: Err("no room".to_owned()),
        };
        assert_eq!(Why::of(&answer), Why::Person);
        assert_eq!(Why::of(&Msg::Asked(Ok(String::new()))), Why::Person);
        assert_eq!(Why::of(&Msg::StoreTrouble(String::new())), Why::World);
    }

    #[test]
    fn a_slow_link_gets_one_picture_a_second_but_a_key_is_answered_at_once() {
        let begin = Instant::now();
        let mut pace = Pace::new(true);
        pace.drew(begin);
        pace.want(Why::World);
        assert_eq!(pace.wait(begin + ms(600)), Some(ms(400)));
        pace.want(Why::Person);
        assert_eq!(pace.wait(begin + ms(600)), Some(Duration::ZERO));
        assert!(pace.is_slow(begin + WELL * 9), "a person said so");
    }

    #[test]
    fn one_blocked_frame_is_an_accident_two_are_a_link_and_half_a_minute_heals_it() {
        let begin = Instant::now();
        let mut pace = Pace::new(false);
        pace.wrote(ms(101), begin);
        assert!(!pace.is_slow(begin));
        pace.wrote(ms(500), begin + ms(11_000));
        assert!(!pace.is_slow(begin + ms(11_000)), "two accidents far apart");
        pace.wrote(ms(101), begin + ms(12_000));
        pace.wrote(ms(1), begin + ms(12_500));
        assert!(pace.is_slow(begin + ms(13_000)));
        assert!(pace.is_slow(begin + ms(12_000) + WELL));
        assert!(!pace.is_slow(begin + ms(12_001) + WELL));
    }
}
