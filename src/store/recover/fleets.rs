//! Which fleet is to be made again: the one that the claims name, or the one of them that a person names.
//! Must never choose between two.

use std::collections::BTreeMap;

use super::found::Witness;
use crate::fleet::{FleetId, ServerName};

/// The one fleet of the claims; what a person named decides between several.
///
/// # Errors
/// Why there is none to be chosen, for people.
pub fn choose(
    servers: &BTreeMap<ServerName, Witness>,
    named: Option<&str>,
) -> Result<FleetId, String> {
    let mut held: BTreeMap<&str, usize> = BTreeMap::new();
    for claim in servers.values().filter_map(Witness::claim) {
        // A claim that cannot be read is somebody's, and nobody knows whose.
        if !claim.fleet.is_empty() {
            *held.entry(&claim.fleet).or_default() += 1;
        }
    }
    let wanted = |fleet: &&str| named.is_none_or(|named| fleet.starts_with(named));
    let found: Vec<&str> = held.keys().copied().filter(wanted).collect();
    match (found.as_slice(), named) {
        ([one], _) => Ok(FleetId((*one).to_owned())),
        ([], None) => Err(
            "no server that answers is claimed by a fleet: there is nothing to recover\nhint: `pooldeck` begins a new fleet"
                .to_owned(),
        ),
        ([], Some(named)) => Err(format!(
            "no server that answers is claimed by fleet `{named}`\nhint: {}",
            counted(&held)
        )),
        (_, _) => Err(format!(
            "servers are claimed by more than one fleet: {}\nhint: name yours with `--fleet ID`; the servers of the others stay `not ours`",
            counted(&held)
        )),
    }
}

/// `91c2aabbccddeeff holds 7, 07d1… holds 2`.
fn counted(held: &BTreeMap<&str, usize>) -> String {
    let each = held
        .iter()
        .map(|(fleet, count)| format!("{fleet} holds {count}"));
    let each: Vec<String> = each.collect();
    if each.is_empty() {
        "no fleet holds a server that answers".to_owned()
    } else {
        each.join(", ")
    }
}
