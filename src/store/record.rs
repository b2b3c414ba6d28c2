//! What stands in the store, as types: the key of each kind and the JSON behind it. Every format is additive.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::note::Say;
use crate::{
    fleet::{Bytes, Debt, MachineId, PoolName, RunId, Server, ServerName},
    plan::{Plan, Site},
    run::Word,
};

/// Keys of the durable part.
pub mod key {
    use crate::fleet::{PoolName, RunId, ServerName};

    /// [`super::Listed`]: the inventory as the captain read it last.
    pub const INVENTORY: &str = "inventory";
    /// [`super::Stop`], when somebody said stop.
    pub const STOP: &str = "stop";
    /// What a demo was made with. A captain of real servers never acts on such a store.
    pub const DEMO: &str = "demo";
    /// All pools.
    pub const POOLS: &str = "pool/";
    /// All servers' records.
    pub const SERVERS: &str = "server/";
    /// All runs and their events.
    pub const RUNS: &str = "run/";
    /// All that people ask of the captain.
    pub const ASKS: &str = "ask/";

    /// [`crate::fleet::Pool`].
    #[must_use]
    pub fn pool(name: &PoolName) -> String {
        format!("{POOLS}{name}")
    }

    /// [`super::ServerRecord`].
    #[must_use]
    pub fn server(name: &ServerName) -> String {
        format!("{SERVERS}{name}")
    }

    /// [`crate::run::RunRecord`].
    #[must_use]
    pub fn run(id: RunId) -> String {
        format!("{RUNS}{:08}", id.0)
    }

    /// [`crate::run::Event`], numbered from 0 in each run.
    #[must_use]
    pub fn event(id: RunId, number: usize) -> String {
        format!("{RUNS}{:08}/event/{number:06}", id.0)
    }

    /// [`super::Ask`].
    #[must_use]
    pub fn ask(id: &str) -> String {
        format!("{ASKS}{id}")
    }
}

/// Keys of what is only seen.
pub mod seen_key {
    use crate::fleet::{PoolName, RunId, ServerName};
    use crate::plan::StepId;

    /// All servers.
    pub const SERVERS: &str = "server/";
    /// All clusters.
    pub const POOLS: &str = "pool/";
    /// [`super::CaptainSeen`].
    pub const CAPTAIN: &str = "captain";
    /// Who looks, so that a captain that was started for them stays: RFC 3339 of the last look.
    pub const READERS: &str = "reader/";

    /// [`crate::fleet::ServerSeen`].
    #[must_use]
    pub fn server(name: &ServerName) -> String {
        format!("{SERVERS}{name}")
    }

    /// [`crate::fleet::ClusterSeen`].
    #[must_use]
    pub fn pool(name: &PoolName) -> String {
        format!("{POOLS}{name}")
    }

    /// All output of a run's steps.
    #[must_use]
    pub fn run_lines(run: RunId) -> String {
        format!("line/{:08}/", run.0)
    }

    /// A list of [`super::Line`]: the newest output of a step.
    #[must_use]
    pub fn lines(run: RunId, step: StepId) -> String {
        format!("line/{:08}/{:05}", run.0, step.0)
    }
}

/// The inventory as the captain read it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listed {
    /// The last good reading.
    pub servers: BTreeMap<ServerName, Server>,
    /// Where it was read.
    pub place: String,
    /// When it was read.
    pub read: Option<Timestamp>,
    /// What is wrong with the files now; the servers above are then of an earlier reading.
    pub problems: Vec<String>,
    /// The captain's own host, when it stands in the inventory: never usable.
    pub captain_host: Option<ServerName>,
}

impl Listed {
    /// Why nothing new starts: what the files say now may take back what they said before. Every problem with its place.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let all = self.problems.join("\n");
        (!all.is_empty())
            .then(|| format!("nothing was changed, for the inventory cannot be read\n{all}"))
    }
}

/// What is remembered of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerRecord {
    /// The machine that the name was first seen on.
    pub machine: Option<MachineId>,
    /// Raised by every accepted run that touches it.
    pub generation: u64,
    /// The open run that works on it.
    pub busy: Option<RunId>,
    /// What we owe to it.
    pub debt: Option<Debt>,
    /// When a run last let go of it.
    pub left: Option<Timestamp>,
    /// How to reach it, kept for the day on which it is missing from the file while it is in a pool.
    pub last_listed: Option<Server>,
}

/// What somebody asks of the captain, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Who: `ops1@jump1`.
    pub by: String,
    /// When; what no captain takes within 60 s is void.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// The answer; nobody asks twice with one key.
    pub answer: Option<Answer>,
}

/// How long an ask waits for a captain (PROTOCOL.md section 1).
pub const ASK_VOID_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// So long whoever asked waits: it may be taken in its last second, and its servers are looked at before the answer.
pub const ANSWERED_WITHIN: jiff::SignedDuration = jiff::SignedDuration::from_secs(75);

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Do what the preview showed.
    Confirm {
        /// The preview that was read. The captain plans again and compares; it never runs this one.
        plan: Box<Plan>,
        /// The name that was typed, where one was wanted.
        typed: Option<String>,
    },
    /// Start nothing new in this run.
    Pause(RunId),
    /// Go on with it. A run that stood still wants the preview of its rest confirmed.
    Resume(RunId),
    /// End it: undo each server, or finish it where it is past its line.
    Cancel(RunId),
    /// Undo what it changed.
    Rollback(RunId),
    /// What becomes of a server that a run waits for.
    Answer(Word),
    /// Look at these servers now; all when empty.
    Check(Vec<ServerName>),
    /// A person trusted its host key: it is tried again.
    Trust(ServerName),
    /// Another machine has this name now: forget the old one.
    Forget(ServerName),
    /// Taking servers away from this pool wants its name typed, or no longer does.
    Protect {
        /// Which.
        pool: PoolName,
        /// From now on, or no longer.
        on: bool,
        /// The pool's name, which taking the protection away wants typed.
        typed: Option<String>,
    },
    /// Something to be written down, which needs no run.
    Say(Say),
}

/// What the captain said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Accepted: this run does it.
    Run(RunId),
    /// Done.
    Done(String),
    /// Refused, and why, with a `hint:`.
    Refused(String),
}

/// Nothing new starts, also after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Open runs start no further step either; without it only new runs are refused.
    pub all: bool,
}

/// One line of a step's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When it was read.
    pub at: Timestamp,
    /// Without its newline.
    pub text: String,
}

/// What somebody who looks writes under their key, every few seconds.
#[must_use]
pub fn looking(at: Timestamp) -> String {
    at.to_string()
}

/// When they did.
#[must_use]
pub fn looked(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// What the captain says of itself, once a second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptainSeen {
    /// For people: `ops1 on jump1`.
    pub holder: String,
    /// Host's name.
    pub host: String,
    /// Process.
    pub pid: u32,
    /// When this was written.
    pub at: Timestamp,
    /// Started only so that somebody can look.
    pub until_idle: bool,
    /// Its logins hang on a forwarded agent: runs park when it goes.
    pub forwarded_agent: bool,
    /// Ranges that its host has routes to, which no pool's ranges may hold.
    pub networks: Vec<String>,
    /// Its own machine-id: never a candidate.
    pub machine: Option<MachineId>,
    /// Why it starts nothing: `more than a third of the servers vanished at once`.
    pub holds_back: Option<String>,
    /// Why no server keeps a copy of the store of late.
    #[serde(default)]
    pub uncopied: Option<String>,
    /// Free space where the store is.
    pub store_free: Option<Bytes>,
}

impl CaptainSeen {
    /// What a planner must know of the captain's place.
    #[must_use]
    pub fn site(&self) -> Site {
        let mut site = Site::default();
        (site.machine, site.networks) = (self.machine.clone(), self.networks.clone());
        site.forwarded_agent = self.forwarded_agent;
        site
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_is_known_to_look() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(looked(&looking(now)), Some(now));
    }
}
