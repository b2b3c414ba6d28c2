//! Laws that hold for every room and every wish.

use pooldeck::{
    fleet::{Bytes, Capacity, Change, Standing, standing},
    plan::{Plan, Request, Resize, lint::lint},
};
use proptest::prelude::*;

use crate::room::{Fixture, Room, create, destroy, name, now, pool, resize, room, server};

/// A server: size class, zone, and what is the matter with it (mostly nothing).
type Made = (usize, u8, u8);

const SIZES: [(u32, u64); 6] = [(2, 4), (4, 16), (8, 32), (16, 62), (24, 94), (64, 250)];

fn rooms() -> impl Strategy<Value = Room> {
    proptest::collection::vec((0..SIZES.len(), 0_u8..4, 0_u8..12), 4..24).prop_map(|made| {
        room(
            made.iter()
                .enumerate()
                .map(|(at, made)| fixture(at + 1, *made)),
        )
    })
}

fn fixture(number: usize, (size, zone, trouble): Made) -> Fixture {
    let (cores, gib) = SIZES[size];
    let it = server(&format!("s{number:02}")).size(cores, gib);
    let it = match zone {
        0 => it,
        zone => it.zone(&format!("z{zone}")),
    };
    match trouble {
        0 => it.unreachable(),
        1 => it.serving("tcp 389 slapd"),
        2 => it.not_offered(),
        3 => it.claimed_by("0011223344556677"),
        4 => it.owing("old"),
        _ => it,
    }
}

/// What a resize may be: totals or steps, either or both.
#[derive(Debug, Clone, Copy)]
struct Wish {
    cores: Option<Change<u32>>,
    gib: Option<Change<u32>>,
    accept_less: bool,
}

fn wishes() -> impl Strategy<Value = Wish> {
    let change = || {
        prop_oneof![
            (0_u32..200).prop_map(Change::To),
            (0_u32..60).prop_map(Change::More),
            (0_u32..60).prop_map(Change::Less),
        ]
    };
    let some = || proptest::option::of(change());
    (some(), some(), any::<bool>()).prop_map(|(cores, gib, accept_less)| Wish {
        cores,
        gib,
        accept_less,
    })
}

fn request(wish: Wish) -> Resize {
    let bytes = |n: u32| Bytes::gib(u64::from(n) * 4);
    Resize {
        cores: wish.cores,
        memory: wish.gib.map(|change| match change {
            Change::To(n) => Change::To(bytes(n)),
            Change::More(n) => Change::More(bytes(n)),
            Change::Less(n) => Change::Less(bytes(n)),
        }),
        shrink: true,
        accept_less: wish.accept_less,
        ..resize("web", "", "")
    }
}

/// The room with a pool in it, where it has enough for one.
fn with_pool(room: Room, cores: u32, gib: u64) -> Option<(Room, Plan)> {
    let plan = room
        .plan(&Request::Create(create("web", cores, gib)))
        .ok()?;
    Some((room.done(&plan), plan))
}

fn all_spare(room: &Room, plan: &Plan) -> bool {
    plan.effects.incoming.iter().all(|it| {
        let seen = room.observed.servers.get(&it.server);
        standing(&room.fleet, seen, &it.server, now()) == Standing::Spare
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_created_pool_obeys_every_law(room in rooms(), cores in 1_u32..80, gib in 1_u64..300) {
        let wish = Request::Create(create("web", cores, gib));
        let Ok(plan) = room.plan(&wish) else { return Ok(()) };
        prop_assert_eq!(lint(&plan), Vec::<String>::new());
        prop_assert!(all_spare(&room, &plan));
        prop_assert!(plan.effects.after.covers(Capacity::new(cores, Bytes::gib(gib))));
        prop_assert_eq!(&room.plan(&wish).unwrap(), &plan);
        // Its id is used up by the run that it becomes.
        let end = room.clone().done(&plan).plan(&destroy("web", false)).unwrap();
        prop_assert_eq!(lint(&end), Vec::<String>::new());
        prop_assert_eq!(end.pool_after(), None);
    }

    #[test]
    fn a_resized_pool_obeys_every_law(
        room in rooms(),
        cores in 1_u32..60,
        gib in 1_u64..200,
        wish in wishes(),
    ) {
        let Some((room, made)) = with_pool(room, cores, gib) else { return Ok(()) };
        let wish = request(wish);
        let Ok(plan) = room.plan(&Request::Resize(wish.clone())) else { return Ok(()) };
        prop_assert_eq!(lint(&plan), Vec::<String>::new());
        prop_assert!(all_spare(&room, &plan));
        let asked = plan.effects.asked;
        if !wish.accept_less {
            prop_assert!(plan.effects.after.covers(asked));
        }
        let was = made.effects.asked;
        let less = matches!(wish.cores, Some(Change::Less(1..)))
            || matches!(wish.memory, Some(Change::Less(Bytes(1..))))
            || wish.cores.is_some() && asked.cores < was.cores
            || wish.memory.is_some() && asked.memory < was.memory;
        if !less {
            prop_assert!(plan.effects.outgoing.is_empty(), "a wish that lowers nothing released somebody");
        } else if !wish.accept_less {
            // Nobody is left who could go.
            let after = plan.pool_after().unwrap();
            for (server, member) in after.with_role(pooldeck::fleet::Role::Worker) {
                let rest = plan.effects.after.less(member.capacity);
                prop_assert!(!rest.covers(asked), "{} could go", server);
            }
        }
    }

    #[test]
    fn a_plan_after_its_plan_is_empty(
        room in rooms(),
        cores in 1_u32..60,
        gib in 1_u64..200,
        to in (0_u32..200, 0_u64..800),
        named in (any::<bool>(), any::<bool>()),
        accept_less in any::<bool>(),
    ) {
        let Some((room, _)) = with_pool(room, cores, gib) else { return Ok(()) };
        let wish = Request::Resize(Resize {
            cores: named.0.then_some(Change::To(to.0)),
            memory: named.1.then_some(Change::To(Bytes::gib(to.1))),
            shrink: true,
            accept_less,
            ..resize("web", "", "")
        });
        let Ok(plan) = room.plan(&wish) else { return Ok(()) };
        let again = room.done(&plan).plan(&wish).unwrap();
        prop_assert!(again.is_empty(), "{} and then {}", plan.effects.title, again.effects.title);
    }
}

#[test]
fn an_accepted_run_uses_a_plan_up() {
    let room = room([server("s01"), server("s02"), server("s03"), server("s04")]).pool(
        "web",
        "s01",
        &["s02"],
    );
    let wish = Request::Resize(resize("web", "+8", ""));
    let plan = room.plan(&wish).unwrap();
    let mut later = room.clone();
    later.fleet.pools.get_mut("web").unwrap().generation += 1;
    assert_ne!(later.plan(&wish).unwrap().id, plan.id);
    let mut older = room;
    older.observed.servers.get_mut("s04").unwrap().seen = "2026-11-21T11:00:00Z".parse().ok();
    assert_eq!(
        older.plan(&wish).unwrap().id,
        plan.id,
        "an age that nobody is promised changed the id"
    );
    assert_eq!(plan.pool.unwrap().members[&name("s03")].slot, 2);
    assert_eq!(plan.request.pool(), Some(&pool("web")));
}
