//! web: well. batch: growing. lab: a node that is not Ready, and pods that wait.

use std::collections::BTreeMap;

use pooldeck::{
    fleet::{
        Bytes, Capacity, ClusterSeen, Member, NodeSeen, Pool, Role, Sources,
        cluster::{Pressure, PressureKind, Warning},
    },
    store::{
        Store,
        record::{key, seen_key},
    },
};

use super::{ago, machine, name, see, write};

/// A pool of servers `sNN`: which of them are control planes, which work.
pub fn pool(text: &str, controls: &[u32], workers: &[u32]) -> Pool {
    let member = |n: &u32, role| {
        let server = name(&format!("s{n:02}"));
        let capacity = match role {
            Role::ControlPlane => Capacity::new(4, Bytes::gib(16)),
            Role::Worker => Capacity::new(12, Bytes::gib(47)),
        };
        let member = Member {
            role,
            machine: machine(&server),
            address: format!("10.7.0.{n}").parse().unwrap(),
            slot: u8::try_from(*n).unwrap(),
            capacity,
        };
        (server, member)
    };
    let members: BTreeMap<_, _> = controls
        .iter()
        .map(|n| member(n, Role::ControlPlane))
        .chain(workers.iter().map(|n| member(n, Role::Worker)))
        .collect();
    let count = u32::try_from(workers.len()).unwrap();
    Pool {
        name: text.parse().unwrap(),
        asked: Capacity::new(12 * count, Bytes::gib(47 * u64::from(count))),
        version: "v1.33.13".to_owned(),
        pod_cidr: "10.16.0.0/16".parse().unwrap(),
        service_cidr: "10.17.0.0/16".parse().unwrap(),
        sources: Sources::default(),
        env: (text == "web").then(|| "PROD".to_owned()),
        protected: text == "web",
        generation: 3,
        members,
    }
}

fn nodes(pool: &Pool, req_millicores: u64, req_gib: u64) -> ClusterSeen {
    let nodes = pool.members.iter().map(|(server, member)| {
        let node = NodeSeen {
            ready: true,
            version: "v1.33.13".to_owned(),
            machine: member.machine.to_string(),
            max_millicores: u64::from(member.capacity.cores) * 1000 - 200,
            max_memory: Bytes(member.capacity.memory.0 - (1 << 30)),
            req_millicores,
            req_memory: Bytes::gib(req_gib),
            pods: 21,
            heartbeat: Some(ago(3)),
            ..NodeSeen::default()
        };
        (server.to_string(), node)
    });
    ClusterSeen {
        seen: Some(ago(1)),
        tried: None,
        trouble: None,
        nodes: nodes.collect(),
        pending: 0,
        warnings: Some(Vec::new()),
    }
}

/// Adds the three to the store.
pub fn add(store: &dyn Store) {
    let web = pool("web", &[1, 2, 3], &[4, 5, 6, 7, 8, 9, 10, 11]);
    let mut batch = pool("batch", &[12], &[13, 14, 15, 16]);
    batch.asked = Capacity::new(48, Bytes::gib(188));
    let lab = pool("lab", &[19], &[20, 21, 22]);
    let seen_web = nodes(&web, 7250, 23);
    let mut seen_batch = nodes(&batch, 11_500, 1);
    seen_batch.nodes.remove("s15");
    seen_batch.nodes.remove("s16");
    let mut seen_lab = nodes(&lab, 3000, 10);
    seen_lab.pending = 2;
    if let Some(node) = seen_lab.nodes.get_mut("s21") {
        node.ready = false;
    }
    if let Some(node) = seen_lab.nodes.get_mut("s20") {
        node.pressures = vec![Pressure {
            kind: PressureKind::Disk,
            since: Some(ago(540)),
        }];
    }
    let warning = |reason: &str, object: &str, message: &str, count, seconds| Warning {
        reason: reason.to_owned(),
        object: object.to_owned(),
        message: message.to_owned(),
        count,
        last: ago(seconds),
    };
    seen_lab.warnings = Some(vec![
        warning(
            "FailedScheduling",
            "pod build/runner-7",
            "0/4 nodes are available: 3 Insufficient cpu",
            12,
            30,
        ),
        warning(
            "EvictionThresholdMet",
            "node s20",
            "Attempting to reclaim ephemeral-storage",
            3,
            540,
        ),
    ]);
    seen_batch.warnings = None;
    see(
        store,
        [
            (seen_key::pool(&web.name), seen_web),
            (seen_key::pool(&batch.name), seen_batch),
            (seen_key::pool(&lab.name), seen_lab),
        ],
    );
    write(
        store,
        [web, batch, lab].map(|pool| (key::pool(&pool.name), pool)),
    );
}
