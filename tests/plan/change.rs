//! Growing, shrinking and ending a pool.

use pooldeck::plan::Request;

use crate::{preview::text, room::*};

#[test]
fn a_pool_grows_by_the_closest_fit() {
    let room = room([
        server("s01").size(2, 4),
        server("s02"),
        server("s03"),
        server("s04").size(24, 94),
        server("s05"),
    ])
    .pool("web", "s01", &["s02"]);
    let wish = Request::Resize(resize("web", "16", ""));
    insta::assert_snapshot!(text(&room.plan(&wish)));
}

fn web() -> Room {
    room([
        server("s01").size(2, 4),
        server("s02").zone("a"),
        server("s03").zone("b"),
        server("s04").size(24, 94).zone("a"),
        server("s05").zone("b"),
        server("s06").zone("c"),
    ])
    .pool("web", "s01", &["s02", "s03", "s04", "s05"])
}

#[test]
fn a_pool_shrinks_by_the_fewest_servers_and_nobody_is_left_who_could_go() {
    let mut wish = resize("web", "-24", "-90GiB");
    insta::assert_snapshot!(text(&web().plan(&Request::Resize(wish.clone()))));
    wish.cores = Some("24".parse().unwrap());
    wish.memory = Some("100GiB".parse().unwrap());
    let error = web().plan(&Request::Resize(wish.clone())).unwrap_err();
    insta::assert_snapshot!(error.to_string());
    wish.shrink = true;
    assert!(web().plan(&Request::Resize(wish)).is_ok());
}

#[test]
fn a_wish_for_less_that_frees_nobody_says_why_and_what_would() {
    let room = room([
        server("s01").size(2, 4),
        server("s02").size(8, 31),
        server("s03").size(8, 31),
    ])
    .pool("web", "s01", &["s02", "s03"]);
    let plan = room
        .plan(&Request::Resize(resize("web", "-8", "")))
        .unwrap();
    assert!(plan.is_empty());
    assert_eq!(
        plan.effects.nobody_goes.as_deref(),
        Some(
            "no server can go: without s02 the pool has 8 CPUs and 31 GiB, less than the 62 GiB that it is asked for; memory was not named, so it stays as it was asked\nhint: `pooldeck pool resize web --cores 8 --memory 31GiB --shrink` lets s02 go"
        )
    );
}

#[test]
fn one_dimension_goes_up_while_the_other_goes_down_and_servers_come_before_they_go() {
    let room = room([
        server("s01").size(2, 4),
        server("s02").size(1, 16),
        server("s03").size(2, 4),
    ])
    .pool("web", "s01", &["s02"]);
    let wish = Request::Resize(resize("web", "+1", "-12GiB"));
    insta::assert_snapshot!(text(&room.plan(&wish)));
}

#[test]
fn a_pool_ends_with_its_control_plane_last() {
    let plan = web().plan(&destroy("web", false));
    insta::assert_snapshot!(text(&plan));
}

#[test]
fn a_pool_whose_api_is_gone_can_only_be_ended_without_drain() {
    let mut room = web();
    room.observed.pools.clear();
    let grow = Request::Resize(resize("web", "+8", ""));
    insta::assert_snapshot!(text(&room.plan(&grow)));
    assert!(room.plan(&destroy("web", false)).is_err());
    let plan = room.plan(&destroy("web", true)).unwrap();
    let on_executor =
        |step: &&pooldeck::plan::Step| step.action.on() == pooldeck::plan::On::Executor;
    assert_eq!(plan.steps.iter().find(on_executor), None);
}

#[test]
fn a_pool_with_an_open_run_takes_no_other_request() {
    let mut room = web();
    room.fleet
        .busy
        .insert(name("s03"), pooldeck::fleet::RunId(12));
    let wish = Request::Resize(resize("web", "+8", ""));
    insta::assert_snapshot!(text(&room.plan(&wish)));
}

#[test]
fn servers_named_by_hand_come_and_go_as_named_or_are_refused_by_name() {
    let room = web();
    let mut wish = resize("web", "", "");
    wish.add = [name("s06")].into();
    wish.remove = [name("s04")].into();
    let plan = room.plan(&Request::Resize(wish)).unwrap();
    assert_eq!(plan.effects.incoming[0].server, name("s06"));
    assert_eq!(plan.effects.outgoing[0].server, name("s04"));
    let refusal = |add: &[&str], remove: &[&str]| {
        let mut wish = resize("web", "", "");
        wish.add = add.iter().map(|it| name(it)).collect();
        wish.remove = remove.iter().map(|it| name(it)).collect();
        room.plan(&Request::Resize(wish)).unwrap_err().to_string()
    };
    let all = [
        refusal(&[], &["s01"]),
        refusal(&[], &["s06"]),
        refusal(&["s77"], &[]),
        refusal(&["s02"], &["s02"]),
        refusal(&[], &["s02", "s03", "s04", "s05"]),
    ];
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn leftovers_are_cleaned_only_where_our_record_or_claim_says_they_are_ours() {
    let ours = "91c2aabbccddeeff";
    let room = room([
        server("s01").owing("old").claimed_by(ours),
        server("s02").claimed_by(ours),
        server("s03").claimed_by("0011223344556677"),
        server("s04"),
        server("s05").serving("tcp 80 nginx"),
    ]);
    let clean = |text: &str| Request::Clean(pooldeck::plan::Clean { server: name(text) });
    let all: Vec<String> = ["s01", "s02", "s03", "s04", "s05", "s99"]
        .map(|it| text(&room.plan(&clean(it))))
        .into();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_member_that_cannot_be_seen_stands_in_the_preview_and_its_capacity_still_counts() {
    let mut room = web();
    let seen = room.observed.servers.get_mut(&name("s04")).unwrap();
    seen.trouble = server("s04").unreachable().seen.trouble;
    let nodes = &mut room.observed.pools.get_mut("web").unwrap().nodes;
    nodes.get_mut("s01").unwrap().ready = false;
    let wish = Request::Resize(resize("web", "+8", ""));
    let plan = room.plan(&wish).unwrap();
    assert_eq!(plan.effects.quorum.before, (0, 1));
    assert_eq!(plan.effects.before.cores, 48);
    insta::assert_snapshot!(plan.effects.unknown.join("\n"));
}
