//! The room of the deck's tests: 60 servers, three pools, one of them growing, one degraded. The same every time.

mod pools;
mod runs;
pub mod waits;

pub use self::runs::{lines, new_pool, shrink};

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use jiff::{SignedDuration, Timestamp};
use pooldeck::{
    deck::{Look, Model, Theme, World},
    fleet::{
        Access, BootId, Bytes, Capacity, Debt, Expect, Facts, FleetId, MachineId, Place, RunId,
        Server, ServerName, ServerSeen, Sources, Trouble, TroubleKind, Usage, cluster::Certificate,
    },
    store::{
        Commit, Store,
        machine::Moment,
        memory::Memory,
        record::{CaptainSeen, Listed, ServerRecord, key, seen_key},
        snapshot::Snapshot,
    },
};
use serde::Serialize;

/// 12:41:07 on a day in November.
pub fn now() -> Timestamp {
    "2026-11-21T12:41:07Z".parse().unwrap()
}

/// So long before [`now`].
pub fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

/// A server's name.
pub fn name(text: &str) -> ServerName {
    text.parse().unwrap()
}

/// The machine behind a name.
pub fn machine(server: &ServerName) -> MachineId {
    MachineId(format!("machine-{server}"))
}

/// A store with nothing in it.
pub fn empty() -> Memory {
    let clock = Arc::new(|| Moment {
        boot: BootId("boot".to_owned()),
        since: std::time::Duration::from_secs(1),
    });
    Memory::with(FleetId("91c2000000000000".to_owned()), clock)
}

/// Writes durable values.
pub fn write<T: Serialize>(store: &dyn Store, values: impl IntoIterator<Item = (String, T)>) {
    let text = |value: T| Some(serde_json::to_string(&value).unwrap());
    let writes = values
        .into_iter()
        .map(|(key, value)| (key, text(value)))
        .collect();
    let commit = Commit {
        writes,
        ..Commit::default()
    };
    store.commit(&commit).unwrap();
}

/// Writes what is seen.
pub fn see<T: Serialize>(store: &dyn Store, values: impl IntoIterator<Item = (String, T)>) {
    let text = |value: T| Some(serde_json::to_string(&value).unwrap());
    let seen: BTreeMap<_, _> = values
        .into_iter()
        .map(|(key, value)| (key, text(value)))
        .collect();
    store.see(&seen).unwrap();
}

/// A server as it is listed.
pub fn listed(name: &ServerName, line: u32, zone: &str, offered: bool) -> Server {
    Server {
        name: name.clone(),
        access: Access {
            host: name.to_string(),
            port: None,
            user: Some("ops".to_owned()),
            key_file: None,
            sudo: true,
        },
        offered,
        zone: Some(zone.to_owned()),
        labels: BTreeMap::new(),
        expect: Expect::default(),
        node_address: None,
        sources: Sources::default(),
        place: Place {
            file: "inventory/room7.yaml".into(),
            line,
            column: 7,
        },
    }
}

/// A server as a probe saw it two seconds ago.
pub fn seen(server: &ServerName, capacity: Capacity, load: f64, used: u64) -> ServerSeen {
    ServerSeen {
        tried: Some(ago(2)),
        seen: Some(ago(2)),
        trouble: None,
        host_key: Some("SHA256:abc".to_owned()),
        facts: Some(Facts {
            hostname: server.to_string(),
            machine: Some(machine(server)),
            boot: Some(BootId("b1".to_owned())),
            capacity,
            sockets: 2,
            disk_total: Bytes::gib(800),
            disk_free: Bytes::gib(710),
            os: "debian12".to_owned(),
            kernel: "6.1.0-40-amd64".to_owned(),
            arch: "x86_64".to_owned(),
            cgroup: 2,
            root: true,
            resolves_itself: true,
            ssh_address: Some("10.7.0.9".parse().unwrap()),
            addresses: vec!["10.7.0.9/16".to_owned()],
            ..Facts::default()
        }),
        usage: Some(Usage {
            load,
            memory: Some(Bytes::gib(used)),
            uptime: 400_000,
        }),
    }
}

/// The store of the room.
pub fn store() -> Memory {
    let store = empty();
    list(&store, true);
    pools::add(&store);
    runs::add(&store);
    see(&store, [(seen_key::CAPTAIN.to_owned(), captain())]);
    store
}

/// The room's servers as they are listed and were seen: the first 29 offered, or none, with more on them that is not ours.
pub fn list(store: &dyn Store, is_offered: bool) {
    let mut servers = BTreeMap::new();
    let mut observed = Vec::new();
    let mut records = Vec::new();
    for n in 1..=60_u32 {
        let name = name(&format!("s{n:02}"));
        let zone = ["a", "b", "c"][n as usize % 3];
        let offered = n <= 29;
        let is = listed(&name, n + 3, zone, offered && is_offered);
        servers.insert(name.clone(), is);
        let capacity = match n {
            1..=3 | 12 | 19 => Capacity::new(4, Bytes::gib(16)),
            17 | 18 | 23..=29 => Capacity::new(16, Bytes::gib(63)),
            _ => Capacity::new(12, Bytes::gib(47)),
        };
        if offered {
            let busy = matches!(n, 4..=11);
            let (load, used) = if busy { (5.1, 15) } else { (0.1, 2) };
            let mut it = seen(&name, capacity, load, used);
            if let (1 | 12, Some(facts)) = (n, &mut it.facts) {
                facts.certificates = vec![Certificate {
                    file: "apiserver.crt".to_owned(),
                    ends: ago(-86_400 * if n == 1 { 21 } else { 200 }),
                }];
            }
            match n {
                17 => {
                    it.tried = Some(ago(10));
                    it.seen = Some(ago(250));
                    it.trouble = Some(Trouble {
                        kind: TroubleKind::Unreachable,
                        text: "no answer from `s17` within 5 s\nhint: is it powered on? `ssh s17` by hand says more".to_owned(),
                        since: ago(250),
                    });
                }
                26 => {
                    if let Some(facts) = &mut it.facts {
                        facts.listeners = vec!["tcp 389 slapd".to_owned()];
                    }
                }
                24 | 25 | 27 if !is_offered => not_ours(n, &mut it),
                _ => (),
            }
            observed.push((seen_key::server(&name), it));
        }
        let mut record = ServerRecord {
            machine: Some(machine(&name)),
            generation: 1,
            ..ServerRecord::default()
        };
        if n == 18 && is_offered {
            record.debt = Some(Debt {
                pool: "lab".parse().unwrap(),
                machine: machine(&name),
                run: RunId(9),
                since: ago(7200),
                why: "clean: `/var/lib/etcd` is a mount point".to_owned(),
                slot: None,
            });
        }
        if matches!(n, 15 | 16) && is_offered {
            record.busy = Some(RunId(12));
        }
        records.push((key::server(&name), record));
    }
    let listed = Listed {
        servers,
        place: "inventory".to_owned(),
        read: Some(ago(600)),
        ..Listed::default()
    };
    write(store, [(key::INVENTORY.to_owned(), listed)]);
    write(store, records);
    see(store, observed);
    see(store, [(seen_key::CAPTAIN.to_owned(), captain())]);
}

/// What a room has that nobody prepared: a key that nobody compared, a sudo that wants a password, somebody else's node.
fn not_ours(n: u32, it: &mut ServerSeen) {
    let trouble = |kind, text: &str| Trouble {
        kind,
        text: text.to_owned(),
        since: ago(40),
    };
    match n {
        24 => {
            it.trouble = Some(trouble(
                TroubleKind::HostKeyUnknown,
                "`s24` has a host key that is not known: No ED25519 host key is known for s24\nhint: compare its fingerprint at the machine and run `pooldeck server trust s24`",
            ));
        }
        25 => {
            it.trouble = Some(trouble(
                TroubleKind::SudoRefused,
                "`s25` refuses sudo: sudo: a password is required\nhint: allow its user `NOPASSWD: ALL` in sudoers",
            ));
        }
        _ => {
            if let Some(facts) = &mut it.facts {
                facts.kubernetes = vec!["kubelet-running".to_owned()];
                facts.cluster = Some("https://old-a:6443".to_owned());
            }
        }
    }
    if it.trouble.is_some() {
        (it.facts, it.usage, it.seen) = (None, None, None);
    }
}

/// A captain that is there.
pub fn captain() -> CaptainSeen {
    CaptainSeen {
        holder: "ops1 on jump1".to_owned(),
        host: "jump1".to_owned(),
        pid: 812,
        at: ago(1),
        until_idle: false,
        forwarded_agent: false,
        networks: vec!["10.7.0.0/16".to_owned()],
        machine: None,
        holds_back: None,
        uncopied: None,
        store_free: Some(Bytes::gib(80)),
    }
}

/// The room as the deck reads it.
pub fn world() -> World {
    static WORLD: OnceLock<World> = OnceLock::new();
    let read = || World::of(Snapshot::read(&store()).unwrap(), now());
    WORLD.get_or_init(read).clone()
}

/// The same room when its runs have ended and are forgotten.
pub fn world_without_runs() -> World {
    let mut snapshot = Snapshot::read(&store()).unwrap();
    snapshot.runs.clear();
    World::of(snapshot, now())
}

/// Colours and line drawing.
pub const PALETTE: Look = Look {
    theme: Theme::PALETTE,
    ascii: false,
};

/// The deck on the room.
pub fn model() -> Model {
    model_of(world(), PALETTE)
}

/// The deck on a world.
pub fn model_of(world: World, look: Look) -> Model {
    Model::new(Arc::new(world), now(), jiff::tz::TimeZone::UTC, false, look)
}

/// A key by its name: `j`, `Enter`, `Space`, `Ctrl-z`.
pub fn key_of(word: &str) -> crossterm::event::KeyEvent {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    let (ctrl, word) = word
        .strip_prefix("Ctrl-")
        .map_or((false, word), |rest| (true, rest));
    let code = match word {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Space" => KeyCode::Char(' '),
        "Tab" => KeyCode::Tab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Backspace" => KeyCode::Backspace,
        "F1" => KeyCode::F(1),
        _ => KeyCode::Char(word.chars().next().unwrap()),
    };
    let modifiers = if ctrl {
        KeyModifiers::CONTROL
    } else {
        KeyModifiers::NONE
    };
    KeyEvent::new(code, modifiers)
}

/// The room without some of its servers.
pub fn without(gone: &std::collections::BTreeSet<String>) -> World {
    let mut snapshot = world().snapshot;
    snapshot
        .fleet
        .servers
        .retain(|name, _| !gone.contains(name.as_str()));
    World::of(snapshot, now())
}
