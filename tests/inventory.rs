//! The inventory's corpus: one file or folder in `tests/inventory/{valid,invalid}` is one case, its golden text beside it.

#![expect(
    clippy::unwrap_used,
    reason = "a test or a benchmark stops where it cannot go on"
)]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use pooldeck::fleet::{Server, Sources, inventory};

/// The cases of a folder, by name.
fn cases(kind: &str) -> Vec<(String, PathBuf)> {
    let folder = Path::new("tests/inventory").join(kind);
    let mut cases: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() || path.extension().is_some_and(|ending| ending == "yaml"))
        .map(|path| {
            (
                path.file_stem().unwrap().to_string_lossy().into_owned(),
                path,
            )
        })
        .collect();
    cases.sort();
    assert!(cases.len() > 5, "the corpus is gone: {}", folder.display());
    cases
}

/// Compares with `tests/inventory/KIND/NAME.snap`.
fn golden(kind: &str, name: &str, text: &str) {
    let folder = std::env::current_dir()
        .unwrap()
        .join("tests/inventory")
        .join(kind);
    insta::with_settings!({snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

fn shown(server: &Server) -> String {
    let access = &server.access;
    let mut text = format!("{} at {}", server.name, server.place);
    let mut put = |key: &str, value: String| {
        if !["None", "false", "{}"].contains(&value.as_str()) {
            write!(text, "\n    {key} {value}").unwrap();
        }
    };
    put("host", access.host.clone());
    put("port", format!("{:?}", access.port));
    put("user", format!("{:?}", access.user));
    put("key", format!("{:?}", access.key_file));
    put("sudo", access.sudo.to_string());
    put("offered", server.offered.to_string());
    put("zone", format!("{:?}", server.zone));
    put("labels", format!("{:?}", server.labels));
    put("cores", format!("{:?}", server.expect.cores));
    put("memory", format!("{:?}", server.expect.memory));
    put("address", format!("{:?}", server.node_address));
    if server.sources != Sources::default() {
        put("sources", format!("{:?}", server.sources));
    }
    text
}

#[test]
fn every_valid_case_reads_as_its_golden_text_says() {
    for (name, path) in cases("valid") {
        let read = inventory::read(&path).unwrap_or_else(|problems| {
            panic!(
                "{name}: {}",
                problems
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("\n")
            )
        });
        let servers: Vec<_> = read.servers.values().map(shown).collect();
        golden("valid", &name, &servers.join("\n"));
    }
}

#[test]
fn every_invalid_case_reports_all_its_problems_at_once_with_place_and_hint() {
    for (name, path) in cases("invalid") {
        let problems = inventory::read(&path).expect_err(&name);
        let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert!(texts.iter().all(|text| text.contains("\nhint: ")), "{name}");
        golden("invalid", &name, &texts.join("\n"));
    }
}

#[test]
fn an_inventory_that_is_not_there_says_what_to_do() {
    let problems = inventory::read(Path::new("tests/inventory/nowhere")).unwrap_err();
    assert!(
        problems[0].to_string().contains("pooldeck demo"),
        "{}",
        problems[0]
    );
}

#[test]
fn the_example_in_the_repository_is_read_without_a_problem() {
    let read = inventory::read(Path::new("inventory")).unwrap();
    assert!(read.servers.len() >= 6, "{}", read.servers.len());
    assert!(read.servers.values().any(|server| server.offered));
    assert!(read.servers.values().any(|server| !server.offered));
}

#[test]
fn an_inventory_is_looked_for_in_the_order_that_the_help_says() {
    let home = tempfile::tempdir().unwrap();
    let place = |name: &str| home.path().join(name);
    fs::create_dir_all(place("cwd/inventory")).unwrap();
    fs::create_dir_all(place(".config/pooldeck/inventory")).unwrap();
    let env = |set: &'static [&str]| {
        let home = home.path().to_owned();
        move |name: &str| set.contains(&name).then(|| home.clone().into_os_string())
    };
    let all: &[&str] = &["POOLDECK_INVENTORY", "HOME"];
    let flag = Path::new("said");
    assert_eq!(
        inventory::find(Some(flag), env(all), &place("cwd")),
        Some(flag.into())
    );
    assert_eq!(
        inventory::find(None, env(all), &place("cwd")),
        Some(place(""))
    );
    assert_eq!(
        inventory::find(None, env(&["HOME"]), &place("cwd")),
        Some(place("cwd/inventory"))
    );
    assert_eq!(
        inventory::find(None, env(&["HOME"]), &place("")),
        Some(place(".config/pooldeck/inventory"))
    );
    assert_eq!(inventory::find(None, env(&[]), &place("")), None);
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("hosts.yaml");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let problems = inventory::read(folder.path()).unwrap_err();
    let text = problems[0].to_string();
    assert!(text.contains("it is no file"), "{text}");
}
