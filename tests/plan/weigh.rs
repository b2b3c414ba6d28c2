//! The scales of the resize dialog.

use std::collections::BTreeSet;

use pooldeck::{
    fleet::{Bytes, Capacity},
    plan::{Request, weigh::Scales},
};

use crate::room::{Room, name, now, pool, resize, room, server};

fn scales(room: &Room) -> Scales {
    Scales::new(&room.fleet, &room.observed, &pool("web"), now(), &room.site)
}

fn web() -> Room {
    room([
        server("s01").size(2, 4),
        server("s02").zone("a"),
        server("s03").size(24, 94).zone("c"),
        server("s04").zone("a"),
        server("s05").unreachable(),
        server("s06").arch("aarch64"),
    ])
    .pool("web", "s01", &["s02"])
}

#[test]
fn members_come_first_then_spare_servers_then_those_that_cannot_be_ticked() {
    let scales = scales(&web());
    let asked = Capacity::new(16, Bytes::gib(64));
    let rows: Vec<String> = scales
        .rows
        .iter()
        .map(|row| {
            format!(
                "{}: {}",
                row.server,
                scales.why(row, &scales.members(), asked)
            )
        })
        .collect();
    insta::assert_snapshot!(rows.join("\n"));
}

#[test]
fn a_ticked_set_is_added_up_with_what_is_over_and_short_and_its_zones() {
    let scales = scales(&web());
    let asked = Capacity::new(40, Bytes::gib(64));
    // What cannot be ticked adds nothing.
    let ticked: BTreeSet<_> = ["s02", "s03", "s05"].map(name).into();
    let weight = scales.weigh(&ticked, asked);
    assert_eq!(weight.servers, 2);
    assert_eq!(weight.would_be, Capacity::new(32, Bytes::gib(126)));
    assert_eq!(weight.short, Capacity::new(8, Bytes(0)));
    assert_eq!(weight.over, Capacity::new(0, Bytes::gib(62)));
    let zones: Vec<_> = weight.zones.into_iter().collect();
    assert_eq!(zones, [("a".to_owned(), (1, 1)), ("c".to_owned(), (0, 1))]);
}

#[test]
fn what_is_ticked_is_what_the_plan_then_moves() {
    let room = web();
    let scales = scales(&room);
    let ticked: BTreeSet<_> = ["s03", "s04"].map(name).into();
    let mut wish = resize("web", "", "");
    (wish.add, wish.remove) = scales.changes(&ticked);
    let plan = room.plan(&Request::Resize(wish)).unwrap();
    let weight = scales.weigh(&ticked, Capacity::default());
    assert_eq!(plan.effects.after, weight.would_be);
    assert_eq!(plan.effects.outgoing[0].server, name("s02"));
}
