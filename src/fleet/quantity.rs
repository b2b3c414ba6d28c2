//! Amounts of memory and CPUs as people write them, and steps with a sign.
//! Must never guess a unit: a bare number of memory is an error.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

const GIB: u64 = 1 << 30;

/// Units that an amount is written in.
const UNITS: [(&str, u64); 8] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", GIB),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// An amount of memory or disk in bytes.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// `n` GiB (2³⁰ bytes each).
    #[must_use]
    pub const fn gib(n: u64) -> Self {
        Self(n * GIB)
    }

    /// The amount in GiB, for display only.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a display value; 2⁵³ bytes is 8 PiB"
    )]
    pub fn as_gib(self) -> f64 {
        self.0 as f64 / GIB as f64
    }
}

impl Bytes {
    /// Not more than it, and short enough to type.
    #[must_use]
    pub const fn whole_mib(self) -> Self {
        Self(self.0 >> 20 << 20)
    }

    /// In the unit that needs the smallest whole number, so that reading it gives the same amount: `128GB`, `48GiB`.
    #[must_use]
    pub fn exact(self) -> String {
        let whole = UNITS
            .into_iter()
            .filter(|(_, unit)| self.0.is_multiple_of(*unit))
            .max_by_key(|(_, unit)| *unit);
        match whole {
            Some((name, unit)) => format!("{}{name}", self.0 / unit),
            None => format!("{}.{:03}kB", self.0 / 1000, self.0 % 1000),
        }
    }
}

impl fmt::Display for Bytes {
    /// GiB with one digit behind the point, or none when it is whole: `250.8 GiB`, `48 GiB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gib = self.as_gib();
        if (gib - gib.round()).abs() < 0.05 {
            write!(f, "{gib:.0} GiB")
        } else {
            write!(f, "{gib:.1} GiB")
        }
    }
}

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// No number in front.
    #[error("`{0}` is not an amount\nhint: write a number and a unit, such as `48GiB` or `48GB`")]
    NotANumber(String),
    /// Memory without a unit, or with one that is not known.
    #[error(
        "`{0}` has no unit that is known\nhint: `48GiB` and `48Gi` are 48 × 2³⁰ bytes, `48GB` and `48G` are 48 × 10⁹; M and T work alike"
    )]
    Unit(String),
    /// More than fits.
    #[error("`{0}` is too large\nhint: give a total below 8 EiB")]
    TooLarge(String),
}

impl FromStr for Bytes {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let factor: u64 = match unit.trim() {
            "Ki" | "KiB" => 1 << 10,
            "Mi" | "MiB" => 1 << 20,
            "Gi" | "GiB" => GIB,
            "Ti" | "TiB" => 1 << 40,
            "k" | "K" | "kB" | "KB" => 1_000,
            "M" | "MB" => 1_000_000,
            "G" | "GB" => 1_000_000_000,
            "T" | "TB" => 1_000_000_000_000,
            _ if number.is_empty() => return Err(QuantityError::NotANumber(text.to_owned())),
            _ => return Err(QuantityError::Unit(text.to_owned())),
        };
        decimal(number, factor)
            .ok_or_else(|| {
                if number.bytes().filter(|b| *b == b'.').count() > 1 || number.starts_with('.') {
                    QuantityError::NotANumber(text.to_owned())
                } else {
                    QuantityError::TooLarge(text.to_owned())
                }
            })
            .map(Self)
    }
}

/// `number` × `factor` without a detour through floating point; none when it does not fit or is no decimal.
fn decimal(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 6 || fraction.contains('.') {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    let scale = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let fraction = if fraction.is_empty() {
        0
    } else {
        fraction.parse::<u64>().ok()?
    };
    let part = u128::from(fraction) * u128::from(factor) / u128::from(scale);
    let total = whole.checked_add(u64::try_from(part).ok()?)?;
    i64::try_from(total).ok()?;
    Some(total)
}

/// What is asked of one total: this much, or so much more or less than now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change<T> {
    /// The new total.
    To(T),
    /// This much more than now.
    More(T),
    /// This much less than now.
    Less(T),
}

impl<T: FromStr> FromStr for Change<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        match text.as_bytes().first() {
            Some(b'+') => text[1..].parse().map(Self::More),
            Some(b'-') => text[1..].parse().map(Self::Less),
            _ => text.parse().map(Self::To),
        }
    }
}

impl<T: Copy + Into<u64>> Change<T> {
    /// The new total that this change asks for, from the total of now; never below zero.
    #[must_use]
    pub fn total(self, now: u64) -> u64 {
        match self {
            Self::To(n) => n.into(),
            Self::More(n) => now.saturating_add(n.into()),
            Self::Less(n) => now.saturating_sub(n.into()),
        }
    }
}

impl From<Bytes> for u64 {
    fn from(bytes: Bytes) -> Self {
        bytes.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_with_an_i_are_powers_of_two_and_the_others_powers_of_ten() {
        for (text, bytes) in [
            ("48GiB", 48 * GIB),
            ("48Gi", 48 * GIB),
            ("48GB", 48_000_000_000),
            ("48G", 48_000_000_000),
            ("1.5 TiB", 3 << 39),
            ("512Mi", 512 << 20),
        ] {
            assert_eq!(text.parse::<Bytes>(), Ok(Bytes(bytes)), "{text}");
        }
    }

    #[test]
    fn an_exact_amount_reads_as_itself() {
        for (bytes, text) in [
            (128_000_000_000, "128GB"),
            (48 * GIB, "48GiB"),
            (3 << 39, "1536GiB"),
            (1_234_567, "1234.567kB"),
        ] {
            assert_eq!(Bytes(bytes).exact(), text);
            assert_eq!(text.parse(), Ok(Bytes(bytes)));
        }
        assert_eq!(Bytes(8_452_495_360).whole_mib().exact(), "8060MiB");
    }

    #[test]
    fn memory_without_a_unit_is_an_error_and_never_a_guess() {
        for bad in [
            "48",
            "48 GG",
            "",
            "GiB",
            "1.2.3GiB",
            "-4GiB",
            "99999999999TiB",
        ] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_sign_makes_a_step_and_a_step_below_zero_stops_there() {
        assert_eq!("+8".parse::<Change<u32>>(), Ok(Change::More(8)));
        assert_eq!(
            "-16GiB".parse::<Change<Bytes>>(),
            Ok(Change::Less(Bytes::gib(16)))
        );
        assert_eq!(Change::Less(Bytes(9)).total(4), 0);
        assert_eq!(Change::To(7_u32).total(100), 7);
    }
}
