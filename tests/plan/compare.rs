//! What the captain compares at confirm: better passes, worse is named.

use pooldeck::{
    fleet::MachineId,
    plan::{Plan, Request, compare::worse},
};

use crate::room::{Room, create, name, room, server};

fn lab() -> Room {
    room([
        server("s01").size(2, 4),
        server("s02"),
        server("s03"),
        server("s04").size(9, 33),
    ])
}

fn plan(room: &Room) -> Plan {
    room.plan(&Request::Create(create("web", 16, 64))).unwrap()
}

#[test]
fn the_same_world_is_not_worse() {
    let mut later = lab();
    later.add(server("s05").unreachable());
    assert_eq!(worse(&plan(&lab()), &plan(&later)), Vec::<String>::new());
}

#[test]
fn another_server_or_another_machine_under_its_name_is_worse() {
    let mut gone = lab();
    gone.add(server("s03").unreachable());
    let found = worse(&plan(&lab()), &plan(&gone));
    assert!(
        found
            .iter()
            .any(|text| text.starts_with("s03 no longer moves in as worker (unknown: no ssh)")),
        "{found:?}"
    );
    assert!(
        found.iter().any(|text| text.contains("s04 would")),
        "{found:?}"
    );
    let mut swapped = lab();
    let seen = swapped.observed.servers.get_mut(&name("s03")).unwrap();
    seen.facts.as_mut().unwrap().machine = Some(MachineId("another".to_owned()));
    let found = worse(&plan(&lab()), &plan(&swapped));
    assert_eq!(found, ["s03 is another machine, or has another address"]);
}

#[test]
fn a_server_that_an_accepted_run_has_used_since_is_worse() {
    let mut later = lab();
    later.fleet.generations.insert(name("s02"), 1);
    let found = worse(&plan(&lab()), &plan(&later));
    assert_eq!(found, ["another run has used s02"]);
}
