//! A person's own colours and keys: they count, they are shown, and a mistake changes nothing.

use std::{fs, path::Path, thread, time::Duration};

use pooldeck::deck::{
    Msg, Theme,
    taste::{Taste, keys, theme},
};

use crate::{
    driver::Driver,
    pty::{self, Pty},
    screens,
};

fn liking(keymap: &str) -> Driver {
    let mut driver = Driver::new();
    let keys = keys(Path::new("keys.yaml"), keymap).unwrap();
    driver.say(Msg::Taste(Box::new(Taste {
        keys: Some(keys),
        ..Taste::default()
    })));
    driver
}

#[test]
fn keys_of_ones_own_work_and_every_line_that_names_a_key_names_them() {
    let mut driver = liking(
        "resize: Z\nactions: M\nconfirm: W\nagree: j\ndown: down\nhelp: F1\nplan again: p\n",
    );
    driver.press("Down Down R");
    assert!(
        driver
            .text()
            .contains("no such key here: F1 shows the keys"),
        "{}",
        driver.text()
    );
    driver.press("Z");
    assert!(driver.text().contains("Resize web"), "{}", driver.text());
    driver.press("1 1 2 Enter");
    assert!(driver.text().contains("p plan again"), "{}", driver.text());
    driver.press("Y");
    assert!(driver.asked.is_empty(), "the table's key still confirms");
    assert!(driver.text().contains("W confirms"), "{}", driver.text());
    driver.press("W");
    assert_eq!(driver.asked.len(), 1);

    let mut driver = liking("agree: J\nactions: M\n");
    driver.press("3 Enter M Enter y");
    assert!(driver.asked.is_empty());
    assert!(driver.text().contains("J does it now"), "{}", driver.text());
    driver.press("J");
    assert_eq!(driver.asked.len(), 1);
}

#[test]
fn a_mistake_is_said_below_and_whole_in_the_help_and_everything_stays_as_it_was() {
    let mut driver = liking("confirm: W\n");
    let before = driver.model.clone();
    driver.say(Msg::Taste(Box::new(Taste {
        mistakes: vec![
            "theme.yaml:1:5: `gren` is no colour\nhint: did you mean `green`?".to_owned(),
        ],
        ..Taste::default()
    })));
    assert!(
        driver
            .text()
            .contains("theme.yaml:1:5: `gren` is no colour   ? says more")
    );
    assert_eq!(driver.model.look, before.look);
    assert_eq!(driver.model.keys, before.keys);
    driver.press("? G");
    assert!(
        driver.text().contains("hint: did you mean `green`?"),
        "{}",
        driver.text()
    );
}

#[test]
fn the_readmes_files_can_be_read() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let block = |first: &str| {
        let from = readme.find(first).unwrap();
        &readme[from..from + readme[from..].find("```").unwrap()]
    };
    let file = Path::new("README.md");
    let mine = theme(file, block("# theme.yaml"), Theme::PALETTE).unwrap();
    assert_ne!(mine, Theme::DARK);
    assert_ne!(
        keys(file, block("# keys.yaml")).unwrap(),
        pooldeck::deck::command::Keys::default()
    );
}

#[test]
fn a_file_that_is_saved_counts_without_a_restart_and_a_bad_one_leaves_the_good_one() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("pooldeck");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("theme.yaml"), "focus: gren\n").unwrap();
    let mut command = pty::deck("room");
    command.env("XDG_CONFIG_HOME", home.path());
    let mut pty = Pty::start(command);
    pty.until("theme.yaml:1:8: `gren` is no colour");
    fs::write(folder.join("theme.yaml"), "focus: bright-green\n").unwrap();
    pty.until("your theme and keys were read");
    fs::write(folder.join("keys.yaml"), "sort: v\n").unwrap();
    pty.until("keys.yaml:1:1: `sort` and `group` would both be on v");
    fs::write(folder.join("keys.yaml"), "servers: x\n").unwrap();
    thread::sleep(Duration::from_millis(300));
    pty.until("your theme and keys were read");
    pty.press("x");
    pty.until("ZONE");
}

#[test]
fn every_set_of_colours_draws_the_same_text() {
    for (name, theme) in Theme::NAMED {
        let mut driver = Driver::new();
        let text = driver.text();
        driver.model.look.theme = theme;
        assert_eq!(driver.text(), text, "{name}");
        screens::cursor_differs(&driver);
    }
}
