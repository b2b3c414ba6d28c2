//! What a person is told at once instead of later, and where a key leads that had led past it.

use pooldeck::{
    deck::{
        World,
        command::Place,
        form::Form,
        menu::Does,
        model::{Model, Screen},
    },
    fleet::{Bytes, Capacity, RunId},
};
use proptest::prelude::*;

use crate::{driver::Driver, offer, room7};

fn form(driver: &Driver) -> &Form {
    let Screen::Form(form) = driver.model.screen() else {
        panic!("{}", driver.text());
    };
    form
}

#[test]
fn the_dialog_of_a_pool_that_a_run_works_on_says_so_at_once_and_enter_leads_to_the_run() {
    for (width, height) in [(60, 16), (80, 24)] {
        let mut driver = Driver::new();
        driver.press("R");
        let text = driver.text_at(width, height);
        assert!(text.contains("run 12 is at work on batch"), "{text}");
        assert!(text.contains("Enter run 12"), "{text}");
        driver.press("1 2 Enter");
        assert!(matches!(driver.model.screen(), Screen::Run(RunId(12), _)));
        driver.press("Esc");
        assert_eq!(
            driver.model.place(),
            Place::Resize,
            "back to what was typed"
        );
    }
    // Once it has ended, Enter leads to the preview again.
    let mut driver = Driver::new();
    driver.press("R 6 0");
    driver.see(room7::world_without_runs());
    assert!(!driver.text().contains("at work"), "{}", driver.text());
    driver.press("Enter");
    assert!(!matches!(driver.model.screen(), Screen::Run(..)));
}

#[test]
fn a_palette_entry_leads_to_what_it_names_and_only_what_needs_a_y_stays_in_the_menu() {
    let menu = |driver: &mut Driver| {
        driver.press("A");
        let Screen::Menu(menu) = driver.model.screen() else {
            panic!("{}", driver.text());
        };
        let items = menu.items.clone();
        driver.press("Esc");
        items
    };
    for keys in ["g", "j", "j j", "Tab"] {
        let mut driver = Driver::new();
        driver.press(keys);
        for item in menu(&mut driver) {
            driver.press(":");
            driver.type_text(&item.label);
            driver.press("Enter");
            let there = match (&item.does, driver.model.screen()) {
                (Does::Ask(_), Screen::Menu(menu)) => menu.chosen() == Some(&item) && !menu.armed,
                (Does::Resize(pool, _), Screen::Form(form)) => form.pool.as_ref() == Some(pool),
                (Does::Create(_), Screen::Form(form)) => form.pool.is_none(),
                (Does::Preview(_), Screen::Preview(_))
                | (Does::Question(_), Screen::Question(_)) => true,
                _ => false,
            };
            assert!(there, "{}: {}", item.label, driver.text());
            assert!(driver.asked.is_empty(), "{}", item.label);
            driver.press("Esc");
            assert_eq!(driver.model.place(), Place::Pools, "{}", item.label);
        }
    }
}

#[test]
fn resize_on_a_problem_opens_the_dialog_of_its_pool_or_says_why_there_is_none() {
    let problems = room7::world().problems.len();
    for (open, name) in [("Tab", "home"), ("4 g", "problems")] {
        let mut dialogs = 0;
        for at in 0..problems {
            let mut driver = Driver::new();
            driver.press(open);
            driver.press(&"j ".repeat(at));
            let of_one = pooldeck::deck::world::Target::Fleet;
            let target = driver.model.target().unwrap_or(of_one);
            driver.press("R");
            if matches!(driver.model.screen(), Screen::Form(_)) {
                dialogs += 1;
            } else {
                let text = driver.text();
                let said = text.contains("nothing to resize");
                assert!(said, "{name} {target:?}: {text}");
            }
        }
        assert!(
            dialogs > 1 && dialogs < problems,
            "{name}: {dialogs} of {problems}"
        );
    }
}

#[test]
fn space_on_a_row_that_cannot_be_offered_says_why_in_whole_words() {
    let mut driver = Driver::on(offer::model());
    driver.press("g");
    let mut refused = 0;
    for _ in 0..driver.model.offer.rows.len() {
        let ticked = driver.model.offer.ticked.clone();
        let name = driver.model.offer.list.selected().unwrap().to_string();
        driver.press("Space");
        if driver.model.offer.ticked == ticked {
            refused += 1;
            let notice = driver.model.notice.clone().unwrap();
            assert!(notice.contains(&name), "{notice}");
            let shown = driver.text_at(60, 16).replace('\n', " ");
            let last = notice.split_whitespace().last().unwrap();
            assert!(shown.contains(last), "{notice}: {shown}");
            driver.press("j");
        }
    }
    assert!(refused > 5, "{refused}");
}

#[test]
fn the_line_below_names_the_keys_that_count_there() {
    let mut driver = Driver::new();
    driver.press("A");
    while !driver
        .text()
        .lines()
        .last()
        .unwrap()
        .contains("does it now")
    {
        driver.press("Esc A");
        let Screen::Menu(menu) = driver.model.screen() else {
            panic!("{}", driver.text());
        };
        let at = menu
            .items
            .iter()
            .position(|it| matches!(it.does, Does::Ask(_)));
        driver.press(&"j ".repeat(at.unwrap()));
        driver.press("Enter");
    }
    let text = driver.text();
    assert!(text.lines().last().unwrap().starts_with('y'), "{text}");
    let mut driver = Driver::new();
    driver.press("j j R 7 2");
    for (width, height) in [(60, 16), (80, 24), (132, 43)] {
        let text = driver.text_at(width, height);
        let last = text.lines().last().unwrap();
        assert!(
            last.contains("Enter preview") && last.contains("Esc back"),
            "{text}"
        );
    }
}

fn told(notice: &str) -> Model {
    let mut model = room7::model();
    model.notice = Some(notice.to_owned());
    model
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn nothing_that_is_said_below_is_cut_without_a_mark(
        words in prop::collection::vec("[a-z]{1,12}", 1..60), width in 60_u16..140, height in 16_u16..40,
    ) {
        let driver = Driver::on(told(&words.join(" ")));
        let text = driver.text_at(width, height);
        let shown: Vec<&str> = text.split_whitespace().collect();
        let whole = shown.ends_with(&words.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert!(whole || text.trim_end().ends_with('…'), "{text}");
        // And nothing of the list lies below it: the row under the cursor is seen.
        prop_assert!(text.contains("POOL"), "{text}");
    }
}

#[test]
fn what_was_left_open_is_never_shown_as_nothing_asked() {
    let mut snapshot = room7::world().snapshot;
    let pool = snapshot.fleet.pools.get_mut("web").unwrap();
    pool.asked = Capacity::new(24, Bytes(0));
    let world = World::of(snapshot, room7::now());
    let mut driver = Driver::on(room7::model_of(world, room7::PALETTE));
    driver.press("j j Enter");
    let text = driver.text();
    assert!(
        text.contains("asked 24") && text.contains("asked any"),
        "{text}"
    );
    assert!(!text.contains("asked 0"), "{text}");
    assert_eq!(
        Capacity::new(0, Bytes::gib(64)).asked_words(),
        "any CPUs, 64 GiB"
    );
}

#[test]
fn the_dialog_says_how_much_comes_and_goes_before_there_is_a_preview() {
    let mut driver = Driver::new();
    driver.press("j j R - -");
    let gone = form(&driver)
        .workers
        .difference(&form(&driver).ticked)
        .count();
    let text = driver.text();
    assert!(text.contains(&format!("go: {} CPUs", gone * 12)), "{text}");
}

#[test]
fn an_answer_that_wants_nothing_typed_does_not_sound_as_if_it_did() {
    let mut driver = Driver::on(room7::waits::Story::blocked().model());
    driver.press("3 g Enter A");
    let text = driver.text();
    assert!(text.contains("what becomes of s11?"), "{text}");
    assert!(
        text.contains("the run names another") && !text.contains("name one"),
        "{text}"
    );
}
