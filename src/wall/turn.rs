//! What the wall does by the clock alone: which page, where the picture begins, when it is night. Pure functions of the time, so a wall
//! that was restarted, or has hung for a year, shows the same.

use jiff::{Timestamp, tz::TimeZone};

/// The picture moves by one cell so often, and is painted anew: a screen that shows the same for a year keeps it, and line noise heals.
pub const MOVE_SECONDS: i64 = 600;

/// The corners that the picture begins at, each one cell from the next.
const CORNERS: [(u16, u16); 4] = [(0, 0), (1, 0), (1, 1), (0, 1)];

/// Where the picture begins now.
#[must_use]
pub fn origin(now: Timestamp) -> (u16, u16) {
    CORNERS[place(now.as_second().div_euclid(MOVE_SECONDS), CORNERS.len())]
}

/// True when the whole screen is to be painted anew between the two.
#[must_use]
pub fn repaints(before: Timestamp, now: Timestamp) -> bool {
    before.as_second().div_euclid(MOVE_SECONDS) != now.as_second().div_euclid(MOVE_SECONDS)
}

/// The line with the clock is above in one hour and below in the next: nothing shines at one place for a year.
#[must_use]
pub fn clock_is_below(now: Timestamp) -> bool {
    now.as_second().div_euclid(3600).rem_euclid(2) == 1
}

/// Which page is shown, of those that are. While something is down only the first ones are, which hold it.
#[must_use]
pub fn page(now: Timestamp, every: u32, pages: usize, held: usize) -> usize {
    let shown = if held > 0 { held.min(pages) } else { pages };
    place(
        now.as_second().div_euclid(i64::from(every.max(1))),
        shown.max(1),
    )
}

/// When the next page has its turn.
#[must_use]
pub fn next_page(now: Timestamp, every: u32) -> Timestamp {
    let every = i64::from(every.max(1));
    let next = now.as_second().div_euclid(every).saturating_add(1);
    Timestamp::from_second(next.saturating_mul(every)).unwrap_or(now)
}

/// From nine in the evening to seven in the morning, where the wall hangs.
#[must_use]
pub fn is_night(now: Timestamp, zone: &TimeZone) -> bool {
    !(7..21).contains(&zone.to_datetime(now).hour())
}

fn place(turn: i64, of: usize) -> usize {
    let many = i64::try_from(of).unwrap_or(i64::MAX);
    usize::try_from(turn.rem_euclid(many)).unwrap_or(0)
}
