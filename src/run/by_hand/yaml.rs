//! JSON documents as YAML, as people write it: kubeadm's configuration in a text that somebody reads.
//! Must never be read as another value than it was made from.

use serde_json::Value;

/// Documents of JSON, separated by `---`, as YAML; `edit` may change each before.
pub(super) fn documents(text: &str, edit: impl Fn(&mut Value)) -> String {
    let all = text.split("\n---\n").map(|document| {
        let mut value: Value = serde_json::from_str(document).unwrap_or_default();
        edit(&mut value);
        yaml(&value)
    });
    let all: Vec<String> = all.collect();
    all.join("\n---\n")
}

/// One value as YAML, without an end of line.
pub(super) fn yaml(value: &Value) -> String {
    let mut lines = Vec::new();
    put(value, 0, &mut lines);
    lines.join("\n")
}

fn put(value: &Value, depth: usize, lines: &mut Vec<String>) {
    let gap = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if is_plain(value) {
                    lines.push(format!("{gap}{key}: {}", plain(value)));
                } else {
                    lines.push(format!("{gap}{key}:"));
                    put(value, depth + 1, lines);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                let from = lines.len();
                if is_plain(item) {
                    lines.push(format!("{gap}- {}", plain(item)));
                    continue;
                }
                put(item, depth + 1, lines);
                if let Some(first) = lines.get_mut(from) {
                    first.replace_range(gap.len()..=gap.len(), "-");
                }
            }
        }
        value => lines.push(format!("{gap}{}", plain(value))),
    }
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

/// A word where it can be nothing else, else quoted as JSON, which YAML reads as well.
fn plain(value: &Value) -> String {
    let Value::String(text) = value else {
        return value.to_string();
    };
    let letters = |c: char| c.is_ascii_alphanumeric() || "-./".contains(c);
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(letters);
    let other = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if word && !other.contains(&text.to_ascii_lowercase().as_str()) {
        return text.clone();
    }
    value.to_string()
}
