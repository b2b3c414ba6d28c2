//! Names as a YAML 1.1 reader (Ansible's) sees them.
//! Must never let through a name that another reader takes for something else.

use super::yaml::Key;

const BOOLEANS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];

/// Why a key is no name to a YAML 1.1 reader, or none.
pub(super) fn not_a_name(key: &Key) -> Option<&'static str> {
    let lower = key.text.to_ascii_lowercase();
    if BOOLEANS.contains(&lower.as_str()) {
        return Some("a boolean");
    }
    if !key.plain {
        return None;
    }
    if matches!(lower.as_str(), "" | "~" | "null") {
        return Some("nothing");
    }
    let number = lower.trim_start_matches(['-', '+']);
    let radix = number.starts_with("0x") && number[2..].bytes().all(|b| b.is_ascii_hexdigit());
    let digits = number.starts_with(|c: char| c.is_ascii_digit())
        && number
            .bytes()
            .all(|b| b.is_ascii_digit() || b"_.:".contains(&b))
        && number.bytes().filter(|b| *b == b'.').count() < 2;
    (radix || digits).then_some("a number")
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use super::{super::yaml::At, *};

    fn key(text: &str, plain: bool) -> Key {
        Key {
            at: At::file(&Arc::from(Path::new("x"))),
            text: text.to_owned(),
            plain,
        }
    }

    #[test]
    fn booleans_are_no_names_even_in_quotes_because_the_next_writer_leaves_them_off() {
        for text in ["no", "NO", "y", "On", "off", "true"] {
            assert!(not_a_name(&key(text, true)).is_some(), "{text}");
            assert!(not_a_name(&key(text, false)).is_some(), "{text}");
        }
    }

    #[test]
    fn bare_numbers_are_no_names_but_quoted_ones_and_addresses_are() {
        for text in ["12", "1_000", "0x1f", "1.5", "~", "12:30", "-7"] {
            assert!(not_a_name(&key(text, true)).is_some(), "{text}");
            assert!(not_a_name(&key(text, false)).is_none(), "{text}");
        }
        for text in ["s01", "10.0.0.5", "nodes", "0xen", "1a"] {
            assert!(not_a_name(&key(text, true)).is_none(), "{text}");
        }
    }
}
