//! Which place is chosen, and with which rights it is made.

use super::*;

fn around(dir: &Path, root: bool) -> Around {
    Around {
        shared: dir.join("shared"),
        private: dir.join("state/pooldeck"),
        root,
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_store_that_is_named_is_a_file_a_directory_or_memory() {
    let dir = tempfile::tempdir().unwrap();
    let here = around(dir.path(), false);
    let choose = |asked: &str| Place::choose(Some(asked), &here);
    let named = dir.path().display();
    assert_eq!(
        choose(&format!("sqlite:{named}")).unwrap(),
        Place::Named(dir.path().join(NAME))
    );
    assert_eq!(
        choose("sqlite:/new/").unwrap(),
        Place::Named(PathBuf::from("/new").join(NAME))
    );
    assert_eq!(
        choose("sqlite:/new/x.db").unwrap(),
        Place::Named(PathBuf::from("/new/x.db"))
    );
    assert_eq!(choose("memory:").unwrap(), Place::Memory);
    for wrong in [
        "",
        "sqlite:",
        "sqlite",
        "memory",
        "memory:x",
        "etcd:host",
        "/a/path",
    ] {
        let error = choose(wrong).unwrap_err().to_string();
        assert!(error.contains("hint: `--store sqlite:FILE`"), "{error}");
    }
    let error = choose("etcd:user:canary@host").unwrap_err().to_string();
    assert!(!error.contains("canary"), "{error}");
}

#[test]
fn without_a_name_root_and_members_share_and_everybody_else_has_a_private_store() {
    let dir = tempfile::tempdir().unwrap();
    let place = |root| Place::choose(None, &around(dir.path(), root)).unwrap();
    assert_eq!(place(true), Place::Shared(dir.path().join("shared")));
    assert_eq!(
        place(false),
        Place::Private(dir.path().join("state/pooldeck"))
    );
    fs::create_dir(dir.path().join("shared")).unwrap();
    assert_eq!(place(false), Place::Shared(dir.path().join("shared")));
}

#[test]
fn a_private_store_is_closed_to_others_and_says_that_it_is_private() {
    let dir = tempfile::tempdir().unwrap();
    let private = Place::Private(dir.path().join("state/pooldeck"));
    let store = private.open().unwrap();
    assert!(
        store.place().starts_with("private store /"),
        "{}",
        store.place()
    );
    assert_eq!(mode(&dir.path().join("state/pooldeck")), 0o700);
    for file in [
        "pooldeck.db",
        "pooldeck.db-wal",
        "pooldeck.db-shm",
        "seen.db",
    ] {
        assert_eq!(
            mode(&dir.path().join("state/pooldeck").join(file)),
            0o600,
            "{file}"
        );
    }
}

#[test]
fn a_shared_store_belongs_to_the_group_and_without_the_group_to_root_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (with, without) = (dir.path().join("with"), dir.path().join("without"));
    make_shared(&without, None).unwrap();
    assert_eq!(mode(&without), 0o700);
    make_shared(&with, Some(rustix::process::getegid().as_raw())).unwrap();
    assert_eq!(mode(&with), 0o2770);
    let _store = Place::Shared(with.clone()).open().unwrap();
    for file in [
        "pooldeck.db",
        "pooldeck.db-wal",
        "pooldeck.db-shm",
        "seen.db",
    ] {
        assert_eq!(mode(&with.join(file)), 0o660, "{file}");
    }
}

#[test]
fn who_only_looks_takes_the_machines_store_as_soon_as_there_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let here = around(dir.path(), false);
    let look = || Place::choose_to_look(None, &here).unwrap();
    assert_eq!(look(), Place::Private(here.private.clone()));
    assert!(
        look().open_read_only().is_err(),
        "nothing is made to look at"
    );
    Place::Shared(here.shared.clone()).open().unwrap();
    assert_eq!(look(), Place::Shared(here.shared.clone()));
    assert_eq!(
        look().open_read_only().unwrap().place(),
        here.shared.display().to_string()
    );
}

#[test]
fn a_group_is_found_by_its_whole_name() {
    let text = "root:x:0:\npooldecks:x:7:\npooldeck:x:991:ops1,ops2\n";
    assert_eq!(group_of(text, "pooldeck"), Some(991));
    assert_eq!(group_of(text, "deck"), None);
}
