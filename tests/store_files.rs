//! What the store does with the files that it finds: old, new, foreign, damaged, laid as a trap.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the answer")]

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use pooldeck::{
    fleet::{BootId, Epoch, FleetId},
    store::{
        Commit, Store, StoreError, Versioned,
        machine::{Clock, Moment},
        sqlite::Sqlite,
    },
};
use rusqlite::Connection;
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pooldeck.db");
    (dir, file)
}

fn put(store: &dyn Store, key: &str, value: &str) -> Result<(), StoreError> {
    store.commit(&Commit {
        writes: BTreeMap::from([(key.to_owned(), Some(value.to_owned()))]),
        ..Commit::default()
    })
}

fn see(store: &dyn Store, key: &str, value: &str) {
    let values = BTreeMap::from([(key.to_owned(), Some(value.to_owned()))]);
    store.see(&values).unwrap();
}

/// Why a store that must not be opened is not; the test fails when it is.
fn refusal(opened: Result<Sqlite, StoreError>) -> String {
    match opened {
        Ok(_) => panic!("it was opened"),
        Err(error) => error.to_string(),
    }
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn boot(id: &'static str) -> Clock {
    Arc::new(move || Moment {
        boot: BootId(id.to_owned()),
        since: Duration::from_mins(1),
    })
}

/// A store as version 1 wrote it.
const VERSION_1: &str = "
    PRAGMA journal_mode = wal;
    PRAGMA application_id = 1886351212;
    PRAGMA user_version = 1;
    CREATE TABLE store (one INTEGER PRIMARY KEY CHECK (one = 1), fleet TEXT NOT NULL) STRICT;
    CREATE TABLE facts (key TEXT PRIMARY KEY, revision INTEGER NOT NULL, value TEXT NOT NULL)
        STRICT, WITHOUT ROWID;
    CREATE TABLE lease (one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL,
        holder TEXT NOT NULL, boot TEXT, renewed INTEGER) STRICT;
    INSERT INTO store VALUES (1, '4f0c1d2e3a5b6978');
    INSERT INTO lease VALUES (1, 7, 'ops1 on jump1', 'an-old-boot', 60000000000);
    INSERT INTO facts VALUES ('pool/web', 41, '{\"cores\":8}');
    INSERT INTO facts VALUES ('server/s01', 3, '{}');";

#[test]
fn a_store_of_version_1_is_migrated_and_keeps_everything() {
    let (_dir, file) = place();
    Connection::open(&file)
        .unwrap()
        .execute_batch(VERSION_1)
        .unwrap();
    let store = Sqlite::open(&file).unwrap();
    assert_eq!(store.fleet(), FleetId("4f0c1d2e3a5b6978".to_owned()));
    let web = Versioned {
        revision: 41,
        value: "{\"cores\":8}".to_owned(),
    };
    assert_eq!(store.get("pool/web").unwrap(), Some(web));
    put(&store, "server/s01", "{}").unwrap();
    assert_eq!(
        store.get("server/s01").unwrap().unwrap().revision,
        42,
        "above every revision so far"
    );
    assert_eq!(
        store.campaign("ops2").unwrap(),
        Some(Epoch(8)),
        "above every epoch so far"
    );
    drop(store);
    assert_eq!(Sqlite::open(&file).unwrap().list("").unwrap().len(), 2);
}

#[test]
fn a_store_of_version_1_is_not_migrated_by_somebody_who_only_looks() {
    let (dir, file) = place();
    drop(Sqlite::open(&file).unwrap());
    for file in names(dir.path())
        .iter()
        .filter(|name| name.starts_with("pooldeck"))
    {
        fs::remove_file(dir.path().join(file)).unwrap();
    }
    Connection::open(&file)
        .unwrap()
        .execute_batch(VERSION_1)
        .unwrap();
    let reason = refusal(Sqlite::open_read_only(&file));
    assert!(
        reason.contains("older pooldeck") && reason.contains("hint: start a captain"),
        "{reason}"
    );
}

#[test]
fn a_store_of_a_newer_pooldeck_is_refused_and_left_as_it_is() {
    let (_dir, file) = place();
    drop(Sqlite::open(&file).unwrap());
    let newer = Connection::open(&file).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    for opened in [Sqlite::open(&file), Sqlite::open_read_only(&file)] {
        let reason = refusal(opened);
        assert!(
            reason.contains("newer pooldeck (store version 99, this one knows 2)"),
            "{reason}"
        );
    }
    let version: u32 = newer
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 99);
}

#[test]
fn a_process_stops_writing_when_a_newer_pooldeck_migrates_the_store_under_it() {
    let (_dir, file) = place();
    let store = Sqlite::open(&file).unwrap();
    put(&store, "a", "1").unwrap();
    let newer = Connection::open(&file).unwrap();
    newer.pragma_update(None, "user_version", 3).unwrap();
    let error = put(&store, "a", "2").unwrap_err().to_string();
    assert!(error.contains("newer pooldeck"), "{error}");
    assert_eq!(store.get("a").unwrap().unwrap().value, "1");
}

#[test]
fn a_process_stops_writing_when_its_store_was_removed_or_replaced() {
    let (dir, file) = place();
    let store = Sqlite::open(&file).unwrap();
    put(&store, "a", "1").unwrap();
    fs::rename(&file, dir.path().join("away.db")).unwrap();
    let gone = put(&store, "a", "2").unwrap_err().to_string();
    assert!(gone.contains("was removed or replaced"), "{gone}");
    drop(Sqlite::open(&file).unwrap());
    let another = put(&store, "a", "3").unwrap_err().to_string();
    assert!(another.contains("was removed or replaced"), "{another}");
    assert!(store.renew(Epoch(1)).is_err(), "nor is it a captain's");
}

#[test]
fn another_programs_file_is_never_taken_for_a_store() {
    let (dir, file) = place();
    Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE photos (id)")
        .unwrap();
    let reason = refusal(Sqlite::open(&file));
    assert!(reason.contains("is not a pooldeck store"), "{reason}");
    let mode: String = Connection::open(&file)
        .unwrap()
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "delete", "not even its log is another one");
    let notes = dir.path().join("notes.txt");
    fs::write(
        &notes,
        "not a database at all, but long enough to be read as one".repeat(20),
    )
    .unwrap();
    let before = fs::read(&notes).unwrap();
    refusal(Sqlite::open(&notes));
    assert_eq!(fs::read(&notes).unwrap(), before);
    let empty = dir.path().join("empty.db");
    fs::write(&empty, "").unwrap();
    refusal(Sqlite::open(&empty));
}

#[test]
fn a_link_in_the_place_of_a_file_is_not_followed() {
    let (dir, file) = place();
    let target = dir.path().join("target.db");
    drop(Sqlite::open(&target).unwrap());
    symlink(&target, &file).unwrap();
    let reason = refusal(Sqlite::open(&file));
    assert!(reason.contains("is not a plain file"), "{reason}");
    fs::remove_file(&file).unwrap();
    symlink("/nowhere/to/be/made", dir.path().join("seen.db")).unwrap();
    let reason = refusal(Sqlite::open(&file));
    assert!(
        reason.contains("seen.db") && reason.contains("is not a plain file"),
        "{reason}"
    );
}

#[test]
fn a_link_to_the_directory_leads_to_one_and_the_same_store() {
    let (dir, file) = place();
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link");
    symlink(dir.path(), &link).unwrap();
    let fleet = Sqlite::open(&file).unwrap().fleet();
    assert_eq!(
        Sqlite::open(&link.join("pooldeck.db")).unwrap().fleet(),
        fleet
    );
}

#[test]
fn where_everybody_may_write_no_store_is_made_or_opened() {
    let (dir, file) = place();
    drop(Sqlite::open(&file).unwrap());
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    let reason = refusal(Sqlite::open(&file));
    assert!(reason.contains("everybody may write to"), "{reason}");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
    let reason = refusal(Sqlite::open(&file));
    assert!(reason.contains("everybody may write there"), "{reason}");
}

#[test]
fn the_rights_that_an_operator_gave_to_a_file_stay() {
    let (_dir, file) = place();
    drop(Sqlite::open(&file).unwrap());
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    put(&Sqlite::open(&file).unwrap(), "a", "1").unwrap();
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o640
    );
}

#[test]
fn making_a_store_leaves_nothing_else_behind() {
    let (dir, file) = place();
    let _store = Sqlite::open(&file).unwrap();
    let files = [
        "pooldeck.db",
        "pooldeck.db-shm",
        "pooldeck.db-wal",
        "seen.db",
        "seen.db-shm",
        "seen.db-wal",
    ];
    assert_eq!(names(dir.path()), files);
}

#[test]
fn who_only_looks_sees_what_is_written_and_writes_nothing() {
    let (dir, file) = place();
    let reason = refusal(Sqlite::open_read_only(&file));
    assert!(reason.contains("there is no store at"), "{reason}");
    assert!(names(dir.path()).is_empty());
    let captain = Sqlite::open(&file).unwrap();
    let wall = Sqlite::open_read_only(&file).unwrap();
    let before = wall.version().unwrap();
    put(&captain, "a", "1").unwrap();
    see(&captain, "s", "up");
    assert_ne!(wall.version().unwrap(), before);
    assert_eq!(wall.get("a").unwrap().unwrap().value, "1");
    assert_eq!(wall.seen("").unwrap().len(), 1);
    let refused = [
        put(&wall, "a", "2").unwrap_err(),
        wall.see(&BTreeMap::new()).unwrap_err(),
        wall.campaign("wall").unwrap_err(),
    ];
    for error in refused {
        assert!(
            error.to_string().contains("open for reading only"),
            "{error}"
        );
    }
}

#[test]
fn a_copy_is_a_store_of_the_same_fleet_with_the_same_facts() {
    let (dir, file) = place();
    let store = Sqlite::open(&file).unwrap();
    put(&store, "pool/web", "1").unwrap();
    let bytes = store.copy().unwrap().unwrap();
    put(&store, "pool/web", "2").unwrap();
    let copy = dir.path().join("copy.db");
    fs::write(&copy, bytes).unwrap();
    for copy in [Sqlite::open_read_only(&copy), Sqlite::open(&copy)] {
        let copy = copy.unwrap();
        assert_eq!(copy.fleet(), store.fleet());
        assert_eq!(copy.get("pool/web").unwrap().unwrap().value, "1");
        assert!(copy.seen("").unwrap().is_empty());
    }
}

#[test]
fn two_stores_in_one_directory_share_nothing() {
    let (dir, _) = place();
    let one = Sqlite::open(&dir.path().join("one.db")).unwrap();
    let other = Sqlite::open(&dir.path().join("other.db")).unwrap();
    assert_ne!(one.fleet(), other.fleet());
    see(&one, "s", "up");
    put(&one, "a", "1").unwrap();
    assert!(other.seen("").unwrap().is_empty() && other.list("").unwrap().is_empty());
}

/// Overwrites the middle of a file, as a power cut may for writes that nobody waited for.
fn damage(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let from = bytes.len() / 4;
    bytes[from..].fill(0x5a);
    fs::write(file, bytes).unwrap();
}

#[test]
fn what_was_seen_is_forgotten_when_a_power_cut_damaged_it_and_what_lasts_is_not() {
    for header_too in [false, true] {
        let (dir, file) = place();
        let store = Sqlite::open_with_clock(&file, boot("one")).unwrap();
        put(&store, "pool/web", "1").unwrap();
        for server in 0..500 {
            see(&store, &format!("server/s{server:03}"), &"up".repeat(50));
        }
        drop(store);
        let seen = dir.path().join("seen.db");
        let checkpoint = Connection::open(&seen).unwrap();
        checkpoint
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))
            .unwrap();
        drop(checkpoint);
        damage(&seen);
        if header_too {
            fs::write(&seen, [0x5a; 8192]).unwrap();
        }
        let store = Sqlite::open_with_clock(&file, boot("two")).unwrap();
        assert!(store.seen("").unwrap().is_empty());
        see(&store, "server/s001", "up again");
        assert_eq!(store.seen("").unwrap().len(), 1);
        assert_eq!(store.get("pool/web").unwrap().unwrap().value, "1");
    }
}

#[test]
fn what_was_seen_outlasts_a_reboot_that_damaged_nothing() {
    let (_dir, file) = place();
    see(
        &Sqlite::open_with_clock(&file, boot("one")).unwrap(),
        "s",
        "up",
    );
    let store = Sqlite::open_with_clock(&file, boot("two")).unwrap();
    assert_eq!(store.seen("").unwrap().len(), 1);
}
