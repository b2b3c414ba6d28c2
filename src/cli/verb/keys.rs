//! Host keys: shown, and only after a yes written into the operator's own known_hosts.
//! Must never accept a key that nobody has seen, and never remove one.

use std::{collections::BTreeSet, fs, io::Write, path::Path, process::Command};

use super::super::{Answer, Exit, Failure, Shell, ask, confirm, open, summon};
use crate::{
    fleet::{Access, ServerName},
    ssh::{
        known_hosts::{self, Added},
        openssh::Options,
        trust::{self, Shown},
    },
    store::{record::What, snapshot::Snapshot},
};

/// `server trust NAME…`: fetches each key the way a login would, shows its fingerprint, asks, and writes it down.
///
/// # Errors
/// [`Failure`].
pub fn trust(shell: &mut Shell<'_>, names: &[ServerName]) -> Answer {
    shell.may_change()?;
    let opened = open::store(shell)?;
    open::real_servers(&opened)?;
    summon::captain(shell, &opened)?;
    let servers = Snapshot::read(opened.store.as_ref())?.fleet.servers;
    for name in names {
        let server = servers.get(name).ok_or_else(|| {
            Failure::Refused(format!(
                "there is no server `{name}`\nhint: `pooldeck server list` shows every server"
            ))
        })?;
        let shown = trust::show(server, Options::from_env().config.as_deref())
            .map_err(|error| Failure::Refused(error.text))?;
        let Shown {
            fingerprint, kind, ..
        } = &shown;
        let host = &server.access.host;
        shell.note(format!("{name} ({host}) shows: {kind} {fingerprint}"))?;
        confirm::yes(
            shell,
            &format!("this makes it the host key of {name}; compare it at the machine"),
        )?;
        let added = shown.trust()?;
        refuse_differing(&added, host, &shown.file)?;
        ask::ask(shell, &opened, What::Trust(name.clone()))?;
        let count = added.added;
        shell.say(format!(
            "{name}: {count} keys added to {}",
            shown.file.display()
        ))?;
    }
    Ok(Exit::Done)
}

/// ssh would believe either of two keys: the old one has to go first, by hand.
fn refuse_differing(added: &Added, host: &str, file: &Path) -> Result<(), Failure> {
    if added.differ.is_empty() {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "`{}` has another key for {}\nhint: if that machine was installed anew, run `ssh-keygen -R {host} -f {}` and again",
        file.display(),
        added.differ.join(", "),
        file.display()
    )))
}

/// `inventory hosts import-keys FILE`: takes what a file of known_hosts' format says about our servers.
///
/// # Errors
/// [`Failure`].
pub fn import(shell: &mut Shell<'_>, file: &Path) -> Answer {
    shell.may_change()?;
    let read = open::inventory(shell)?;
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::Usage(format!(
            "`{}` cannot be read: {error}\nhint: give a file in the format of ~/.ssh/known_hosts",
            file.display()
        ))
    })?;
    let ours: BTreeSet<String> = read
        .servers
        .values()
        .flat_map(|server| [entry(&server.access), server.name.to_string()])
        .collect();
    let about_ours = |line: &&str| is_about(line, &ours);
    let keys: String = text
        .lines()
        .filter(about_ours)
        .flat_map(|line| [line, "\n"])
        .collect();
    if keys.is_empty() {
        return Err(Failure::Refused(format!(
            "`{}` has no key of a server in the inventory\nhint: look at the names in it: they are compared with `ansible_host` and the server's name",
            file.display()
        )));
    }
    for line in fingerprints(&keys)? {
        shell.note(format!("  {line}"))?;
    }
    confirm::yes(shell, "this adds these host keys to your known_hosts")?;
    let Some(server) = read.servers.values().next() else {
        return Ok(Exit::Done);
    };
    let into = trust::file(server, Options::from_env().config.as_deref())?;
    let added = known_hosts::add(&keys, &into)?;
    shell.say(format!("{} keys added to {}", added.added, into.display()))?;
    refuse_differing(&added, "HOST", &into)?;
    Ok(Exit::Done)
}

/// True for a line about one of these hosts: by name, or by a certificate authority's pattern, as sshd(8) has them.
fn is_about(line: &str, ours: &BTreeSet<String>) -> bool {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let marker = first.starts_with('@');
    let hosts = if marker {
        words.next().unwrap_or_default()
    } else {
        first
    };
    if marker {
        let says = |host: &str, sign| {
            let mut patterns = hosts.split(',').filter_map(|it| match sign {
                "" => Some(it).filter(|it| !it.starts_with('!')),
                sign => it.strip_prefix(sign),
            });
            patterns.any(|pattern| matches(pattern.as_bytes(), host.as_bytes()))
        };
        return ours.iter().any(|host| says(host, "") && !says(host, "!"));
    }
    // A hashed name cannot be compared; whose it is, ssh finds out.
    hosts.starts_with("|1|") || hosts.split(',').any(|host| ours.contains(host))
}

/// `*` is any text, `?` any letter.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|at| matches(rest, &text[at..])),
        ([b'?', rest @ ..], [_, text @ ..]) => matches(rest, text),
        ([a, rest @ ..], [b, text @ ..]) => a == b && matches(rest, text),
        _ => false,
    }
}

/// The operator's ssh, with the configuration that the captain uses as well.
pub(super) fn ssh() -> Command {
    let mut command = Command::new("ssh");
    if let Some(config) = Options::from_env().config {
        command.arg("-F").arg(config);
    }
    command
}

/// What `ssh-keygen -l` says of each line.
fn fingerprints(keys: &str) -> Result<Vec<String>, Failure> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(keys.as_bytes())?;
    let output = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(file.path())
        .output()?;
    if !output.status.success() {
        return Err(Failure::Refused(format!(
            "these are no host keys: {}\nhint: give a file in the format of ~/.ssh/known_hosts",
            String::from_utf8_lossy(&output.stderr).trim()
        )));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(str::to_owned).collect())
}

/// A server's name as known_hosts has it: `[host]:2222` for another port.
fn entry(access: &Access) -> String {
    match access.port {
        Some(port) if port != 22 => format!("[{}]:{port}", access.host),
        _ => access.host.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_authority_of_our_servers_is_taken_and_that_of_others_is_not() {
        let ours = BTreeSet::from(["s01.room7.example".to_owned(), "10.0.0.5".to_owned()]);
        for (line, is) in [
            ("@cert-authority *.room7.example ssh-ed25519 AAAA", true),
            (
                "@cert-authority *.room8.example,10.0.0.? ssh-ed25519 AAAA",
                true,
            ),
            ("@cert-authority *.room8.example ssh-ed25519 AAAA", false),
            ("@cert-authority *,!10.*,!s01.* ssh-ed25519 AAAA", false),
            ("@revoked 10.0.0.5 ssh-ed25519 AAAA", true),
            ("s01.room7.example ssh-ed25519 AAAA", true),
            ("*.room7.example ssh-ed25519 AAAA", false),
            ("|1|x|y ssh-ed25519 AAAA", true),
        ] {
            assert_eq!(is_about(line, &ours), is, "{line}");
        }
    }
}
