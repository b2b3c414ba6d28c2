//! Finds and opens the store and the inventory as the flags say.
//! Must never make a store for somebody who only looks.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Failure, Shell, summon};
use crate::{
    deck::world::World,
    fleet::inventory,
    store::{
        Store,
        place::{Around, Place},
        record::{self, key, seen_key},
        snapshot::Snapshot,
        sqlite::NAME,
    },
};

/// An open store and where it is.
pub struct Opened {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Where it was found.
    pub place: Place,
}

/// Opens the store: to change it, or under `--read-only` to look.
///
/// # Errors
/// Those of the store.
pub fn store(shell: &mut Shell<'_>) -> Result<Opened, Failure> {
    let around = Around::here()?;
    let asked = shell.common.store.as_deref();
    if shell.common.read_only {
        let place = Place::choose_to_look(asked, &around)?;
        let store = place.open_read_only()?;
        return Ok(Opened { store, place });
    }
    let place = Place::choose(asked, &around)?;
    let new = place.file().filter(|file| !file.exists());
    let store = place.open()?;
    if let Some(file) = new {
        // A place that was mistyped shows itself here, and not as a fleet that is gone.
        shell.note(format!(
            "no store was there: made an empty one at {}",
            file.display()
        ))?;
    }
    announce(shell, store.as_ref())?;
    Ok(Opened { store, place })
}

/// Opens the store to look and nothing else, whatever the flags say: none is made, and no captain stays for it.
///
/// # Errors
/// Those of the store.
pub fn to_look(shell: &Shell<'_>) -> Result<Opened, Failure> {
    let place = Place::choose_to_look(shell.common.store.as_deref(), &Around::here()?)?;
    let store = place.open_read_only()?;
    Ok(Opened { store, place })
}

/// Says that somebody looks, so that a captain that was started for that stays.
fn announce(shell: &Shell<'_>, store: &dyn Store) -> Result<(), Failure> {
    let key = format!("{}{}", seen_key::READERS, std::process::id());
    Ok(store.see(&BTreeMap::from([(key, Some(record::looking(shell.now())))]))?)
}

/// Reads the store once, as rows.
///
/// # Errors
/// Those of the store.
pub fn read(shell: &Shell<'_>, opened: &Opened) -> Result<World, Failure> {
    let snapshot = Snapshot::read(opened.store.as_ref())?;
    Ok(World::of(snapshot, shell.now()))
}

/// The world for somebody who looks: a captain is started where there is none, and it is waited for until it
/// has looked once. Under `--read-only`, and without an inventory, what the store has is shown as it is.
///
/// # Errors
/// Those of the store, and of a captain that does not come up.
pub fn world(shell: &mut Shell<'_>) -> Result<World, Failure> {
    let opened = store(shell)?;
    let can_start = !shell.common.read_only && inventory_place(shell).is_some();
    if can_start && summon::captain(shell, &opened)? {
        summon::knowledge(shell, &opened)?;
    } else if !summon::has_captain(opened.store.as_ref())? {
        shell.note("no captain is there: nothing below is current")?;
    }
    let world = read(shell, &opened)?;
    let listed = &world.snapshot.listed;
    match (listed.problems.first(), listed.read) {
        (Some(_), None) => Err(Failure::Usage(listed.problems.join("\n"))),
        (Some(first), Some(_)) => {
            shell.note(format!(
                "the inventory cannot be read, the last good one counts: {first}"
            ))?;
            Ok(world)
        }
        (None, _) => Ok(world),
    }
}

/// The store for a deck: with a captain where one can be started. Without one the deck shows what is there; without an inventory and
/// a store there is nothing to show.
///
/// # Errors
/// Those of the store, and of a captain that does not come up.
pub fn ready(shell: &mut Shell<'_>) -> Result<Option<Arc<dyn Store>>, Failure> {
    let can_start = inventory_place(shell).is_some();
    if !can_start && !has_store(shell)? {
        return Ok(None);
    }
    let opened = store(shell)?;
    let current = summon::has_captain(opened.store.as_ref())?;
    if !current && !shell.common.read_only && can_start {
        summon::captain(shell, &opened)?;
    }
    Ok(Some(opened.store))
}

/// True when a store was made here before.
fn has_store(shell: &Shell<'_>) -> Result<bool, Failure> {
    let place = Place::choose_to_look(shell.common.store.as_deref(), &Around::here()?)?;
    Ok(match place {
        Place::Memory => false,
        Place::Named(file) => file.exists(),
        Place::Shared(folder) | Place::Private(folder) => folder.join(NAME).exists(),
    })
}

/// The directory of the store, where a captain's log is kept; none for a store in memory.
#[must_use]
pub fn folder(place: &Place) -> Option<PathBuf> {
    match place {
        Place::Memory => None,
        Place::Named(file) => file.parent().map(Path::to_owned),
        Place::Shared(folder) | Place::Private(folder) => Some(folder.clone()),
    }
}

/// Where the inventory is; none when nobody named one and none lies where one would.
#[must_use]
pub fn inventory_place(shell: &Shell<'_>) -> Option<PathBuf> {
    let cwd = env::current_dir().unwrap_or_default();
    inventory::find(
        shell.common.inventory.as_deref(),
        |name| env::var_os(name),
        &cwd,
    )
    .map(|place| cwd.join(place))
}

/// Reads the inventory.
///
/// # Errors
/// [`Failure::Usage`] when there is none, [`Failure::Inventory`] with all its problems.
pub fn inventory(shell: &Shell<'_>) -> Result<inventory::Inventory, Failure> {
    let place = inventory_place(shell).ok_or_else(no_inventory)?;
    // Shown as it was named: a person compares it with what was typed.
    let shown = env::current_dir()
        .ok()
        .and_then(|cwd| place.strip_prefix(cwd).ok().map(Path::to_owned))
        .filter(|short| !short.as_os_str().is_empty())
        .unwrap_or(place);
    inventory::read(&shown).map_err(Failure::Inventory)
}

/// What an inventory is and how to go on without one, in three lines.
#[must_use]
pub fn no_inventory() -> Failure {
    Failure::Usage(
        "there is no inventory: a folder of YAML files, as Ansible reads them, that lists the servers\n\
         hint: name it with `--inventory DIR` or `POOLDECK_INVENTORY`, or put it at `./inventory`\n\
         hint: `pooldeck demo` shows everything without one"
            .to_owned(),
    )
}

/// Refuses where servers are only simulated: nobody answers for them over SSH, but somebody else may.
///
/// # Errors
/// [`Failure::Refused`].
pub fn real_servers(opened: &Opened) -> Result<(), Failure> {
    if opened.store.get(key::DEMO)?.is_none() {
        return Ok(());
    }
    Err(Failure::Refused(
        "this is a demo's store: its servers do not exist\nhint: `tests/lab/try` makes real ones on one machine"
            .to_owned(),
    ))
}
