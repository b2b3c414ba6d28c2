//! Values as people read them.
//! Must never turn what is unknown into a number.

use jiff::{SignedDuration, Timestamp};

use crate::fleet::Bytes;

/// `2s`, `4m`, `3h`, `9d`: how old something is.
#[must_use]
pub fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        ..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `23 Nov 18:30`, in this machine's zone: until when something holds.
#[must_use]
pub fn until(at: Timestamp) -> String {
    let here = at.to_zoned(jiff::tz::TimeZone::system());
    here.strftime("%-d %b %H:%M").to_string()
}

/// `1m02s`: how long something took.
#[must_use]
pub fn took(from: Timestamp, to: Timestamp) -> String {
    let span: SignedDuration = to.duration_since(from);
    let seconds = span.as_secs().max(0);
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// GiB without its unit, which stands in the heading: `250.8`, `48`.
#[must_use]
pub fn gib(bytes: Bytes) -> String {
    bytes.to_string().replace(" GiB", "")
}

/// What is there, or nothing, which a table shows as `-`.
pub fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// The first line of a text that has a `hint:` on its second.
#[must_use]
pub fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
