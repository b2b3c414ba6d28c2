//! What keys and the world do to the deck, and what the deck may ask for.

use std::collections::BTreeSet;

use pooldeck::{
    deck::{
        Effect, World,
        command::{self, Command, Keys, Place, TABLE},
        model::Screen,
        update::perform,
    },
    fleet::ServerName,
};
use proptest::prelude::*;

use crate::{driver::Driver, room7};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn cursor_and_marks_stay_on_their_names_whatever_comes_goes_or_is_sorted(
        keys in prop::collection::vec(prop::sample::select(vec!["j", "k", "Space", "s", "v", "G", "g", "/", "Esc"]), 1..30),
        gone in prop::collection::btree_set(1..30_u32, 0..12),
    ) {
        let mut driver = Driver::new();
        driver.press("2");
        for key in keys {
            driver.press(key);
        }
        let gone: BTreeSet<String> = gone.iter().map(|n| format!("s{n:02}")).collect();
        let cursor = driver.model.servers.list.selected().cloned();
        let marks = driver.model.servers.marks.clone();
        let order = driver.model.servers.shown.clone();
        driver.see(room7::without(&gone));
        let servers = &driver.model.servers;
        let stays = |name: &ServerName| !gone.contains(name.as_str());
        // The cursor is on the same name or on none; it never slides onto another.
        prop_assert_eq!(servers.list.selected().cloned(), cursor.filter(|it| stays(it)));
        let kept: BTreeSet<ServerName> = marks.iter().filter(|it| stays(it)).cloned().collect();
        prop_assert_eq!(&servers.marks, &kept);
        if !kept.is_empty() {
            let rest: Vec<ServerName> = order.into_iter().filter(|it| stays(it)).collect();
            prop_assert_eq!(&servers.shown[..rest.len()], &rest[..], "rows moved under marks");
        }
    }

    #[test]
    fn every_mark_is_on_the_screen_or_named_as_hidden(
        marks in prop::collection::btree_set(1..60_u32, 1..5),
        filter in "[a-d]?[0-9]{0,2}",
    ) {
        let mut driver = Driver::new();
        driver.press("2");
        let marks: BTreeSet<ServerName> = marks.iter().map(|n| room7::name(&format!("s{n:02}"))).collect();
        driver.model.servers.marks = marks.clone();
        driver.press("/");
        driver.type_text(&filter);
        driver.press("Enter");
        let text = driver.text();
        for mark in &marks {
            prop_assert!(text.contains(mark.as_str()), "{} is not shown: {}", mark, text);
        }
        if !driver.model.hidden_marks().is_empty() {
            driver.press("R A");
            prop_assert!(matches!(driver.model.place(), Place::Servers), "an action with hidden marks opened");
        }
    }
}

#[test]
fn within_a_place_no_key_means_two_things_and_everywhere_a_key_means_the_same() {
    for place in Place::ALL {
        let mut seen = BTreeSet::new();
        for entry in TABLE.iter().filter(|entry| entry.on.contains(&place)) {
            for key in entry.keys {
                assert!(
                    seen.insert(key.to_string()),
                    "{key} means two things at {place:?}"
                );
            }
        }
    }
    for a in TABLE {
        for b in TABLE.iter().filter(|b| b.command != a.command) {
            let shared = a.keys.iter().find(|key| b.keys.contains(key));
            assert!(
                shared.is_none(),
                "{shared:?} is both {} and {}",
                a.name,
                b.name
            );
        }
    }
}

#[test]
fn no_command_hangs_on_a_key_that_tmux_screen_or_a_shell_takes() {
    for entry in TABLE {
        let ctrl: String = entry
            .keys
            .iter()
            .filter(|key| key.ctrl)
            .map(ToString::to_string)
            .collect();
        for taken in ["A", "B", "G", "Q", "S", "O", "T", "P", "N", "H", "W"] {
            assert!(
                !ctrl.ends_with(&format!("-{taken}")),
                "{} is on {ctrl}",
                entry.name
            );
        }
    }
}

/// Every place with a screen behind it, reached as a person reaches it.
fn places() -> Vec<(Place, &'static str)> {
    vec![
        (Place::Pools, ""),
        (Place::Servers, "2 j"),
        (Place::Server, "2 j Enter"),
        (Place::Runs, "3"),
        (Place::Run, "3 Enter"),
        (Place::Help, "?"),
        (Place::Resize, "j j R 1 1 2"),
        (Place::Create, "A j Enter d Enter 1 6"),
        (Place::Preview, "j j R 1 1 2 Enter"),
        (Place::Menu, "A"),
        (Place::Text, "2 /"),
    ]
}

#[test]
fn at_every_place_every_key_does_what_the_table_says_and_no_single_key_asks_for_anything() {
    let keys: Vec<String> = (' '..='~')
        .map(|c| {
            if c == ' ' {
                "Space".to_owned()
            } else {
                c.to_string()
            }
        })
        .chain(["Enter", "Tab", "Up", "Down", "Backspace"].map(str::to_owned))
        .collect();
    for (place, way) in places() {
        for key in &keys {
            let mut driver = Driver::new();
            driver.press(way);
            assert_eq!(driver.model.place(), place, "{way}");
            let confirms = place == Place::Preview && key == "Y";
            driver.press(key);
            assert!(
                driver.asked.is_empty() || confirms,
                "{key} at {place:?} asked the captain"
            );
        }
    }
}

#[test]
fn read_only_emits_no_ask_for_any_command_at_any_place() {
    for (place, way) in places() {
        for entry in TABLE {
            let mut model = room7::model();
            model.read_only = true;
            let mut driver = Driver::on(model);
            driver.press(way);
            driver.wait(1000);
            let before = driver.asked.len();
            let effects = perform(&mut driver.model, place, entry.command);
            assert!(
                !effects.iter().any(|it| matches!(it, Effect::Ask(_))),
                "{}",
                entry.name
            );
            driver.press("j Enter y Y Enter y");
            assert_eq!(
                driver.asked.len(),
                before,
                "{} at {place:?} asked",
                entry.name
            );
        }
    }
}

#[test]
fn a_key_of_the_footer_is_a_key_of_the_table() {
    for place in Place::ALL {
        for (key, word) in command::footer(&Keys::default(), place) {
            let entry = TABLE
                .iter()
                .find(|entry| entry.keys.first().is_some_and(|it| it.to_string() == key));
            assert!(
                entry.is_some_and(|entry| entry.on.contains(&place)),
                "{key} {word} at {place:?}"
            );
        }
    }
}

#[test]
fn quit_is_said_once_and_only_by_its_keys() {
    let leave = |keys: &str| {
        let mut driver = Driver::new();
        driver.press(keys);
        driver.effects.contains(&Effect::Quit)
    };
    assert!(leave("q"));
    assert!(leave("2 Ctrl-c"));
    assert!(leave("A j Enter d Ctrl-c"), "typed into a name");
    assert!(!leave("2 q"));
    assert_eq!(
        command::at(&Keys::default(), Place::Pools, &room7::key_of("q")),
        Some(Command::Back)
    );
}

#[test]
fn a_pools_screen_opens_its_members_and_asks_for_its_own_size() {
    let mut driver = Driver::new();
    driver.press("Enter");
    let Screen::Pool(pool, members) = driver.model.screen() else {
        panic!("{}", driver.text());
    };
    let (pool, first) = (pool.clone(), members.selected().cloned().unwrap());
    assert_eq!(driver.model.members(&pool).first(), Some(&first));
    driver.press("j Enter");
    let second = driver.model.members(&pool)[1].clone();
    assert!(
        matches!(driver.model.screen(), Screen::Server(name, _) if *name == second),
        "{}",
        driver.text()
    );
    driver.press("Esc R");
    let Screen::Form(form) = driver.model.screen() else {
        panic!("{}", driver.text());
    };
    assert_eq!(form.pool.as_ref(), Some(&pool));
}

#[test]
fn the_screen_of_a_pool_that_ended_says_so_and_changes_nothing() {
    let mut driver = Driver::new();
    driver.press("Enter");
    let mut snapshot = room7::world().snapshot;
    let Screen::Pool(pool, _) = driver.model.screen() else {
        panic!("{}", driver.text());
    };
    snapshot.fleet.pools.remove(pool);
    driver.see(World::of(snapshot, room7::now()));
    driver.press("A");
    let Screen::Menu(menu) = driver.model.screen() else {
        panic!("{}", driver.text());
    };
    let labels: Vec<&str> = menu.items.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["new pool …"], "nothing of another pool is offered");
    driver.press("Esc");
    assert!(
        driver.text().contains("There is no pool"),
        "{}",
        driver.text()
    );
    driver.press("R");
    assert!(!matches!(driver.model.screen(), Screen::Form(_)));
}

#[test]
fn the_dialog_of_a_pool_that_changed_meanwhile_begins_anew_and_says_so() {
    let mut driver = Driver::new();
    driver.press("R -");
    let Screen::Form(form) = driver.model.screen() else {
        panic!("{}", driver.text());
    };
    let pool = form.pool.clone().unwrap();
    assert!(!form.cores.is_empty());
    let mut snapshot = room7::world().snapshot;
    let members = &mut snapshot.fleet.pools.get_mut(&pool).unwrap().members;
    let worker = members.keys().next_back().unwrap().clone();
    members.remove(&worker);
    driver.see(World::of(snapshot, room7::now()));
    let Screen::Form(form) = driver.model.screen() else {
        panic!("{}", driver.text());
    };
    assert!(
        form.cores.is_empty(),
        "what was typed was about another size"
    );
    assert!(
        driver.text().contains("changed meanwhile"),
        "{}",
        driver.text()
    );
}

#[test]
fn a_server_that_is_taken_meanwhile_is_no_longer_ticked() {
    let mut driver = Driver::new();
    driver.press("R");
    let Some(Screen::Form(form)) = driver.model.stack.last_mut() else {
        panic!("no dialog");
    };
    let spare = form.rows.iter().find(|it| !form.workers.contains(*it));
    let spare = spare.cloned().unwrap();
    form.ticked.insert(spare.clone());
    let gone = BTreeSet::from([spare.to_string()]);
    driver.see(room7::without(&gone));
    assert!(
        driver.text().contains("no longer ticked"),
        "{}",
        driver.text()
    );
}

#[test]
fn the_first_pool_that_appears_is_selected() {
    let mut driver = Driver::new();
    let mut none = room7::world().snapshot;
    none.fleet.pools.clear();
    driver.see(World::of(none, room7::now()));
    driver.see(room7::world());
    driver.press("Enter");
    assert!(
        matches!(driver.model.screen(), Screen::Pool(..)),
        "{}",
        driver.text()
    );
}

#[test]
fn the_first_run_that_appears_is_selected_so_that_enter_opens_it() {
    let mut driver = Driver::new();
    let mut none = room7::world().snapshot;
    none.runs.clear();
    driver.see(World::of(none, room7::now()));
    driver.press("3");
    driver.model.runs = pooldeck::deck::list::List::default();
    driver.see(room7::world());
    driver.press("Enter");
    assert!(
        matches!(driver.model.screen(), Screen::Run(..)),
        "{}",
        driver.text()
    );
}
