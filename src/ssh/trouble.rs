//! What went wrong, from what ssh said: a kind for decisions, a sentence and a hint for people.
//! Must never guess a kind that is retried where the host key is in doubt.

use super::TransportError;
use crate::fleet::{Server, TroubleKind};

/// What ssh says, and the kind that it means; the first that is found counts.
/// Texts of OpenSSH 8.4 to 10: sshconnect.c, sshconnect2.c, packet.c, and strerror(3) of connect(2).
const SAYINGS: [(&str, TroubleKind); 20] = [
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        TroubleKind::HostKeyChanged,
    ),
    ("REVOKED HOST KEY DETECTED", TroubleKind::HostKeyChanged),
    ("Host key verification failed", TroubleKind::HostKeyUnknown),
    ("Permission denied (", TroubleKind::Authentication),
    (
        "Too many authentication failures",
        TroubleKind::Authentication,
    ),
    (
        "No supported authentication methods",
        TroubleKind::Authentication,
    ),
    ("Connection refused", TroubleKind::Refused),
    ("Could not resolve hostname", TroubleKind::Unreachable),
    ("timed out", TroubleKind::Unreachable),
    ("No route to host", TroubleKind::Unreachable),
    ("Network is unreachable", TroubleKind::Unreachable),
    ("Connection reset", TroubleKind::Unreachable),
    ("Connection closed", TroubleKind::Unreachable),
    ("not responding", TroubleKind::Disconnected),
    ("Unable to negotiate", TroubleKind::Unreadable),
    ("Bad configuration option", TroubleKind::Unreadable),
    ("Bad owner or permissions", TroubleKind::Unreadable),
    ("Can't open user config file", TroubleKind::Unreadable),
    ("Invalid format", TroubleKind::Unreadable),
    ("error in libcrypto", TroubleKind::Unreadable),
];

/// Why no connection came about, from everything that ssh wrote to its standard error.
pub(super) fn of_connect(server: &Server, said: &str, was_in_before: bool) -> TransportError {
    let found = SAYINGS
        .iter()
        .find_map(|(words, kind)| Some((line_with(said, words)?, *kind)));
    let (line, kind) = found.unwrap_or_else(|| {
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        (last.unwrap_or("ssh said nothing"), TroubleKind::Unreachable)
    });
    let kind = match kind {
        TroubleKind::Authentication if was_in_before => TroubleKind::NeedsKey,
        kind => kind,
    };
    trouble(server, kind, line)
}

/// Why a command on a living connection brought no answer, from its standard error.
pub(super) fn of_command(server: &Server, said: &str) -> TransportError {
    let sudo = said
        .lines()
        .find(|line| line.starts_with("sudo:") || line.contains("not in the sudoers file"))
        .or_else(|| line_with(said, "sudo: not found"));
    if let Some(line) = sudo {
        return trouble(server, TroubleKind::SudoRefused, line);
    }
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    let last = last.unwrap_or("the command ended without an answer");
    trouble(server, TroubleKind::Unreadable, last)
}

/// An error of that kind: what is wrong with whom, ssh's own words, and what to do next.
pub(super) fn trouble(server: &Server, kind: TroubleKind, line: &str) -> TransportError {
    let name = &server.name;
    let host = &server.access.host;
    let line = line.trim().trim_end_matches('.');
    let what = match kind {
        TroubleKind::Unreachable => "cannot be reached",
        TroubleKind::Refused => "refuses ssh",
        TroubleKind::Authentication => "refuses the login",
        TroubleKind::NeedsKey => "refuses the login that it took before",
        TroubleKind::HostKeyUnknown => "has a host key that is not known",
        TroubleKind::HostKeyChanged => "shows another host key than the known one",
        TroubleKind::SudoRefused => "refuses sudo",
        TroubleKind::Disconnected => "was lost during the work",
        TroubleKind::Unreadable => "cannot be understood",
        TroubleKind::Stranger => "is another machine",
    };
    let hint = match kind {
        TroubleKind::Unreachable => {
            format!("look whether it is on and whether `ssh {host}` works from here")
        }
        TroubleKind::Refused => {
            "start sshd there, or look at `ansible_port` and the firewall".to_owned()
        }
        TroubleKind::Authentication => format!(
            "`ssh {host}` must log in without a question: look at `ansible_user`, your key and your agent (`ssh-add -l`)"
        ),
        TroubleKind::NeedsKey => {
            "a key or agent went away: log in with your agent again, or add the key (`ssh-add`)"
                .to_owned()
        }
        TroubleKind::HostKeyUnknown => format!(
            "compare its fingerprint at the machine and run `pooldeck server trust {name}`, or import a file with `pooldeck inventory hosts import-keys FILE`"
        ),
        TroubleKind::HostKeyChanged => format!(
            "if it was installed anew, remove the old key (`ssh-keygen -R {host}`) and run `pooldeck server trust {name}`; if not, somebody may be in between"
        ),
        TroubleKind::SudoRefused => {
            "allow its user `NOPASSWD: ALL` in sudoers, or set `ansible_user: root`".to_owned()
        }
        TroubleKind::Disconnected => "nothing to do: it is tried again".to_owned(),
        TroubleKind::Unreadable => {
            format!("run `ssh {host} true` by hand and look at what it says")
        }
        TroubleKind::Stranger => {
            format!("if it was replaced on purpose, run `pooldeck server forget {name}`")
        }
    };
    TransportError {
        kind,
        text: format!("`{name}` {what}: {line}\nhint: {hint}"),
    }
}

fn line_with<'a>(said: &'a str, words: &str) -> Option<&'a str> {
    said.lines()
        .find(|line| line.contains(words))
        .map(|line| line.trim_matches(['@', ' ', '\r']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::fixture;

    fn kind(said: &str) -> TroubleKind {
        of_connect(&fixture::server("s01"), said, false).kind
    }

    #[test]
    fn each_saying_of_ssh_means_one_kind() {
        use TroubleKind as K;
        for (said, wanted) in [
            (
                "ssh: connect to host 10.0.0.9 port 22: Connection refused",
                K::Refused,
            ),
            (
                "ssh: connect to host 10.0.0.9 port 22: Connection timed out",
                K::Unreachable,
            ),
            (
                "ssh: connect to host 10.0.0.9 port 22: No route to host",
                K::Unreachable,
            ),
            (
                "ssh: Could not resolve hostname s01: Name or service not known",
                K::Unreachable,
            ),
            (
                "ops@10.0.0.9: Permission denied (publickey).",
                K::Authentication,
            ),
            (
                "No ED25519 host key is known for [127.0.0.1]:1 and you have requested strict checking.\nHost key verification failed.",
                K::HostKeyUnknown,
            ),
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
                K::HostKeyChanged,
            ),
            ("", K::Unreachable),
            (
                "kex_exchange_identification: Connection closed by remote host",
                K::Unreachable,
            ),
            (
                "Unable to negotiate with 10.0.0.9 port 22: no matching key exchange",
                K::Unreadable,
            ),
        ] {
            assert_eq!(kind(said), wanted, "{said}");
        }
    }

    #[test]
    fn a_login_that_worked_before_needs_a_key() {
        let said = "ops@10.0.0.9: Permission denied (publickey).";
        let error = of_connect(&fixture::server("s01"), said, true);
        assert_eq!(error.kind, TroubleKind::NeedsKey);
    }

    #[test]
    fn every_text_names_the_server_and_ends_in_a_hint() {
        use TroubleKind as K;
        for kind in [
            K::Unreachable,
            K::Refused,
            K::Authentication,
            K::NeedsKey,
            K::HostKeyUnknown,
            K::HostKeyChanged,
            K::SudoRefused,
            K::Disconnected,
            K::Unreadable,
            K::Stranger,
        ] {
            let text = trouble(&fixture::server("s01"), kind, "Words of ssh.").text;
            assert!(
                text.starts_with("`s01` ") && text.contains("\nhint: "),
                "{text}"
            );
        }
    }

    #[test]
    fn what_sudo_says_is_a_refusal_of_sudo() {
        let server = fixture::server("s01");
        for said in [
            "sudo: a password is required",
            "sh: 1: sudo: not found",
            "ops is not in the sudoers file.",
        ] {
            assert_eq!(of_command(&server, said).kind, TroubleKind::SudoRefused);
        }
        assert_eq!(of_command(&server, "oops").kind, TroubleKind::Unreadable);
    }
}
