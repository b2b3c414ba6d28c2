//! Three pools that are there already, and the odd servers of every room: on the rack and in the store, as runs would have left them.
//! Must never write what the captain could not have written.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use jiff::SignedDuration;

use super::{
    cluster::Owner,
    fleet::Room,
    machine::{Kubernetes, Network, Prepared},
    odd::{Odd, oddities},
    world::World,
};
use crate::{
    fleet::{Bytes, Capacity, Claim, FleetId, Member, Pool, PoolName, Role, ServerName, Sources},
    store::{
        Commit, Store, StoreError,
        record::{ServerRecord, key},
        snapshot::Snapshot,
    },
};

/// The version that the pools of the demo run.
pub const VERSION: &str = "v1.33.13";

/// Pool, environment, protection, and how many of a hundred servers work for it.
const POOLS: [(&str, Option<&str>, bool, usize); 3] = [
    ("web", Some("PROD"), true, 21),
    ("batch", None, true, 13),
    ("lab", None, false, 8),
];

/// A pool that is there already.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Its name.
    pub name: &'static str,
    /// Its environment.
    pub env: Option<&'static str>,
    /// Taking servers away wants its name typed.
    pub protected: bool,
    /// How many servers work for it.
    pub workers: usize,
}

/// Gives the room its pools and its odd servers; a store that has pools already gives them.
///
/// # Errors
/// Those of the store.
pub fn furnish(room: &mut Room, store: &dyn Store) -> Result<Vec<Pool>, StoreError> {
    let total = room.listed.len();
    let wanted = POOLS.into_iter().enumerate();
    let wanted: Vec<Wanted> = wanted
        .map(|(number, (name, env, protected, share))| Wanted {
            name,
            env,
            protected,
            workers: (total * share / 100).clamp(if number == 2 { 1 } else { 2 }, 200),
        })
        .collect();
    let odd = Odd {
        kinds: vec![0, 1, 2, 3],
        not_offered: (total / 20).max(1),
    };
    furnish_with(room, store, &wanted, &odd)
}

/// The same, with these pools and these odd servers.
///
/// # Errors
/// Those of the store.
pub fn furnish_with(
    room: &mut Room,
    store: &dyn Store,
    wanted: &[Wanted],
    odd: &Odd,
) -> Result<Vec<Pool>, StoreError> {
    let before = Snapshot::read(store)?;
    let (small, mut large) = (room.small.clone(), room.large.clone().into_iter());
    let mut pools = Vec::new();
    for (number, want) in wanted.iter().enumerate() {
        let hands: Vec<ServerName> = large.by_ref().take(want.workers).collect();
        let (Ok(name), Some(head)) = (want.name.parse(), small.get(number)) else {
            continue;
        };
        let mut pool = pool(room, name, number, head, &hands);
        (pool.env, pool.protected) = (want.env.map(str::to_owned), want.protected);
        pools.push(pool);
    }
    oddities(room, &mut large, odd);
    if before.fleet.pools.is_empty() && before.listed.servers.is_empty() {
        store.commit(&commit(room, &pools)?)?;
    } else {
        pools = before.fleet.pools.into_values().collect();
    }
    for pool in &pools {
        install(room, pool, &store.fleet());
    }
    Ok(pools)
}

fn pool(
    room: &Room,
    name: PoolName,
    number: usize,
    head: &ServerName,
    hands: &[ServerName],
) -> Pool {
    let number = u8::try_from(number).unwrap_or(0);
    let range = |second: u8| Ipv4Net::new_assert([10, second, 0, 0].into(), 16);
    let all = std::iter::once((head, Role::ControlPlane))
        .chain(hands.iter().map(|name| (name, Role::Worker)));
    let members: BTreeMap<ServerName, Member> = all
        .zip(0_u8..)
        .filter_map(|((name, role), slot)| {
            let hardware = room
                .rack
                .machine(name, |machine| machine.hardware.clone())?;
            let member = Member {
                role,
                machine: hardware.machine,
                address: hardware.address.into(),
                slot,
                capacity: hardware.capacity,
            };
            Some((name.clone(), member))
        })
        .collect();
    let mut pool = Pool {
        name,
        asked: Capacity::default(),
        version: VERSION.to_owned(),
        pod_cidr: range(100 + number),
        service_cidr: range(200 + number),
        sources: Sources::default(),
        env: None,
        protected: true,
        generation: 1,
        members,
    };
    let has = pool.capacity();
    pool.asked = Capacity::new(has.cores, Bytes(has.memory.0 >> 30 << 30));
    pool
}

/// Makes the rack as create would have: claims, files, nodes, and work on them.
fn install(room: &Room, pool: &Pool, fleet: &FleetId) {
    room.rack.with(|world| {
        let Some((head, _)) = pool.with_role(Role::ControlPlane).next() else {
            return;
        };
        let (head, id) = (head.clone(), world.found(pool.name.as_str(), head));
        let now = world.now();
        for (name, member) in &pool.members {
            dress(world, pool, fleet, id, (name, member), &head);
            world.register(name);
        }
        if let Some(cluster) = world.clusters.get_mut(&id) {
            cluster.config = [
                ("kubernetesVersion", pool.version.clone()),
                ("podSubnet", pool.pod_cidr.to_string()),
                ("serviceSubnet", pool.service_cidr.to_string()),
            ]
            .into();
            for (name, node) in &mut cluster.nodes {
                let member = pool.members.get(name.as_str());
                let range = member.and_then(|member| pool.node_cidr(member.slot));
                node.pods = range.map(|range| range.to_string());
            }
            let workers = pool.with_role(Role::Worker).count();
            let each = u64::from(pool.capacity().cores) * 1000 / (workers.max(1) as u64 * 10);
            for (set, pods, budget) in [
                ("shop/frontend", 3, false),
                ("shop/api", 2, true),
                ("db/pg", 1, true),
            ] {
                for _ in 0..pods * workers {
                    cluster.want(set, Owner::Deployment, each, Bytes(1 << 30));
                }
                if budget {
                    cluster
                        .budgets
                        .insert(set.to_owned(), (pods * workers).saturating_sub(2));
                }
            }
        }
        world.settle();
        for pod in world
            .clusters
            .get_mut(&id)
            .into_iter()
            .flat_map(|it| &mut it.pods)
        {
            pod.serves = now;
        }
    });
}

fn dress(
    world: &mut World,
    pool: &Pool,
    fleet: &FleetId,
    cluster: u64,
    (name, member): (&ServerName, &Member),
    head: &ServerName,
) {
    let now = world.now();
    let Some(machine) = world.machines.get_mut(name) else {
        return;
    };
    let range = |member: &Member| {
        pool.node_cidr(member.slot)
            .map_or_else(String::new, |net| net.to_string())
    };
    let others = pool.members.iter().filter(|(other, _)| *other != name);
    let mut routes: Vec<String> = others
        .map(|(_, other)| format!("{}={}", range(other), other.address))
        .collect();
    routes.sort();
    // Pools of another age each: the oldest one's certificates end within weeks.
    let age = i64::try_from(cluster * 151 % 330).unwrap_or(0);
    let disk = &mut machine.disk;
    disk.claim = Some(Claim {
        fleet: fleet.0.clone(),
        store: "demo".to_owned(),
        holder: "demo".to_owned(),
        pool: pool.name.to_string(),
        role: member.role.word().to_owned(),
        run: "0".to_owned(),
        server: name.to_string(),
        at: now.to_string(),
        ..Claim::default()
    });
    let address = pool.members.get(head).map(|head| head.address.to_string());
    disk.prepared = Some(Prepared {
        version: pool.version.clone(),
        endpoint: format!("{} {}", address.unwrap_or_default(), pool.endpoint()),
        role: member.role.word().to_owned(),
    });
    disk.packages = Some(pool.version.clone());
    disk.network = Some(Network {
        pods: pool.pod_cidr.to_string(),
        own: range(member),
        routes,
    });
    disk.kubernetes = Some(Kubernetes {
        cluster,
        pool: pool.name.to_string(),
        role: member.role,
        finished: true,
        since: now - SignedDuration::from_hours(24 * (30 + i64::from(member.slot) + age)),
    });
    disk.etcd = member.role == Role::ControlPlane;
    disk.made.extend([
        "kubernetes",
        if disk.etcd { "initialised" } else { "joined" },
    ]);
    (disk.kubelet, machine.boot.kubelet) = (true, true);
}

/// What the store would hold after the runs that made these pools.
fn commit(room: &Room, pools: &[Pool]) -> Result<Commit, StoreError> {
    let mut commit = Commit::default();
    for pool in pools {
        commit
            .writes
            .insert(key::pool(&pool.name), Some(json(pool)?));
        for (name, member) in &pool.members {
            let record = ServerRecord {
                machine: Some(member.machine.clone()),
                generation: 1,
                last_listed: room.listed.get(name).cloned(),
                ..ServerRecord::default()
            };
            commit
                .writes
                .insert(key::server(name), Some(json(&record)?));
        }
    }
    commit.reads = commit.writes.keys().map(|key| (key.clone(), 0)).collect();
    Ok(commit)
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Broken(error.to_string()))
}
