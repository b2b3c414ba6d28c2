//! What the deck costs: one draw, one reading worked into rows, one key, with 10,000 servers.

use std::{collections::BTreeMap, sync::Arc};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use divan::{Bencher, black_box};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use pooldeck::{
    deck::{Look, Model, Msg, Theme, World, update, view},
    fleet::{
        Access, Bytes, Capacity, Expect, Facts, Fleet, FleetId, MachineId, Observed, Place, Server,
        ServerName, ServerSeen, Sources, Usage,
    },
    store::{record::Listed, snapshot::Snapshot},
};
use ratatui::{Terminal, backend::TestBackend};

fn main() {
    divan::main();
}

fn server(name: &ServerName) -> Server {
    Server {
        name: name.clone(),
        access: Access {
            host: name.to_string(),
            port: None,
            user: None,
            key_file: None,
            sudo: true,
        },
        offered: true,
        zone: Some("a".to_owned()),
        labels: BTreeMap::new(),
        expect: Expect::default(),
        node_address: None,
        sources: Sources::default(),
        place: Place::default(),
    }
}

fn seen(name: &ServerName, now: Timestamp) -> ServerSeen {
    ServerSeen {
        tried: Some(now),
        seen: Some(now),
        facts: Some(Facts {
            machine: Some(MachineId(name.to_string())),
            capacity: Capacity::new(16, Bytes::gib(63)),
            os: "debian12".to_owned(),
            root: true,
            ..Facts::default()
        }),
        usage: Some(Usage {
            load: 0.4,
            memory: Some(Bytes::gib(3)),
            uptime: 9000,
        }),
        ..ServerSeen::default()
    }
}

fn room(servers: u32, now: Timestamp) -> Snapshot {
    let names: Vec<ServerName> = (0..servers)
        .filter_map(|n| format!("rack{:03}-{:02}", n / 40, n % 40).parse().ok())
        .collect();
    let mut fleet = Fleet::empty(FleetId("bench".to_owned()));
    fleet.servers = names
        .iter()
        .map(|name| (name.clone(), server(name)))
        .collect();
    Snapshot {
        revision: 0,
        observed: Observed {
            servers: names
                .iter()
                .map(|name| (name.clone(), seen(name, now)))
                .collect(),
            pools: BTreeMap::new(),
        },
        listed: Listed {
            servers: fleet.servers.clone(),
            ..Listed::default()
        },
        fleet,
        runs: BTreeMap::new(),
        asks: BTreeMap::new(),
        acknowledged: BTreeMap::new(),
        records: BTreeMap::new(),
        captain: None,
        lease: None,
        stop: None,
        recovered: None,
        place: "memory".to_owned(),
        revisions: BTreeMap::new(),
    }
}

fn model(servers: u32) -> Model {
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(9);
    let world = Arc::new(World::of(room(servers, now), now));
    let look = Look {
        theme: Theme::PALETTE,
        ascii: false,
    };
    Model::new(world, now, TimeZone::UTC, false, look)
}

fn press(model: &mut Model, code: KeyCode) {
    let key = KeyEvent::new(code, KeyModifiers::NONE);
    drop(update(model, Msg::Key(key)));
}

#[divan::bench(args = [60, 10_000])]
fn draw_servers_80x24(bencher: Bencher, servers: u32) {
    let mut model = model(servers);
    press(&mut model, KeyCode::Char('2'));
    press(&mut model, KeyCode::Char('G'));
    let Ok(mut terminal) = Terminal::new(TestBackend::new(80, 24));
    bencher.bench_local(|| {
        let drawn = terminal.draw(|frame| view(black_box(&model), frame));
        drawn.map(|frame| frame.count).is_ok()
    });
}

#[divan::bench(args = [60, 10_000])]
fn draw_pools_80x24(bencher: Bencher, servers: u32) {
    let model = model(servers);
    let Ok(mut terminal) = Terminal::new(TestBackend::new(80, 24));
    bencher.bench_local(|| {
        let drawn = terminal.draw(|frame| view(black_box(&model), frame));
        drawn.map(|frame| frame.count).is_ok()
    });
}

#[divan::bench(args = [60, 10_000])]
fn a_key_moves_the_cursor(bencher: Bencher, servers: u32) {
    let mut model = model(servers);
    press(&mut model, KeyCode::Char('2'));
    bencher.bench_local(|| press(&mut model, KeyCode::Char('j')));
}

#[divan::bench(args = [60, 10_000], sample_count = 20)]
fn a_reading_is_worked_into_rows(bencher: Bencher, servers: u32) {
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(9);
    let room = room(servers, now);
    bencher
        .with_inputs(|| room.clone())
        .bench_values(|room| World::of(room, now));
}

#[divan::bench(args = [60, 10_000], sample_count = 20)]
fn a_reading_arrives_at_the_deck(bencher: Bencher, servers: u32) {
    let mut model = model(servers);
    press(&mut model, KeyCode::Char('2'));
    let world = Arc::clone(&model.world);
    bencher.bench_local(|| update(&mut model, Msg::World(Arc::clone(&world))));
}
