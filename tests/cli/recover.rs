//! The machine with the store is lost: what the verb shows, asks, refuses and writes, against a room in memory.

use std::{fs, io::Cursor, path::Path};

use clap::Parser;
use jiff::Timestamp;
use pooldeck::{
    captain::recover::look,
    cli::{self, Cli, Exit, Failure, Shell, Verb},
    sim::Rack,
};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::{
    SIZES,
    json::is_as_its_page_says,
    room::{Room, run},
};

/// What was printed, and how it ended.
struct Said {
    ended: Result<Exit, Failure>,
    out: String,
    notes: String,
}

/// The verb on a new machine, whose inventory lists the room's servers.
fn recover(rack: &Rack, folder: &Path, flags: &[&str]) -> Said {
    let inventory = folder.join("hosts.yaml");
    let line = |n| format!("    s{n:02}: {{ pooldeck_use: {} }}", n < SIZES.len());
    let hosts: Vec<String> = (1..=SIZES.len()).map(line).collect();
    let hosts = hosts.join("\n");
    fs::write(&inventory, format!("all:\n  hosts:\n{hosts}\n")).unwrap();
    let store = format!("sqlite:{}", folder.join("new.db").display());
    let mut line = vec![
        "pooldeck",
        "recover",
        "--from-servers",
        "--store",
        &store,
        "--inventory",
    ];
    let inventory = inventory.display().to_string();
    line.push(&inventory);
    line.extend(flags);
    let cli = Cli::try_parse_from(line).unwrap();
    let Some(Verb::Recover(args)) = &cli.verb else {
        panic!("another verb");
    };
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    let mut input = Cursor::new(Vec::new());
    let mut shell = Shell {
        common: cli.common,
        out: &mut out,
        notes: &mut notes,
        input: &mut input,
        terminal: false,
    };
    let runtime = Runtime::new().unwrap();
    let ended = cli::recover(&mut shell, args, |servers, fleet| {
        runtime.block_on(look(rack, servers, fleet, Timestamp::now))
    });
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said {
        ended,
        out: text(out),
        notes: text(notes),
    }
}

fn why(said: Said) -> String {
    said.ended.unwrap_err().to_string()
}

#[test]
fn a_lost_store_is_shown_then_asked_for_then_made_and_never_made_twice() {
    let mut room = Room::new(&SIZES).seen();
    let made = room.run("pool create web --cores 16 --memory 64GiB --yes --wait");
    assert_eq!(made.code, 0, "{made:?}");
    let before = room.well("web");
    room.kill_captain();
    let new = tempfile::tempdir().unwrap();
    let (rack, folder) = (&room.rack, new.path());

    let read_only = why(recover(rack, folder, &["--read-only"]));
    assert!(read_only.contains("`--read-only` is set"), "{read_only}");
    let preview = recover(rack, folder, &["--plan-only"]);
    assert!(matches!(preview.ended, Ok(Exit::Done)));
    for part in [
        "copy of the store: ",
        "goes on above 1000",
        "cluster",
        "web",
    ] {
        assert!(preview.out.contains(part), "{part}: {}", preview.out);
    }
    let asked = why(recover(rack, folder, &[]));
    assert!(asked.contains("add `--yes`"), "{asked}");
    let short = why(recover(rack, folder, &["--fleet", "9"]));
    assert!(short.contains("too short"), "{short}");
    let other = why(recover(rack, folder, &["--fleet", "ffff"]));
    assert!(
        other.contains("no server that answers is claimed by fleet `ffff`"),
        "{other}"
    );

    rack.power_off(&"s05".parse().unwrap());
    let silent = recover(rack, folder, &["--yes"]);
    assert!(
        silent.notes.contains("not known what they hold"),
        "{}",
        silent.notes
    );
    let silent = why(silent);
    assert!(silent.contains("`--without s05`"), "{silent}");

    let written = recover(rack, folder, &["--yes", "-o", "json", "--without", "s05"]);
    let document: Value = serde_json::from_str(&written.out).unwrap();
    is_as_its_page_says(&document, "recover");
    assert_eq!(document["written"], true);
    assert_eq!(document["unseen"][0]["name"], "s05");
    let members = document["pools"][0]["members"].as_array().unwrap().len() as u64;
    assert_eq!(Some(members - 1), before["workers"]["all"].as_u64());

    let again = why(recover(rack, folder, &["--yes", "--without", "s05"]));
    assert!(
        again.contains("holds fleet") && again.contains("1 pools"),
        "{again}"
    );
    let store = format!("sqlite:{}", folder.join("new.db").display());
    let shown = run(
        "pool show web --read-only -o json",
        &[("--store", &store)],
        folder,
    );
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    for field in ["version", "workers", "protected"] {
        let of = |document: &Value| match field {
            "workers" => document[field]["all"].clone(),
            _ => document[field].clone(),
        };
        assert_eq!(of(&shown), of(&before), "{field}: {shown}");
    }
}

#[test]
fn where_no_server_answers_there_is_nothing_to_recover_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = "all:\n  hosts:\n    s01: { ansible_host: 127.0.0.1, ansible_port: 9, pooldeck_use: true }\n";
    fs::write(folder.path().join("hosts.yaml"), hosts).unwrap();
    let store = format!("sqlite:{}", folder.path().join("new.db").display());
    let flags = [("--store", store.as_str()), ("--inventory", "hosts.yaml")];
    let said = run("recover --from-servers --yes", &flags, folder.path());
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.notes.contains("there is nothing to recover"),
        "{said:?}"
    );
    let said = run("recover", &flags, folder.path());
    assert_eq!(said.code, 2, "{said:?}");
}
