//! How far the newest try came: the network, SSH, the login, root's rights are facts of their own.
//! Must never decide anything: decisions are made on the kind of trouble; this is what people read.

use super::{Trouble, TroubleKind};

/// What answered at last, from nobody to the server itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Nobody at that address.
    Nobody,
    /// The machine, which has nothing at that port.
    Machine,
    /// Something takes the connection and does not speak SSH.
    Port,
    /// SSH, which does not let us in.
    Ssh,
    /// We are in, and not root or not understood.
    Login,
}

/// What ssh says where it says `no answer` in one of its ways; the first that is found counts.
/// Texts of OpenSSH 8.4 to 10 and strerror(3) of connect(2), as `ssh::trouble` knows them.
const SAYINGS: [(&str, Reach, &str); 9] = [
    ("banner exchange", Reach::Port, "port silent"),
    ("Could not resolve hostname", Reach::Nobody, "name unknown"),
    ("No route to host", Reach::Nobody, "no route"),
    ("Network is unreachable", Reach::Nobody, "no route"),
    ("Connection reset", Reach::Port, "closed"),
    ("Connection closed", Reach::Port, "closed"),
    ("timed out", Reach::Nobody, "timeout"),
    ("no answer", Reach::Nobody, "timeout"),
    ("did not answer within", Reach::Port, "too slow"),
];

impl Trouble {
    /// How far the newest try came, and in two words what it met there.
    #[must_use]
    pub fn reach(&self) -> (Reach, &'static str) {
        let silent = || {
            let found = SAYINGS.iter().find(|(words, ..)| self.text.contains(words));
            found.map_or((Reach::Nobody, "no answer"), |(_, reach, how)| {
                (*reach, *how)
            })
        };
        match self.kind {
            TroubleKind::Unreachable => silent(),
            TroubleKind::Refused => (Reach::Machine, "refused"),
            TroubleKind::Authentication => (Reach::Ssh, "login refused"),
            TroubleKind::NeedsKey => (Reach::Ssh, "needs a key"),
            TroubleKind::HostKeyUnknown => (Reach::Ssh, "key unknown"),
            TroubleKind::HostKeyChanged => (Reach::Ssh, "key changed"),
            TroubleKind::SudoRefused => (Reach::Login, "sudo refused"),
            TroubleKind::Disconnected => (Reach::Port, "broke off"),
            TroubleKind::Unreadable => (Reach::Login, "not understood"),
            TroubleKind::Stranger => (Reach::Login, "other machine"),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_timeout_a_missing_route_and_a_silent_port_are_told_apart() {
        for (said, wanted) in [
            (
                "ssh: connect to host s1 port 22: Connection timed out",
                (Reach::Nobody, "timeout"),
            ),
            (
                "Connection timed out during banner exchange",
                (Reach::Port, "port silent"),
            ),
            (
                "ssh: connect to host s1 port 22: No route to host",
                (Reach::Nobody, "no route"),
            ),
            (
                "ssh: Could not resolve hostname s1: unknown",
                (Reach::Nobody, "name unknown"),
            ),
            (
                "kex_exchange_identification: Connection closed by remote host",
                (Reach::Port, "closed"),
            ),
            ("ssh said nothing", (Reach::Nobody, "no answer")),
        ] {
            let trouble = Trouble {
                kind: TroubleKind::Unreachable,
                text: format!("`s1` cannot be reached: {said}\nhint: look"),
                since: Timestamp::UNIX_EPOCH,
            };
            assert_eq!(trouble.reach(), wanted, "{said}");
        }
    }
}
