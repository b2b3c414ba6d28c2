//! `pooldeck inventory …`: reads the operator's files itself, and the store only to export pools.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    super::{
        Answer, Exit, Failure, Shell,
        args::{Format, HostsVerb, InventoryVerb},
        open,
    },
    keys, offer,
};
use crate::{
    fleet::{Fleet, FleetId, Server, ServerName, Standing, inventory::export, standing},
    store::snapshot::Snapshot,
};

/// Does a verb of the inventory.
///
/// # Errors
/// [`Failure`].
pub fn inventory(shell: &mut Shell<'_>, verb: &InventoryVerb) -> Answer {
    match verb {
        InventoryVerb::Check => check(shell),
        InventoryVerb::Offer { names } => offer::offer(shell, names),
        InventoryVerb::Hosts {
            verb: HostsVerb::ImportKeys { file },
        } => keys::import(shell, file),
        InventoryVerb::Export {
            format: Format::Ansible,
            list,
            host,
        } => ansible(shell, *list, host.as_ref()),
    }
}

fn check(shell: &mut Shell<'_>) -> Answer {
    let read = open::inventory(shell)?;
    if shell.json() {
        let servers: Vec<Value> = read.servers.values().map(described).collect();
        shell.document(&json!({
            "origin": read.origin,
            "files": read.files,
            "servers": servers,
        }))?;
        return Ok(Exit::Done);
    }
    let offered = read
        .servers
        .values()
        .filter(|server| server.offered)
        .count();
    shell.say(format!(
        "{}: {} servers, {offered} offered, in {} files; no problem",
        read.origin.display(),
        read.servers.len(),
        read.files.len()
    ))?;
    if offered == 0 {
        shell.say("hint: only a server with `pooldeck_use: true` is ever a candidate")?;
    }
    Ok(Exit::Done)
}

/// A server as the inventory describes it, by the inventory's keys, and where it stands.
fn described(server: &Server) -> Value {
    let mut fleet = Fleet::empty(FleetId(String::new()));
    fleet.servers.insert(server.name.clone(), server.clone());
    json!({
        "name": server.name,
        "place": server.place.to_string(),
        "variables": export::host(&fleet, &server.name),
    })
}

fn ansible(shell: &mut Shell<'_>, list: bool, host: Option<&ServerName>) -> Answer {
    let (fleet, spare) = exported(shell)?;
    if let Some(name) = host {
        // Ansible asks for hosts of other inventories as well; an empty object is the answer to those.
        let vars = export::host(&fleet, name).unwrap_or_else(|| json!({}));
        shell.document(&vars)?;
    } else if list || shell.json() {
        shell.document(&export::list(&fleet, &spare))?;
    } else {
        shell.say(export::yaml(&fleet, &spare).trim_end())?;
    }
    Ok(Exit::Done)
}

/// The fleet with its pools and what could be taken now: the store's, with the inventory's servers where no captain has read them yet.
fn exported(shell: &mut Shell<'_>) -> Result<(Fleet, BTreeSet<ServerName>), Failure> {
    let opened = open::store(shell)?;
    let Snapshot {
        mut fleet,
        observed,
        ..
    } = Snapshot::read(opened.store.as_ref())?;
    if fleet.servers.is_empty() {
        fleet.servers = open::inventory(shell)?.servers;
    }
    let now = shell.now();
    let is_spare = |name: &&ServerName| {
        standing(&fleet, observed.servers.get(*name), name, now) == Standing::Spare
    };
    let spare = fleet.servers.keys().filter(is_spare).cloned().collect();
    Ok((fleet, spare))
}
