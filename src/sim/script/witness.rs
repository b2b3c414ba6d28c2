//! What a lost store is made again from: a server's counters, the copy that it keeps, its pool's own words.
//! Must never change anything.

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::SecretString;

use super::{Call, Stop};
use crate::{
    fleet::Role,
    sim::{machine::Machine, world::World},
};

/// What `witness.sh` prints.
pub fn knows(machine: &Machine) -> String {
    let disk = &machine.disk;
    let mut text = String::new();
    if let Some((fleet, epoch)) = &disk.epoch {
        text.push_str(&format!("heard {fleet} {epoch}\n"));
    }
    if let (Some(_), Some(of)) = (&disk.copy, &disk.copy_of) {
        text.push_str(&format!("copy {of}\n"));
    }
    let units = machine.boot.units.iter();
    for (name, _) in units.filter(|(_, unit)| unit.result.is_none()) {
        text.push_str(&format!("work {name}.service\n"));
    }
    let runs = disk
        .applied
        .iter()
        .filter_map(|line| line.split(' ').next()?.parse::<u64>().ok());
    text.push_str(&format!("last {}\n", runs.max().unwrap_or(0)));
    let first = disk.applied.len().saturating_sub(400);
    for line in &disk.applied[first..] {
        text.push_str(&format!("applied {line}\n"));
    }
    text
}

/// What `fetch-copy.sh` prints: one page.
pub fn copy(world: &World, call: &Call) -> Result<SecretString, Stop> {
    let disk = world
        .machines
        .get(&call.server)
        .map(|machine| &machine.disk);
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
    let Some(id) = world.api_on(&call.server) else {
        return Err(Stop::fail("no admin.conf on this server", "choose another"));
    };
    let Some(cluster) = world.clusters.get(&id) else {
        return Err(Stop::fail("the API does not answer", "look again"));
    };
    let mut text = format!(
        "cluster uid-{id}\nconfig controlPlaneEndpoint {}.pooldeck.internal:6443\n",
        cluster.pool
    );
    for (key, value) in &cluster.config {
        text.push_str(&format!("config {key} {value}\n"));
    }
    for (name, node) in &cluster.nodes {
        let hardware = world.machines.get(name.as_str());
        let size = hardware
            .map(|machine| machine.hardware.capacity)
            .unwrap_or_default();
        let role = if node.control_plane {
            Role::ControlPlane
        } else {
            Role::Worker
        };
        text.push_str(&format!(
            "node {name} {} {} {} {} {} {}\n",
            node.machine,
            node.pods.as_deref().unwrap_or("-"),
            node.address,
            role.word(),
            size.cores,
            size.memory.0
        ));
    }
    Ok(text.into())
}
