//! Servers that people work on: how they stand on the screens, and how one gets there and back.

use jiff::SignedDuration;
use pooldeck::{
    deck::{Model, World, command::Place, world::Light},
    fleet::{Maintenance, Note, RunId, ServerName},
    plan::Request,
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

/// A worker of web.
fn worker() -> ServerName {
    let world = room7::world();
    let pool = &world.snapshot.fleet.pools["web"];
    let mut workers = pool.with_role(pooldeck::fleet::Role::Worker);
    workers.next().unwrap().0.clone()
}

fn to(server: &ServerName) -> String {
    let letters: Vec<String> = server.as_str().chars().map(String::from).collect();
    format!("2 / {} Enter", letters.join(" "))
}

/// The room in which run 11 has emptied a worker of web.
fn aside(minutes: i64) -> World {
    let mut snapshot = room7::world().snapshot;
    let record = Maintenance {
        run: Some(RunId(11)),
        ..until(minutes)
    };
    snapshot.fleet.maintained.insert(worker(), record);
    let nodes = &mut snapshot.observed.pools.get_mut("web").unwrap().nodes;
    nodes.get_mut(worker().as_str()).unwrap().cordoned = true;
    World::of(snapshot, room7::now())
}

/// The preview of a worker's maintenance.
pub const TO_PREVIEW: &str = "2 / s 0 5 Enter A j j Enter 2 h Tab d i s k Tab Enter";

#[test]
fn a_worker_is_emptied_only_after_its_preview_and_enter_never_confirms() {
    let mut driver = Driver::new();
    let server = worker();
    choose(
        &mut driver,
        &to(&server),
        &format!("put {server} into maintenance …"),
    );
    driver.press("2 h Tab d i s k Tab");
    assert!(driver.text().contains("Preview"), "{}", driver.text());
    driver.press("Enter");
    assert_eq!(driver.model.place(), Place::Preview, "{}", driver.text());
    assert!(driver.asked.is_empty());
    // The pool is protected: its name is typed.
    driver.press("Y");
    assert!(driver.asked.is_empty(), "a key press emptied a server");
    driver.press("Tab w e b Y");
    let What::Confirm { plan, typed } = driver.asked[0].what() else {
        panic!("{:?}", driver.asked);
    };
    assert_eq!(plan.request.set_aside(), Some(&server));
    assert_eq!(typed.as_deref(), Some("web"));
    let Request::Maintain(wish) = &plan.request else {
        panic!("{:?}", plan.request);
    };
    assert_eq!(wish.why, "disk");
}

#[test]
fn a_worker_in_maintenance_makes_its_pool_no_worse_and_is_returned_by_a_preview() {
    let world = aside(60);
    let row = world.server(&worker()).unwrap();
    assert_eq!(
        (row.light, row.state.as_str()),
        (Light::Maintenance, "maintenance")
    );
    assert_eq!(world.pool(&"web".parse().unwrap()).unwrap().state, "ok");
    let before = room7::world();
    assert_eq!(world.problems, before.problems);
    let max = |world: &World| {
        let row = world.pool(&"web".parse().unwrap()).unwrap();
        row.cpus.max.unwrap().value
    };
    assert!(max(&world) < max(&before), "max counts what takes no pods");

    let mut driver = Driver::on(room7::model_of(world, room7::PALETTE));
    let label = format!("return {} to web …", worker());
    choose(&mut driver, &to(&worker()), &label);
    assert_eq!(driver.model.place(), Place::Preview, "{}", driver.text());
    driver.press("Y");
    let What::Confirm { plan, typed: None } = driver.asked[0].what() else {
        panic!("{} {:?}", driver.text(), driver.asked);
    };
    assert!(matches!(plan.request, Request::Return(_)));
}

#[test]
fn a_maintenance_that_is_over_is_a_problem_that_names_the_command() {
    let world = aside(-1);
    let id = format!("{}/maintenance-over", worker()).parse().unwrap();
    let problem = world.problem(&id).unwrap();
    let command = format!("`pooldeck server return {}`", worker());
    assert!(problem.text.contains(&command), "{}", problem.text);
    assert_eq!(problem.since, Some(until(-1).note.until));
}

#[test]
fn a_control_plane_is_not_offered_maintenance() {
    let mut driver = Driver::new();
    driver.press("2 / s 0 1 Enter A");
    assert!(!driver.text().contains("maintenance"), "{}", driver.text());
}

#[test]
fn a_deck_that_only_reads_shows_the_preview_and_asks_for_nothing() {
    let mut model = room7::model();
    model.read_only = true;
    let mut driver = Driver::on(model);
    driver.press(TO_PREVIEW);
    assert_eq!(driver.model.place(), Place::Preview, "{}", driver.text());
    driver.press("Tab w e b Y Esc Y");
    assert!(driver.asked.is_empty());
}

#[test]
fn the_preview_of_a_maintenance_says_what_is_less_and_how_it_is_undone() {
    for (width, height) in [(60, 16), (80, 24), (132, 43), (200, 60)] {
        let mut driver = Driver::new();
        driver.say(pooldeck::deck::Msg::Rows(height));
        driver.press(TO_PREVIEW);
        let name = format!("maintenance_preview_{width}x{height}");
        insta::assert_snapshot!(name, driver.text_at(width, height));
    }
}
