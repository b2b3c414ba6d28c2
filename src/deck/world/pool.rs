//! One pool as a row: its state, its nodes, its four numbers.

use jiff::{SignedDuration, Timestamp};

use super::{Light, ServerRow};
use crate::{
    fleet::{ClusterSeen, Pool, PoolName, Role},
    plan::Request,
    run::Run,
    store::snapshot::Snapshot,
};

/// Knowledge older than this is not shown as a number any more.
const TOO_OLD: SignedDuration = SignedDuration::from_mins(15);

/// A total of which a part may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// Thousandths of a CPU, or bytes.
    pub value: u64,
    /// Some server's part is not known: the true total is higher.
    pub partial: bool,
}

/// The four numbers, of CPUs (in thousandths) or of memory (in bytes); none is unknown, never 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Four {
    /// Burning now. CPUs: the load average, at most the server's CPUs.
    pub used: Option<Figure>,
    /// Promised to pods.
    pub req: Option<Figure>,
    /// What pods may have: allocatable of Ready, uncordoned nodes.
    pub max: Option<Figure>,
    /// Hardware.
    pub hw: Option<Figure>,
}

/// A pool's row.
#[derive(Debug, Clone)]
pub struct PoolRow {
    /// Which.
    pub name: PoolName,
    /// Its environment's tag.
    pub env: Option<String>,
    /// How it is.
    pub light: Light,
    /// The same as a word.
    pub state: &'static str,
    /// Control planes whose nodes are Ready; none when the cluster was never heard.
    pub controls_up: Option<usize>,
    /// Control planes wanted.
    pub controls: usize,
    /// Workers whose nodes are Ready.
    pub workers_up: Option<usize>,
    /// Workers wanted.
    pub workers: usize,
    /// CPUs of the workers.
    pub cpus: Four,
    /// Memory of the workers.
    pub memory: Four,
}

impl PoolRow {
    pub(super) fn of(
        snapshot: &Snapshot,
        servers: &[ServerRow],
        pool: &Pool,
        now: Timestamp,
    ) -> Self {
        let cluster = snapshot.observed.pools.get(&pool.name);
        let fresh = |at: Timestamp| now.duration_since(at) < TOO_OLD;
        let heard = cluster.filter(|cluster| cluster.seen.is_some_and(fresh));
        let up = |role| {
            heard.map(|cluster| {
                pool.with_role(role)
                    .filter(|(name, _)| {
                        let node = cluster.nodes.get(name.as_str());
                        node.is_some_and(|node| node.ready)
                    })
                    .count()
            })
        };
        let run = snapshot
            .runs
            .values()
            .find(|run| run.is_open() && run.plan().request.pool() == Some(&pool.name));
        let members: Vec<&ServerRow> = servers
            .iter()
            .filter(|row| row.pool.as_ref() == Some(&pool.name))
            .collect();
        let (light, state) = state(run, cluster, &members);
        let (cpus, memory) = figures(pool, heard, &members, now);
        Self {
            name: pool.name.clone(),
            env: pool.env.clone(),
            light,
            state,
            controls_up: up(Role::ControlPlane),
            controls: pool.with_role(Role::ControlPlane).count(),
            workers_up: up(Role::Worker),
            workers: pool.with_role(Role::Worker).count(),
            cpus,
            memory,
        }
    }
}

fn state(
    run: Option<&Run>,
    cluster: Option<&ClusterSeen>,
    members: &[&ServerRow],
) -> (Light, &'static str) {
    if let Some(run) = run {
        return changing(run);
    }
    let Some(cluster) = cluster else {
        return (Light::Unknown, "unknown");
    };
    let worst = members.iter().map(|row| row.light).max();
    if cluster.trouble.is_some() {
        return (Light::Down, "no API");
    }
    if worst.is_some_and(|worst| worst >= Light::Unknown) || cluster.pending > 0 {
        return (Light::Degraded, "degraded");
    }
    (Light::Ok, "ok")
}

fn changing(run: &Run) -> (Light, &'static str) {
    if run.blockades().next().is_some() {
        return (Light::Degraded, "waits");
    }
    if !run.parked.is_empty() {
        return (Light::Degraded, "parked");
    }
    if run.paused.is_some() {
        return (Light::Maintenance, "paused");
    }
    let effects = &run.plan().effects;
    let word = match &run.plan().request {
        _ if run.unwinding.is_some() => "undoing",
        Request::Create(_) => "creating",
        Request::Destroy(_) => "ending",
        Request::Maintain(_) | Request::Return(_) => "changing",
        _ if effects.outgoing.is_empty() => "growing",
        _ if effects.incoming.is_empty() => "shrinking",
        _ => "changing",
    };
    (Light::Changing, word)
}

/// Adds up what is known; none when nothing is.
fn total(parts: impl Iterator<Item = Option<u64>>) -> Option<Figure> {
    let (mut value, mut known, mut partial) = (0_u64, false, false);
    for part in parts {
        match part {
            Some(part) => (value, known) = (value.saturating_add(part), true),
            None => partial = true,
        }
    }
    known.then_some(Figure { value, partial })
}

fn figures(
    pool: &Pool,
    cluster: Option<&ClusterSeen>,
    members: &[&ServerRow],
    now: Timestamp,
) -> (Four, Four) {
    let workers: Vec<&&ServerRow> = members
        .iter()
        .filter(|row| row.role == Some(Role::Worker))
        .collect();
    let fresh = |row: &ServerRow| row.seen.is_some_and(|at| now.duration_since(at) < TOO_OLD);
    let hw = pool.capacity();
    let whole = |value| {
        (value > 0).then_some(Figure {
            value,
            partial: false,
        })
    };
    let load = |row: &ServerRow| {
        let most = row.capacity.map_or(0, |capacity| capacity.cores);
        row.load.map(|load| milli(load.min(f64::from(most))))
    };
    let nodes = |part: fn(&crate::fleet::NodeSeen) -> Option<u64>| {
        cluster.and_then(|cluster| {
            total(
                workers
                    .iter()
                    .map(|row| cluster.nodes.get(row.name.as_str()).map_or(Some(0), part)),
            )
        })
    };
    let cpus = Four {
        used: total(workers.iter().map(|row| fresh(row).then(|| load(row))?)),
        req: nodes(|node| Some(node.req_millicores)),
        max: nodes(|node| {
            Some(if node.ready && !node.cordoned {
                node.max_millicores
            } else {
                0
            })
        }),
        hw: whole(u64::from(hw.cores) * 1000),
    };
    let memory = Four {
        used: total(
            workers
                .iter()
                .map(|row| fresh(row).then(|| row.used.map(|used| used.0))?),
        ),
        req: nodes(|node| Some(node.req_memory.0)),
        max: nodes(|node| {
            Some(if node.ready && !node.cordoned {
                node.max_memory.0
            } else {
                0
            })
        }),
        hw: whole(hw.memory.0),
    };
    (cpus, memory)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a load average is a small number that is not negative"
)]
fn milli(load: f64) -> u64 {
    (load.max(0.0) * 1000.0) as u64
}
