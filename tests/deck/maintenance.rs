//! Servers that people work on: how they stand on the screens, and how one gets there and back.

use jiff::SignedDuration;
use pooldeck::{
    deck::{Model, World, command::Place},
    fleet::{Maintenance, Note, ServerName},
    store::{note::Say, record::What, snapshot::Snapshot},
};

use crate::{driver::Driver, question::choose, room7};

fn until(minutes: i64) -> Maintenance {
    Maintenance {
        note: Note {
            by: "ops1@jump1".to_owned(),
            at: room7::ago(60),
            until: room7::now() + SignedDuration::from_mins(minutes),
            why: "a new disk".to_owned(),
        },
        run: None,
    }
}

fn spare() -> ServerName {
    room7::name("s23")
}

/// The room in which people work on s23.
fn room(minutes: i64) -> Snapshot {
    let mut snapshot = room7::world().snapshot;
    snapshot.fleet.maintained.insert(spare(), until(minutes));
    snapshot
}

/// Its deck.
pub fn maintained() -> Model {
    room7::model_of(World::of(room(349), room7::now()), room7::PALETTE)
}

const TO_SPARE: &str = "2 / s 2 3 Enter";

#[test]
fn a_spare_server_is_put_aside_with_a_time_and_a_reason() {
    let mut driver = Driver::new();
    choose(&mut driver, TO_SPARE, "put s23 into maintenance …");
    driver.wait(1000);
    driver.type_text("2h");
    driver.press("Tab d i s k Tab Y");
    let said = driver.asked[0].what().clone();
    let What::Say(Say::Maintain { server, until, why }) = said else {
        panic!("{said:?}");
    };
    let hours = until.duration_since(driver.model.now);
    assert_eq!((server, why.as_str()), (spare(), "disk"));
    assert_eq!(hours, SignedDuration::from_hours(2));
}

#[test]
fn what_is_put_aside_counts_as_neither_spare_nor_wrong_and_cannot_be_taken() {
    let before = room7::world();
    let world = World::of(room(60), room7::now());
    assert_eq!(world.spare.0, before.spare.0 - 1);
    assert_eq!(world.problems, before.problems);
    let mut driver = Driver::on(maintained());
    driver.press(TO_SPARE);
    driver.press("R");
    assert_eq!(driver.model.place(), Place::Servers);
    let text = driver.text_at(132, 43);
    assert!(
        text.contains("s23 cannot be taken: maintenance until"),
        "{text}"
    );
    assert!(text.contains("■ maintenance until 18:30"), "{text}");
}

#[test]
fn its_end_wants_a_y_and_its_time_can_be_prolonged() {
    let mut driver = Driver::on(maintained());
    choose(
        &mut driver,
        TO_SPARE,
        "end maintenance of s23: it may be taken again",
    );
    assert!(driver.asked.is_empty());
    driver.press("y");
    let end = What::Say(Say::EndMaintenance(spare()));
    assert_eq!(driver.asked[0].what(), &end);
    let mut driver = Driver::on(maintained());
    choose(&mut driver, TO_SPARE, "prolong maintenance of s23 …");
    assert_eq!(driver.model.place(), Place::Field);
}
