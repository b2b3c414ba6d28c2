//! Who may be taken: spare servers that can become a node, and, for all others, why not.
//! Must never let a server through that the fleet's record and the newest probe do not both call spare.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::Ipv4Net;
use jiff::Timestamp;

use super::Site;
use crate::fleet::{
    Capacity, Facts, Fleet, MachineId, Observed, Server, ServerName, Standing, standing,
};

/// A spare server that can become a node.
#[derive(Debug, Clone)]
pub(super) struct Candidate<'a> {
    /// The inventory's word.
    pub server: &'a Server,
    /// What membership will hang on.
    pub machine: &'a MachineId,
    /// Hardware, as found.
    pub capacity: Capacity,
    /// The node's address.
    pub address: Ipv4Addr,
    /// The layer-2 subnet that the address is on.
    pub subnet: Ipv4Net,
    /// What was found.
    pub facts: &'a Facts,
}

impl Candidate<'_> {
    /// Its name.
    pub fn name(&self) -> &ServerName {
        &self.server.name
    }
}

/// A server that is not to be had, and what it is instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Out {
    /// Which.
    pub server: ServerName,
    /// Never `Spare`.
    pub standing: Standing,
}

impl Out {
    /// A spare server that is not fit for this.
    pub fn unfit(server: &ServerName, why: String) -> Self {
        Self {
            server: server.clone(),
            standing: Standing::Unfit(why),
        }
    }

    /// `s17 unknown: no ssh`.
    pub fn words(&self) -> String {
        format!("{} {}", self.server, self.standing)
    }
}

/// Everybody who was looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Survey<'a> {
    /// By name.
    pub candidates: Vec<Candidate<'a>>,
    /// Offered, in no pool, and not to be had.
    pub left_out: Vec<Out>,
    /// In the inventory without `pooldeck_use: true`: counted, never named.
    pub not_offered: usize,
}

/// Looks at every server of the fleet.
pub(super) fn survey<'a>(
    fleet: &'a Fleet,
    observed: &'a Observed,
    now: Timestamp,
    site: &Site,
) -> Survey<'a> {
    let mut survey = Survey::default();
    for server in fleet.servers.values() {
        match look(fleet, observed, server, now, site) {
            Ok(candidate) => survey.candidates.push(candidate),
            Err(Standing::NotOffered) => survey.not_offered += 1,
            Err(Standing::Member(_)) => {}
            Err(standing) => survey.left_out.push(Out {
                server: server.name.clone(),
                standing,
            }),
        }
    }
    survey
}

/// One server: a candidate, or what it is instead.
pub(super) fn look<'a>(
    fleet: &Fleet,
    observed: &'a Observed,
    server: &'a Server,
    now: Timestamp,
    site: &Site,
) -> Result<Candidate<'a>, Standing> {
    let seen = observed.servers.get(&server.name);
    match standing(fleet, seen, &server.name, now) {
        Standing::Spare => {}
        other => return Err(other),
    }
    let facts = seen
        .and_then(|seen| seen.facts.as_ref())
        .ok_or_else(|| Standing::Unknown("never seen".to_owned()))?;
    fit(server, facts, site).map_err(Standing::Unfit)
}

/// Whether a spare server can become a node of some pool.
fn fit<'a>(server: &'a Server, facts: &'a Facts, site: &Site) -> Result<Candidate<'a>, String> {
    let machine = facts.machine.as_ref().ok_or("no machine-id")?;
    if site.machine.as_ref() == Some(machine) {
        return Err("the captain runs on it".to_owned());
    }
    let address = match server.node_address.or(facts.ssh_address) {
        Some(IpAddr::V4(address)) => address,
        Some(IpAddr::V6(address)) => {
            return Err(format!(
                "its address {address} is IPv6: set `pooldeck_address` to an IPv4 one"
            ));
        }
        None => return Err("its address is not known".to_owned()),
    };
    let subnet = subnet_of(address, &facts.addresses).ok_or_else(|| {
        format!("{address} is not one of its own addresses: set `pooldeck_address`")
    })?;
    Ok(Candidate {
        server,
        machine,
        capacity: facts.capacity,
        address,
        subnet,
        facts,
    })
}

/// The subnet of the interface that has this address.
fn subnet_of(address: Ipv4Addr, addresses: &[String]) -> Option<Ipv4Net> {
    addresses
        .iter()
        .filter_map(|text| text.parse::<Ipv4Net>().ok())
        .find(|net| net.addr() == address)
        .map(|net| net.trunc())
}
