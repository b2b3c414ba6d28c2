//! The door out: scripts and probes over SSH.
//! Must never decide anything, never run what is not in `assets/`, and never accept an unknown host key.

mod control;
mod exchange;
#[cfg(test)]
mod fixture;
pub mod forward;
pub mod known_hosts;
mod links;
mod master;
pub mod openssh;
mod options;
pub mod probe;
mod remote;
pub mod scripts;
mod spawn;
mod trouble;
pub mod trust;
mod units;

use std::{fmt, future::Future};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::fleet::{BootId, Epoch, FleetId, Script, Server, ServerName, TroubleKind};

/// The name of one piece of remote work: `pooldeck-FLEET-RUN-STEP-ATTEMPT-VERB`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitName(pub String);

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is to be seen of a unit on its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitState {
    /// It left a result: its exit code and the boot that it ran in.
    Finished {
        /// The script's exit code.
        code: i32,
        /// The boot in which it ended.
        boot: BootId,
    },
    /// Neither unit nor result: it never ran, or the server was rebooted. Unknown, so check.
    Absent,
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The script's exit code.
    pub code: i32,
    /// Its output, for people; at most the last 64 KiB.
    pub output: String,
}

/// A raw probe's text and the clock difference's base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeText {
    /// What the probe printed.
    pub text: String,
    /// The host key's fingerprint that the connection was made with, when it is known.
    pub host_key: Option<String>,
}

/// Why a server could not be talked to. Always worth another try, but for the kinds that say so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct TransportError {
    /// What kind.
    pub kind: TroubleKind,
    /// For people, with a `hint:`.
    pub text: String,
}

/// Talks to servers. Implementations: OpenSSH, and the simulation.
pub trait Transport: Send + Sync + 'static {
    /// Runs a check (or any script that changes nothing) and waits for its answer.
    fn check(
        &self,
        server: &Server,
        script: &Script,
    ) -> impl Future<Output = Result<Answer, TransportError>> + Send;

    /// Runs a script whose output is a secret. An answer other than exit code 0 is an error of kind
    /// `Unreadable` whose text holds standard error only.
    fn fetch(
        &self,
        server: &Server,
        script: &Script,
    ) -> impl Future<Output = Result<SecretString, TransportError>> + Send;

    /// Starts a unit that outlives the connection. Starting one that is there already is no error and starts nothing.
    fn start(
        &self,
        server: &Server,
        unit: &UnitName,
        script: &Script,
    ) -> impl Future<Output = Result<(), TransportError>> + Send;

    /// Follows a unit until it ends or is absent, handing over each line of its output from line `from` (0-based) on.
    fn follow(
        &self,
        server: &Server,
        unit: &UnitName,
        from: u64,
        line: &mut (dyn FnMut(String) + Send),
    ) -> impl Future<Output = Result<UnitState, TransportError>> + Send;

    /// Starts a unit and follows it from its first line: [`Self::start`] and [`Self::follow`] in one, and in one
    /// round trip where the implementation can. Only for a unit whose start is committed: after a crash, a unit
    /// that may have run before is followed, not run.
    fn run(
        &self,
        server: &Server,
        unit: &UnitName,
        script: &Script,
        line: &mut (dyn FnMut(String) + Send),
    ) -> impl Future<Output = Result<UnitState, TransportError>> + Send {
        async move {
            self.start(server, unit, script).await?;
            self.follow(server, unit, 0, line).await
        }
    }

    /// Ends units that still run, and removes them and their files. For units whose result is committed, or
    /// that have outlived their deadline. Units that are not there are no error.
    fn forget(
        &self,
        server: &Server,
        units: &[UnitName],
    ) -> impl Future<Output = Result<(), TransportError>> + Send;

    /// One round trip: facts and usage.
    fn probe(
        &self,
        server: &Server,
    ) -> impl Future<Output = Result<ProbeText, TransportError>> + Send;

    /// Forgets that the server showed another host key than the known one: it may be tried again.
    /// Until then every call answers `HostKeyChanged` without trying.
    fn retrust(&self, server: &ServerName) {
        let _ = server;
    }
}

/// The name of a unit (PROTOCOL.md section 4). The epoch is not part of it: a later captain finds the same unit.
#[must_use]
pub fn unit_name(fleet: &FleetId, run: u64, step: u32, attempt: u32, verb: &str) -> UnitName {
    UnitName(format!(
        "pooldeck-{}-{run}-{step}-{attempt}-{verb}",
        fleet.0
    ))
}

/// A captain's term and fleet as every fenced script gets them.
#[must_use]
pub fn fence_env(fleet: &FleetId, epoch: Epoch) -> [(String, String); 2] {
    [
        ("POOLDECK_FLEET".to_owned(), fleet.0.clone()),
        ("POOLDECK_EPOCH".to_owned(), epoch.to_string()),
    ]
}
