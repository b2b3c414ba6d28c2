//! What a lost store is made again from: a server's counters, the copy that it keeps, its pool's own words.
//! Must never change anything.

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::SecretString;

use super::{Call, Stop};
use crate::{
    fleet::Role,
    sim::{cluster::Node, machine::Machine, world::World},
};

/// What `witness.sh` prints.
pub fn knows(machine: &Machine) -> String {
    let disk = &machine.disk;
    let heard = disk.epoch.as_ref();
    let heard = heard.map(|(fleet, epoch)| format!("heard {fleet} {epoch}"));
    let kept = disk.copy_of.as_ref().filter(|_| disk.copy.is_some());
    let kept = kept.map(|of| format!("copy {of}"));
    let units = machine.boot.units.iter();
    let at_work = units.filter(|(_, unit)| unit.result.is_none());
    let at_work = at_work.map(|(name, _)| format!("work {name}.service"));
    let run = |line: &String| line.split(' ').next()?.parse::<u64>().ok();
    let last = disk.applied.iter().filter_map(run).max().unwrap_or(0);
    let first = disk.applied.len().saturating_sub(400);
    let applied = disk.applied[first..].iter();
    let lines = heard.into_iter().chain(kept).chain(at_work);
    let lines = lines.chain([format!("last {last}")]);
    let lines = lines.chain(applied.map(|line| format!("applied {line}")));
    lines.collect::<Vec<_>>().join("\n")
}

/// What `fetch-copy.sh` prints: one page.
pub fn copy(world: &World, call: &Call) -> Result<SecretString, Stop> {
    let machine = world.machines.get(&call.server);
    let disk = machine.map(|machine| &machine.disk);
    let kept = disk.and_then(|disk| Some((disk.copy.as_ref()?, disk.copy_of.as_ref()?)));
    let Some((text, of)) = kept else {
        return Err(Stop::fail(
            "no copy is kept on this server",
            "choose another",
        ));
    };
    let bytes = STANDARD.decode(text).unwrap_or_default();
    let number = |key: &str| call.env(key).parse::<usize>().unwrap_or(0);
    let from = number("POOLDECK_FROM").min(bytes.len());
    let to = (from + number("POOLDECK_COUNT")).min(bytes.len());
    let page = STANDARD.encode(&bytes[from..to]);
    Ok(format!("{of} {}\n{page}", bytes.len()).into())
}

/// What `describe-pool.sh` prints.
pub fn pool(world: &World, call: &Call) -> Result<SecretString, Stop> {
    let id = world.api_on(&call.server);
    let found = id.and_then(|id| Some((id, world.clusters.get(&id)?)));
    let Some((id, cluster)) = found else {
        return Err(Stop::fail("no admin.conf on this server", "choose another"));
    };
    let endpoint = format!("{}.pooldeck.internal:6443", cluster.pool);
    let mut lines = vec![
        format!("cluster uid-{id}"),
        format!("config controlPlaneEndpoint {endpoint}"),
    ];
    let config = cluster.config.iter();
    lines.extend(config.map(|(key, value)| format!("config {key} {value}")));
    let nodes = cluster.nodes.iter();
    lines.extend(nodes.map(|(name, node)| line(world, name, node)));
    Ok(lines.join("\n").into())
}

fn line(world: &World, name: &str, node: &Node) -> String {
    let machine = world.machines.get(name);
    let size = machine.map(|machine| machine.hardware.capacity);
    let size = size.unwrap_or_default();
    let role = if node.control_plane {
        Role::ControlPlane
    } else {
        Role::Worker
    };
    let range = node.pods.as_deref().unwrap_or("-");
    let (machine, address) = (&node.machine, &node.address);
    let (role, cores, memory) = (role.word(), size.cores, size.memory.0);
    format!("node {name} {machine} {range} {address} {role} {cores} {memory}")
}
