//! Every document of `-o json` against its page: no field that the page does not name, none missing, each of its type.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::room::Room;

/// Fields and their types, by section.
type Page = BTreeMap<String, BTreeMap<String, String>>;

fn page() -> Page {
    let mut page = Page::new();
    let mut section = String::new();
    for line in include_str!("../../assets/json.md").lines() {
        if let Some(name) = line.strip_prefix("## ") {
            name.clone_into(&mut section);
        } else if let Some((base, _)) = line
            .strip_prefix("The fields of `")
            .and_then(|rest| rest.split_once('`'))
        {
            let base = page[base].clone();
            page.insert(section.clone(), base);
        } else if let Some((field, rest)) = line
            .strip_prefix("| `")
            .and_then(|rest| rest.split_once("` | "))
        {
            let (kind, _) = rest.split_once(" |").unwrap();
            let fields = page.entry(section.clone()).or_default();
            fields.insert(field.to_owned(), kind.to_owned());
        }
    }
    page
}

/// What is wrong with a value of that type.
fn wrong(page: &Page, value: &Value, kind: &str, path: &str) -> Vec<String> {
    let is = |so: bool| {
        let text = format!("{path}: {value} is no {kind}");
        if so { Vec::new() } else { vec![text] }
    };
    if let Some(kind) = kind.strip_suffix('?') {
        let known = !value.is_null();
        return if known {
            wrong(page, value, kind, path)
        } else {
            Vec::new()
        };
    }
    if let Some(each) = kind
        .strip_prefix('[')
        .and_then(|kind| kind.strip_suffix(']'))
    {
        let Some(values) = value.as_array() else {
            return is(false);
        };
        let of_each = values
            .iter()
            .map(|value| wrong(page, value, each, &format!("{path}[]")));
        return of_each.flatten().collect();
    }
    match kind {
        "text" => is(value.is_string()),
        "number" => is(value.is_number()),
        "bool" => is(value.is_boolean()),
        "any" => is(!value.is_null()),
        "time" => is(value
            .as_str()
            .is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())),
        section => fields(page, value, section, path),
    }
}

fn fields(page: &Page, value: &Value, section: &str, path: &str) -> Vec<String> {
    let Some(wanted) = page.get(section) else {
        return vec![format!("{path}: the page has no section `{section}`")];
    };
    let Some(found) = value.as_object() else {
        return vec![format!("{path}: {value} is no {section}")];
    };
    let unnamed = found.keys().filter(|key| !wanted.contains_key(*key));
    let mut all: Vec<String> = unnamed
        .map(|key| format!("{path}.{key}: the page does not name it"))
        .collect();
    for (field, kind) in wanted {
        let path = format!("{path}.{field}");
        match found.get(field) {
            None => all.push(format!("{path}: it is missing")),
            Some(value) => all.extend(wrong(page, value, kind, &path)),
        }
    }
    all
}

/// A document that another test came by.
pub fn is_as_its_page_says(document: &Value, section: &str) {
    let found = wrong(&page(), document, section, section);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_document_is_as_its_page_says() {
    let page = page();
    let room = Room::new(&crate::SIZES).seen();
    let holds = |line: &str, section: &str| {
        let found = wrong(&page, &room.json(line), section, section);
        assert_eq!(found, Vec::<String>::new(), "{line}");
    };
    let create = "pool create web --cores 16 --memory 64GiB --server s02 s03";
    holds(&format!("{create} --plan-only"), "plan");
    holds(
        "pool create lab --cores 8 --memory 33GiB --plan-only --accept-less",
        "plan",
    );
    holds(&format!("{create} --yes --no-wait"), "accepted");
    holds("run by-hand 1", "run by-hand");
    holds("run show 1 --wait", "accepted");
    let done = room.json("run by-hand 1 --read-only");
    assert_eq!(done["ways"], serde_json::json!([]), "{done}");
    room.well("web");
    holds("inventory offer", "inventory offer");
    holds("server list", "server list");
    holds("server show s02", "server show");
    holds("server show s05", "server show");
    holds("pool list", "pool list");
    holds("pool show web", "pool show");
    holds("pool destroy web --plan-only", "plan");
    holds("run list", "run list");
    holds("run history", "run history");
    let acts = &room.json("run history")["history"];
    assert_eq!(
        acts.as_array().map(Vec::len),
        Some(2),
        "a confirmation and an end: {acts}"
    );
    holds("run show 1", "run show");
    holds("run logs 1", "run logs");
    room.rack.power_off(&"s04".parse().unwrap());
    let off = || room.json("problem list")["problems"] != serde_json::json!([]);
    while !off() {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    holds("problem list", "problem list");
    let free = room.run("server maintain s04 --until 2h --reason disk");
    assert_eq!(free.code, 0, "{free:?}");
    holds("server show s04", "server show");
    assert_eq!(room.json("server show s04")["state"], "maintenance");
    assert_eq!(room.run("server return s04").code, 0);
    assert_eq!(room.run("server return s04").code, 1, "returned twice");
    while !off() {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let ack = room.run("problem ack s04/no-ssh --until 2h --reason known");
    assert_eq!(ack.code, 0, "{ack:?} {:?}", room.run("problem list"));
    holds("problem list", "problem list");
    holds("server show s04", "server show");
}

#[test]
fn a_line_of_the_walls_feed_is_as_its_page_says() {
    use std::io::{BufRead, BufReader};
    let view = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deck/wall/view-1.json");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pooldeck"));
    let command = command.args(["wall", "--feed", "--view", view]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let value: Value = serde_json::from_str(&line).unwrap();
    let found = wrong(&page(), &value, "wall --feed", "wall --feed");
    assert_eq!(found, Vec::<String>::new());
}
