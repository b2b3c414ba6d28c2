//! The question for a few words: typed, corrected, confirmed on its last line and nowhere else.

use pooldeck::{
    deck::{Msg, World, command::Place, model::Screen},
    store::{
        record::{Answer, Ask, What, key},
        snapshot::Snapshot,
    },
};
use proptest::prelude::*;

use crate::{driver::Driver, room7};

/// To the question that takes the protection of web away.
fn unprotecting() -> Driver {
    let mut driver = Driver::new();
    choose(&mut driver, "j j", "take the protection of web away …");
    driver
}

/// Opens the menu after these keys and chooses an item by its words.
pub fn choose(driver: &mut Driver, way: &str, label: &str) {
    driver.press(way);
    driver.press("A");
    let Screen::Menu(menu) = driver.model.screen() else {
        panic!("{}", driver.text());
    };
    let at = menu.items.iter().position(|item| item.label == label);
    let at = at.unwrap_or_else(|| panic!("`{label}` is not offered: {}", driver.text()));
    driver.press(&"j ".repeat(at));
    driver.press("Enter");
}

#[test]
fn words_are_typed_and_confirmed_by_y_on_the_last_line_only() {
    let mut driver = unprotecting();
    assert_eq!(driver.model.place(), Place::Field);
    driver.press("w e b");
    assert!(driver.asked.is_empty());
    driver.press("Enter");
    assert_eq!(driver.model.place(), Place::Question);
    driver.press("Y");
    assert_eq!(
        driver.asked[0].what(),
        &What::Protect {
            pool: "web".parse().unwrap(),
            on: false,
            typed: Some("web".to_owned())
        }
    );
    assert!(driver.text().contains("asked the captain"));
}

#[test]
fn enter_on_the_last_line_cancels_and_never_confirms() {
    let mut driver = unprotecting();
    driver.press("w e b Enter Enter");
    assert!(driver.asked.is_empty());
    assert_eq!(driver.model.place(), Place::Pools);
}

#[test]
fn a_field_takes_every_letter_also_those_that_are_keys_elsewhere() {
    let mut driver = unprotecting();
    driver.press("Y y q j k ? R A /");
    let Screen::Question(question) = driver.model.screen() else {
        panic!("{}", driver.text());
    };
    assert_eq!(question.fields[0].text, "Yyqjk?RA/");
    assert!(driver.asked.is_empty());
}

#[test]
fn a_wrong_word_is_said_beside_its_field_and_y_leads_back_to_it() {
    let mut driver = unprotecting();
    driver.press("w e Tab");
    assert!(
        driver.text().contains("this is not the name"),
        "{}",
        driver.text()
    );
    driver.press("Y");
    assert!(driver.asked.is_empty(), "a wrong name confirmed");
    assert_eq!(driver.model.place(), Place::Field);
    driver.press("b Tab Y");
    assert_eq!(driver.asked.len(), 1);
}

#[test]
fn what_comes_within_400_ms_of_a_new_picture_is_a_word_whole_but_no_answer() {
    let mut driver = unprotecting();
    // Of `12h`, typed in a hurry, no `2h` must be left.
    driver.say(Msg::Key(room7::key_of("w")));
    driver.press("e b");
    driver.wait(1000);
    driver.say(Msg::Key(room7::key_of("Tab")));
    driver.wait(399);
    driver.say(Msg::Key(room7::key_of("Y")));
    assert!(
        driver.asked.is_empty(),
        "what was typed in a hurry confirmed"
    );
    driver.wait(1);
    driver.say(Msg::Key(room7::key_of("Y")));
    assert_eq!(driver.asked.len(), 1, "{}", driver.text());
}

#[test]
fn a_name_that_is_wanted_cannot_be_pasted() {
    let mut driver = unprotecting();
    driver.wait(1000);
    driver.say(Msg::Paste("web".to_owned()));
    assert!(
        driver.text().contains("a paste is ignored"),
        "{}",
        driver.text()
    );
    driver.press("Tab Y");
    assert!(driver.asked.is_empty());
}

#[test]
fn a_refusal_stands_in_the_question_and_an_answer_closes_it() {
    let answered = |answer: Answer| {
        let mut driver = unprotecting();
        driver.press("w e b Tab Y");
        driver.say(Msg::Asked(Ok(key::ask("1"))));
        driver.press("Esc");
        assert_eq!(driver.model.place(), Place::Question, "asked is asked");
        let store = room7::store();
        let ask = Ask {
            by: "me".to_owned(),
            at: room7::now(),
            what: driver.asked[0].what().clone(),
            answer: Some(answer),
        };
        room7::write(&store, [(key::ask("1"), ask)]);
        driver.see(World::of(Snapshot::read(&store).unwrap(), room7::now()));
        driver
    };
    let refused = answered(Answer::Refused(
        "somebody was faster\nhint: look".to_owned(),
    ));
    assert_eq!(refused.model.place(), Place::Question);
    assert!(
        refused.text().contains("somebody was faster"),
        "{}",
        refused.text()
    );
    let done = answered(Answer::Done("web is not protected from now on".to_owned()));
    assert_eq!(done.model.place(), Place::Pools);
    assert!(
        done.text().contains("not protected from now on"),
        "{}",
        done.text()
    );
}

#[test]
fn a_pool_without_protection_is_protected_by_one_y() {
    let mut driver = Driver::new();
    let label = "protect batch: who takes servers away types its name";
    let unprotected = |world: World| {
        let mut snapshot = world.snapshot;
        snapshot.fleet.pools.get_mut("batch").unwrap().protected = false;
        World::of(snapshot, room7::now())
    };
    driver.see(unprotected(room7::world()));
    let at = driver
        .model
        .pool_names()
        .iter()
        .position(|it| it.as_str() == "batch");
    choose(&mut driver, &"j ".repeat(at.unwrap()), label);
    driver.press("y");
    let on = What::Protect {
        pool: "batch".parse().unwrap(),
        on: true,
        typed: None,
    };
    assert_eq!(driver.asked[0].what(), &on);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_row_of_keys_asks_before_every_field_is_as_it_should_be(
        keys in prop::collection::vec(
            prop::sample::select(vec!["w", "e", "b", "Y", "y", "Enter", "Tab", "Up", "Down", "Backspace", "Space"]),
            1..25,
        ),
    ) {
        let mut driver = unprotecting();
        for key in keys {
            let complete = match driver.model.screen() {
                Screen::Question(question) => {
                    question.field().is_none() && question.fields[0].text == "web"
                }
                _ => return Ok(()),
            };
            driver.press(key);
            prop_assert!(driver.asked.is_empty() || (complete && key == "Y"), "{} asked", key);
            if !driver.asked.is_empty() {
                return Ok(());
            }
        }
    }
}
