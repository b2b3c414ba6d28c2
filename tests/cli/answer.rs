//! `pooldeck run answer`: what a drain waits for is said, and it goes on as somebody answers.

use pooldeck::fleet::Bytes;

use crate::room::Room;

/// A pool with a worker too many whose pods a budget keeps.
fn kept() -> Room {
    with_kept(Room::new(&crate::SIZES).seen())
}

/// The same, in a room that was used before.
pub fn with_kept(room: Room) -> Room {
    let made = room.run("pool create web --cores 16 --memory 64GiB --server s02 s03 --yes --wait");
    assert_eq!(made.code, 0, "{made:?}");
    room.well("web");
    let each = (10, Bytes(1 << 20));
    room.rack.deploy("web", "db/pg", 4, Some(4), each);
    room
}

/// Shrinks it; shows the run once its drain waits.
pub fn waiting(room: &Room) -> serde_json::Value {
    let run = room.json("pool resize web --remove s02 --confirm web --no-wait");
    let id = run["run"]["id"].as_u64().unwrap_or_else(|| panic!("{run}"));
    for _ in 0..300 {
        let shown = room.json(&format!("run show {id}"));
        if shown["blocked"] != serde_json::json!([]) {
            return shown;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("it never waited: {}", room.json(&format!("run show {id}")));
}

#[test]
fn a_drain_that_waits_is_answered_with_the_budgets_name_or_not_at_all() {
    let room = kept();
    let run = waiting(&room);
    let id = run["id"].as_u64().unwrap();
    assert_eq!(run["state"], "waiting");
    let blocked = &run["blocked"][0];
    assert_eq!(blocked["server"], "s02");
    assert_eq!(blocked["then"], "back");
    assert_eq!(blocked["pods"][0]["budget"], "db/pg");
    crate::json::is_as_its_page_says(&run, "run show");

    let shown = room.run(&format!("run show {id}"));
    for part in [
        "s02 drain waits for db/pg since",
        "PDB db/pg allows no disruption (4 of 4 ready)",
        "s02 is uncordoned and stays in its pool",
        &format!("hint: `pooldeck run answer {id} s02 keep-waiting|put-back|another|evict`"),
    ] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }

    for (line, code, why) in [
        ("evict", 2, "--budget"),
        ("put-back --budget db/pg", 2, "belongs to `evict`"),
        ("keep-waiting", 1, "add `--yes`"),
        ("keep-waiting --read-only", 1, "--read-only"),
        ("evict --budget db/pg --yes", 1, "--confirm \"web db/pg\""),
        ("evict --budget db/pg --confirm db/pg", 1, "is not the name"),
    ] {
        let said = room.run(&format!("run answer {id} s02 {line}"));
        assert_eq!(said.code, code, "{line}: {said:?}");
        assert!(said.notes.contains(why), "{line}: {said:?}");
    }

    let waits = room.run(&format!("run answer {id} s02 keep-waiting --yes"));
    assert_eq!(waits.code, 0, "{waits:?}");
    let back = room.run(&format!("run answer {id} s02 put-back --yes"));
    assert_eq!(back.code, 0, "{back:?}");
    let end = room.run(&format!("run show {id} --wait"));
    assert!(end.out.contains("s02 stays in its pool"), "{end:?}");
    let run = room.json(&format!("run show {id}"));
    crate::json::is_as_its_page_says(&run, "run show");
    let said: Vec<&str> = run["answers"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it["answer"].as_str())
        .collect();
    assert_eq!(said, ["keep waiting", "put it back"]);
    let logs = room.run(&format!("run logs {id}")).out;
    assert!(logs.contains("said: put it back"), "{logs}");
}
