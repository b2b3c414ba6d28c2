//! A listed server as somebody sees it who may offer it: how far we get, and whose work is on it.
//! Must never make a server a candidate: what it would be is said, and nothing else.

use jiff::Timestamp;

use super::{Light, ServerRow, World};
use crate::fleet::{Capacity, ServerName, ServerSeen, Standing, TroubleKind, if_offered};

/// Whether it can be ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum May {
    /// Nothing was found on it.
    Offer,
    /// It is offered already.
    Is,
    /// Its host key has to be compared first.
    HostKey,
    /// Root's rights are missing.
    Sudo,
    /// It was not seen, for another reason.
    Unseen,
    /// Something runs on it.
    InUse,
    /// It is of a cluster or a fleet that is not ours.
    NotOurs,
    /// It could not become a node, or is the captain's own host.
    No,
}

impl May {
    /// A word or two for tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Offer => "can be",
            Self::Is => "is",
            Self::HostKey => "host key first",
            Self::Sudo => "sudo first",
            Self::Unseen => "not seen",
            Self::InUse => "in use",
            Self::NotOurs => "not ours",
            Self::No => "no",
        }
    }

    /// Somebody has to do something before it can be said what runs on it.
    #[must_use]
    pub const fn is_to_do(self) -> bool {
        matches!(self, Self::HostKey | Self::Sudo | Self::Unseen)
    }
}

/// A row of the question which servers may be used.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Which.
    pub name: ServerName,
    /// Whether it can be ticked.
    pub may: May,
    /// How it is, as a symbol.
    pub light: Light,
    /// Hardware as it was found.
    pub capacity: Option<Capacity>,
    /// How far SSH gets: `ok`, `timeout`, `key unknown`.
    pub ssh: &'static str,
    /// `ok`, `refused`, `-`.
    pub sudo: &'static str,
    /// What was found on it.
    pub found: String,
}

/// Every listed server, by name.
#[must_use]
pub fn candidates(world: &World, now: Timestamp) -> Vec<Candidate> {
    let row = |row: &ServerRow| candidate(world, row, now);
    world.servers.iter().map(row).collect()
}

fn candidate(world: &World, row: &ServerRow, now: Timestamp) -> Candidate {
    let snapshot = &world.snapshot;
    let seen = snapshot.observed.servers.get(&row.name);
    let own_host = snapshot.listed.captain_host.as_ref() == Some(&row.name);
    let standing = if_offered(&snapshot.fleet, seen, &row.name, now);
    let may = match row.standing {
        Standing::NotOffered if own_host => May::No,
        Standing::NotOffered => may(&standing, seen),
        _ => May::Is,
    };
    let light = match may {
        May::Offer | May::Is => Light::Ok,
        May::HostKey | May::Sudo => Light::Degraded,
        May::Unseen => Light::Unknown,
        May::InUse | May::NotOurs | May::No => Light::Apart,
    };
    let found = match &standing {
        _ if own_host => "the captain runs here".to_owned(),
        Standing::Spare => "nothing".to_owned(),
        Standing::Unknown(why) if seen.is_some_and(|seen| seen.trouble.is_none()) => why.clone(),
        Standing::Unknown(_) => "-".to_owned(),
        other => other.to_string(),
    };
    Candidate {
        name: row.name.clone(),
        may,
        light,
        capacity: row.capacity,
        ssh: ssh(seen),
        sudo: sudo(seen),
        found,
    }
}

fn may(standing: &Standing, seen: Option<&ServerSeen>) -> May {
    let trouble = seen.and_then(|seen| seen.trouble.as_ref());
    match (standing, trouble.map(|trouble| trouble.kind)) {
        (_, Some(TroubleKind::HostKeyUnknown | TroubleKind::HostKeyChanged)) => May::HostKey,
        (_, Some(TroubleKind::SudoRefused)) => May::Sudo,
        (Standing::Spare, _) => May::Offer,
        (Standing::InUse(_) | Standing::Leftovers(_), _) => May::InUse,
        (Standing::NotOurs(_), _) => May::NotOurs,
        (Standing::Unfit(_), _) if sudo(seen) == NO_ROOT => May::Sudo,
        (Standing::Unknown(_), _) => May::Unseen,
        _ => May::No,
    }
}

const NO_ROOT: &str = "no root";

/// How far SSH gets.
fn ssh(seen: Option<&ServerSeen>) -> &'static str {
    match seen {
        Some(ServerSeen {
            trouble: Some(trouble),
            ..
        }) if trouble.kind != TroubleKind::SudoRefused => trouble.reach().1,
        Some(seen) if seen.tried.is_some() => "ok",
        _ => "not tried",
    }
}

fn sudo(seen: Option<&ServerSeen>) -> &'static str {
    let trouble = seen.and_then(|seen| seen.trouble.as_ref());
    let facts = seen.and_then(|seen| seen.facts.as_ref());
    match (trouble.map(|trouble| trouble.kind), facts) {
        (Some(TroubleKind::SudoRefused), _) => "refused",
        (None, Some(facts)) if facts.root => "ok",
        (None, Some(_)) => NO_ROOT,
        _ => "-",
    }
}
