//! The inventory, read and watched: a broken edit keeps the last good fleet and says so.
//! Must never write to the operator's files, and never read one while it is being written.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use jiff::Timestamp;
use notify::{
    EventKind, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, ModifyKind},
};
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
    let listed = match &options.source {
        Source::Fixed(servers) => Listed {
            servers: servers.clone(),
            place: "simulated".to_owned(),
            read: Some(now),
            ..Listed::default()
        },
        Source::Edited(list) => match &*list.borrow() {
            Ok(servers) => Listed {
                servers: servers.clone(),
                place: "simulated".to_owned(),
                read: Some(now),
                ..Listed::default()
            },
            Err(problems) => Listed {
                problems: problems.clone(),
                ..old.clone()
            },
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
    store(state, options, listed)
}

/// Looks again which server is the captain's own machine, without reading anything.
///
/// # Errors
/// Those of the store.
pub fn find_own_host(state: &mut State, options: &Options) -> Result<(), StoreError> {
    let listed = state.snapshot.listed.clone();
    store(state, options, listed)
}

fn store(state: &mut State, options: &Options, mut listed: Listed) -> Result<(), StoreError> {
    let old = &state.snapshot.listed;
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

/// The files' names, sizes and times as one number: what a watch misses (a folder that was replaced, no watch to be had) is seen here.
#[must_use]
pub fn stamp(place: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut folders = vec![place.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(found) = next.metadata() else { continue };
        if !found.is_dir() {
            (next, found.len(), found.modified().ok()).hash(&mut hasher);
            continue;
        }
        let entries = next.read_dir().into_iter().flatten();
        let mut paths: Vec<_> = entries.filter_map(|it| Some(it.ok()?.path())).collect();
        paths.sort();
        folders.extend(paths);
    }
    hasher.finish()
}

/// Watches the inventory until the returned watcher is dropped. Editors rename, so folders are watched, not files.
///
/// # Errors
/// Those of inotify.
pub fn watch(place: &Path, to: mpsc::Sender<Input>) -> notify::Result<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| is_whole(&event)) {
            // What the queue has no room for is seen by the next look at the files' times.
            drop(to.try_send(Input::InventoryChanged));
        }
    })?;
    match place.parent().filter(|_| place.is_file()) {
        Some(folder) => watcher.watch(folder, RecursiveMode::NonRecursive)?,
        None => watcher.watch(place, RecursiveMode::Recursive)?,
    }
    Ok(watcher)
}

/// True when files say something new and say it to the end. Whoever writes one in place empties it first: read then, it would be
/// an inventory without servers, and the last good one. Its end is told when it is closed.
fn is_whole(event: &notify::Event) -> bool {
    let is_file = |path: &Path| path.symlink_metadata().is_ok_and(|found| found.is_file());
    match event.kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Modify(ModifyKind::Data(_)) => false,
        EventKind::Create(_) => !event.paths.iter().all(|path| is_file(path)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;

    #[tokio::test]
    async fn a_file_is_read_when_it_is_closed_and_not_while_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hosts.yaml");
        fs::write(&file, "all: {}\n").unwrap();
        let (to, mut from) = mpsc::channel(8);
        let _watcher = watch(folder.path(), to).unwrap();
        let mut told = async || {
            let told = tokio::time::timeout(Duration::from_millis(300), from.recv()).await;
            told.is_ok()
        };
        let writer = fs::File::create(&file).unwrap();
        writer.set_len(7).unwrap();
        assert!(!told().await, "emptied and half-way written");
        drop(writer);
        assert!(told().await, "closed");
        fs::rename(&file, folder.path().join("all.yaml")).unwrap();
        assert!(told().await, "renamed, as editors do");
    }
}
