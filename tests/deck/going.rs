//! Going from screen to screen: by keys, by the palette, by what a line is about; and what leaves the deck.

use pooldeck::{
    deck::{
        Effect, Msg,
        command::{Command, Place, TABLE},
        world::Target,
    },
    fleet::RunId,
};

use crate::{driver::Driver, room7};

/// The palette at home, after these letters.
fn typed(text: &str) -> Driver {
    let mut driver = Driver::new();
    driver.press(":");
    driver.type_text(text);
    driver
}

#[test]
fn every_command_of_a_screen_is_in_its_palette_by_name() {
    let driver = typed("");
    let entries = TABLE.iter();
    for entry in entries.filter(|it| it.on.contains(&Place::Pools)) {
        if entry.command != Command::Palette {
            let there = typed(entry.name).text_at(132, 43);
            assert!(there.contains(entry.name), "{}: {there}", entry.name);
        }
    }
    assert_eq!(driver.model.place(), Place::Palette);
}

#[test]
fn the_palette_leads_to_pools_servers_and_runs_by_their_names() {
    for (name, target) in [
        ("pool lab", Target::Pool("lab".parse().unwrap())),
        ("server s17", Target::Server(room7::name("s17"))),
        ("run 12", Target::Run(RunId(12))),
    ] {
        let mut driver = typed(name);
        driver.press("Enter");
        assert_eq!(driver.model.target(), Some(target));
        driver.press("Esc");
        assert_eq!(driver.model.place(), Place::Pools, "{name}");
    }
}

#[test]
fn letters_in_the_palette_are_text_and_what_it_opens_still_wants_its_confirmation() {
    let mut driver = typed("qRAoY");
    assert_eq!(driver.model.place(), Place::Palette);
    driver.press("Enter");
    assert!(driver.text().contains("nothing is called `qRAoY`"));
    let mut driver = Driver::new();
    driver.press(":");
    driver.type_text("pause run");
    driver.press("Enter");
    assert_eq!(driver.model.place(), Place::Menu);
    driver.press("y");
    assert!(driver.asked.is_empty(), "a palette's Enter armed the item");
    driver.press("Enter y");
    assert_eq!(driver.asked.len(), 1);
}

#[test]
fn tab_takes_the_chosen_words_over_and_backspace_takes_letters_away() {
    let mut driver = typed("pool la");
    driver.press("Tab");
    assert!(driver.text().contains(":pool lab"), "{}", driver.text());
    driver.press("Backspace Backspace Backspace");
    driver.type_text("web");
    driver.press("Enter");
    assert_eq!(driver.model.place(), Place::Pool);
    let mut driver = typed("");
    driver.say(Msg::Paste("server s17\nq".to_owned()));
    driver.press("Enter");
    assert_eq!(
        driver.model.target(),
        Some(Target::Server(room7::name("s17")))
    );
}

#[test]
fn an_item_that_is_gone_when_it_is_chosen_opens_nothing() {
    let mut driver = Driver::new();
    driver.press(":");
    driver.type_text("pause run");
    driver.see(room7::world_without_runs());
    driver.press("Enter");
    assert_eq!(driver.model.place(), Place::Pools);
    assert!(
        driver.text().contains("is not possible any more"),
        "{}",
        driver.text()
    );
}

#[test]
fn problems_and_history_open_what_their_line_is_about() {
    let mut driver = Driver::new();
    driver.press("4");
    let about = driver.model.target().unwrap();
    driver.press("Enter");
    assert_eq!(driver.model.target(), Some(about));
    driver.press("5 Enter");
    assert_eq!(driver.model.place(), Place::Run);
}

#[test]
fn the_menu_on_a_problem_is_about_what_the_problem_is_about() {
    let mut driver = Driver::new();
    driver.press("Tab j j");
    let about = driver.model.target();
    assert_eq!(about, Some(Target::Server(room7::name("s17"))));
    driver.press("A");
    assert!(
        driver.text().contains("look at s17 now"),
        "{}",
        driver.text()
    );
}

#[test]
fn esc_at_home_says_how_to_leave_and_leaves_nothing() {
    let mut driver = Driver::new();
    driver.press("Esc Backspace");
    assert!(!driver.effects.contains(&Effect::Quit));
    assert!(driver.text().contains("q leaves the deck"));
}

#[test]
fn esc_while_a_filter_is_typed_drops_it_and_enter_keeps_it() {
    let mut driver = Driver::new();
    driver.press("2 / s 1 7 Esc");
    assert_eq!(driver.model.servers.shown.len(), 60);
    driver.press("/ s 1 7 Enter");
    assert_eq!(driver.model.servers.shown.len(), 1);
}

#[test]
fn rows_that_came_while_something_else_was_looked_at_stand_in_their_place_afterwards() {
    let mut driver = Driver::new();
    let before = driver.model.servers.shown.clone();
    driver.press("3");
    let gone = ["s03", "s21"].map(str::to_owned);
    driver.see(room7::without(&gone.into()));
    driver.see(room7::world());
    assert_ne!(driver.model.servers.shown, before, "no row moves meanwhile");
    driver.press("2");
    assert_eq!(driver.model.servers.shown, before);
    assert!(!driver.text().contains("order held"));
}

#[test]
fn what_is_copied_is_what_is_selected_and_on_a_preview_the_command_line() {
    let copied = |keys: &str| {
        let mut driver = Driver::new();
        driver.plan = Some(room7::shrink());
        driver.press(keys);
        driver.press("c");
        let text = driver.effects.iter().rev().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text.clone()),
            _ => None,
        });
        text.unwrap_or_else(|| panic!("{keys}: nothing was copied"))
    };
    assert_eq!(copied("j"), "lab");
    assert_eq!(copied("2 / s 1 7 Enter"), "s17");
    assert!(copied("2 Space Space").lines().count() == 2);
    assert_eq!(copied("3"), "12");
    let command = copied("j j R 7 2 Enter");
    assert!(command.starts_with("pooldeck pool resize"), "{command}");
}

#[test]
fn k9s_opens_on_the_pool_that_is_meant_and_never_from_a_deck_that_only_reads() {
    let visited = |read_only: bool, keys: &str| {
        let mut model = room7::model();
        model.read_only = read_only;
        let mut driver = Driver::on(model);
        driver.press(keys);
        driver.effects.iter().find_map(|effect| match effect {
            Effect::Visit(pool) => Some(pool.to_string()),
            _ => None,
        })
    };
    assert_eq!(visited(false, "j o").as_deref(), Some("lab"));
    assert_eq!(visited(false, "3 Enter o").as_deref(), Some("batch"));
    assert_eq!(
        visited(false, "2 / s 1 7 Enter o"),
        None,
        "s17 is in no pool"
    );
    assert_eq!(visited(true, "j o"), None);
}

#[test]
fn the_wheel_moves_only_while_the_mouse_is_the_decks() {
    let mut driver = Driver::new();
    driver.press("2 m");
    assert_eq!(driver.effects.last(), Some(&Effect::Mouse(true)));
    driver.say(Msg::Wheel(3));
    assert_eq!(
        driver.model.servers.list.selected(),
        driver.model.servers.shown.get(3)
    );
    driver.press("m");
    assert_eq!(driver.effects.last(), Some(&Effect::Mouse(false)));
}

#[test]
fn the_help_of_every_place_is_whole_on_the_narrowest_screen() {
    for place in Place::ALL.into_iter().filter(|place| !place.is_text()) {
        let mut driver = Driver::new();
        driver
            .model
            .stack
            .push(pooldeck::deck::model::Screen::Help(place, 0));
        let text = driver.text_at(60, 200);
        let flat: Vec<&str> = text.split_whitespace().collect();
        let flat = flat.join(" ");
        for entry in TABLE.iter().filter(|entry| entry.on.contains(&place)) {
            let words: Vec<&str> = entry.help.split_whitespace().collect();
            assert!(
                words.iter().all(|word| flat.contains(word)),
                "{place:?}: {}: {text}",
                entry.help
            );
        }
        let cut = text.lines().find(|line| line.ends_with('…'));
        assert_eq!(cut, None, "{place:?}");
        assert!(flat.contains("both show first what would"), "{text}");
    }
}

#[test]
fn an_item_that_was_chosen_and_cannot_be_done_any_more_is_not_done() {
    let mut driver = Driver::new();
    driver.press("A j j Enter");
    assert!(driver.text().contains("does it now"), "{}", driver.text());
    driver.see(room7::world());
    assert!(
        driver.text().contains("does it now"),
        "an unchanged world disarmed it"
    );
    driver.see(room7::world_without_runs());
    let text = driver.text();
    assert!(!text.contains("│ pause run 12:"), "{text}");
    assert!(text.contains("is not possible any more"), "{text}");
    driver.press("y");
    assert!(driver.asked.is_empty());
}

#[test]
fn no_other_item_slides_under_a_cursor_whose_own_is_gone_and_keys_on_their_way_are_deaf() {
    let mut driver = Driver::new();
    driver.press("A j j");
    driver.see(room7::world_without_runs());
    assert!(!driver.text().contains("does it now"));
    let before = driver.model.stack.len();
    driver.say(Msg::Key(room7::key_of("Enter")));
    driver.press("Enter y");
    assert_eq!(
        driver.model.stack.len(),
        before,
        "something was chosen: {}",
        driver.text()
    );
    driver.press("j Enter");
    assert_eq!(
        driver.model.place(),
        Place::Resize,
        "the first move goes to the top"
    );
}

#[test]
fn a_burst_of_keys_chooses_and_agrees_to_nothing_that_nobody_saw() {
    let mut driver = Driver::new();
    for key in ["A", "j", "j", "Enter", "y"] {
        driver.say(Msg::Key(room7::key_of(key)));
    }
    assert!(driver.asked.is_empty());
    driver.press("y");
    assert_eq!(driver.asked.len(), 1);
}

#[test]
fn what_was_asked_from_a_menu_is_answered_beside_a_preview_and_not_in_it() {
    let mut driver = Driver::new();
    driver.plan = Some(room7::shrink());
    driver.press("A j j Enter y Esc j j R 7 2 Enter");
    assert_eq!(driver.model.place(), Place::Preview);
    driver.say(Msg::Asked(Err("the store is full".to_owned())));
    let text = driver.text();
    assert!(text.contains("the store is full"), "{text}");
    assert!(!text.contains("CHANGED since"), "{text}");
    driver.press("Esc");
    assert_eq!(driver.model.place(), Place::Resize);
}

#[test]
fn a_captain_whose_word_is_from_the_future_is_not_believed_to_be_there() {
    let store = room7::store();
    let mut captain = room7::captain();
    captain.at = room7::ago(-3600);
    room7::see(
        &store,
        [(
            pooldeck::store::record::seen_key::CAPTAIN.to_owned(),
            captain,
        )],
    );
    let snapshot = pooldeck::store::snapshot::Snapshot::read(&store).unwrap();
    let world = pooldeck::deck::World::of(snapshot, room7::now());
    let text = Driver::on(room7::model_of(world, room7::PALETTE)).text();
    assert!(text.contains("NO CAPTAIN since"), "{text}");
}
