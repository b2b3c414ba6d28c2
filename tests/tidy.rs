//! The house rules, read off the sources. Each rule is a function from texts to complaints, and is itself shown
//! a sample that it must complain about.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the answer")]

#[path = "tidy/rules.rs"]
mod rules;

use std::fs;

use pooldeck::{cli, plan::Action, ssh::scripts};
use rules::{
    Files, arrows, commands, embedded, impure, introductions, lengths, read, switched_off, unwraps,
    words,
};

#[test]
fn no_room_knows_a_room_that_it_must_not_know() {
    let bad = sample(
        "src/plan/deep/step.rs",
        "use crate::{fleet::{Pool, ssh}, store};\nfn f() { crate::deck::draw() }",
    );
    assert_eq!(arrows(&bad).len(), 2, "{:?}", arrows(&bad));
    let roundabout = sample("src/plan/mod.rs", "use super::captain::Engine;");
    assert_eq!(
        arrows(&roundabout),
        ["src/plan/mod.rs: `plan` knows `captain`"]
    );
    let stranger = sample("src/kitchen/mod.rs", "");
    assert_eq!(
        arrows(&stranger),
        ["src/kitchen/mod.rs: `kitchen` is no room of ARCHITECTURE.md"]
    );
    let good = "use super::deck;\nuse crate::{fleet, plan::{self, deck}}; // crate::ssh\n#[cfg(test)]\nmod tests { use crate::sim::Rack; }";
    assert!(arrows(&sample("src/store/deep/x.rs", good)).is_empty());

    none(&arrows(&read("src", &["rs"])));
}

#[test]
fn no_file_is_longer_than_one_can_keep_in_mind() {
    let bad = Files::from([
        ("src/a.rs".to_owned(), "\n".repeat(301)),
        ("assets/steps/a.sh".to_owned(), "\n".repeat(300)),
        ("tests/a.rs".to_owned(), "\n".repeat(401)),
        ("tests/b.rs".to_owned(), "\n".repeat(400)),
    ]);
    assert_eq!(
        lengths(&bad),
        [
            "src/a.rs: 301 lines, 300 are allowed",
            "tests/a.rs: 401 lines, 400 are allowed"
        ]
    );

    let mut files = read("src", &["rs"]);
    files.extend(read("assets", &["sh"]));
    files.extend(read("tests", &["rs", "sh", "py"]));
    files.extend(read("benches", &["rs", "sh", "py"]));
    none(&lengths(&files));
}

#[test]
fn nothing_has_a_name_that_says_nothing() {
    let bad = concat!("struct PoolMan", "ager;\nuse crate::ut", "ils::x;");
    assert_eq!(words(&sample("src/a.rs", bad)).len(), 2);
    assert_eq!(words(&sample(concat!("src/hel", "per.rs"), "")).len(), 1);
    let good = concat!(
        "struct Captain; // no Man",
        "ager\nconst X: &str = \"https://a/\\\"Man",
        "ager\"; const Q: char = '\"'; const Y: &str = r#\"\"Man",
        "ager\"#;"
    );
    assert!(words(&sample("src/a.rs", good)).is_empty());

    none(&words(&rust()));
}

#[test]
fn nothing_outside_tests_panics_on_an_answer_that_it_did_not_expect() {
    let bad = sample(
        "src/a.rs",
        "fn f() { x()\n    .unwrap() }\n#[cfg(test)]\nmod tests { fn g() { y().unwrap() } }",
    );
    assert_eq!(unwraps(&bad), ["src/a.rs:2: `.unwrap()` outside tests"]);
    let fixture = Files::from([
        (
            "src/ssh/mod.rs".to_owned(),
            "#[cfg(test)]\nmod fixture;\nmod work;".to_owned(),
        ),
        ("src/ssh/fixture.rs".to_owned(), "x().unwrap()".to_owned()),
        ("src/ssh/work.rs".to_owned(), "x().unwrap()".to_owned()),
    ]);
    assert_eq!(
        unwraps(&fixture),
        ["src/ssh/work.rs:1: `.unwrap()` outside tests"]
    );

    none(&unwraps(&read("src", &["rs"])));
}

#[test]
fn no_test_is_switched_off() {
    let bad = concat!("#[test]\n#[ign", "ore = \"flaky\"]\nfn x() {}");
    assert_eq!(
        switched_off(&sample("tests/a.rs", bad)),
        ["tests/a.rs:2: a test is switched off"]
    );

    none(&switched_off(&rust()));
}

#[test]
fn what_is_pure_asks_neither_clock_nor_disk_nor_network() {
    let bad =
        "use std::time::{Duration, Instant};\nuse jiff::Timestamp;\nfn f() { Timestamp::now(); }";
    assert_eq!(impure(&sample("src/plan/a.rs", bad)).len(), 2);
    assert!(impure(&sample("src/store/a.rs", bad)).is_empty());
    let file = "use std::{collections::BTreeMap, fs};";
    assert_eq!(impure(&sample("src/run/a.rs", file)).len(), 1);
    assert!(impure(&sample("src/fleet/inventory/a.rs", file)).is_empty());

    none(&impure(&read("src", &["rs"])));
}

#[test]
fn every_file_says_first_what_it_is() {
    let bad = sample("src/a.rs", "use std::fs;\n//! Late.");
    assert_eq!(
        introductions(&bad),
        ["src/a.rs: does not begin with `//! What it is.`"]
    );

    none(&introductions(&rust()));
}

#[test]
fn every_script_is_embedded_and_every_action_has_one() {
    let none_embedded = embedded(
        &sample("assets/steps/new.sh", "x"),
        |_| None,
        &[Action::Join],
    );
    assert_eq!(
        none_embedded,
        [
            "assets/steps/new.sh: is not embedded",
            "assets/steps/join.sh: an action needs it"
        ]
    );
    let stale = embedded(
        &sample("assets/steps/join.sh", "x"),
        |_| Some("y"),
        &[Action::Join],
    );
    assert_eq!(stale, ["assets/steps/join.sh: is not embedded"]);

    none(&embedded(
        &read("assets/steps", &["sh"]),
        scripts::file,
        &Action::ALL,
    ));
    let sources: String = read("src", &["rs"]).into_values().collect();
    for path in read("assets", &["sh"])
        .keys()
        .filter(|path| !path.starts_with("assets/steps/"))
    {
        assert!(sources.contains(path), "{path}: is not embedded");
    }
}

#[test]
fn the_readme_shows_the_commands_that_there_are() {
    let readme = "# x\n\n## Commands\n\n```text\npooldeck\n  fly\n```\n\n## Test\n";
    assert!(commands(readme, "pooldeck  \n  fly").is_empty());
    assert_eq!(commands(readme, "pooldeck\n  walk").len(), 2);
    assert_eq!(commands("# x\n", "pooldeck").len(), 1);

    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let table = cli::help::table();
    let complaints = commands(&readme, &table);
    assert!(
        complaints.is_empty(),
        "{}\n\nit should be\n{table}",
        complaints.join("\n")
    );
}

fn rust() -> Files {
    let folders = ["src", "tests", "benches"];
    folders
        .iter()
        .flat_map(|folder| read(folder, &["rs"]))
        .collect()
}

fn sample(path: &str, text: &str) -> Files {
    Files::from([(path.to_owned(), text.to_owned())])
}

fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
