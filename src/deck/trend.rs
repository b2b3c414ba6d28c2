//! How a pool's CPUs were used in the last minutes, as this deck saw it. It begins empty: what nobody saw is no line.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::world::Four;

/// Often enough for a rise to be seen, seldom enough for a quiet screen.
const EVERY: SignedDuration = SignedDuration::from_secs(30);
/// So many samples are five minutes.
pub const SAMPLES: usize = 10;
/// From nothing to all of it.
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The last samples of one pool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trend {
    /// Which of the eight steps; none where it was not known.
    samples: VecDeque<Option<usize>>,
    last: Option<Timestamp>,
}

impl Trend {
    /// Takes a reading in, when the last one is old enough.
    pub fn see(&mut self, cpus: &Four, now: Timestamp) {
        if self
            .last
            .is_some_and(|last| now.duration_since(last) < EVERY)
        {
            return;
        }
        self.last = Some(now);
        self.samples.push_back(step(cpus));
        while self.samples.len() > SAMPLES {
            self.samples.pop_front();
        }
    }

    /// One cell for each sample, the newest at the right.
    #[must_use]
    pub fn cells(&self) -> String {
        let samples = self.samples.iter();
        let line: String = samples
            .map(|sample| sample.map_or(' ', |step| STEPS[step]))
            .collect();
        format!("{line:>SAMPLES$}")
    }
}

/// Used of max, in eighths.
fn step(cpus: &Four) -> Option<usize> {
    let (used, max) = (cpus.used?.value, cpus.max?.value);
    let eighth = used.saturating_mul(8).checked_div(max)?;
    Some(usize::try_from(eighth).unwrap_or(7).min(7))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::world::Figure;

    fn four(used: Option<u64>) -> Four {
        let figure = |value| Figure {
            value,
            partial: false,
        };
        Four {
            used: used.map(figure),
            max: Some(figure(80)),
            ..Four::default()
        }
    }

    #[test]
    fn samples_are_half_a_minute_apart_and_what_was_not_known_is_a_gap() {
        let mut trend = Trend::default();
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        trend.see(&four(Some(0)), at(0));
        trend.see(&four(Some(80)), at(29));
        trend.see(&four(None), at(30));
        trend.see(&four(Some(45)), at(60));
        trend.see(&four(Some(100)), at(90));
        assert_eq!(trend.cells(), "      ▁ ▅█");
        for n in 4..40 {
            trend.see(&four(Some(10)), at(n * 30));
        }
        assert_eq!(trend.cells(), "▂▂▂▂▂▂▂▂▂▂");
    }
}
