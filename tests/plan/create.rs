//! Creating a pool.

use pooldeck::plan::Request;

use crate::{preview::text, room::*};

fn lab() -> Room {
    room([
        server("s01").size(2, 4),
        server("s02").size(2, 4),
        server("s03").size(1, 16),
        server("s04").size(1, 8),
        server("s05").size(2, 4),
        server("s06").size(1, 4),
    ])
}

#[test]
fn a_pool_gets_the_smallest_fit_control_plane_and_the_fewest_workers() {
    let wish = Request::Create(create("web", 2, 20));
    insta::assert_snapshot!(text(&lab().plan(&wish)));
}

#[test]
fn only_spare_servers_are_taken_and_every_other_one_has_its_reason() {
    let room = room([
        server("s01").size(2, 4),
        server("s02"),
        server("s03").unreachable(),
        server("s04").serving("tcp 389 slapd"),
        server("s05").of_cluster("https://10.0.0.9:6443"),
        server("s06").claimed_by("0011223344556677"),
        server("s07").owing("old"),
        server("s08").system("rocky9"),
        server("s09").clock(-3600.0),
        server("s10").not_offered(),
        server("s11").at("10.99.0.11/24"),
    ]);
    let wish = Request::Create(create("web", 8, 32));
    insta::assert_snapshot!(text(&room.plan(&wish)));
    let wish = Request::Create(create("web", 64, 32));
    insta::assert_snapshot!(text(&room.plan(&wish)));
}

#[test]
fn a_set_that_is_a_little_short_is_offered_and_taken_on_request() {
    let almost = 62 * (1 << 30) + (700 << 20);
    let big = |name| server(name).size(16, 64).memory(almost);
    let room = room([
        server("s01").size(2, 4),
        big("s02"),
        big("s03"),
        big("s04"),
        big("s05"),
    ]);
    let mut wish = create("web", 0, 192);
    let exact = room.plan(&Request::Create(wish.clone())).unwrap();
    assert_eq!(exact.effects.incoming.len(), 5);
    assert_eq!(
        exact.effects.offer.unwrap().text,
        "3 servers give 188.1 of 192 GiB"
    );
    wish.accept_less = true;
    let short = room.plan(&Request::Create(wish)).unwrap();
    assert_eq!(short.effects.incoming.len(), 4);
}

#[test]
fn what_cannot_be_is_refused_with_the_way_out() {
    let room = lab().pool("old", "s02", &["s05"]);
    let refusal = |edit: &dyn Fn(&mut pooldeck::plan::Create)| {
        let mut wish = create("web", 2, 8);
        edit(&mut wish);
        room.plan(&Request::Create(wish)).unwrap_err().to_string()
    };
    let all = [
        refusal(&|wish| wish.pool = pool("old")),
        refusal(&|wish| wish.control_planes = 3),
        refusal(&|wish| wish.asked = pooldeck::fleet::Capacity::default()),
        refusal(&|wish| wish.servers = [name("s05")].into()),
        refusal(&|wish| wish.servers = [name("s99")].into()),
        refusal(&|wish| wish.servers = [name("s01")].into()),
        refusal(&|wish| wish.version = Some("1.33".to_owned())),
        refusal(&|wish| wish.version = Some("v1.29.4".to_owned())),
        refusal(&|wish| wish.pod_cidr = "10.244.0.0/16".parse().ok()),
        refusal(&|wish| wish.pod_cidr = "10.77.128.0/17".parse().ok()),
        refusal(&|wish| wish.pod_cidr = "10.200.1.0/16".parse().ok()),
        refusal(&|wish| wish.pod_cidr = "127.0.0.0/8".parse().ok()),
        refusal(&|wish| wish.pod_cidr = "128.0.0.0/1".parse().ok()),
        refusal(&|wish| wish.service_cidr = "224.0.0.0/12".parse().ok()),
        refusal(&|wish| wish.service_cidr = "10.245.3.0/24".parse().ok()),
        refusal(&|wish| wish.service_cidr = "10.97.0.0/28".parse().ok()),
        refusal(&|wish| {
            wish.sources = Some(pooldeck::fleet::Sources {
                packages: Some("http://mirror/apt".to_owned()),
                ..Default::default()
            });
        }),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn a_kernel_with_old_cgroups_cannot_run_the_newest_version() {
    let room = room([server("s01"), server("s02").old_cgroups(), server("s03")]);
    let mut wish = create("web", 8, 32);
    wish.version = Some("v1.35.1".to_owned());
    let plan = room.plan(&Request::Create(wish)).unwrap();
    assert!(!plan.subjects().contains(&name("s02")));
    assert_eq!(
        plan.effects.left_out[0].why,
        "unfit: cgroup v1: Kubernetes v1.35.1 wants cgroup v2"
    );
}

#[test]
fn architectures_are_never_mixed_and_a_pool_moves_to_the_room_that_has_enough() {
    let arm = |name| server(name).arch("aarch64");
    let room = room([
        server("s01"),
        server("s02"),
        arm("s03"),
        arm("s04"),
        arm("s05"),
    ]);
    let plan = room.plan(&Request::Create(create("web", 16, 64))).unwrap();
    let taken: Vec<String> = plan.subjects().iter().map(ToString::to_string).collect();
    assert_eq!(taken, ["s03", "s04", "s05"]);
    let mut wish = create("web", 0, 0);
    wish.servers = [name("s01"), name("s03")].into();
    let error = room.plan(&Request::Create(wish)).unwrap_err().to_string();
    assert!(
        error.starts_with("`s03` cannot be taken: it is aarch64, `s01` is x86_64"),
        "{error}"
    );
}

#[test]
fn ranges_keep_away_from_every_route_of_the_fleet_and_from_other_pools() {
    let room = room([
        server("s01"),
        server("s02"),
        server("s03").routing("10.245.0.0/16").routing("default"),
        server("s04"),
        server("s05").not_offered().routing("10.246.7.0/24"),
    ])
    .pool("old", "s01", &["s02"]);
    let plan = room.plan(&Request::Create(create("web", 8, 32))).unwrap();
    let pool = plan.pool.unwrap();
    assert_eq!(pool.pod_cidr.to_string(), "10.247.0.0/16");
    assert_eq!(pool.service_cidr.to_string(), "10.97.0.0/16");
}

#[test]
fn a_version_that_was_never_tried_is_not_planned_without_a_word() {
    let said = |version: &str| {
        let mut wish = create("web", 2, 20);
        wish.version = Some(version.to_owned());
        let plan = lab().plan(&Request::Create(wish)).unwrap();
        plan.effects.unknown.join("\n")
    };
    assert!(said("v1.99.0").contains("whether Kubernetes v1.99.0 exists"));
    assert!(said("v1.99.0").contains("tested is v1.33.13"));
    assert!(said("v1.32.1").contains("v1.32.1"));
    assert_eq!(said("v1.33.13"), "");
    // Of the tested minor a later patch is no news.
    assert_eq!(said("v1.33.20"), "");
}

#[test]
fn nothing_is_over_of_what_was_left_open() {
    let plan = lab().plan(&Request::Create(create("web", 3, 0))).unwrap();
    let mut reasons = plan.effects.incoming.iter().map(|it| &it.why);
    assert!(
        reasons.all(|why| !why.contains("GiB")),
        "{:?}",
        plan.effects.incoming
    );
}
