//! The inventory, read and watched: a broken edit keeps the last good fleet and says so.
//! Must never write to the operator's files.

use std::path::Path;

use jiff::Timestamp;
use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::{
    door::Input,
    options::{Options, Source},
    state::{State, json},
};
use crate::{
    fleet::{MachineId, ServerName, inventory},
    store::{
        Commit, StoreError,
        record::{Listed, key},
    },
};

/// Reads the list and stores it when it says something new. With problems the last good servers stay.
///
/// # Errors
/// Those of the store.
pub fn reload(state: &mut State, options: &Options, now: Timestamp) -> Result<(), StoreError> {
    let old = &state.snapshot.listed;
    let mut listed = match &options.source {
        Source::Fixed(servers) => Listed {
            servers: servers.clone(),
            place: "simulated".to_owned(),
            read: Some(now),
            ..Listed::default()
        },
        Source::Folder(folder) => match inventory::read(folder) {
            Ok(inventory) => Listed {
                servers: inventory.servers,
                place: folder.display().to_string(),
                read: Some(now),
                ..Listed::default()
            },
            Err(problems) => Listed {
                problems: problems.iter().map(ToString::to_string).collect(),
                place: folder.display().to_string(),
                ..old.clone()
            },
        },
    };
    listed.captain_host = own_host(state, options.machine.as_ref());
    let same = Listed {
        read: old.read,
        ..listed.clone()
    } == *old;
    if same && old.read.is_some() {
        return Ok(());
    }
    let mut commit = Commit::default();
    commit
        .writes
        .insert(key::INVENTORY.to_owned(), Some(json(&listed)?));
    state.commit(commit)
}

/// The server that is the captain's own machine, as far as it is known by now.
fn own_host(state: &State, machine: Option<&MachineId>) -> Option<ServerName> {
    let machines = &state.snapshot.fleet.machines;
    machines
        .iter()
        .find(|(_, known)| Some(*known) == machine)
        .map(|(name, _)| name.clone())
}

/// Watches the folder until the returned watcher is dropped. Editors rename, so folders are watched, not files.
///
/// # Errors
/// Those of inotify.
pub fn watch(folder: &Path, to: mpsc::Sender<Input>) -> notify::Result<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let changed = event.is_ok_and(|event| !event.kind.is_access());
        if changed {
            // A full queue has a change in it already, or is drained within the next second's look.
            drop(to.try_send(Input::InventoryChanged));
        }
    })?;
    watcher.watch(folder, RecursiveMode::Recursive)?;
    Ok(watcher)
}
