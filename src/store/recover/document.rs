//! The store as it will be: facts under their keys, written in one commit.
//! Must never write over a store that holds work.

use std::collections::BTreeMap;

use super::{
    super::{
        Lost, Revision, Store, StoreError,
        note::{ACKNOWLEDGED, MAINTENANCE},
        record::{ServerRecord, key},
        snapshot::Snapshot,
    },
    RECOVERED, Recovered, Recovery,
    found::Found,
};
use crate::fleet::{MachineId, Server, ServerName};

/// What of the copy is taken over as it is, beside its runs. What was asked is void, and the inventory is read anew.
const KEPT: [&str; 4] = [key::RUNS, key::STOP, ACKNOWLEDGED, MAINTENANCE];

/// What a store holds that must not be written over; none when it may be made again.
#[must_use]
pub fn holds_work(snapshot: &Snapshot) -> Option<String> {
    let fleet = &snapshot.fleet;
    let (pools, runs, debts) = (fleet.pools.len(), snapshot.runs.len(), fleet.debts.len());
    (0 < pools + runs + debts).then(|| {
        format!(
            "{} holds fleet {} already: {pools} pools, {runs} runs, {debts} debts\nhint: it is not lost; to make it again all the same, move that store away or name another place with `--store`",
            snapshot.place, fleet.id
        )
    })
}

/// Writes it, in one commit. `read` is the newest commit of the store when it was found to hold no work.
///
/// # Errors
/// Those of the store.
pub fn write(
    store: &dyn Store,
    read: Revision,
    found: &Found,
    made: &Recovery,
    by: &str,
) -> Result<(), StoreError> {
    let lost = Lost {
        fleet: made.fleet.clone(),
        epoch: made.epoch,
        facts: facts(found, made, by)?,
    };
    store.adopt(read, &lost)
}

/// All that the store holds from then on.
fn facts(found: &Found, made: &Recovery, by: &str) -> Result<BTreeMap<String, String>, StoreError> {
    let copied = found.copy.iter().flat_map(|copy| &copy.facts);
    let mut facts: BTreeMap<String, String> = copied
        .filter(|(name, _)| KEPT.iter().any(|kept| name.starts_with(kept)))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for carried in made.runs.values() {
        let first = carried.run.events - carried.news.len();
        for (number, event) in (first..).zip(&carried.news) {
            facts.insert(key::event(carried.run.id(), number), json(event)?);
        }
    }
    for (name, remade) in &made.pools {
        facts.insert(key::pool(name), json(&remade.pool)?);
    }
    for (name, record) in &made.records {
        facts.insert(key::server(name), json(record)?);
    }
    let untold = found.claimed().map(|it| it.name);
    let recovered = Recovered {
        at: made.at,
        by: by.to_owned(),
        run: made.run,
        untold: untold
            .filter(|name| made.records.contains_key(name))
            .collect(),
    };
    facts.insert(RECOVERED.to_owned(), json(&recovered)?);
    Ok(facts)
}

/// A record for each server that something is known of.
pub(super) fn records(found: &Found, made: &mut Recovery) {
    let copy = found.copy.as_ref();
    let mut records = copy.map_or_else(BTreeMap::new, |copy| copy.snapshot.records.clone());
    for record in records.values_mut() {
        // A preview that was read before is void.
        record.generation += 1;
        (record.busy, record.debt) = (None, None);
    }
    for (name, run) in made.bound() {
        let record = records.entry(name.clone()).or_default();
        record.busy = Some(run);
        let debt = copy.and_then(|copy| copy.snapshot.fleet.debts.get(name));
        record.debt = debt.cloned();
    }
    for (name, debt) in &made.debts {
        if record_of(&mut records, found, name, &debt.machine)
            .busy
            .is_none()
        {
            records.entry(name.clone()).or_default().debt = Some(debt.clone());
        }
    }
    for remade in made.pools.values() {
        for (name, member) in &remade.pool.members {
            record_of(&mut records, found, name, &member.machine);
        }
    }
    made.records = records;
}

/// The record of a server that we hold: which machine it is, and how to reach it on the day on which no file has it.
fn record_of<'a>(
    records: &'a mut BTreeMap<ServerName, ServerRecord>,
    found: &Found,
    name: &ServerName,
    machine: &MachineId,
) -> &'a mut ServerRecord {
    let record = records.entry(name.clone()).or_default();
    record.machine = Some(machine.clone());
    let reached = found.machine(machine).or_else(|| found.servers.get(name));
    if let Some(witness) = reached {
        // Its node's name counts, whatever the inventory calls it now.
        record.last_listed = Some(Server {
            name: name.clone(),
            ..witness.server.clone()
        });
    }
    record
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Broken(error.to_string()))
}
