//! Problems that somebody knows of: what they are called, when they stand last and do not count, when they come back.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use pooldeck::{
    deck::{Model, World, model::Screen},
    fleet::{Note, TroubleKind},
    store::{
        note::{Acknowledged, ProblemId, Say, Severity},
        record::What,
        snapshot::Snapshot,
    },
};

use crate::{driver::Driver, question::choose, room7};

fn silent() -> ProblemId {
    "s17/no-ssh".parse().unwrap()
}

fn known(severity: Severity) -> Acknowledged {
    Acknowledged {
        severity,
        note: Note {
            by: "ops1@jump1".to_owned(),
            at: room7::ago(60),
            until: room7::now() + SignedDuration::from_mins(349),
            why: "its disk is on the way".to_owned(),
        },
    }
}

fn told(snapshot: &Snapshot, minutes: i64) -> World {
    World::of(
        snapshot.clone(),
        room7::now() + SignedDuration::from_mins(minutes),
    )
}

/// The room in which somebody knows that s17 is silent.
fn room() -> Snapshot {
    let mut snapshot = room7::world().snapshot;
    snapshot
        .acknowledged
        .insert(silent(), known(Severity::Warning));
    snapshot
}

/// Its deck.
pub fn acknowledged() -> Model {
    room7::model_of(told(&room(), 0), room7::PALETTE)
}

fn is_known(world: &World) -> bool {
    world
        .problem(&silent())
        .is_some_and(|it| it.acknowledged.is_some())
}

#[test]
fn every_problem_has_a_name_of_its_own() {
    let world = room7::world();
    let names: BTreeSet<&ProblemId> = world.problems.iter().map(|it| &it.id).collect();
    assert_eq!(names.len(), world.problems.len(), "{:?}", world.problems);
}

#[test]
fn what_somebody_knows_of_stands_last_and_is_counted_apart_until_its_time_is_over() {
    let before = room7::world().wrong();
    let world = told(&room(), 0);
    assert_eq!(world.wrong(), (before.0 - 1, 1));
    assert!(world.problems.last().unwrap().acknowledged.is_some());
    assert!(is_known(&told(&room(), 348)));
    assert!(!is_known(&told(&room(), 349)), "its time is over");
}

#[test]
fn a_problem_that_became_another_or_a_worse_one_is_not_the_one_that_was_known() {
    let mut other = room();
    let seen = other.observed.servers.get_mut("s17").unwrap();
    seen.trouble.as_mut().unwrap().kind = TroubleKind::HostKeyChanged;
    let world = told(&other, 0);
    let of_it = world.problems.iter().find(|it| it.subject == "s17");
    let of_it = of_it.unwrap();
    assert_ne!(of_it.id, silent());
    assert_eq!(of_it.acknowledged, None);

    // The same name, and a worse light: known as a warning, it is critical now.
    let store_full: ProblemId = "fleet/store-full".parse().unwrap();
    let full = |megabytes: u64, severity| {
        let mut snapshot = room7::world().snapshot;
        let captain = snapshot.captain.as_mut().unwrap();
        captain.store_free = Some(pooldeck::fleet::Bytes(megabytes * 1_000_000));
        snapshot
            .acknowledged
            .insert(store_full.clone(), known(severity));
        let world = told(&snapshot, 0);
        world.problem(&store_full).unwrap().acknowledged.is_some()
    };
    assert!(full(900, Severity::Warning));
    assert!(!full(100, Severity::Warning), "it became worse");
    assert!(full(100, Severity::Critical));
    assert!(full(900, Severity::Critical), "it became better");
}

#[test]
fn a_problem_is_acknowledged_from_its_menu_with_a_time_and_a_reason() {
    let mut driver = Driver::new();
    let way = |driver: &Driver| {
        let at = driver.model.problem_keys();
        let at = at.iter().position(|(_, id)| *id == silent()).unwrap();
        format!("Tab {}", "j ".repeat(at))
    };
    let keys = way(&driver);
    choose(&mut driver, &keys, "acknowledge s17/no-ssh …");
    driver.wait(1000);
    driver.type_text("1h");
    driver.press("Enter N e w Space Y Enter Y");
    let [asked] = &driver.asked[..] else {
        panic!("{}", driver.text());
    };
    let What::Say(Say::Acknowledge {
        problem,
        severity,
        until,
        why,
    }) = asked.what()
    else {
        panic!("{asked:?}");
    };
    assert_eq!((problem, *severity), (&silent(), Severity::Warning));
    let hour = SignedDuration::from_hours(1);
    assert_eq!(until.duration_since(driver.model.now), hour);
    assert_eq!(why, "New Y");
}

#[test]
fn what_is_known_can_be_made_to_count_again_and_nothing_is_acknowledged_twice() {
    let mut driver = Driver::on(acknowledged());
    driver.press("Tab G");
    choose(
        &mut driver,
        "",
        "take the acknowledgement of s17/no-ssh back: it counts again",
    );
    assert!(driver.asked.is_empty(), "Enter asked");
    driver.press("y");
    let back = What::Say(Say::Unacknowledge(silent()));
    assert_eq!(driver.asked[0].what(), &back);
}

#[test]
fn the_menu_of_a_problem_is_about_what_it_is_about_and_about_nothing_else() {
    let mut driver = Driver::new();
    driver.press("Tab");
    for at in 0..driver.model.problem_keys().len() {
        let subject = driver.model.world.problems[at].subject.clone();
        driver.press("A");
        let Screen::Menu(menu) = driver.model.screen() else {
            panic!("{}", driver.text());
        };
        for item in &menu.items {
            let about = item.label.contains(&subject) || item.label.starts_with("new pool");
            let fits = about || item.label.starts_with("acknowledge fleet");
            assert!(fits, "{} of {subject}", item.label);
        }
        driver.press("Esc j");
    }
}

#[test]
fn the_menu_of_home_is_about_the_row_under_the_cursor_in_whichever_list_it_is() {
    let title = |keys: &str| {
        let mut driver = Driver::new();
        driver.press(keys);
        let Screen::Menu(menu) = driver.model.screen() else {
            panic!("{}", driver.text());
        };
        menu.title.clone()
    };
    assert_eq!(title("A"), "pool batch");
    assert!(title("Tab A").starts_with("problem "));
    assert_eq!(title("Tab Tab A"), "run 12");
}

#[test]
fn a_menu_that_is_longer_than_its_box_shows_the_row_under_its_cursor_and_how_many_there_are() {
    let mut driver = Driver::new();
    driver.press("A");
    let Some(Screen::Menu(menu)) = driver.model.stack.last_mut() else {
        panic!("no menu");
    };
    let item = menu.items[0].clone();
    let more = (0..12).map(|n| pooldeck::deck::menu::Item {
        label: format!("number {n}"),
        ..item.clone()
    });
    menu.items = more.collect();
    assert!(driver.text_at(60, 16).contains("1-10 of 12"));
    driver.press("G");
    let text = driver.text_at(60, 16);
    assert!(text.contains("number 11"), "{text}");
    assert!(text.contains("… opens a dialog"), "{text}");
    assert!(!driver.text().contains(" of 12"), "all fit at 80x24");
}

#[test]
fn a_servers_menu_offers_to_acknowledge_what_is_wrong_with_it() {
    let mut driver = Driver::new();
    choose(&mut driver, "2 / s 1 7 Enter", "acknowledge s17/no-ssh …");
    assert!(matches!(driver.model.screen(), Screen::Question(_)));
    let mut driver = Driver::new();
    choose(&mut driver, "j", "acknowledge lab/pods-wait …");
    assert!(matches!(driver.model.screen(), Screen::Question(_)));
}
