//! A server's standing: the one word that says what it is to us, and why.
//! Must never call a server spare that was not offered, not seen lately, or not found clean.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Facts, Fleet, MachineId, Note, PoolName, RunId, ServerName, ServerSeen, fit::fit};

/// Knowledge older than this is no ground for a decision: fifteen probe intervals of two seconds would be
/// half a minute, but a fleet of a thousand servers is probed once a minute.
const STALE: SignedDuration = SignedDuration::from_mins(3);

/// What a server is to us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// In the inventory without `pooldeck_use: true`.
    NotOffered,
    /// In a pool.
    Member(PoolName),
    /// An open run works on it.
    Busy(RunId),
    /// Somebody works on it for a while: it is left alone.
    Maintained(Note),
    /// Could not be seen, or not lately; why.
    Unknown(String),
    /// Offered, but something runs on it that we did not start; what.
    InUse(String),
    /// It belongs to a cluster or fleet that we do not know; which.
    NotOurs(String),
    /// Our own record says that we left something there; what.
    Leftovers(String),
    /// Clean, but cannot become a node; why.
    Unfit(String),
    /// Ready to be taken.
    Spare,
}

impl Standing {
    /// The word for tables.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NotOffered => "not offered",
            Self::Member(_) => "ok",
            Self::Busy(_) => "changing",
            Self::Maintained(_) => "maintenance",
            Self::Unknown(_) => "unknown",
            Self::InUse(_) => "in use",
            Self::NotOurs(_) => "not ours",
            Self::Leftovers(_) => "leftovers",
            Self::Unfit(_) => "unfit",
            Self::Spare => "spare",
        }
    }

    /// The reason, where there is one.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Unknown(why)
            | Self::InUse(why)
            | Self::NotOurs(why)
            | Self::Leftovers(why)
            | Self::Unfit(why) => Some(why),
            Self::Maintained(note) => Some(&note.why),
            Self::NotOffered | Self::Member(_) | Self::Busy(_) | Self::Spare => None,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.why()) {
            (Self::Member(pool), _) => write!(f, "in pool {pool}"),
            (Self::Busy(run), _) => write!(f, "run {run} works on it"),
            (Self::Maintained(note), _) => {
                let until = note.until.strftime("%-d %b %H:%M UTC");
                write!(f, "maintenance until {until}, {}: {}", note.who(), note.why)
            }
            (_, Some(why)) => write!(f, "{}: {why}", self.word()),
            (_, None) => f.write_str(self.word()),
        }
    }
}

/// What `server` is to us at `now`, from the fleet's record and the newest probe.
#[must_use]
pub fn standing(
    fleet: &Fleet,
    seen: Option<&ServerSeen>,
    server: &ServerName,
    now: Timestamp,
) -> Standing {
    let held = fleet.busy.contains_key(server) || fleet.pool_of(server).is_some();
    let listed = fleet.servers.get(server);
    if !held && !listed.is_some_and(|server| server.offered) {
        return Standing::NotOffered;
    }
    if_offered(fleet, seen, server, now)
}

/// What `server` would be to us if it was offered: what an operator wants to know before offering it. It makes nobody a candidate.
#[must_use]
pub fn if_offered(
    fleet: &Fleet,
    seen: Option<&ServerSeen>,
    server: &ServerName,
    now: Timestamp,
) -> Standing {
    if let Some(run) = fleet.busy.get(server) {
        return Standing::Busy(*run);
    }
    if let Some(pool) = fleet.pool_of(server) {
        return Standing::Member(pool.name.clone());
    }
    if let Some(it) = fleet.maintenance(server, now) {
        return Standing::Maintained(it.note.clone());
    }
    if let Some(own) = fleet.twins.get(server) {
        return Standing::Unknown(format!("it is the machine of {own}"));
    }
    if let Some(debt) = fleet.debts.get(server) {
        return Standing::Leftovers(format!("owes clean to {}: {}", debt.pool, debt.why));
    }
    let Some(seen) = seen else {
        return Standing::Unknown("never seen".to_owned());
    };
    if let Some(trouble) = &seen.trouble {
        return Standing::Unknown(trouble.kind.words().to_owned());
    }
    let (Some(facts), Some(at)) = (&seen.facts, seen.seen) else {
        return Standing::Unknown("never seen".to_owned());
    };
    if fleet.left.get(server).is_some_and(|left| at <= *left) {
        return Standing::Unknown("not looked at since a run let go of it".to_owned());
    }
    if now.duration_since(at) > STALE {
        return Standing::Unknown(format!(
            "last seen {} min ago",
            now.duration_since(at).as_mins()
        ));
    }
    found(fleet, fleet.machines.get(server), facts)
}

/// What was found on a server that is offered and free by our own record.
fn found(fleet: &Fleet, pinned: Option<&MachineId>, facts: &Facts) -> Standing {
    if let Some(claim) = &facts.claim {
        return if claim.is_of(&fleet.id) {
            Standing::Leftovers(format!("our claim of pool {} is still on it", claim.pool))
        } else {
            Standing::NotOurs(claim.by_name())
        };
    }
    if pinned.is_some() && pinned != facts.machine.as_ref() {
        return Standing::Unknown("another machine has this name".to_owned());
    }
    if let Some(cluster) = &facts.cluster {
        return Standing::NotOurs(format!("node of the cluster at {cluster}"));
    }
    if !facts.kubernetes.is_empty() {
        return Standing::NotOurs(format!(
            "Kubernetes is on it: {}",
            facts.kubernetes.join(", ")
        ));
    }
    if facts.containers > 0 {
        return Standing::InUse(format!("{} containers run on it", facts.containers));
    }
    if let Some(first) = facts.listeners.first() {
        let more = facts.listeners.len() - 1;
        return Standing::InUse(if more == 0 {
            first.clone()
        } else {
            format!("{first} and {more} more")
        });
    }
    if let Some(blind) = &facts.blind {
        return Standing::Unknown(format!("it could not be seen {blind}"));
    }
    fit(facts).map_or(Standing::Spare, Standing::Unfit)
}
