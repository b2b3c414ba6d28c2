//! The first hour: which servers may be used, asked before anything is touched, answered with lines beside the inventory.

use std::{collections::BTreeSet, fs, time::Duration};

use pooldeck::{
    deck::{
        Effect, Model, Msg, World,
        command::{Place, TABLE},
        model::Screen,
        update::perform,
        world::May,
    },
    fleet::{ServerName, ServerSeen, Standing, Trouble, TroubleKind, inventory, standing},
    store::{memory::Memory, record::key, snapshot::Snapshot},
};
use proptest::prelude::*;

use crate::{
    driver::Driver,
    pty::{self, Pty},
    room7,
};

/// The room as it was before anybody offered anything: seen, and with all that a room has on it.
pub fn world() -> World {
    World::of(Snapshot::read(&store("inventory")).unwrap(), room7::now())
}

/// A store in which nobody offered anything, of the inventory there.
pub fn store(place: &str) -> Memory {
    let store = room7::empty();
    room7::list(&store, false);
    let mut listed = Snapshot::read(&store).unwrap().listed;
    place.clone_into(&mut listed.place);
    room7::write(&store, [(key::INVENTORY.to_owned(), listed)]);
    store
}

/// The deck in its first hour.
pub fn model() -> Model {
    room7::model_of(world(), room7::PALETTE)
}

fn driver() -> Driver {
    Driver::on(model())
}

#[test]
fn it_opens_by_itself_where_nothing_is_offered_and_nothing_was_made() {
    assert!(matches!(model().screen(), Screen::Offer));
    assert!(matches!(room7::model().screen(), Screen::Pools));
    // The inventory may be read only after the deck was opened.
    let nothing = World::of(Snapshot::read(&room7::empty()).unwrap(), room7::now());
    let mut late = Driver::on(room7::model_of(nothing, room7::PALETTE));
    assert!(matches!(late.model.screen(), Screen::Pools));
    late.see(world());
    assert!(matches!(late.model.screen(), Screen::Offer));
    late.press("Esc");
    late.see(world());
    assert!(matches!(late.model.screen(), Screen::Pools), "it asks once");
    late.press("O");
    assert!(matches!(late.model.screen(), Screen::Offer));
}

#[test]
fn every_server_is_listed_at_once_with_its_reason_when_the_network_is_down() {
    let mut snapshot = world().snapshot;
    for (name, seen) in &mut snapshot.observed.servers {
        *seen = ServerSeen {
            tried: Some(room7::ago(5)),
            trouble: Some(Trouble {
                kind: TroubleKind::Unreachable,
                text: format!("`{name}` cannot be reached: No route to host\nhint: look"),
                since: room7::ago(5),
            }),
            ..ServerSeen::default()
        };
    }
    snapshot
        .observed
        .servers
        .retain(|name, _| name.as_str() != "s02");
    let mut driver = Driver::on(room7::model_of(
        World::of(snapshot, room7::now()),
        room7::PALETTE,
    ));
    assert_eq!(driver.model.offer.rows.len(), 60);
    let text = driver.text();
    assert!(text.contains("s01") && text.contains("no route"), "{text}");
    assert!(text.contains("not tried"), "{text}");
    driver.press("*");
    assert!(
        driver.model.offer.ticked.is_empty(),
        "nobody knows what runs there"
    );
}

#[test]
fn what_is_in_use_or_not_ours_cannot_be_ticked_and_says_why() {
    let mut driver = driver();
    for (row, word) in [
        ("s26", "slapd"),
        ("s27", "old-a"),
        ("s24", "host key"),
        ("s25", "root"),
        ("s17", "not seen"),
    ] {
        driver.model.offer.list.select(room7::name(row));
        driver.press("Space");
        assert!(driver.model.offer.ticked.is_empty(), "{row}");
        let notice = driver.model.notice.clone().unwrap_or_default();
        assert!(notice.contains(word), "{row}: {notice}");
    }
}

#[test]
fn what_is_found_on_a_server_that_is_not_offered_makes_it_no_candidate() {
    let world = world();
    let now = room7::now();
    for (name, seen) in &world.snapshot.observed.servers {
        let it = standing(&world.snapshot.fleet, Some(seen), name, now);
        assert_eq!(it, Standing::NotOffered, "{name}");
    }
    assert_eq!(world.spares().count(), 0);
}

#[test]
fn a_tick_stays_on_its_name_and_goes_when_something_is_found_there() {
    let mut driver = driver();
    driver.press("*");
    let before = driver.model.offer.ticked.clone();
    assert!(before.contains(&room7::name("s01")) && before.len() > 5);
    let mut snapshot = world().snapshot;
    let seen = snapshot
        .observed
        .servers
        .get_mut(&room7::name("s01"))
        .unwrap();
    seen.facts.as_mut().unwrap().listeners = vec!["tcp 5432 postgres".to_owned()];
    driver.see(World::of(snapshot, room7::now()));
    let after = &driver.model.offer.ticked;
    let gone: Vec<&ServerName> = before.difference(after).collect();
    assert_eq!(gone, [&room7::name("s01")]);
    assert!(
        driver.text().contains("no longer ticked"),
        "{}",
        driver.text()
    );
}

/// The room's inventory as a folder, and a deck that looks at it.
fn on_disk() -> (tempfile::TempDir, Driver) {
    let folder = tempfile::tempdir().unwrap();
    let hosts: Vec<String> = (1..=60).map(|n| format!("    s{n:02}:\n")).collect();
    let hosts = hosts.concat();
    fs::write(
        folder.path().join("hosts.yaml"),
        format!("all:\n  hosts:\n{hosts}"),
    )
    .unwrap();
    let mut world = world();
    world.snapshot.listed.place = folder.path().display().to_string();
    (folder, Driver::on(room7::model_of(world, room7::PALETTE)))
}

fn compose(driver: &mut Driver) -> Option<BTreeSet<ServerName>> {
    let Some(Effect::Compose(names)) = driver.effects.last().cloned() else {
        return None;
    };
    let place = driver.model.world.snapshot.listed.place.clone();
    let lines = inventory::offer::compose(place.as_ref(), &names).map(Box::new);
    driver.say(Msg::Composed(lines));
    Some(names)
}

fn writes(driver: &Driver) -> usize {
    let write = |effect: &&Effect| matches!(effect, Effect::Write(_));
    driver.effects.iter().filter(write).count()
}

#[test]
fn lines_are_shown_before_they_are_written_and_y_writes_what_was_shown() {
    let (_folder, mut driver) = on_disk();
    driver.press("Space Space w");
    let names = compose(&mut driver).unwrap();
    assert_eq!(names, driver.model.offer.ticked);
    let text = driver.text();
    for name in &names {
        assert!(
            text.contains(&format!("{name}: {{ pooldeck_use: true }}")),
            "{text}"
        );
    }
    assert!(text.contains("pooldeck-offer.yaml"), "{text}");
    driver.press("Enter Y w Space");
    assert_eq!(writes(&driver), 0, "only y says yes");
    driver.press("y y");
    assert_eq!(writes(&driver), 1, "once");
    assert!(driver.asked.is_empty(), "the captain is asked nothing");
}

#[test]
fn on_a_terminal_the_question_is_there_at_once_and_its_lines_reach_the_disk() {
    let (folder, _) = on_disk();
    let file = folder.path().join("pooldeck-offer.yaml");
    let mut command = pty::deck("offer");
    command.env("DECK_INVENTORY", folder.path());
    let mut pty = Pty::start(command);
    let took = pty.until("Which of your 60 servers");
    assert!(took < Duration::from_millis(900), "{took:?}");
    pty.press(" w");
    pty.until("would be a new file");
    assert!(!file.exists(), "shown first");
    std::thread::sleep(std::time::Duration::from_millis(600));
    pty.press("y");
    pty.until("Written to");
    let offered = inventory::read(folder.path()).unwrap();
    let offered: Vec<_> = offered.servers.values().filter(|it| it.offered).collect();
    assert_eq!(offered.len(), 1);
    assert_eq!(offered[0].name, room7::name("s01"));
    pty.press("\x03");
}

#[test]
fn nothing_is_written_before_the_lines_are_on_the_screen() {
    let (_folder, mut driver) = on_disk();
    driver.press("y * y w y");
    assert_eq!(writes(&driver), 0);
}

#[test]
fn read_only_writes_no_lines_by_any_command() {
    for entry in TABLE {
        let (_folder, mut driver) = on_disk();
        driver.model.read_only = true;
        driver.press("* w");
        compose(&mut driver);
        let effects = perform(&mut driver.model, Place::Lines, entry.command);
        let write = effects.iter().any(|it| matches!(it, Effect::Write(_)));
        assert!(!write, "{}", entry.name);
        driver.press("y Y Enter y");
        assert_eq!(writes(&driver), 0, "{}", entry.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_is_pressed_only_what_was_found_free_is_offered(
        keys in prop::collection::vec(prop::sample::select(vec!["j", "k", "G", "g", "Space", "*", "C", "w", "y", "Esc", "O", "Enter"]), 1..40),
    ) {
        let (_folder, mut driver) = on_disk();
        for key in keys {
            driver.press(key);
            compose(&mut driver);
        }
        for effect in &driver.effects {
            if let Effect::Write(offered) = effect {
                for name in offered.names() {
                    let row = driver.model.offer.row(name).unwrap();
                    prop_assert_eq!(row.may, May::Offer, "{}", name);
                }
            }
        }
    }
}
