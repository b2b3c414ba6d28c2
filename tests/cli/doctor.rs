//! The doctor by the real binary: its exit codes, its words, its document, and that it changes nothing.

use std::{
    fs::{self, OpenOptions, Permissions},
    os::unix::fs::{FileExt, PermissionsExt},
    path::Path,
};

use pooldeck::store::{Commit, Store, sqlite::Sqlite};

use crate::{
    SIZES,
    json::is_as_its_page_says,
    room::{Room, Said, run},
};

fn doctor(file: &Path) -> Said {
    let store = format!("sqlite:{}", file.display());
    run("doctor", &[("--store", &store)], file.parent().unwrap())
}

#[test]
fn a_room_that_is_well_is_well_before_and_after_a_run_and_the_document_says_the_same() {
    let room = Room::new(&SIZES).seen();
    let well = room.run("doctor");
    assert_eq!(well.code, 0, "{well:?}");
    assert!(well.out.contains("nothing is silently wrong"), "{well:?}");
    assert_eq!(
        room.run("pool create web --cores 16 --memory 64GiB --yes --wait")
            .code,
        0
    );
    room.well("web");
    let well = room.run("doctor --read-only");
    assert_eq!(well.code, 0, "{well:?}");
    let document = room.json("doctor");
    is_as_its_page_says(&document, "doctor");
    assert_eq!(document["well"], true);
    assert_eq!(document["looked"]["sound"], true);
}

#[test]
fn a_server_that_lost_its_claim_is_named_with_something_to_do() {
    let room = Room::new(&SIZES).seen();
    let create = "pool create web --cores 16 --memory 64GiB --server s02 s03 --yes --wait";
    assert_eq!(room.run(create).code, 0);
    room.well("web");
    room.rack
        .machine(&"s02".parse().unwrap(), |machine| machine.disk.claim = None);
    let found = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        Some(room.run("doctor")).filter(|said| said.code == 1)
    });
    let found = found.unwrap();
    assert!(
        found.out.contains("critical s02: it is in pool web"),
        "{found:?}"
    );
    assert!(found.out.contains("do: look who removed"), "{found:?}");
    let document = room.json("doctor");
    is_as_its_page_says(&document, "doctor");
    assert_eq!(document["findings"][0]["subject"], "s02");
}

#[test]
fn where_no_store_is_none_is_made_and_no_captain_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("none.db");
    let said = doctor(&file);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("there is no store at"), "{said:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    drop(Sqlite::open(&file).unwrap());
    let said = doctor(&file);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("nobody holds the lease"), "{said:?}");
    assert_eq!(
        Sqlite::open(&file).unwrap().lease().unwrap(),
        None,
        "a captain was started"
    );
}

#[test]
fn a_store_that_others_may_read_and_one_that_is_broken_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let store = Sqlite::open(&file).unwrap();
    let mut commit = Commit::default();
    for n in 0..400 {
        let value = Some("x".repeat(400));
        commit.writes.insert(format!("x/{n:04}"), value);
    }
    store.commit(&commit).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let said = doctor(&file);
    assert!(said.out.contains("everybody may read or write"), "{said:?}");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    drop(store);

    // As a disk does it: a page in the middle is something else. All of the log is in the file first.
    let copy = folder.path().join("copy.db");
    let bytes = Sqlite::open(&file).unwrap().copy().unwrap().unwrap();
    fs::write(&copy, bytes).unwrap();
    fs::set_permissions(&copy, Permissions::from_mode(0o600)).unwrap();
    let sound = doctor(&copy);
    assert!(sound.out.contains(", sound"), "{sound:?}");
    let broken = OpenOptions::new().write(true).open(&copy).unwrap();
    let middle = broken.metadata().unwrap().len() / 2 / 4096 * 4096;
    broken.write_all_at(&[0x5a; 4096], middle).unwrap();
    let said = doctor(&copy);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("critical"), "{said:?}");
    assert!(!said.out.contains("nothing is silently wrong"), "{said:?}");
}
