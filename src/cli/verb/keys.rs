//! Host keys: shown, and only after a yes written into the operator's own known_hosts.
//! Must never accept a key that nobody has seen, and never remove one.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::super::{Answer, Exit, Failure, Shell, ask, confirm, open, summon};
use crate::{
    fleet::{Access, ServerName},
    store::{record::What, snapshot::Snapshot},
};

/// `server trust NAME…`: fetches each key the way a login would, shows its fingerprint, asks, and writes it down.
///
/// # Errors
/// [`Failure`].
pub fn trust(shell: &mut Shell<'_>, names: &[ServerName]) -> Answer {
    shell.may_change()?;
    let opened = open::store(shell)?;
    summon::captain(shell, &opened)?;
    let servers = Snapshot::read(opened.store.as_ref())?.fleet.servers;
    for name in names {
        let server = servers.get(name).ok_or_else(|| {
            Failure::Refused(format!(
                "there is no server `{name}`\nhint: `pooldeck server list` shows every server"
            ))
        })?;
        let keys = offered(&server.access)?;
        shell.note(format!("{name} ({}) shows:", server.access.host))?;
        for line in fingerprints(&keys)? {
            shell.note(format!("  {line}"))?;
        }
        confirm::yes(
            shell,
            &format!("this makes these the host keys of {name}; compare them at the machine"),
        )?;
        let added = append(&keys)?;
        let what = What::Trust {
            server: name.clone(),
            fingerprint: None,
        };
        ask::ask(shell, &opened, what)?;
        shell.say(format!(
            "{name}: {added} keys added to {}",
            known_hosts().display()
        ))?;
    }
    Ok(Exit::Done)
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
    let about_ours = |line: &&str| {
        let hosts = line.split_whitespace().next().unwrap_or_default();
        !line.starts_with('#') && hosts.split(',').any(|host| ours.contains(host))
    };
    let keys: String = text
        .lines()
        .filter(about_ours)
        .flat_map(|line| [line, "\n"])
        .collect();
    if keys.is_empty() {
        return Err(Failure::Refused(format!(
            "`{}` has no key of a server in the inventory\nhint: hashed names cannot be compared; use `ssh-keyscan` output",
            file.display()
        )));
    }
    for line in fingerprints(&keys)? {
        shell.note(format!("  {line}"))?;
    }
    confirm::yes(shell, "this adds these host keys to your known_hosts")?;
    let added = append(&keys)?;
    shell.say(format!("{added} keys added to {}", known_hosts().display()))?;
    Ok(Exit::Done)
}

/// The keys that a server shows to a login by the operator's own ssh (jump hosts and all), which ends before
/// it authenticates: lines of known_hosts.
fn offered(access: &Access) -> Result<String, Failure> {
    let seen = tempfile::NamedTempFile::new()?;
    let mut command = ssh();
    for option in [
        "BatchMode=yes",
        "StrictHostKeyChecking=accept-new",
        "GlobalKnownHostsFile=/dev/null",
        "HashKnownHosts=no",
        "UpdateHostKeys=no",
        "PreferredAuthentications=none",
        "ControlPath=none",
        "ConnectTimeout=10",
    ] {
        command.args(["-o", option]);
    }
    command
        .arg("-o")
        .arg(format!("UserKnownHostsFile={}", seen.path().display()));
    if let Some(port) = access.port {
        command.args(["-p", &port.to_string()]);
    }
    command.args(["--", &access.host, "true"]);
    let output = command.stdin(Stdio::null()).output()?;
    let keys = fs::read_to_string(seen.path())?;
    if keys.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::Refused(format!(
            "`{}` shows no host key: {}\nhint: try `ssh {}` yourself",
            access.host,
            said.lines().last().unwrap_or("ssh says nothing"),
            access.host
        )));
    }
    Ok(keys)
}

/// The operator's ssh, with the configuration that the captain uses as well.
pub(super) fn ssh() -> Command {
    let mut command = Command::new("ssh");
    if let Some(config) = std::env::var_os("POOLDECK_SSH_CONFIG").filter(|path| !path.is_empty()) {
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

/// Adds the lines that are not there yet; says how many.
fn append(keys: &str) -> Result<usize, Failure> {
    let path = known_hosts();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    let new: Vec<&str> = keys
        .lines()
        .filter(|line| !known.lines().any(|known| known == *line))
        .collect();
    let mut text: String = new.iter().flat_map(|line| [*line, "\n"]).collect();
    if !known.is_empty() && !known.ends_with('\n') {
        text.insert(0, '\n');
    }
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(text.as_bytes())?;
    Ok(new.len())
}

/// A server's name as known_hosts has it: `[host]:2222` for another port.
fn entry(access: &Access) -> String {
    match access.port {
        Some(port) if port != 22 => format!("[{}]:{port}", access.host),
        _ => access.host.clone(),
    }
}

fn known_hosts() -> PathBuf {
    PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/root".into()))
        .join(".ssh/known_hosts")
}
