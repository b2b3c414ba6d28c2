//! Starts a captain where there is none: a process of its own, without a terminal, that ends when nobody looks.
//! Must never start one under `--read-only`, and never silently.

use std::{
    env,
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use jiff::SignedDuration;

use super::{
    Failure, Shell,
    ask::LOOK_EVERY,
    open::{self, Opened},
};
use crate::store::{LEASE, Store, StoreError, place::Place, snapshot::Snapshot};

/// How long a new captain may take to its lease: reading ten thousand servers and a slow disk included.
const PATIENCE: Duration = Duration::from_secs(15);

/// Knowledge that a preview may be made of: a fleet of thousands is looked at once a minute.
const FRESH: SignedDuration = SignedDuration::from_mins(3);

/// True while somebody holds the lease.
///
/// # Errors
/// Those of the store.
pub fn has_captain(store: &dyn Store) -> Result<bool, StoreError> {
    Ok(store.lease()?.is_some_and(|lease| lease.age <= LEASE))
}

/// Makes sure that a captain is there: does nothing where one is, else starts one and waits for its lease.
/// True when it was started.
///
/// # Errors
/// [`Failure::Refused`] when it does not come up, with what it said; [`Failure::Usage`] without an inventory.
pub fn captain(shell: &mut Shell<'_>, opened: &Opened) -> Result<bool, Failure> {
    if has_captain(opened.store.as_ref())? {
        return Ok(false);
    }
    shell.may_change()?;
    let inventory = open::inventory_place(shell).ok_or_else(open::no_inventory)?;
    let Some(folder) = open::folder(&opened.place) else {
        return Err(Failure::Usage(
            "a store in memory is seen by no other process\nhint: name one with `--store sqlite:FILE`"
                .to_owned(),
        ));
    };
    let log = folder.join("captain.log");
    let mut child = start(
        &inventory,
        shell.common.store.as_deref(),
        &opened.place,
        &log,
    )
    .map_err(|error| {
        Failure::Refused(format!(
            "no captain can be started: {error}\nhint: start one yourself with `pooldeck captain`"
        ))
    })?;
    shell.note(format!(
        "no captain was there: started one, process {}; it ends when nobody looks and nothing runs (log: {})",
        child.id(),
        log.display()
    ))?;
    let since = Instant::now();
    while !has_captain(opened.store.as_ref())? {
        let ended = child.try_wait()?.is_some();
        if ended || since.elapsed() > PATIENCE {
            return Err(Failure::Refused(format!(
                "the captain did not come up: {}\nhint: its log is {}",
                last_words(&log),
                log.display()
            )));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(true)
}

/// Starts a captain where there is none and one can be started: for those who look at a run that wants one.
///
/// # Errors
/// As [`captain`].
pub fn attend(shell: &mut Shell<'_>, opened: &Opened) -> Result<(), Failure> {
    let can = !shell.common.read_only && open::inventory_place(shell).is_some();
    if can {
        captain(shell, opened)?;
    }
    Ok(())
}

/// Waits until the captain has read the inventory and tried every server once; not longer than a login may take.
///
/// # Errors
/// Those of the store.
pub fn knowledge(shell: &Shell<'_>, opened: &Opened) -> Result<(), Failure> {
    let store = opened.store.as_ref();
    let begun = shell.now();
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        let snapshot = Snapshot::read(store)?;
        let tried = |name| {
            let seen = snapshot.observed.servers.get(name);
            let left = snapshot.fleet.left.get(name);
            seen.and_then(|seen| seen.tried).is_some_and(|at| {
                begun.duration_since(at) < FRESH && left.is_none_or(|left| *left < at)
            })
        };
        let listed = snapshot.listed.read.is_some() || !snapshot.listed.problems.is_empty();
        // An API that was not heard is asked once more before it is believed to be gone: the last captain's word may be old.
        let mut pools = snapshot.fleet.pools.keys();
        let heard = |pool| {
            let seen = snapshot.observed.pools.get(pool);
            seen.is_none_or(|seen| seen.trouble.is_none() || Some(begun) < seen.tried)
        };
        if listed && snapshot.listed.servers.keys().all(tried) && pools.all(heard) {
            break;
        }
        thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

fn start(inventory: &Path, asked: Option<&str>, place: &Place, log: &Path) -> io::Result<Child> {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(log)?;
    let mut command = Command::new(env::current_exe()?);
    command
        .args(["captain", "--until-idle", "--detached", "--inventory"])
        .arg(inventory)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    if let (Some(_), Place::Named(file)) = (asked, place) {
        let file = env::current_dir()?.join(file);
        command
            .arg("--store")
            .arg(format!("sqlite:{}", file.display()));
    }
    command.spawn()
}

/// The end of a log, for people.
fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(3).collect();
    if lines.is_empty() {
        return "it said nothing".to_owned();
    }
    lines.into_iter().rev().collect::<Vec<_>>().join("; ")
}
