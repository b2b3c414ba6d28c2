//! Several processes on one store. Each test starts itself again as the other process: the same name, and
//! `POOLDECK_TEST_STORE` for the file.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the answer")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::{BufRead, BufReader},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use pooldeck::store::{Commit, Store, StoreError, sqlite::Sqlite};

const STORE: &str = "POOLDECK_TEST_STORE";

/// The store of the test that started us; none in the test itself.
fn given() -> Option<PathBuf> {
    env::var_os(STORE).map(PathBuf::from)
}

/// This test once more, as another process.
fn again(program: &Path, test: &str, store: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(STORE, store)
        .stdout(Stdio::piped());
    command
}

fn started(test: &str, store: &Path) -> Child {
    again(&env::current_exe().unwrap(), test, store)
        .spawn()
        .unwrap()
}

/// What the other process says in lines that begin so.
fn said<'a>(child: &'a mut Child, word: &'a str) -> impl Iterator<Item = String> + 'a {
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    lines.filter_map(move |line| Some(line.unwrap().split_once(word)?.1.to_owned()))
}

fn put(store: &dyn Store, key: &str, value: &str) -> Result<(), StoreError> {
    store.commit(&Commit {
        writes: BTreeMap::from([(key.to_owned(), Some(value.to_owned()))]),
        ..Commit::default()
    })
}

#[test]
fn a_writer_that_is_killed_loses_nothing_that_it_acknowledged() {
    if let Some(file) = given() {
        let store = Sqlite::open(&file).unwrap();
        let epoch = store.campaign("writer").unwrap();
        for number in 0.. {
            let pair = |side| (format!("{side}/{number:06}"), Some("x".repeat(200)));
            let commit = Commit {
                writes: BTreeMap::from([pair("left"), pair("right")]),
                epoch,
                ..Commit::default()
            };
            store.commit(&commit).unwrap();
            println!("committed {number:06}");
        }
    }
    let dir = tempfile::tempdir().unwrap();
    for round in 1..=5 {
        let file = dir.path().join(format!("{round}.db"));
        let mut writer = started(
            "a_writer_that_is_killed_loses_nothing_that_it_acknowledged",
            &file,
        );
        let mut acknowledged: Vec<String> =
            said(&mut writer, "committed ").take(17 * round).collect();
        writer.kill().unwrap();
        acknowledged.extend(said(&mut writer, "committed "));
        writer.wait().unwrap();
        assert!(acknowledged.len() >= 17 * round);

        let store = Sqlite::open(&file).unwrap();
        let side = |side: &str| -> BTreeSet<String> {
            let keys = store.list(side).unwrap().into_keys();
            keys.map(|key| key[side.len()..].to_owned()).collect()
        };
        let kept = side("left/");
        assert_eq!(kept, side("right/"), "a commit is whole or not there");
        for number in acknowledged.iter().filter(|number| number.len() == 6) {
            assert!(kept.contains(number), "{number} was acknowledged");
        }
        assert_eq!(
            store.campaign("other").unwrap(),
            None,
            "the lease outlives its holder"
        );
    }
}

#[test]
fn all_who_make_the_same_store_at_the_same_time_get_the_same_fleet() {
    const TEST: &str = "all_who_make_the_same_store_at_the_same_time_get_the_same_fleet";
    if let Some(file) = given() {
        let store = Sqlite::open(&file).unwrap();
        put(&store, &format!("process/{}", std::process::id()), "here").unwrap();
        println!("fleet {}", store.fleet());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pooldeck.db");
    let mut all: Vec<Child> = (0..6).map(|_| started(TEST, &file)).collect();
    let fleets: BTreeSet<String> = all
        .iter_mut()
        .flat_map(|child| said(child, "fleet ").collect::<Vec<_>>())
        .collect();
    for child in &mut all {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(fleets.len(), 1, "{fleets:?}");
    assert_eq!(
        Sqlite::open(&file).unwrap().list("process/").unwrap().len(),
        6
    );
}

#[test]
fn one_process_acts_and_the_other_sees_it_at_once() {
    if let Some(file) = given() {
        let store = Sqlite::open(&file).unwrap();
        let epoch = store.campaign("the other process").unwrap().unwrap();
        let mut version = store.version().unwrap();
        println!("captain {epoch}");
        loop {
            let now = store.version().unwrap();
            if now != version && store.get("ask/1").unwrap().is_some() {
                put(&store, "answer/1", "done").unwrap();
                return;
            }
            version = now;
            thread::sleep(Duration::from_millis(5));
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pooldeck.db");
    let store = Sqlite::open(&file).unwrap();
    let mut other = started("one_process_acts_and_the_other_sees_it_at_once", &file);
    assert_eq!(said(&mut other, "captain ").next().unwrap(), "1");
    assert_eq!(store.campaign("this one").unwrap(), None);
    assert_eq!(store.lease().unwrap().unwrap().holder, "the other process");
    put(&store, "ask/1", "please").unwrap();
    let asked = Instant::now();
    while store.get("answer/1").unwrap().is_none() {
        assert!(asked.elapsed() < Duration::from_secs(5), "nobody answered");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(other.wait().unwrap().success());
}

#[test]
fn somebody_without_the_right_to_write_can_look_also_when_no_captain_runs() {
    const TEST: &str = "somebody_without_the_right_to_write_can_look_also_when_no_captain_runs";
    const NOBODY: u32 = 65534;
    if let Some(file) = given() {
        assert!(
            fs::File::options().append(true).open(&file).is_err(),
            "it cannot write"
        );
        let store = Sqlite::open_read_only(&file).unwrap();
        let version = store.version().unwrap();
        println!("reads {}", store.get("a").unwrap().unwrap().value);
        assert_eq!(store.seen("").unwrap().len(), 1);
        let asked = Instant::now();
        while store.get("a").unwrap().unwrap().value == "1" {
            assert!(asked.elapsed() < Duration::from_secs(5), "it never changed");
            thread::sleep(Duration::from_millis(5));
        }
        assert_ne!(store.version().unwrap(), version);
        println!("then {}", store.get("a").unwrap().unwrap().value);
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pooldeck.db");
    let captain = Sqlite::open(&file).unwrap();
    put(&captain, "a", "1").unwrap();
    captain
        .see(&BTreeMap::from([("s".to_owned(), Some("up".to_owned()))]))
        .unwrap();
    drop(captain);
    // The test's program may lie where another user cannot go. Not copied by this process: a child that
    // another test forks meanwhile would hold the new file open for writing, and it could not be run.
    let program = dir.path().join("program");
    let copied = Command::new("cp")
        .arg(env::current_exe().unwrap())
        .arg(&program)
        .status()
        .unwrap();
    assert!(copied.success());
    let rights = |of_files, of_dir| {
        let files = [
            "pooldeck.db",
            "pooldeck.db-wal",
            "pooldeck.db-shm",
            "seen.db",
            "seen.db-wal",
            "seen.db-shm",
        ];
        for file in files {
            fs::set_permissions(dir.path().join(file), fs::Permissions::from_mode(of_files))
                .unwrap();
        }
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(of_dir)).unwrap();
    };
    rights(0o444, 0o555);
    let mut wall = again(&program, TEST, &file);
    // Root may write everywhere, whatever the rights say.
    if rustix::process::geteuid().is_root() {
        wall.uid(NOBODY).gid(NOBODY);
    }
    let mut wall = wall.spawn().unwrap();
    assert_eq!(said(&mut wall, "reads ").next().unwrap(), "1");
    rights(0o644, 0o755);
    put(&Sqlite::open(&file).unwrap(), "a", "2").unwrap();
    assert_eq!(said(&mut wall, "then ").next().unwrap(), "2");
    assert!(wall.wait().unwrap().success());
}
