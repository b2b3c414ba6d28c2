//! Host patterns: `node[01:20]`, `node[a:d]`, `node[0:10:2]-[x:z]`, `s01:2222`, as Ansible expands them.
//! Must never make more names than a fleet can have.

/// Names that one inventory may hold: ten times the largest fleet that is measured.
pub(super) const MOST: usize = 100_000;

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The names of a pattern and the port behind it. The error says what is wrong with it.
pub(super) fn expand(pattern: &str) -> Result<(Vec<String>, Option<u16>), String> {
    let (pattern, port) = split_port(pattern)?;
    let mut names = Vec::new();
    each(pattern, &mut names)?;
    Ok((names, port))
}

/// Splits `:2222` off, but not the colon within a range.
fn split_port(pattern: &str) -> Result<(&str, Option<u16>), String> {
    match pattern.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') && !name.is_empty() => port
            .parse()
            .map(|port| (name, Some(port)))
            .map_err(|_| format!("`{port}` behind the colon is not a port")),
        _ => Ok((pattern, None)),
    }
}

fn each(pattern: &str, names: &mut Vec<String>) -> Result<(), String> {
    let Some((head, rest)) = pattern.split_once('[') else {
        if names.len() >= MOST {
            return Err(format!("the range makes more than {MOST} names"));
        }
        names.push(pattern.to_owned());
        return Ok(());
    };
    let (range, tail) = rest
        .split_once(']')
        .ok_or_else(|| "a range has no closing `]`".to_owned())?;
    for part in bounds(range)? {
        each(&format!("{head}{part}{tail}"), names)?;
    }
    Ok(())
}

/// What stands between the brackets, written out.
fn bounds(range: &str) -> Result<Vec<String>, String> {
    let parts: Vec<&str> = range.split(':').collect();
    let (first, last, step) = match parts[..] {
        [first, last] => (first, last, 1),
        [first, last, step] => match step.parse::<usize>() {
            Ok(step) if step > 0 => (first, last, step),
            _ => {
                return Err(format!(
                    "the step `{step}` of a range is not a number above 0"
                ));
            }
        },
        _ => {
            return Err(format!(
                "the range `[{range}]` is not `[first:last]` or `[first:last:step]`"
            ));
        }
    };
    let first = if first.is_empty() { "0" } else { first };
    let values = match (letter(first), letter(last)) {
        (Some(a), Some(b)) if a <= b => LETTERS[a..=b].chars().map(String::from).collect(),
        (None, None) => numbers(first, last)?,
        _ => return Err(format!("the range `[{range}]` runs backwards")),
    };
    Ok(values.into_iter().step_by(step).collect())
}

fn letter(text: &str) -> Option<usize> {
    LETTERS.find(text).filter(|_| text.len() == 1)
}

fn numbers(first: &str, last: &str) -> Result<Vec<String>, String> {
    let number = |text: &str| {
        text.parse::<usize>()
            .map_err(|_| format!("`{text}` in a range is neither a number nor a letter"))
    };
    let (from, to) = (number(first)?, number(last)?);
    let width = if first.len() > 1 && first.starts_with('0') {
        first.len()
    } else {
        0
    };
    if width > 0 && width != last.len() {
        return Err(format!(
            "`{first}` and `{last}` of a range with leading zeros are not equally long"
        ));
    }
    if from > to {
        return Err(format!("the range `[{first}:{last}]` runs backwards"));
    }
    if to - from >= MOST {
        return Err(format!("the range makes more than {MOST} names"));
    }
    Ok((from..=to).map(|n| format!("{n:0width$}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_expands_as_ansible_expands_it() {
        let check = |pattern: &str, expect: &[&str]| {
            let (names, _) = expand(pattern).unwrap();
            assert_eq!(names, expect, "{pattern}");
        };
        check("s01", &["s01"]);
        check("node[08:11]", &["node08", "node09", "node10", "node11"]);
        check("node[8:10]x", &["node8x", "node9x", "node10x"]);
        check("node[a:c]", &["nodea", "nodeb", "nodec"]);
        check("node[0:10:5]", &["node0", "node5", "node10"]);
        check("r[1:2]s[x:y]", &["r1sx", "r1sy", "r2sx", "r2sy"]);
        check("n[:2]", &["n0", "n1", "n2"]);
    }

    #[test]
    fn a_port_behind_the_name_is_no_part_of_it() {
        assert_eq!(
            expand("s[1:2]:2222").unwrap(),
            (vec!["s1".to_owned(), "s2".to_owned()], Some(2222))
        );
        assert!(expand("s1:ssh").is_err());
    }

    #[test]
    fn a_range_that_is_none_says_why() {
        for bad in [
            "n[1:",
            "n[1]",
            "n[3:1]",
            "n[c:a]",
            "n[01:100]",
            "n[1:x]",
            "n[1:9:0]",
            "n[0:99999999]",
            "n[1:999][1:999]",
            "n[1:2:3:4]",
            "n[1:]",
        ] {
            assert!(expand(bad).is_err(), "{bad}");
        }
    }
}
