//! Until when, as a person writes it: `2h`, `18:30`, `2026-11-23 08:00`.
//! Must never be a time that has gone, nor one that nobody remembers any more.

use std::fmt;

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{DateTime, Time},
    tz::TimeZone,
};

/// What lasts longer than a quarter of a year is no exception any more.
pub const FURTHEST: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How a time is written, for whoever has to write one.
pub const WRITTEN: &str = "2h, 30m, 3d, 18:30 or 2026-11-23 08:00";

/// Why a text is no time to wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UntilError {
    /// It is no time at all.
    NoTime(String),
    /// It has gone.
    Past(String),
    /// It is too far ahead.
    TooFar(String),
}

impl fmt::Display for UntilError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTime(text) => write!(
                f,
                "`{}` is no time\nhint: write {WRITTEN}",
                text.escape_debug()
            ),
            Self::Past(text) => write!(f, "`{text}` has gone\nhint: give a time that is ahead"),
            Self::TooFar(text) => write!(
                f,
                "`{text}` is more than 90 days ahead\nhint: give an earlier time, and another one when it is over"
            ),
        }
    }
}

impl std::error::Error for UntilError {}

/// Reads it. A time of day is the next one, today or tomorrow; days and times are those of the person's zone.
///
/// # Errors
/// [`UntilError`].
pub fn until(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, UntilError> {
    let text = text.trim();
    let none = || UntilError::NoTime(text.to_owned());
    let at = match span(text) {
        Some(span) if FURTHEST < span => return Err(UntilError::TooFar(text.to_owned())),
        Some(span) => now.checked_add(span).map_err(|_| none())?,
        None => moment(text, now, zone).ok_or_else(none)?,
    };
    match at.duration_since(now) {
        ahead if ahead <= SignedDuration::ZERO => Err(UntilError::Past(text.to_owned())),
        ahead if FURTHEST < ahead => Err(UntilError::TooFar(text.to_owned())),
        _ => Ok(at),
    }
}

/// `2h`, `1h30m`, `3d`: numbers, each with its unit.
fn span(text: &str) -> Option<SignedDuration> {
    let mut minutes = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        // Five digits of minutes are two months; a longer number is a slip.
        let number: i64 = (digits <= 5).then(|| rest[..digits].parse().ok())??;
        minutes += number
            * match rest[digits..].chars().next()? {
                'm' => 1,
                'h' => 60,
                'd' => 24 * 60,
                _ => return None,
            };
        rest = &rest[digits + 1..];
    }
    (!text.is_empty()).then(|| SignedDuration::from_mins(minutes))
}

fn moment(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let at = |civil: DateTime| civil.to_zoned(zone.clone()).ok().map(|it| it.timestamp());
    if text.contains('-') {
        return DateTime::strptime("%Y-%m-%d %H:%M", text).ok().and_then(at);
    }
    let time = Time::strptime("%H:%M", text).ok()?;
    let today = zone.to_datetime(now).date();
    let first = at(today.to_datetime(time))?;
    if now < first {
        return Some(first);
    }
    at(today.checked_add(1.day()).ok()?.to_datetime(time))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, UntilError> {
        let now: Timestamp = "2026-11-21T12:41:07Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        until(text, now, &zone).map(|at| at.to_string())
    }

    #[test]
    fn a_time_is_read_as_a_span_a_time_of_day_or_a_day_with_its_time() {
        for (text, at) in [
            ("30m", "2026-11-21T13:11:07Z"),
            ("2h", "2026-11-21T14:41:07Z"),
            (" 1h30m ", "2026-11-21T14:11:07Z"),
            ("3d", "2026-11-24T12:41:07Z"),
            ("18:30", "2026-11-21T17:30:00Z"),
            ("13:00", "2026-11-22T12:00:00Z"),
            ("2026-11-23 08:00", "2026-11-23T07:00:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(at), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_has_gone_or_is_too_far_is_refused_with_its_reason() {
        for text in [
            "",
            " ",
            "h",
            "2",
            "2x",
            "soon",
            "25:00",
            "18:3x",
            "2h30",
            "-2h",
            "123456m",
            "2026-13-01 08:00",
            "é",
        ] {
            assert_eq!(read(text), Err(UntilError::NoTime(text.trim().to_owned())));
        }
        for text in ["0m", "2026-11-21 13:41"] {
            assert_eq!(read(text), Err(UntilError::Past(text.to_owned())));
        }
        for text in ["91d", "99999h", "2027-11-23 08:00"] {
            assert_eq!(read(text), Err(UntilError::TooFar(text.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_lies_ahead_and_within_ninety_days(text in "[0-9]{0,6}[mhd:]?[0-9]{0,2}[mh]?") {
            let now: Timestamp = "2026-03-28T23:59:59Z".parse().unwrap();
            if let Ok(at) = until(&text, now, &TimeZone::UTC) {
                let ahead = at.duration_since(now);
                prop_assert!(SignedDuration::ZERO < ahead && ahead <= FURTHEST, "{text}: {ahead}");
            }
        }
    }
}
