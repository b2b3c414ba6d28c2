//! Servers that are not what the record says: traces on a free one, another machine, two names for one, a clock that goes wrong.

use super::{Area, Finding, all_found};
use crate::{
    fleet::{Facts, ServerName, Standing},
    store::{note::Severity, snapshot::Snapshot},
};

/// Certificates and leases bear half a minute, which makes a server unfit; people who compare logs bear less.
const SKEWED: f64 = 5.0;
/// From there on a free server is unfit, and shown as such.
const UNFIT: f64 = 30.0;

pub(super) fn all(snapshot: &Snapshot) -> Vec<Finding> {
    let mut found = twins(snapshot);
    found.extend(debts(snapshot));
    for (name, facts) in all_found(snapshot) {
        found.extend(marks(snapshot, name, facts));
        found.extend(stranger(snapshot, name, facts));
    }
    found.extend(clocks(snapshot));
    found
}

fn finding(
    name: &ServerName,
    severity: Severity,
    text: String,
    todo: impl Into<String>,
) -> Finding {
    Finding::new(severity, (Area::Servers, name.as_str()), text, todo)
}

fn twins(snapshot: &Snapshot) -> Vec<Finding> {
    let twins = snapshot.fleet.twins.iter();
    let twin = |(name, own): (&ServerName, &ServerName)| {
        let text = format!("it is the same machine as {own}: nothing is done under this name");
        let todo = format!(
            "take one of the two out of the inventory; `pooldeck server forget {name}` if a machine was cloned and has an id of its own now"
        );
        finding(name, Severity::Warning, text, todo)
    };
    twins.map(twin).collect()
}

/// A debt of a server that is no longer offered: the list of problems shows only those that are.
fn debts(snapshot: &Snapshot) -> Vec<Finding> {
    let unoffered = snapshot
        .fleet
        .debts
        .iter()
        .filter(|(name, _)| !snapshot.offers(name) && !snapshot.fleet.busy.contains_key(*name));
    unoffered
        .map(|(name, debt)| {
            let word = Standing::Leftovers(String::new()).word();
            let text = format!("{word}: owes clean to {}: {}", debt.pool, debt.why);
            finding(
                name,
                Severity::Warning,
                text,
                "offer it again, so that it is cleaned, or clean it by hand",
            )
        })
        .collect()
}

/// What we wrote stands on a server that nobody holds.
fn marks(snapshot: &Snapshot, name: &ServerName, facts: &Facts) -> Option<Finding> {
    let fleet = &snapshot.fleet;
    let free =
        fleet.pool_of(name).is_none() && !fleet.debts.contains_key(name) && facts.claim.is_none();
    (free && !facts.marks.is_empty()).then(|| {
        let text = format!("it is free, and traces of a pool are on it: {}", facts.marks.join(", "));
        let todo = "look in /etc/hosts, /etc/fstab, /etc/containerd and /etc/systemd/system for what pooldeck marked, and remove it by hand";
        finding(name, Severity::Warning, text, todo)
    })
}

/// Another machine under a name: of an offered one the list of problems says it.
fn stranger(snapshot: &Snapshot, name: &ServerName, facts: &Facts) -> Option<Finding> {
    let pinned = snapshot.fleet.machines.get(name)?;
    (facts.machine.as_ref() != Some(pinned)).then(|| {
        let is = facts.machine.as_ref().map_or("none", |it| &it.0);
        let text = format!(
            "its machine-id is {is}, and {} was first seen under this name",
            pinned.0
        );
        finding(
            name,
            Severity::Critical,
            text,
            format!("look whether that was meant; then `pooldeck server forget {name}`"),
        )
    })
}

fn clocks(snapshot: &Snapshot) -> Vec<Finding> {
    let used = |name: &ServerName| snapshot.offers(name) || snapshot.fleet.pool_of(name).is_some();
    let ahead: Vec<(&ServerName, f64)> = all_found(snapshot)
        .filter(|(name, _)| used(name))
        .map(|(name, facts)| (name, facts.clock_ahead))
        .collect();
    let off = |(_, ahead): &&(&ServerName, f64)| SKEWED < ahead.abs();
    let skewed: Vec<_> = ahead.iter().filter(off).collect();
    // Where most of them are wrong, it is not they.
    if 2 < skewed.len() && ahead.len() < skewed.len() * 2 {
        return vec![Finding::new(
            Severity::Critical,
            (Area::Captain, "captain"),
            format!(
                "{} of {} servers have another time than the captain's host",
                skewed.len(),
                ahead.len()
            ),
            "`timedatectl` on the captain's host: its clock is the one that is wrong",
        )];
    }
    let said = |name: &ServerName, ahead: f64| {
        snapshot.fleet.pool_of(name).is_none() && UNFIT < ahead.abs()
    };
    let silent = skewed
        .into_iter()
        .filter(|(name, ahead)| !said(name, *ahead));
    silent
        .map(|(name, ahead)| {
            let direction = if 0.0 < *ahead { "ahead" } else { "behind" };
            let text = format!("its clock is {:.0} s {direction}", ahead.abs());
            finding(
                name,
                Severity::Warning,
                text,
                "`timedatectl` on it: set up a time service (chrony, systemd-timesyncd)",
            )
        })
        .collect()
}
