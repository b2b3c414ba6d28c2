//! The command line, by the real binary: what it prints, what it refuses, how it ends.

#![expect(clippy::unwrap_used, reason = "a test that fails by it says so")]

mod answer;
mod asks;
mod demo;
mod doctor;
mod json;
mod maintain;
mod recover;
mod room;
mod table;

use pooldeck::fleet::ServerName;
use room::{Room, run};

/// 1 control plane and 2 workers fit, one server is spare beside, one is not offered.
const SIZES: [(u32, u64); 5] = [(2, 4), (8, 32), (8, 32), (16, 64), (4, 8)];

#[test]
fn a_pool_is_previewed_made_resized_and_ended() {
    let room = Room::new(&SIZES).seen();

    let preview =
        room.run("pool create web --cores 16 --memory 64GiB --server s02 s03 --plan-only");
    assert_eq!(preview.code, 0, "{preview:?}");
    for part in [
        "CPUs hw",
        "QUORUM",
        "IN        ",
        "s02",
        "pooldeck pool create web",
    ] {
        assert!(preview.out.contains(part), "{part}: {}", preview.out);
    }
    assert_eq!(room.json("pool list")["pools"], serde_json::json!([]));

    let plan = room.json("pool create web --cores 16 --memory 64GiB --server s02 s03 --plan-only");
    assert_eq!(plan["capacity"]["after"]["cores"], 16);
    assert!(plan["capacity"]["after"]["memory_bytes"].as_u64().unwrap() >= 64 << 30);
    let id = plan["id"].as_str().unwrap()[..4].to_owned();

    let made = room.run(&format!(
        "pool create web --cores 16 --memory 64GiB --server s02 s03 --plan {id} --yes --wait"
    ));
    assert_eq!(made.code, 0, "{made:?}");
    assert!(made.out.contains("succeeded"), "{made:?}");
    assert!(made.notes.contains("join: done"), "{made:?}");

    let pool = room.well("web");
    assert_eq!(pool["control_planes"]["all"], 1);
    assert_eq!(pool["workers"]["all"], 2);
    assert_eq!(pool["protected"], true);

    let shrink = room.run("pool resize web --cores 8 --memory 16GiB --yes");
    assert_eq!(shrink.code, 1, "{shrink:?}");
    assert!(shrink.notes.contains("shrink by 8"), "{shrink:?}");
    assert!(shrink.notes.contains("hint: `--shrink`"), "{shrink:?}");

    let yes_is_no_name = room.run("pool destroy web --yes");
    assert_eq!(yes_is_no_name.code, 1);
    assert!(
        yes_is_no_name.notes.contains("--confirm web"),
        "{yes_is_no_name:?}"
    );
    let wrong_name = room.run("pool destroy web --confirm lab");
    assert_eq!(wrong_name.code, 1);
    assert!(
        wrong_name.notes.contains("nothing was changed"),
        "{wrong_name:?}"
    );

    let ended = room.run("pool destroy web --confirm web --wait");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(room.json("pool list")["pools"], serde_json::json!([]));
    assert!(room.rack.claims().is_empty());

    let runs = room.json("run list");
    assert_eq!(runs["runs"].as_array().unwrap().len(), 2);
    assert_eq!(runs["runs"][0]["outcome"], "succeeded");
    let show = room.run("run show 1");
    assert!(show.out.contains("proved"), "{show:?}");
    let logs = room.run("run logs 1");
    assert!(logs.out.contains("claimed for pool web"), "{logs:?}");
}

#[test]
fn nothing_changes_without_a_yes_that_fits() {
    let room = Room::new(&SIZES).seen();
    let create = "pool create web --cores 8 --memory 16GiB";

    let unasked = room.run(create);
    assert_eq!(unasked.code, 1);
    assert!(unasked.notes.contains("hint: add `--yes`"), "{unasked:?}");

    let other_plan = room.run(&format!("{create} --yes --plan ffff"));
    assert_eq!(other_plan.code, 1);
    assert!(
        other_plan.notes.contains("the plan is another one now"),
        "{other_plan:?}"
    );
    let looked_at = room.run(&format!("{create} --plan-only --plan ffff"));
    assert_eq!(looked_at.code, 1, "{looked_at:?}");
    let short = room.run(&format!("{create} --yes --plan f"));
    assert_eq!(short.code, 2);

    let read_only = room.run(&format!("{create} --yes --read-only"));
    assert_eq!(read_only.code, 1);
    assert!(read_only.notes.contains("--read-only"), "{read_only:?}");

    let too_much = room.run("pool create web --cores 900 --memory 16GiB --yes");
    assert_eq!(too_much.code, 1);
    assert!(too_much.notes.contains("would fit"), "{too_much:?}");

    assert!(room.rack.claims().is_empty());
    assert_eq!(room.json("run list")["runs"], serde_json::json!([]));
}

#[test]
fn servers_are_listed_and_one_that_is_not_offered_is_never_spare() {
    let room = Room::new(&SIZES).seen();
    let list = room.json("server list");
    let standing = |name: &str| {
        let servers = list["servers"].as_array().unwrap();
        let server = servers
            .iter()
            .find(|server| server["name"] == name)
            .unwrap();
        server["standing"].as_str().unwrap().to_owned()
    };
    assert_eq!(standing("s01"), "spare");
    assert_eq!(standing("s05"), "not offered");
    let table = room.run("server list");
    assert!(
        table.out.starts_with("SERVER  POOL   ROLE"),
        "{}",
        table.out
    );
    assert!(table.out.contains("s04     spare"), "{}", table.out);
    let one = room.run("server show s04");
    assert!(one.out.contains("16 in 1 sockets"), "{}", one.out);
    assert_eq!(room.run("server show nobody").code, 1);
    assert_eq!(room.run("server check").code, 0);
}

#[test]
fn problems_are_a_monitoring_check() {
    let room = Room::new(&SIZES).seen();
    let well = room.run("problem list");
    assert_eq!((well.code, well.out.trim()), (0, "no problems"), "{well:?}");
    room.rack.power_off(&"s04".parse().unwrap());
    let troubled = (0..100).map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        room.run("problem list")
    });
    let said = troubled.into_iter().find(|said| said.code != 0).unwrap();
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("s04"), "{said:?}");
}

#[test]
fn a_problem_that_somebody_knows_of_does_not_fail_the_check_until_it_counts_again() {
    let room = Room::new(&SIZES).seen();
    room.rack.power_off(&"s04".parse().unwrap());
    let until = |code: i32| {
        let mut said = std::iter::repeat_with(|| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            room.run("problem list")
        });
        said.by_ref().take(100).find(|said| said.code == code)
    };
    assert!(until(1).is_some());
    let ack = "problem ack s04/no-ssh --until";
    let refused = room.run(&format!("{ack} yesterday --reason known"));
    assert_eq!(refused.code, 2, "{refused:?}");
    let refused = room.run(&format!("{ack} 2h --reason known --read-only"));
    assert_eq!(refused.code, 1, "{refused:?}");
    let refused = room.run("problem ack s03/no-ssh --until 2h --reason known");
    assert!(refused.notes.contains("there is no problem"), "{refused:?}");
    let known = room.run(&format!("{ack} 2h --reason known"));
    assert_eq!(known.code, 0, "{known:?}");
    let listed = until(0).unwrap();
    assert!(
        listed.out.contains("acknowledged  s04/no-ssh"),
        "{listed:?}"
    );
    assert_eq!(room.run("problem unack s04/no-ssh").code, 0);
    assert!(until(1).is_some());
}

#[test]
fn stop_keeps_new_runs_from_starting_until_it_is_lifted() {
    let room = Room::new(&SIZES).seen();
    assert_eq!(room.run("stop").code, 0);
    let refused = room.run("pool create web --cores 8 --memory 16GiB --yes");
    assert_eq!(refused.code, 1);
    assert!(refused.notes.contains("said stop"), "{refused:?}");
    assert_eq!(room.run("stop --clear").code, 0);
    let accepted = room.run("pool create web --cores 8 --memory 16GiB --yes --wait");
    assert_eq!(accepted.code, 0, "{accepted:?}");
    let set = room.run("pool set web --env PROD");
    assert_eq!(set.out.trim(), "web: PROD, protected", "{set:?}");
    let sentence = room.run("pool set web --env \u{1b}[31mred");
    assert_eq!(sentence.code, 2, "{sentence:?}");
    assert!(sentence.notes.contains("is no tag"), "{sentence:?}");
}

#[test]
fn what_no_captain_took_and_was_said_to_have_failed_is_not_done_later() {
    let mut room = Room::new(&SIZES).seen();
    room.kill_captain();
    let failed = room.run("pool create web --cores 8 --memory 16GiB --yes --no-wait");
    assert_eq!(failed.code, 2, "{failed:?}");
    assert!(failed.notes.contains("there is no inventory"), "{failed:?}");
    assert_eq!(room.unanswered(), 0, "{failed:?}");
}

#[test]
fn only_what_could_be_taken_now_is_exported_as_spare() {
    let room = Room::new(&SIZES).seen();
    let busy: ServerName = "s03".parse().unwrap();
    let listens = vec!["tcp 5432 postgres".to_owned()];
    room.rack.with(|world| {
        world.machines.get_mut(&busy).unwrap().strangers.listeners = listens;
    });
    assert_eq!(room.run("server check").code, 0);
    let made = room.run("pool create web --cores 8 --memory 16GiB --yes --wait");
    assert_eq!(made.code, 0, "{made:?}");
    let export = room.json("inventory export --format ansible --list");
    let hosts = |group: &str| export[group]["hosts"].to_string();
    let all = |name: &str| export["_meta"]["hostvars"].get(name).is_some();
    assert!(hosts("ungrouped").contains("s03") && all("s03"), "{export}");
    assert!(!hosts("spare").contains("s03"), "{export}");
    assert!(hosts("web_workers").contains("\"s0"), "{export}");
}

#[test]
fn without_an_inventory_three_lines_say_what_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("store.db").display());
    let said = run("inventory check", &[("--store", &store)], folder.path());
    assert_eq!(said.code, 2);
    assert_eq!(said.notes.lines().count(), 3, "{said:?}");
    assert!(said.notes.contains("pooldeck demo"), "{said:?}");
    let problems = run("problem list", &[("--store", &store)], folder.path());
    assert_eq!(problems.code, 2, "{problems:?}");
    assert!(problems.out.contains("no captain"), "{problems:?}");
}

#[test]
fn what_has_no_preview_is_not_done_under_plan_only() {
    let room = Room::new(&SIZES).seen();
    for line in ["stop", "server check s02"] {
        let said = room.run(&format!("{line} --plan-only"));
        assert_ne!(said.code, 0, "{line}: {said:?}");
        assert!(said.notes.contains("--plan-only"), "{line}: {said:?}");
    }
    let problems = room.run("problem list");
    assert!(!problems.out.contains("said stop"), "{problems:?}");
}

#[test]
fn a_store_that_was_not_there_is_made_with_a_word_so_that_a_mistyped_place_shows_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("mistyped.db").display());
    let first = room::run("run list", &[("--store", &store)], folder.path());
    assert!(
        first
            .notes
            .contains("no store was there: made an empty one at"),
        "{first:?}"
    );
    let second = room::run("run list", &[("--store", &store)], folder.path());
    assert!(!second.notes.contains("no store was there"), "{second:?}");
}

#[test]
fn without_an_inventory_and_a_store_the_deck_says_so_and_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("store.db").display());
    let said = run("", &[("--store", &store)], folder.path());
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.out.lines().count(), 3, "{said:?}");
    assert!(said.out.contains("pooldeck demo"), "{said:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_lines_that_offer_a_server_are_printed_only_where_nothing_was_found_on_it() {
    let room = Room::new(&SIZES).seen();
    let last = format!("s{:02}", SIZES.len());
    let lines = room.run(&format!("inventory offer {last}"));
    assert_eq!(lines.code, 0, "{lines:?}");
    assert!(
        lines
            .out
            .contains(&format!("    {last}: {{ pooldeck_use: true }}")),
        "{lines:?}"
    );
    let name: ServerName = last.parse().unwrap();
    room.rack.with(|world| {
        let strangers = &mut world.machines.get_mut(&name).unwrap().strangers;
        strangers.listeners = vec!["tcp 389 slapd".to_owned()];
    });
    let mut refused = lines;
    for _ in 0..50 {
        if refused.code == 0 {
            std::thread::sleep(std::time::Duration::from_millis(100));
            refused = room.run(&format!("inventory offer {last}"));
        }
    }
    assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{refused:?}");
    assert!(refused.notes.contains("slapd"), "{refused:?}");
    let spare = room.json("pool list")["spare"].to_string();
    assert!(
        !spare.contains(&last),
        "looking makes no candidate: {spare}"
    );
}

#[test]
fn a_broken_inventory_names_every_mistake_and_ends_with_2() {
    let here = std::env::current_dir().unwrap();
    let file = "tests/inventory/invalid/misspelt-keys.yaml";
    let said = run("inventory check", &[("--inventory", file)], &here);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert_eq!(said.notes.matches("hint:").count(), 4, "{said:?}");
    let well = run("inventory check", &[("--inventory", "inventory")], &here);
    assert_eq!(well.code, 0, "{well:?}");
}

#[test]
fn wrong_usage_ends_with_2_and_an_unknown_verb_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for line in [
        "pool create",
        "pool resize web",
        "server frobnicate",
        "pool create web --memory 48",
    ] {
        let said = run(line, &[("--store", "memory:")], folder.path());
        assert_eq!(said.code, 2, "{line}: {said:?}");
    }
}
