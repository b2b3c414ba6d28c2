//! The resize dialog: one key changes what is under it, both numbers that were typed stand, and it says why nobody goes.

use pooldeck::deck::{
    World,
    form::{Form, Spot},
    model::Screen,
};
use proptest::prelude::*;

use crate::{driver::Driver, room7};

fn form(driver: &Driver) -> &Form {
    let Screen::Form(form) = driver.model.screen() else {
        panic!("{}", driver.text());
    };
    form
}

#[test]
fn one_step_less_lets_one_server_go_and_one_more_takes_one() {
    for (keys, workers) in [
        ("j j R -", 7),
        ("j j R - -", 6),
        ("j j R +", 9),
        ("j j R Down -", 7),
        ("j j R Down +", 9),
    ] {
        let mut driver = Driver::new();
        driver.press(keys);
        assert_eq!(
            form(&driver).ticked.len(),
            workers,
            "{keys}: {}",
            driver.text()
        );
    }
}

#[test]
fn both_numbers_that_were_typed_stand_and_what_was_not_typed_says_so() {
    let mut driver = Driver::new();
    driver.press("j j R 7 2");
    assert!(driver.text().contains("moves along"), "{}", driver.text());
    driver.press("Down 3 0 0");
    let (cores, memory) = (form(&driver).cores.clone(), form(&driver).memory.clone());
    assert_eq!((cores.as_str(), memory.as_str()), ("72", "300"));
    assert!(!driver.text().contains("moves along"), "{}", driver.text());
    // 300 GiB hold a seventh server.
    assert_eq!(form(&driver).ticked.len(), 7);
    driver.press("Backspace Backspace Backspace");
    assert_eq!(
        form(&driver).ticked.len(),
        6,
        "an empty field moves along again"
    );
}

#[test]
fn it_says_why_nobody_goes_when_the_other_number_holds_them() {
    let mut driver = Driver::new();
    driver.press("j j R Down 3 7 6 Up 4 8");
    assert_eq!(form(&driver).ticked.len(), 8);
    assert!(driver.text().contains("376 GiB"), "{}", driver.text());
    assert!(driver.text().contains("no server"), "{}", driver.text());
}

#[test]
fn a_new_pool_that_was_asked_for_cpus_wants_no_memory_of_its_own() {
    let mut driver = Driver::new();
    driver.press("A j Enter d b Enter 3 0");
    let text = driver.text();
    assert!(text.contains("any") && !text.contains("126 over"), "{text}");
}

#[test]
fn on_a_server_more_and_less_tick_it_and_say_that_the_numbers_do_not_count() {
    let mut driver = Driver::new();
    driver.press("j j R Down Down");
    let Spot::Server(name) = form(&driver).cursor.clone() else {
        panic!("{}", driver.text());
    };
    let ticked = form(&driver).ticked.contains(&name);
    driver.press(if ticked { "-" } else { "+" });
    assert_ne!(form(&driver).ticked.contains(&name), ticked);
    assert!(form(&driver).cores.is_empty() && form(&driver).by_hand);
    assert!(
        driver.text().contains("ticked by hand"),
        "{}",
        driver.text()
    );
}

#[test]
fn a_newcomer_shrinks_a_pool_by_one_server_with_what_the_footers_say() {
    let mut driver = Driver::new();
    assert!(driver.text().contains("R resize"));
    driver.press("j j R");
    assert!(driver.text().contains("- less"), "{}", driver.text());
    driver.press("-");
    assert!(driver.text().contains("Enter preview"), "{}", driver.text());
    driver.press("Enter");
    assert!(matches!(driver.model.screen(), Screen::Preview(_)));
    assert!(
        driver.text().contains("Shrink web by 1 server"),
        "{}",
        driver.text()
    );
}

/// The words before `over` or `short`, on lines about memory.
fn over(text: &str, line: &str) -> Option<String> {
    let line = text.lines().find(|it| it.trim_start().starts_with(line))?;
    let (before, _) = line.split_once(" over")?;
    before.split_whitespace().last().map(str::to_owned)
}

#[test]
fn the_dialog_and_the_preview_say_the_same_overshoot() {
    let mut snapshot = room7::world().snapshot;
    let pool = snapshot.fleet.pools.get_mut("web").unwrap();
    for member in pool.members.values_mut() {
        member.capacity.memory.0 += 820 << 20;
    }
    let world = World::of(snapshot, room7::now());
    let mut driver = Driver::on(room7::model_of(world, room7::PALETTE));
    driver.press("j j R Down 3 0 0");
    let dialog = over(&driver.text(), "memory GiB");
    driver.press("Enter");
    let preview = over(&driver.text(), "GiB hw");
    assert!(dialog.is_some(), "{}", driver.text());
    assert_eq!(dialog, preview);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_key_changes_nothing_but_what_is_under_the_cursor(
        keys in prop::collection::vec(prop::sample::select(vec!["Up", "Down", "Tab", "+", "-", "4", "9", "Backspace"]), 1..25),
    ) {
        let mut driver = Driver::on(room7::model());
        driver.press("j j R");
        for key in keys {
            let Screen::Form(before) = driver.model.screen().clone() else { break };
            driver.press(key);
            let Screen::Form(after) = driver.model.screen() else { break };
            prop_assert!(before.cores == after.cores || before.cursor == Spot::Cores, "{}", key);
            prop_assert!(before.memory == after.memory || before.cursor == Spot::Memory, "{}", key);
        }
    }
}
