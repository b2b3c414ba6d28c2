//! How long a plan takes for a fleet of a thousand servers: it is made with every preview, and again at every confirmation.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pooldeck::{
    fleet::{
        Access, Bytes, Capacity, Expect, Facts, Fleet, FleetId, MachineId, Observed, Place, Server,
        ServerSeen, Sources,
    },
    plan::{Create, Plan, Request, Site, plan},
};

/// Sizes that a room collects in ten years.
const SIZES: [(u32, u64); 5] = [(8, 31), (16, 62), (24, 94), (32, 125), (64, 251)];

fn main() {
    divan::main();
}

/// A thousand spare servers in eight zones. `odd`: no two have the same amount of memory.
fn fleet(odd: bool) -> (Fleet, Observed) {
    let mut fleet = Fleet::empty(FleetId("00".to_owned()));
    let mut observed = Observed::default();
    for n in 0..1000_u32 {
        let (name, server) = server(n);
        let (cores, gib) = SIZES[n as usize * 7 % SIZES.len()];
        let memory = Bytes::gib(gib).0 - if odd { u64::from(n) * 4096 } else { 0 };
        let address = format!("10.8.{}.{}", n / 250, n % 250 + 1);
        let seen = ServerSeen {
            seen: Some(Timestamp::UNIX_EPOCH),
            facts: Some(Facts {
                machine: Some(MachineId(format!("{n:032x}"))),
                capacity: Capacity::new(cores, Bytes(memory)),
                os: "debian12".to_owned(),
                arch: "x86_64".to_owned(),
                ssh_address: address.parse().ok(),
                addresses: vec![format!("{address}/16")],
                root: true,
                ..Facts::default()
            }),
            ..ServerSeen::default()
        };
        observed.servers.insert(name.clone(), seen);
        fleet.servers.insert(name, server);
    }
    (fleet, observed)
}

fn server(n: u32) -> (pooldeck::fleet::ServerName, Server) {
    let Ok(name) = format!("s{n:04}").parse::<pooldeck::fleet::ServerName>() else {
        unreachable!("it is a label")
    };
    let server = Server {
        name: name.clone(),
        access: Access {
            host: name.to_string(),
            port: None,
            user: None,
            key_file: None,
            sudo: false,
        },
        offered: true,
        zone: Some(format!("z{}", n % 8)),
        labels: BTreeMap::new(),
        expect: Expect::default(),
        node_address: None,
        sources: Sources::default(),
        place: Place::default(),
    };
    (name, server)
}

fn make(fleet: &Fleet, observed: &Observed, cores: u32, gib: u64) -> Plan {
    let Ok(pool) = "web".parse() else {
        unreachable!("it is a label")
    };
    let request = Request::Create(Create {
        pool,
        asked: Capacity::new(cores, Bytes::gib(gib)),
        control_planes: 1,
        version: None,
        servers: BTreeSet::new(),
        pod_cidr: None,
        service_cidr: None,
        sources: None,
        accept_less: false,
    });
    let site = Site::default();
    match plan(fleet, observed, &request, Timestamp::UNIX_EPOCH, &site) {
        Ok(plan) => plan,
        Err(error) => unreachable!("a thousand servers are enough: {error}"),
    }
}

/// Five sizes, as machines bought in lots have.
#[divan::bench(args = [(96, 370), (500, 2000), (3000, 12_000)])]
fn create_from_a_thousand_alike(bencher: divan::Bencher, (cores, gib): (u32, u64)) {
    let (fleet, observed) = fleet(false);
    bencher.bench(|| make(&fleet, &observed, cores, gib));
}

/// No two servers alike: the search cannot take one for another.
#[divan::bench(args = [(96, 370), (500, 2000), (3000, 12_000)])]
fn create_from_a_thousand_odd(bencher: divan::Bencher, (cores, gib): (u32, u64)) {
    let (fleet, observed) = fleet(true);
    bencher.bench(|| make(&fleet, &observed, cores, gib));
}
