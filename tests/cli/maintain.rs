//! A worker that people work on, by the real binary: previewed, emptied, returned.

use crate::{SIZES, room::Room};

#[test]
fn a_worker_is_previewed_emptied_prolonged_and_returned() {
    let room = Room::new(&SIZES).seen();
    let create = "pool create web --cores 16 --memory 64GiB --server s02 s03 --yes --wait";
    assert_eq!(room.run(create).code, 0);
    room.well("web");
    let ask = "server maintain s02 --until 2h --reason disk";

    let preview = room.run(&format!("{ask} --plan-only --read-only"));
    assert_eq!(preview.code, 0, "{preview:?}");
    let title = "put s02 of web into maintenance";
    assert!(preview.out.contains(title), "{preview:?}");
    let line = "pooldeck server maintain s02 --until 2";
    assert!(preview.out.contains(line), "{preview:?}");
    assert_eq!(room.run(&format!("{ask} --read-only")).code, 1);
    let yes_is_no_name = room.run(&format!("{ask} --yes"));
    assert_eq!(yes_is_no_name.code, 1, "{yes_is_no_name:?}");
    let control = room.run("server maintain s01 --until 2h --reason disk --confirm web");
    assert!(control.notes.contains("only control plane"), "{control:?}");

    let done = room.run(&format!("{ask} --confirm web --wait"));
    assert_eq!(done.code, 0, "{done:?}");
    let shown = room.json("server show s02");
    assert_eq!(shown["state"], "maintenance", "{shown}");
    assert_eq!(shown["pool"], "web");
    assert_eq!(shown["maintenance"]["why"], "disk");
    assert_eq!(room.run("problem list").code, 0);
    let other = room.run("server maintain s03 --until 2h --reason disk --confirm web");
    assert!(other.notes.contains("one at a time"), "{other:?}");
    let longer = room.run("server maintain s02 --until 3h --reason memory");
    assert_eq!(longer.code, 0, "{longer:?}");
    let shown = room.json("server show s02");
    assert_eq!(shown["maintenance"]["why"], "memory");

    let back = room.json("server return s02 --plan-only");
    assert_eq!(back["request"], "pooldeck server return s02");
    let back = room.run("server return s02 --yes --wait");
    assert_eq!(back.code, 0, "{back:?}");
    let shown = room.json("server show s02");
    assert_eq!(shown["maintenance"], serde_json::Value::Null, "{shown}");
    room.well("web");
}
