//! Amounts, ages and clocks as people read them. Unknown is `-`, never 0.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::deck::world::{Figure, World};

/// An age below this is not drawn: it would only be a digit that changes.
const FRESH: SignedDuration = SignedDuration::from_secs(20);

/// `40s`, `4m`, `3h`, `12d`. Seconds go by tens, so that a quiet screen stays quiet.
#[must_use]
pub fn age(of: SignedDuration) -> String {
    let seconds = of.as_secs().max(0);
    match seconds {
        0..60 => format!("{}s", seconds / 10 * 10),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The age of knowledge: nothing while it is fresh, `-` when there is none.
#[must_use]
pub fn staleness(seen: Option<Timestamp>, now: Timestamp) -> String {
    match seen {
        None => "-".to_owned(),
        Some(at) if now.duration_since(at) < FRESH => String::new(),
        Some(at) => age(now.duration_since(at)),
    }
}

/// ` 40s ago`, with a blank in front; nothing while it is fresh, for that would be a digit that changes.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    match staleness(Some(at), now) {
        fresh if fresh.is_empty() => fresh,
        age => format!(" {age} ago"),
    }
}

/// `12s`, `3m12s`, `1h04m`: how long something takes.
#[must_use]
pub fn elapsed(of: SignedDuration) -> String {
    let seconds = of.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// `12:41:07` of the person's zone.
#[must_use]
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%H:%M:%S").to_string()
}

/// `12:41` today, `12 Dec 12:41` on other days.
#[must_use]
pub fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today) = (zone.to_datetime(at), zone.to_datetime(now));
    let form = if then.date() == today.date() {
        "%H:%M"
    } else {
        "%-d %b %H:%M"
    };
    then.strftime(form).to_string()
}

/// An amount of a unit: whole from ten on, with one digit behind the point below.
#[must_use]
pub fn amount(value: u64, unit: u64) -> String {
    if value >= unit * 10 || value.is_multiple_of(unit) {
        ((value + unit / 2) / unit).to_string()
    } else {
        let tenths = (value * 10 + unit / 2) / unit;
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

/// A figure of thousandths of a CPU; `?` behind it when a part is not known.
#[must_use]
pub fn cpus(figure: Option<Figure>) -> String {
    of_unit(figure, 1000)
}

/// A figure of bytes in GiB.
#[must_use]
pub fn gib(figure: Option<Figure>) -> String {
    of_unit(figure, 1 << 30)
}

fn of_unit(figure: Option<Figure>, unit: u64) -> String {
    figure.map_or_else(
        || "-".to_owned(),
        |figure| {
            let mark = if figure.partial { "?" } else { "" };
            format!("{}{mark}", amount(figure.value, unit))
        },
    )
}

/// `1 server`, `2 servers`.
#[must_use]
pub fn count(n: usize, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {one}s")
    }
}

/// `spare 5 servers, not usable 3`: the two counts of home, in its words, wherever they are said.
#[must_use]
pub fn spares(world: &World) -> String {
    let spare = count(world.spare.0, "server");
    match world.unusable.1 {
        0 => format!("spare {spare}"),
        out => format!("spare {spare}, not usable {out}"),
    }
}

/// The first `width` characters, the last of them `…` when something was cut.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// With a capital letter in front.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Lines of at most `width` characters, broken between words where there is a word to break at.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut word = word;
        let length = |text: &str| text.chars().count();
        if !line.is_empty() && length(&line) + 1 + length(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        while length(word) > width && width > 0 {
            let at = word
                .char_indices()
                .nth(width)
                .map_or(word.len(), |(at, _)| at);
            lines.push(word[..at].to_owned());
            word = &word[at..];
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_a_dash_and_what_is_partly_known_is_marked() {
        assert_eq!(cpus(None), "-");
        let figure = Figure {
            value: 41_000,
            partial: true,
        };
        assert_eq!(cpus(Some(figure)), "41?");
    }

    #[test]
    fn small_amounts_keep_a_digit_behind_the_point() {
        for (value, text) in [
            (0, "0"),
            (300, "0.3"),
            (9_949, "9.9"),
            (10_600, "11"),
            (96_000, "96"),
        ] {
            assert_eq!(amount(value, 1000), text);
        }
    }

    #[test]
    fn wrapping_breaks_between_words_and_loses_none() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 8), [""]);
    }

    #[test]
    fn fresh_knowledge_has_no_age_on_the_screen() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(9);
        assert_eq!(staleness(Some(now - SignedDuration::from_secs(3)), now), "");
        assert_eq!(
            staleness(Some(now - SignedDuration::from_secs(47)), now),
            "40s"
        );
        assert_eq!(staleness(None, now), "-");
    }
}
