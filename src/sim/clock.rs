//! The rack's time: tokio's, so that it is real in the demo and stands still between events in tests.
//! Must never read the wall clock.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Time in the rack.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Timestamp,
    began: Instant,
    pace: u32,
}

impl Clock {
    /// Begins now, at `start`. Work takes a `pace`-th of its time; the clock itself is never bent.
    #[must_use]
    pub fn starting(start: Timestamp, pace: u32) -> Self {
        Self {
            start,
            began: Instant::now(),
            pace: pace.max(1),
        }
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.start
            .checked_add(self.began.elapsed())
            .unwrap_or(Timestamp::MAX)
    }

    /// Lets work of that length pass.
    pub async fn work(&self, length: Duration) {
        tokio::time::sleep(self.paced(length)).await;
    }

    /// How long work of that length takes here.
    #[must_use]
    pub fn paced(&self, length: Duration) -> Duration {
        length / self.pace
    }
}
