//! Kubernetes' amounts: `250m`, `1.5`, `128Mi`, `12e6`.
//! Must never lose a thousandth: what is asked for is rounded up, as the scheduler does.

/// The amount in thousandths, rounded up; none for what is no amount, is negative or is beyond 2⁹⁶.
/// Source: apimachinery's resource.Quantity.
#[must_use]
pub fn thousandths(text: &str) -> Option<u128> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, suffix) = text.split_at(end.unwrap_or(text.len()));
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let mut part = part.trim_end_matches('0').to_owned();
    if whole.is_empty() && part.is_empty() && !number.contains('0') || number.len() > 30 {
        return None;
    }
    // What lies below a billionth of a billionth only rounds up.
    let rest = part.len() > 18;
    part.truncate(18);
    let digits: u128 = format!("0{whole}{part}").parse().ok()?;
    let digits = digits + u128::from(rest);
    let down = u32::try_from(part.len()).ok()?;
    let (times, ten) = unit(suffix)?;
    let up = ten + 3;
    let scaled = digits.checked_mul(times)?;
    if up >= 0 {
        let scaled = scaled.checked_mul(10_u128.checked_pow(up.unsigned_abs())?)?;
        Some(scaled.div_ceil(10_u128.pow(down)))
    } else {
        Some(scaled.div_ceil(10_u128.checked_pow(down + up.unsigned_abs())?))
    }
    .filter(|amount| *amount < 1 << 96)
}

/// What a suffix multiplies by: a factor and a power of ten.
fn unit(suffix: &str) -> Option<(u128, i32)> {
    Some(match suffix {
        "" => (1, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            (1, Some(exponent).filter(|exponent| exponent.abs() <= 18)?)
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::thousandths;

    #[test]
    fn amounts_are_read_as_kubernetes_writes_them() {
        for (text, wanted) in [
            ("250m", 250),
            ("1", 1_000),
            ("1.5", 1_500),
            (".5", 500),
            ("0", 0),
            ("2Gi", 2_147_483_648_000),
            ("1.5Gi", 1_610_612_736_000),
            ("128M", 128_000_000_000),
            ("12e6", 12_000_000_000),
            ("1E3", 1_000_000),
            ("1E", 1_000_000_000_000_000_000_000),
            ("128974848000m", 128_974_848_000),
            ("1n", 1),
            ("1500u", 2),
            ("0.0001", 1),
            ("5e-1", 500),
        ] {
            assert_eq!(thousandths(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in [
            "",
            ".",
            "m",
            "-1",
            "1x",
            "1e99",
            "1.2.3",
            "9999999999999999999999999E",
            "1 Gi",
        ] {
            assert_eq!(thousandths(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[0-9.eEmkKMGTPin+-]{0,45}|\\PC*") {
            let _amount = thousandths(&text);
        }
    }
}
