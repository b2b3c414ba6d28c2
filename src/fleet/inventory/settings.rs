//! A person's own file of settings: names, each with a value or a list of values, all with their places.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use super::{
    Problem,
    yaml::{self, Node, Value},
};
use crate::fleet::Place;

/// One name of the file and what it is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub place: Place,
    /// Its values, each with its place; never none.
    pub values: Vec<(String, Place)>,
}

/// Reads them all.
///
/// # Errors
/// Every problem; nothing counts then.
pub fn settings(file: &Path, text: &str) -> Result<Vec<Setting>, Vec<Problem>> {
    let file: Arc<Path> = Arc::from(file);
    let root = yaml::parse(&file, text).map_err(|problem| vec![problem])?;
    let entries = match root.map(|root| (root.at, root.value)) {
        None => return Ok(Vec::new()),
        Some((_, Value::Scalar { text, .. })) if text.is_empty() => return Ok(Vec::new()),
        Some((_, Value::Map(entries))) => entries,
        Some((at, _)) => {
            return Err(vec![Problem::new(
                &at,
                "this is no list of names and values",
                "write lines such as `NAME: VALUE`",
            )]);
        }
    };
    let (mut found, mut problems, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (key, node) in entries {
        if !seen.insert(key.text.clone()) {
            let text = format!("`{}` stands twice", key.text);
            problems.push(Problem::new(&key.at, text, "keep one of the two"));
        }
        match values(&node) {
            Some(values) => found.push(Setting {
                name: key.text,
                place: key.at.place(),
                values,
            }),
            None => problems.push(Problem::new(
                &node.at,
                format!("`{}` has no value", key.text),
                format!(
                    "write `{}: VALUE` or `[VALUE, VALUE]`; a value with `#` in it wants quotes",
                    key.text
                ),
            )),
        }
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

/// A scalar, or a list of scalars.
fn values(node: &Node) -> Option<Vec<(String, Place)>> {
    let scalar = |node: &Node| match &node.value {
        Value::Scalar { text, plain } if !plain || !text.is_empty() && text != "~" => {
            Some((text.clone(), node.at.place()))
        }
        _ => None,
    };
    match &node.value {
        Value::List(items) if !items.is_empty() => items.iter().map(scalar).collect(),
        _ => scalar(node).map(|value| vec![value]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Setting>, Vec<String>> {
        let problems = |all: Vec<Problem>| all.iter().map(ToString::to_string).collect();
        settings(Path::new("x.yaml"), text).map_err(problems)
    }

    #[test]
    fn a_setting_has_one_value_or_a_list_of_them_each_with_its_place() {
        let found = read("ok: bright-green\nup: [k, 'ctrl-p']\n").unwrap();
        let said = |n: usize| {
            let values = found[n].values.iter();
            let values: Vec<String> = values.map(|(it, at)| format!("{it} at {at}")).collect();
            format!(
                "{} at {}: {}",
                found[n].name,
                found[n].place,
                values.join(", ")
            )
        };
        assert_eq!(said(0), "ok at x.yaml:1:1: bright-green at x.yaml:1:5");
        assert_eq!(
            said(1),
            "up at x.yaml:2:1: k at x.yaml:2:6, ctrl-p at x.yaml:2:9"
        );
        assert_eq!(read("").unwrap(), []);
        assert_eq!(read("# nothing yet\n").unwrap(), []);
    }

    #[test]
    fn what_is_no_setting_is_said_with_its_place() {
        let wrong = read("ok: #00ff00\nok: 3\ndown: {fg: red}\n").unwrap_err();
        let places: Vec<&str> = wrong.iter().map(|it| &it[..10]).collect();
        assert_eq!(
            places,
            ["x.yaml:1:3", "x.yaml:2:1", "x.yaml:3:7"],
            "{wrong:?}"
        );
        assert!(read("- a\n").is_err() && read("a: [").is_err());
    }
}
