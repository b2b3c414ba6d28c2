//! What is true when all is over, as text: two histories of one request must tell the same.

use std::{collections::BTreeMap, fmt::Write as _};

use pooldeck::{
    fleet::{RunId, ServerName},
    plan::On,
    run::Run,
    sim::world::World,
};

use crate::site::{Site, story};

/// All that a captain's death must not change. Times, terms and what an executor was asked twice are not among it.
pub fn told(site: &Site, run: RunId, ends_early: bool) -> String {
    let mut text = String::new();
    membership(site, &mut text);
    let run = site.run(run);
    if !ends_early {
        steps(site, &run, &mut text);
    }
    site.rack.with(|world| {
        world.settle();
        machines(world, ends_early, &mut text);
        clusters(world, &mut text);
    });
    text
}

fn membership(site: &Site, text: &mut String) {
    let snapshot = site.snapshot();
    for pool in snapshot.fleet.pools.values() {
        let (name, asked, version) = (&pool.name, &pool.asked, &pool.version);
        writeln!(
            text,
            "pool {name} asked {asked:?} {version} {}",
            pool.pod_cidr
        )
        .unwrap();
        for (server, member) in &pool.members {
            let (role, slot) = (member.role, member.slot);
            writeln!(text, "  {server} {role:?} {slot}").unwrap();
        }
    }
    for (server, record) in &snapshot.records {
        let debt = record.debt.as_ref().map(|debt| &debt.pool);
        let (busy, machine) = (record.busy, &record.machine);
        writeln!(text, "record {server} {busy:?} {debt:?} {machine:?}").unwrap();
    }
    for (server, it) in &snapshot.fleet.maintained {
        let (until, why) = (it.note.until, &it.note.why);
        writeln!(text, "maintained {server} {until} {why} {:?}", it.run).unwrap();
    }
    for run in snapshot.runs.values() {
        writeln!(text, "run {} {:?}", run.id(), run.outcome).unwrap();
    }
}

/// Where each step stands, and how often it was applied on its server.
fn steps(site: &Site, run: &Run, text: &mut String) {
    let counted = counters(site);
    for (step, at) in run.progress() {
        let (number, server, script) = (step.id.0, &step.subject, step.action.script());
        writeln!(text, "step {number} {server} {script} {:?}", at.state).unwrap();
        if step.action.on() == On::Subject {
            for verb in ["apply", "undo"] {
                let line = format!("{} {number} {verb}", run.id());
                let count = counted.get(&(server.clone(), line)).unwrap_or(&0);
                writeln!(text, "  {verb} {count} times, changes {}", at.changes).unwrap();
            }
        }
    }
}

/// Each server's own counters.
fn counters(site: &Site) -> BTreeMap<(ServerName, String), usize> {
    let mut counted = BTreeMap::new();
    for server in site.snapshot().fleet.servers.into_keys() {
        for line in site.rack.applied(&server) {
            *counted.entry((server.clone(), line)).or_default() += 1;
        }
    }
    counted
}

/// What stands on every server, whoever was told to put it there.
fn machines(world: &World, ends_early: bool, text: &mut String) {
    for (name, machine) in &world.machines {
        let disk = &machine.disk;
        let claim = disk.claim.as_ref();
        let claim = claim.map(|it| (&it.fleet, &it.pool, &it.role, &it.server, &it.run));
        let (prepared, network) = (&disk.prepared, &disk.network);
        let kubernetes = disk.kubernetes.as_ref();
        let kubernetes = kubernetes.map(|it| (&it.pool, it.role, it.finished));
        // The text for a person is no step: it is taken away some time after the run has ended.
        let mut traces = machine.traces();
        traces.retain(|it| !it.contains("by-hand"));
        writeln!(text, "server {name} {claim:?} {traces:?}").unwrap();
        writeln!(text, "  {prepared:?} {network:?} {kubernetes:?}").unwrap();
        let (kubelet, made) = (disk.kubelet, &disk.made);
        // Packages stay where they came to: whether they did hangs on when the end was asked for.
        let packages = disk.packages.as_ref().filter(|_| !ends_early);
        writeln!(text, "  {kubelet} {made:?} {packages:?}").unwrap();
    }
}

/// The nodes of every cluster that answers, and its pods by what made them.
fn clusters(world: &World, text: &mut String) {
    let answers = |id: u64, head| world.api_on(head) == Some(id);
    let all = world.clusters.iter();
    for (_, cluster) in all.filter(|(id, it)| answers(**id, &it.control_plane)) {
        let (pool, head) = (&cluster.pool, &cluster.control_plane);
        writeln!(text, "cluster {pool} on {head}").unwrap();
        for (name, node) in &cluster.nodes {
            let (pods, cordoned) = (&node.pods, &node.cordoned);
            let (labels, ready) = (&node.labels, node.ready);
            writeln!(text, "  {name} {pods:?} {cordoned:?} {labels:?} {ready}").unwrap();
        }
        let mut sets = BTreeMap::<&str, (usize, usize)>::new();
        for pod in cluster.pods.iter().filter(|pod| pod.going.is_none()) {
            let set = sets.entry(&pod.set).or_default();
            (set.0, set.1) = (set.0 + 1, set.1 + usize::from(pod.node.is_some()));
        }
        writeln!(text, "  {sets:?}").unwrap();
    }
}

/// The lines in which two tellings differ, and the run as it went.
pub fn difference(meant: &str, found: &str, run: &Run) -> String {
    let mut text = String::new();
    let (mut one, mut other) = (meant.lines(), found.lines());
    loop {
        match (one.next(), other.next()) {
            (None, None) => break,
            (one, other) if one == other => (),
            (one, other) => {
                let (one, other) = (one.unwrap_or("-"), other.unwrap_or("-"));
                writeln!(text, "undisturbed: {one}\n     killed: {other}").unwrap();
            }
        }
    }
    if !text.is_empty() {
        text.push_str(&story(run));
    }
    text
}
