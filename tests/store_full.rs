//! A store on a disk that is full: a real one of 64 MiB, where this machine lets us make one.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the answer")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use pooldeck::store::{Commit, FREE_TO_COMMIT, Store, StoreError, disk, sqlite::Sqlite};
use rusqlite::Connection;

/// Names the small disk to the process that lives in its own mount namespace.
const DISK: &str = "POOLDECK_SMALL_DISK";

fn put(store: &dyn Store, key: &str, value: String) -> Result<(), StoreError> {
    store.commit(&Commit {
        writes: BTreeMap::from([(key.to_owned(), Some(value))]),
        ..Commit::default()
    })
}

/// Leaves so many bytes free.
fn leave(dir: &Path, bytes: u64) -> PathBuf {
    let ballast = dir.join("ballast");
    drop(fs::remove_file(&ballast));
    let room = disk::free_bytes(dir).unwrap();
    let size = usize::try_from(room - bytes.min(room)).unwrap();
    fs::write(&ballast, vec![1_u8; size]).unwrap();
    ballast
}

fn is_full<T: std::fmt::Debug>(answer: Result<T, StoreError>, dir: &Path) {
    match answer {
        Err(StoreError::Full { place, .. }) => assert_eq!(Path::new(&place), dir),
        other => panic!("{other:?}"),
    }
}

/// What it has to hold on a disk of 64 MiB at `dir`.
fn on_a_small_disk(dir: &Path) {
    let file = dir.join("pooldeck.db");
    let store = Sqlite::open(&file).unwrap();
    let epoch = store.campaign("one").unwrap().unwrap();
    put(&store, "run/1", "before".to_owned()).unwrap();
    let revision = store.revision().unwrap();

    // More than there is room for: SQLite itself finds no place for it, half-way.
    leave(dir, FREE_TO_COMMIT + 2_000_000);
    is_full(put(&store, "run/2", "x".repeat(60_000_000)), dir);
    leave(dir, FREE_TO_COMMIT + 2_000_000);
    put(&store, "run/3", "small".to_owned()).unwrap();

    // Next to nothing, and nothing at all: refused before it is tried; who looks still sees all.
    let mut ballast = PathBuf::new();
    for free in [FREE_TO_COMMIT - 1_000_000, 0] {
        ballast = leave(dir, free);
        is_full(put(&store, "run/2", "no".to_owned()), dir);
        let all = Sqlite::open_read_only(&file).unwrap().list("run/").unwrap();
        assert_eq!(all.keys().collect::<Vec<_>>(), ["run/1", "run/3"]);
        assert_eq!(all["run/1"].value, "before");
    }
    let much = BTreeMap::from([("line".to_owned(), Some("x".repeat(3_000_000)))]);
    is_full(store.see(&much), dir);
    // The lease's row is written again where it stands: it may find room in what is there already.
    match store.renew(epoch) {
        Ok(()) => (),
        refused => is_full(refused, dir),
    }

    fs::remove_file(ballast).unwrap();
    put(&store, "run/2", "after".to_owned()).unwrap();
    store.see(&much).unwrap();
    store.renew(epoch).unwrap();
    assert_eq!(store.revision().unwrap(), revision + 2);
    drop(store);
    let check = |name: &str| -> String {
        let connection = Connection::open(dir.join(name)).unwrap();
        let answer = connection.query_row("PRAGMA integrity_check", (), |row| row.get(0));
        answer.unwrap()
    };
    assert_eq!([check("pooldeck.db"), check("seen.db")], ["ok", "ok"]);
}

#[test]
fn a_full_disk_refuses_whole_commits_keeps_what_is_there_and_takes_the_next_when_there_is_room() {
    if let Some(dir) = std::env::var_os(DISK) {
        return on_a_small_disk(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=64m,mode=0700 tmpfs \"$1\" || exit 77
        shift; exec \"$@\"";
    let name = "a_full_disk_refuses_whole_commits_keeps_what_is_there_and_takes_the_next_when_there_is_room";
    let ended = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(dir.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(DISK, dir.path())
        .output();
    match ended {
        Ok(ended) if ended.status.success() => (),
        Ok(ended) if ended.status.code() == Some(101) => {
            panic!("{}", String::from_utf8_lossy(&ended.stdout))
        }
        // No namespaces for us here: what disk.rs refuses by itself is tested there.
        other => println!("no small disk can be made here: {other:?}"),
    }
}
