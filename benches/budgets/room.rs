//! Rooms of any size, in which time goes on.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use pooldeck::{
    fleet::{
        Access, BootId, Bytes, Capacity, ClusterSeen, Expect, Facts, FleetId, MachineId, Member,
        NodeSeen, Place, Pool, Role, Server, ServerName, ServerSeen, Sources, Trouble, TroubleKind,
        Usage,
    },
    store::{
        Commit, Store,
        machine::Moment,
        memory::Memory,
        record::{CaptainSeen, Listed, key, seen_key},
    },
};
use serde::Serialize;

const POOLS: usize = 12;
const WORKERS: usize = 14;

pub fn memory() -> Memory {
    let clock = Arc::new(|| Moment {
        boot: BootId("boot".to_owned()),
        since: Duration::from_secs(1),
    });
    Memory::with(FleetId("be0c000000000000".to_owned()), clock)
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn name(n: usize) -> ServerName {
    format!("s{n:05}").parse().unwrap()
}

fn capacity() -> Capacity {
    Capacity::new(16, Bytes::gib(63))
}

/// A room of so many servers and twelve pools, seen at `now`; every server reachable, or none.
pub fn fill(store: &dyn Store, servers: u32, now: Timestamp, reachable: bool) {
    let names: Vec<ServerName> = (0..servers as usize).map(name).collect();
    let listed = Listed {
        servers: names
            .iter()
            .map(|name| (name.clone(), server(name)))
            .collect(),
        place: "inventory".to_owned(),
        read: Some(now),
        ..Listed::default()
    };
    let mut writes = BTreeMap::from([(key::INVENTORY.to_owned(), Some(text(&listed)))]);
    let mut seen: BTreeMap<String, Option<String>> = names
        .iter()
        .map(|name| {
            (
                seen_key::server(name),
                Some(text(&seen(name, now, 1, reachable))),
            )
        })
        .collect();
    for n in 0..POOLS {
        let members = &names[n * (WORKERS + 1)..(n + 1) * (WORKERS + 1)];
        let pool = pool(n, members);
        let cluster = cluster(&pool, now);
        writes.insert(key::pool(&pool.name), Some(text(&pool)));
        seen.insert(seen_key::pool(&pool.name), Some(text(&cluster)));
    }
    seen.insert(seen_key::CAPTAIN.to_owned(), Some(text(&captain(now))));
    let commit = Commit {
        writes,
        ..Commit::default()
    };
    store.commit(&commit).unwrap();
    store.see(&seen).unwrap();
}

/// Every server is seen again; the first `rows` of those that are shown have other numbers.
pub fn look(store: &dyn Store, shown: &[ServerName], now: Timestamp, rows: usize, by: i64) {
    let by = u32::try_from(by).unwrap();
    let mut values: BTreeMap<String, Option<String>> = (0..)
        .zip(shown)
        .map(|(n, name)| {
            let by = if n < rows { by * 13 } else { 1 };
            (
                seen_key::server(name),
                Some(text(&seen(name, now, by, true))),
            )
        })
        .collect();
    values.insert(seen_key::CAPTAIN.to_owned(), Some(text(&captain(now))));
    store.see(&values).unwrap();
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

fn seen(name: &ServerName, now: Timestamp, by: u32, reachable: bool) -> ServerSeen {
    let trouble = (!reachable).then(|| Trouble {
        kind: TroubleKind::Unreachable,
        text: format!("no answer from `{name}` within 5 s"),
        since: now,
    });
    ServerSeen {
        tried: Some(now),
        seen: reachable.then_some(now),
        trouble,
        facts: reachable.then(|| Facts {
            hostname: name.to_string(),
            machine: Some(MachineId(name.to_string())),
            capacity: capacity(),
            os: "debian12".to_owned(),
            kernel: "6.1.0-40-amd64".to_owned(),
            root: true,
            ..Facts::default()
        }),
        usage: reachable.then(|| Usage {
            load: f64::from(by * 7 % 160) / 10.0,
            memory: Some(Bytes::gib(u64::from(by * 5 % 40 + 1))),
            uptime: 9000,
        }),
        ..ServerSeen::default()
    }
}

fn pool(n: usize, names: &[ServerName]) -> Pool {
    let member = |(slot, server): (u8, &ServerName)| {
        let member = Member {
            role: if slot == 0 {
                Role::ControlPlane
            } else {
                Role::Worker
            },
            machine: MachineId(server.to_string()),
            address: format!("10.7.{n}.{slot}").parse().unwrap(),
            slot,
            capacity: capacity(),
        };
        (server.clone(), member)
    };
    Pool {
        name: format!("pool{n:02}").parse().unwrap(),
        asked: Capacity::new(16, Bytes::gib(63)),
        version: "v1.33.13".to_owned(),
        pod_cidr: "10.16.0.0/16".parse().unwrap(),
        service_cidr: "10.17.0.0/16".parse().unwrap(),
        sources: Sources::default(),
        env: Some("PROD".to_owned()),
        protected: true,
        generation: 1,
        members: (0..).zip(names).map(member).collect(),
    }
}

fn cluster(pool: &Pool, now: Timestamp) -> ClusterSeen {
    let nodes = pool.members.iter().map(|(server, member)| {
        let node = NodeSeen {
            ready: true,
            version: "v1.33.13".to_owned(),
            machine: member.machine.to_string(),
            max_millicores: 15_800,
            max_memory: Bytes::gib(62),
            req_millicores: 7000,
            req_memory: Bytes::gib(20),
            pods: 21,
            heartbeat: Some(now),
            ..NodeSeen::default()
        };
        (server.to_string(), node)
    });
    ClusterSeen {
        seen: Some(now),
        tried: None,
        trouble: None,
        nodes: nodes.collect(),
        pending: 0,
        warnings: Some(Vec::new()),
    }
}

fn captain(now: Timestamp) -> CaptainSeen {
    CaptainSeen {
        holder: "ops1 on jump1".to_owned(),
        host: "jump1".to_owned(),
        pid: 812,
        at: now,
        until_idle: false,
        forwarded_agent: false,
        networks: Vec::new(),
        machine: None,
        holds_back: None,
        uncopied: None,
        store_free: Some(Bytes::gib(80)),
    }
}
