//! From a dialog to what the captain is asked: read, confirmed, answered.

use std::collections::BTreeSet;

use pooldeck::{
    deck::{Msg, World, command::Place},
    fleet::RunId,
    plan::Confirm,
    store::{
        record::{Answer, Ask, What, key},
        snapshot::Snapshot,
    },
};

use crate::{driver::Driver, room7};

fn confirmed(driver: &Driver) -> Vec<&What> {
    driver
        .asked
        .iter()
        .map(pooldeck::deck::effect::Asked::what)
        .collect()
}

#[test]
fn a_plan_is_confirmed_by_its_capital_y_and_the_ask_carries_what_was_read() {
    let mut driver = Driver::new();
    driver.press("j j R 1 1 2 Enter Y");
    let [What::Confirm { plan, typed: None }] = confirmed(&driver)[..] else {
        panic!("{:?}", driver.asked);
    };
    assert_eq!(plan.effects.after.cores, 112);
    assert!(driver.text().contains("asked the captain"));
}

#[test]
fn keys_that_come_within_400_ms_of_a_new_picture_confirm_nothing() {
    let mut driver = Driver::new();
    driver.press("j j R 1 1 2 Enter");
    driver.say(Msg::Key(room7::key_of("Y")));
    driver.wait(399);
    driver.say(Msg::Key(room7::key_of("Y")));
    assert!(driver.asked.is_empty());
    driver.wait(1);
    driver.say(Msg::Key(room7::key_of("Y")));
    assert_eq!(driver.asked.len(), 1);
}

#[test]
fn enter_never_confirms_and_a_name_that_is_wanted_has_to_be_typed() {
    let mut driver = Driver::new();
    driver.press("j j R 7 2 Enter Y");
    assert!(
        driver.asked.is_empty(),
        "Y alone confirmed a shrink by a quarter"
    );
    driver.press("Tab w e x Y Backspace b Enter");
    assert!(driver.asked.is_empty(), "a wrong name or Enter confirmed");
    driver.press("Tab Y");
    let [
        What::Confirm {
            plan,
            typed: Some(name),
        },
    ] = confirmed(&driver)[..]
    else {
        panic!("{:?} {}", driver.asked, driver.text());
    };
    assert_eq!(name, "web");
    assert!(matches!(plan.effects.confirm, Confirm::TypeName { .. }));
}

#[test]
fn a_name_that_confirms_cannot_be_pasted() {
    let mut driver = Driver::new();
    driver.press("j j R 7 2 Enter Tab");
    driver.say(Msg::Paste("web".to_owned()));
    driver.press("Y");
    assert!(driver.asked.is_empty());
}

#[test]
fn a_paste_of_keys_does_nothing() {
    let mut driver = Driver::new();
    driver.say(Msg::Paste("RA\u{1b}qqY\n".to_owned()));
    assert_eq!(driver.model.place(), Place::Pools);
    assert!(driver.effects.is_empty());
}

#[test]
fn a_plan_that_the_world_made_worse_cannot_be_confirmed_until_it_is_planned_again() {
    let mut driver = Driver::new();
    driver.press("j j R 1 1 2 Enter");
    driver.see(room7::without(&BTreeSet::from(["s24".to_owned()])));
    driver.press("Y");
    assert!(driver.asked.is_empty(), "a stale plan was confirmed");
    assert!(
        driver.text().contains("CHANGED since this preview"),
        "{}",
        driver.text()
    );
    driver.press("r Y");
    assert_eq!(driver.asked.len(), 1);
}

#[test]
fn a_menu_item_that_changes_something_wants_enter_and_then_another_key() {
    let mut driver = Driver::new();
    driver.press("3 Enter A y");
    assert!(driver.asked.is_empty(), "y alone asked");
    driver.press("Enter Enter");
    assert!(driver.asked.is_empty(), "Enter twice asked");
    driver.press("y");
    assert_eq!(confirmed(&driver), [&What::Pause(RunId(12))]);
}

/// The room in whose store the captain has answered so.
fn answered(driver: &Driver, answer: Answer) -> World {
    let store = room7::store();
    let ask = Ask {
        by: "me".to_owned(),
        at: room7::now(),
        what: driver.asked[0].what().clone(),
        answer: Some(answer),
    };
    room7::write(&store, [(key::ask("1"), ask)]);
    World::of(Snapshot::read(&store).unwrap(), room7::now())
}

#[test]
fn an_accepted_plan_leads_to_its_run_and_a_refused_one_says_why_in_its_place() {
    let ask = || {
        let mut driver = Driver::new();
        driver.press("j j R 1 1 2 Enter Y");
        driver.say(Msg::Asked(Ok(key::ask("1"))));
        driver
    };
    let mut driver = ask();
    driver.see(answered(&driver, Answer::Run(RunId(12))));
    assert_eq!(driver.model.place(), Place::Run);
    let mut driver = ask();
    let why = "changed since the preview: s24 left\nhint: look at it again";
    driver.see(answered(&driver, Answer::Refused(why.to_owned())));
    assert_eq!(driver.model.place(), Place::Preview);
    assert!(driver.text().contains("s24 left"), "{}", driver.text());
    driver.press("Y");
    assert_eq!(driver.asked.len(), 1, "a refused plan was confirmed again");
}

#[test]
fn an_ask_that_no_captain_takes_is_void_after_a_minute() {
    let mut driver = Driver::new();
    driver.press("j j R 1 1 2 Enter Y");
    driver.say(Msg::Asked(Ok(key::ask("1"))));
    driver.wait(76_000);
    driver.see(room7::world());
    assert!(driver.model.waiting.is_none());
    assert!(driver.text().contains("void"), "{}", driver.text());
}

#[test]
fn ticking_by_hand_counts_and_the_suggestion_comes_back_with_one_key() {
    let mut driver = Driver::new();
    driver.press("j j R 1 1 2 Down Down Space");
    assert!(driver.text().contains("joins by hand"), "{}", driver.text());
    driver.press("=");
    assert!(
        driver.text().contains("the closest fit"),
        "{}",
        driver.text()
    );
    driver.press("Space Enter Y");
    let [What::Confirm { plan, .. }] = confirmed(&driver)[..] else {
        panic!("{}", driver.text());
    };
    let come: Vec<&str> = plan
        .effects
        .incoming
        .iter()
        .map(|it| it.server.as_str())
        .collect();
    assert_eq!(come, ["s23", "s24"]);
}

#[test]
fn a_server_that_is_in_use_cannot_be_ticked_and_says_why() {
    let mut driver = Driver::new();
    driver.press("j j R G Space");
    assert!(
        driver.text().contains("in use: tcp 389 slapd"),
        "{}",
        driver.text()
    );
}

#[test]
fn marked_spares_ask_for_their_pool_and_go_there() {
    let mut driver = Driver::new();
    driver.press("2 / s 2 3 Enter Space R");
    assert_eq!(driver.model.place(), Place::Menu);
    assert!(driver.text().contains("add to web"), "{}", driver.text());
    driver.press("j j Enter Enter Y");
    let [What::Confirm { plan, .. }] = confirmed(&driver)[..] else {
        panic!("{}", driver.text());
    };
    assert_eq!(plan.effects.incoming[0].server, room7::name("s23"));
}
