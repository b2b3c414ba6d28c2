//! What goes wrong, on demand.
//! Must never go wrong by itself: faults are asked for, by a test or by the demo's script.

use std::fmt::Write as _;

use crate::{
    fleet::{ServerName, TroubleKind, Verb},
    ssh::TransportError,
};

/// How a script goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// Does nothing and ends with that code.
    Fails(i32),
    /// Does its work and ends with that code.
    DoesButSays(i32),
    /// Does nothing and ends with 0.
    SaysButDoesNot,
    /// Takes so many seconds longer.
    Takes(u64),
    /// Never ends.
    Hangs,
    /// The server is rebooted while it works.
    Reboots,
}

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing of the command arrives.
    Before,
    /// It arrives, and the answer breaks off.
    During,
    /// It is done, and the answer is lost.
    After,
}

/// How a pool's API goes wrong, while its server is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiFault {
    /// It answers nobody: neither a watch nor kubectl.
    Silent,
    /// Its watch tells nothing new.
    Behind,
}

/// A script that will go wrong.
#[derive(Debug, Clone)]
pub struct ScriptFault {
    /// Its name.
    pub script: &'static str,
    /// Its verb.
    pub verb: Verb,
    /// How.
    pub lie: Lie,
    /// How many times more.
    pub times: u32,
}

/// What goes wrong on one server.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Every command ends so.
    pub trouble: Option<TroubleKind>,
    /// Scripts that go wrong.
    pub scripts: Vec<ScriptFault>,
}

impl Faults {
    /// What happens to this script now; counted down.
    pub fn take(&mut self, script: &str, verb: Verb) -> Option<Lie> {
        let found = self
            .scripts
            .iter_mut()
            .find(|fault| fault.script == script && fault.verb == verb && fault.times > 0)?;
        found.times -= 1;
        Some(found.lie)
    }
}

/// The error that a command ends with, as the openssh transport words it.
#[must_use]
pub fn error(server: &ServerName, kind: TroubleKind) -> TransportError {
    let (what, hint) = match kind {
        TroubleKind::Unreachable => (
            "does not answer on port 22",
            "is it on, and is the network up?",
        ),
        TroubleKind::Refused => ("refuses connections on port 22", "does sshd run there?"),
        TroubleKind::Authentication => (
            "accepts none of our keys",
            "add the key, or name another in the inventory",
        ),
        TroubleKind::NeedsKey => (
            "accepted a key before and does not now",
            "log in with the agent again",
        ),
        TroubleKind::HostKeyUnknown => (
            "has a host key that is not in known_hosts",
            "compare it, then `pooldeck server trust`",
        ),
        TroubleKind::HostKeyChanged => (
            "has another host key than in known_hosts",
            "find out why before you trust it",
        ),
        TroubleKind::SudoRefused => (
            "does not let us use sudo without a password",
            "allow it in sudoers, or log in as root",
        ),
        TroubleKind::Disconnected => ("lost the connection", "it is tried again"),
        TroubleKind::Unreadable => (
            "answers, but not as a server does",
            "look at what its shell prints at login",
        ),
        TroubleKind::Stranger => (
            "is another machine than the one with this name",
            "`pooldeck server forget` when that is right",
        ),
    };
    let mut text = format!("`{server}` {what}");
    if write!(text, "\nhint: {hint}").is_err() {
        unreachable!("writing to a String cannot fail");
    }
    TransportError { kind, text }
}
