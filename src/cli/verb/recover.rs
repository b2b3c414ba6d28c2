//! `pooldeck recover`: the store of a lost machine, made again from what stands on the servers and in the clusters.
//! Must never write to a server, nor over a store that holds work, nor without a yes to what was shown.

mod show;

use std::collections::BTreeMap;

use super::super::{Answer, Exit, Failure, Shell, args::RecoverArgs, confirm, open, summon};
use crate::{
    fleet::{Server, ServerName},
    store::{
        StoreError,
        actor::actor,
        recover::{Found, Recovery, holds_work, recover as remade, write},
        snapshot::Snapshot,
    },
};

/// Shows what would be made of what `look` finds on the servers, and, confirmed, makes the store of it.
///
/// # Errors
/// [`Failure`].
pub fn recover(
    shell: &mut Shell<'_>,
    args: &RecoverArgs,
    look: impl FnOnce(&BTreeMap<ServerName, Server>, Option<&str>) -> Result<Found, String>,
) -> Answer {
    shell.may_change()?;
    let named = args.fleet.as_deref();
    if named.is_some_and(|fleet| fleet.len() < 4) {
        return Err(Failure::Usage(
            "that is too short for a fleet's id\nhint: give at least 4 characters of it".to_owned(),
        ));
    }
    let servers = open::inventory(shell)?.servers;
    let opened = open::store(shell)?;
    open::real_servers(&opened)?;
    let store = opened.store.as_ref();
    if summon::has_captain(store)? {
        return Err(Failure::Refused(format!(
            "a captain is at work on {}\nhint: end it first; one that was started by itself ends a minute after nobody looks",
            store.place()
        )));
    }
    let before = Snapshot::read(store)?;
    if let Some(why) = holds_work(&before) {
        return Err(Failure::Refused(why));
    }
    let found = look(&servers, named).map_err(Failure::Refused)?;
    let made = remade(&found);
    let blocked = blocked(&found, &made, &args.without);
    if shell.common.plan_only {
        preview(shell, &found, &made, &blocked, false)?;
        return Ok(Exit::Done);
    }
    if !shell.json() || shell.terminal {
        for line in show::lines(&found, &made) {
            shell.note(line)?;
        }
    }
    if !blocked.is_empty() {
        return Err(refused(&blocked));
    }
    confirm::yes(
        shell,
        &format!(
            "this makes the store of fleet {} again at {}; no server is touched",
            made.fleet.short(),
            store.place()
        ),
    )?;
    write(store, before.revision, &found, &made, &actor()).map_err(in_between)?;
    if shell.json() {
        preview(shell, &found, &made, &[], true)?;
        return Ok(Exit::Done);
    }
    shell.say_all(show::done(&made))
}

fn preview(
    shell: &mut Shell<'_>,
    found: &Found,
    made: &Recovery,
    blocked: &[(String, String)],
    written: bool,
) -> Result<(), Failure> {
    if shell.json() {
        return shell.document(&show::document(found, made, blocked, written));
    }
    for line in show::lines(found, made) {
        shell.say(line)?;
    }
    if !blocked.is_empty() {
        shell.say(refused(blocked).to_string())?;
    }
    Ok(())
}

/// Servers, copies and pools of which nothing is known, and without which nobody said that it goes on.
fn blocked(found: &Found, made: &Recovery, without: &[String]) -> Vec<(String, String)> {
    // It may know what no claim says: debts, wishes, an open run.
    let copies = found
        .unread
        .iter()
        .map(|(name, why)| (name.to_string(), format!("its copy cannot be read: {why}")));
    let servers = made
        .unseen
        .iter()
        .map(|(name, why)| (name.to_string(), why.clone()));
    let pools = made
        .lost
        .iter()
        .map(|(name, why)| (name.to_string(), why.clone()));
    let working = made
        .working
        .iter()
        .map(|(name, why)| (name.to_string(), why.clone()));
    servers
        .chain(copies)
        .chain(working)
        .chain(pools)
        .filter(|(name, _)| !without.contains(name))
        .collect()
}

fn refused(blocked: &[(String, String)]) -> Failure {
    let each: Vec<String> = blocked
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    let names: Vec<&str> = blocked.iter().map(|(name, _)| name.as_str()).collect();
    Failure::Refused(format!(
        "nothing was written, for what these hold is not known:\n{}\nhint: bring them up, or wait, and say it again; what is left out now cannot be recovered later: `--without {}`",
        each.join("\n"),
        names.join(" ")
    ))
}

/// Somebody took the lease or wrote while the preview was read.
fn in_between(error: StoreError) -> Failure {
    match error {
        StoreError::Fenced { .. } | StoreError::Conflict(_) => Failure::Refused(
            "somebody began to work with this store meanwhile, and nothing was written\nhint: end that captain, and say it again"
                .to_owned(),
        ),
        other => other.into(),
    }
}
