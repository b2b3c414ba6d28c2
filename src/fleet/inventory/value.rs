//! What a value means to the one who needs it: a text, a number, yes or no, an amount.
//! Must never guess: a template or a strange tag where a value is needed is an error that says so.

use std::{collections::BTreeMap, fmt::Display, net::IpAddr, str::FromStr};

use super::{
    Problem, split_hint,
    yaml::{Key, Node, Value},
};

/// Collects problems while values are read.
pub(super) type Problems = Vec<Problem>;

/// A scalar's text; none when it is nothing or encrypted (which stays somebody else's secret).
pub(super) fn text(key: &str, node: &Node, problems: &mut Problems) -> Option<String> {
    match &node.value {
        Value::Scalar { text, plain } => {
            if is_nothing(text, *plain) {
                return None;
            }

            if text.contains("{{") || text.contains("{%") {
                problems.push(Problem::new(
                    &node.at,
                    format!("`{key}` is a template, and pooldeck does not run templates"),
                    "write the value itself here",
                ));
                return None;
            }
            Some(text.clone())
        }
        // Which server it is must not be guessed from its name.
        Value::Tagged(tag) if tag.starts_with("!vault") && key == "ansible_host" => {
            problems.push(Problem::new(
                &node.at,
                format!("`{key}` is encrypted, and pooldeck never decrypts"),
                "write this one in the clear",
            ));
            None
        }
        Value::Tagged(tag) if tag.starts_with("!vault") => None,
        Value::Tagged(tag) => {
            problems.push(Problem::new(
                &node.at,
                format!("`{key}` has the tag `{tag}`, which is not known here"),
                "write the value without a tag",
            ));
            None
        }
        Value::List(_) | Value::Map(_) => {
            problems.push(Problem::new(
                &node.at,
                format!("`{key}` is a list or a mapping where one value belongs"),
                format!("write `{key}: VALUE`"),
            ));
            None
        }
    }
}

fn is_nothing(text: &str, plain: bool) -> bool {
    plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// A text that can be part of ssh's command line: not empty, no blanks, no option.
pub(super) fn word(key: &str, node: &Node, problems: &mut Problems) -> Option<String> {
    let text = text(key, node, problems)?;
    let bad = |c: char| c.is_whitespace() || c.is_control();
    if text.is_empty() || text.starts_with('-') || text.contains(bad) {
        problems.push(Problem::new(
            &node.at,
            format!("`{text}` cannot be `{key}`"),
            "it must not be empty, hold blanks or begin with `-`",
        ));
        return None;
    }
    Some(text)
}

/// Yes or no in all of Ansible's spellings, quoted or not.
pub(super) fn yes(key: &str, node: &Node, problems: &mut Problems) -> Option<bool> {
    let text = text(key, node, problems)?;
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "t" | "1" | "1.0" => Some(true),
        "false" | "no" | "off" | "n" | "f" | "0" | "0.0" => Some(false),
        _ => {
            problems.push(Problem::new(
                &node.at,
                format!("`{text}` is neither yes nor no, for `{key}`"),
                "write `true` or `false`",
            ));
            None
        }
    }
}

/// A whole number above zero.
pub(super) fn number<T>(key: &str, node: &Node, problems: &mut Problems) -> Option<T>
where
    T: FromStr + Default + PartialEq,
{
    let text = text(key, node, problems)?;
    // YAML 1.1 reads `022` as eighteen: no number that begins with 0 means the same to all readers.
    match text.parse::<T>() {
        Ok(number) if !text.starts_with(['0', '+']) && number != T::default() => Some(number),
        _ => {
            problems.push(Problem::new(
                &node.at,
                format!("`{text}` is not a number that `{key}` can be"),
                "write a whole number above 0 in digits, without a 0 in front",
            ));
            None
        }
    }
}

/// Anything with a `FromStr` whose error is a text and, on a second line, a `hint:`.
pub(super) fn parsed<T>(key: &str, node: &Node, problems: &mut Problems) -> Option<T>
where
    T: FromStr<Err: Display>,
{
    let text = text(key, node, problems)?;
    text.parse()
        .map_err(|error: T::Err| {
            let (text, hint) = split_hint(&error.to_string());
            problems.push(Problem::new(&node.at, format!("{text}, for `{key}`"), hint));
        })
        .ok()
}

/// An IP address.
pub(super) fn address(key: &str, node: &Node, problems: &mut Problems) -> Option<IpAddr> {
    let text = text(key, node, problems)?;
    let address = text.parse().ok();
    if address.is_none() {
        problems.push(Problem::new(
            &node.at,
            format!("`{text}` is not an IP address, for `{key}`"),
            "write it as `10.0.0.5`; a name belongs into `ansible_host`",
        ));
    }
    address
}

/// The entries of a mapping; none when it is nothing.
pub(super) fn entries<'n>(
    key: &str,
    node: &'n Node,
    problems: &mut Problems,
) -> Option<&'n [(Key, Node)]> {
    match &node.value {
        Value::Map(entries) => Some(entries),
        Value::Tagged(_) => {
            drop(text(key, node, problems));
            None
        }
        Value::Scalar { text, plain } if is_nothing(text, *plain) => None,
        Value::Scalar { .. } | Value::List(_) => {
            problems.push(Problem::new(
                &node.at,
                format!("`{key}` must be a mapping"),
                "write its entries below it, one `name: value` each, two blanks further in",
            ));
            None
        }
    }
}

/// `pooldeck_labels`: name and value of each, checked as Kubernetes will.
pub(super) fn labels(
    key: &str,
    node: &Node,
    problems: &mut Problems,
) -> Option<BTreeMap<String, String>> {
    let mut labels = BTreeMap::new();
    for (label, node) in entries(key, node, problems)? {
        let value = text(&label.text, node, problems).unwrap_or_default();
        let (prefix, name) = label.text.rsplit_once('/').unwrap_or(("", &label.text));
        let prefix_fits = prefix.len() <= 253
            && prefix
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b));
        if name.is_empty() || !is_label_value(name) || !prefix_fits {
            problems.push(Problem::new(
                &label.at,
                format!("`{}` is not a label that Kubernetes accepts", label.text),
                "use at most 63 letters, digits, `-`, `_`, `.`, with a letter or digit at both ends; `example.org/` may stand in front",
            ));
        } else if let Some(problem) = bad_label_value(&value, node) {
            problems.push(problem);
        } else if labels.insert(label.text.clone(), value).is_some() {
            problems.push(twice(label));
        }
    }
    Some(labels)
}

/// `pooldeck_zone`: becomes a label's value.
pub(super) fn zone(key: &str, node: &Node, problems: &mut Problems) -> Option<String> {
    let zone = text(key, node, problems)?;
    let problem = bad_label_value(&zone, node);
    let fits = problem.is_none() && !zone.is_empty();
    problems.extend(problem);
    fits.then_some(zone)
}

fn bad_label_value(value: &str, node: &Node) -> Option<Problem> {
    (!is_label_value(value)).then(|| {
        Problem::new(
            &node.at,
            format!("`{value}` is not a label value that Kubernetes accepts"),
            "use at most 63 letters, digits, `-`, `_`, `.`, with a letter or digit at both ends",
        )
    })
}

fn is_label_value(text: &str) -> bool {
    text.len() <= 63
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && !text.starts_with(['-', '_', '.'])
        && !text.ends_with(['-', '_', '.'])
}

/// A key that stands a second time.
pub(super) fn twice(key: &Key) -> Problem {
    Problem::new(
        &key.at,
        format!("`{}` stands twice in the same mapping", key.text),
        "keep one of the two",
    )
}
