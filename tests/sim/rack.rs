//! Servers in memory behave as real ones where the captain can tell the difference.

use std::time::Duration;

use jiff::Timestamp;
use pooldeck::{
    fleet::{Bytes, Capacity, MachineId, Script, Server, ServerName, TroubleKind, Verb},
    sim::{
        Clock, Cut, Lie, Rack,
        machine::{Hardware, Machine},
    },
    ssh::{Transport, UnitName, UnitState},
};

fn name(text: &str) -> ServerName {
    text.parse().unwrap()
}

fn server(text: &str) -> Server {
    serde_json::from_value(serde_json::json!({
        "name": text, "access": {"host": text, "port": null, "user": null, "key_file": null, "sudo": false},
        "offered": true, "zone": null, "labels": {}, "expect": {"cores": null, "memory": null},
        "node_address": null, "sources": {}, "place": {"file": "", "line": 0, "column": 0},
    }))
    .unwrap()
}

fn rack_with(names: &[&str]) -> Rack {
    let start: Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
    let rack = Rack::new(Clock::starting(start, 1), 7);
    for (n, text) in names.iter().enumerate() {
        let number = u8::try_from(n + 1).unwrap();
        let hardware = Hardware {
            name: name(text),
            capacity: Capacity::new(4, Bytes::gib(8)),
            sockets: 1,
            disk: Bytes::gib(100),
            address: [10, 20, 1, number].into(),
            machine: MachineId(format!("{number:032x}")),
            host_key: "SHA256:x".to_owned(),
            seed: n as u64,
        };
        let boot = rack.with(|world| pooldeck::fleet::BootId(world.prng.uuid()));
        rack.add(Machine::new(hardware, boot, start));
    }
    rack
}

fn claim(epoch: u64, fleet: &str) -> Script {
    Script::new("claim", Verb::Apply)
        .with("POOLDECK_FLEET", &fleet)
        .with("POOLDECK_EPOCH", &epoch)
        .with("POOLDECK_HOLDER", &"ops1 on jump1")
        .with("POOLDECK_AT", &"2026-01-05T12:40:00Z")
        .with("POOLDECK_POOL", &"web")
        .with("POOLDECK_ROLE", &"worker")
        .with("POOLDECK_SERVER", &"s01")
        .with("POOLDECK_RUN", &1)
        .with("POOLDECK_STEP", &0)
        .with("POOLDECK_ON", &"subject")
}

fn unit(text: &str) -> UnitName {
    UnitName(text.to_owned())
}

async fn done(rack: &Rack, server: &Server, unit: &UnitName) -> (i32, Vec<String>) {
    let mut lines = Vec::new();
    let state = rack
        .follow(server, unit, 0, &mut |line| lines.push(line))
        .await
        .unwrap();
    let UnitState::Finished { code, .. } = state else {
        panic!("{state:?}")
    };
    (code, lines)
}

#[tokio::test(start_paused = true)]
async fn a_unit_outlives_its_connection_and_is_started_once() {
    let (rack, s01, one) = (rack_with(&["s01"]), server("s01"), unit("one"));
    rack.cut(0, Cut::During);
    let lost = rack.start(&s01, &one, &claim(1, "aaaa")).await.unwrap_err();
    assert_eq!(lost.kind, TroubleKind::Disconnected);
    rack.start(&s01, &one, &claim(1, "aaaa")).await.unwrap();
    let (code, lines) = done(&rack, &s01, &one).await;
    assert_eq!((code, lines), (0, vec!["claimed for pool web".to_owned()]));
    assert_eq!(rack.applied(&s01.name), ["1 0 apply"]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_cut_before_a_command_leaves_no_trace() {
    let (rack, s01, one) = (rack_with(&["s01"]), server("s01"), unit("one"));
    rack.cut(0, Cut::Before);
    rack.start(&s01, &one, &claim(1, "aaaa")).await.unwrap_err();
    let state = rack.follow(&s01, &one, 0, &mut |_| ()).await.unwrap();
    assert_eq!(state, UnitState::Absent);
}

#[tokio::test(start_paused = true)]
async fn a_reboot_takes_units_away_and_leaves_what_stands_on_the_disk() {
    let (rack, s01, one) = (rack_with(&["s01"]), server("s01"), unit("one"));
    rack.start(&s01, &one, &claim(1, "aaaa")).await.unwrap();
    done(&rack, &s01, &one).await;
    rack.reboot(&s01.name);
    let off = rack.follow(&s01, &one, 0, &mut |_| ()).await.unwrap_err();
    assert_eq!(off.kind, TroubleKind::Unreachable);
    tokio::time::sleep(Duration::from_secs(9)).await;
    let state = rack.follow(&s01, &one, 0, &mut |_| ()).await.unwrap();
    assert_eq!(state, UnitState::Absent);
    assert_eq!(
        rack.claim(&s01.name).map(|claim| claim.pool),
        Some("web".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn a_foreign_fleet_and_an_older_captain_are_refused_by_name() {
    let (rack, s01) = (rack_with(&["s01"]), server("s01"));
    let scripts = [claim(5, "aaaa"), claim(4, "aaaa"), claim(9, "bbbb")];
    let mut ends = Vec::new();
    for (n, script) in scripts.iter().enumerate() {
        let unit = unit(&n.to_string());
        rack.start(&s01, &unit, script).await.unwrap();
        ends.push(done(&rack, &s01, &unit).await);
    }
    assert_eq!(ends[0].0, 0);
    assert_eq!(ends[1].0, 79);
    assert!(ends[1].1[0].contains("newer captain (epoch 5)"), "{ends:?}");
    assert_eq!(ends[2].0, 78);
    assert!(
        ends[2].1[0].contains("claimed by fleet aaaa, ops1 on jump1, 12:40"),
        "{ends:?}"
    );
    assert_eq!(
        rack.applied(&s01.name).len(),
        1,
        "refused work is not counted"
    );
}

#[tokio::test(start_paused = true)]
async fn a_script_that_lies_is_found_out_by_its_check() {
    let (rack, s01, one) = (rack_with(&["s01"]), server("s01"), unit("one"));
    rack.spoil(&s01.name, "claim", Verb::Apply, Lie::SaysButDoesNot, 1);
    rack.start(&s01, &one, &claim(1, "aaaa")).await.unwrap();
    assert_eq!(done(&rack, &s01, &one).await.0, 0);
    let mut check = claim(1, "aaaa");
    check.verb = Verb::Check;
    assert_eq!(rack.check(&s01, &check).await.unwrap().code, 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_power_does_not_answer_until_it_has_booted() {
    let (rack, s01) = (rack_with(&["s01"]), server("s01"));
    let boot = |text: &str| {
        text.lines()
            .find(|line| line.starts_with("boot_id="))
            .map(str::to_owned)
    };
    let before = boot(&rack.probe(&s01).await.unwrap().text);
    rack.power_off(&s01.name);
    assert_eq!(
        rack.probe(&s01).await.unwrap_err().kind,
        TroubleKind::Unreachable
    );
    rack.power_on(&s01.name);
    tokio::time::sleep(Duration::from_secs(9)).await;
    let after = boot(&rack.probe(&s01).await.unwrap().text);
    assert!(before.is_some() && before != after, "{before:?} {after:?}");
}
