//! The key that a server shows, asked for on the way that the operator's ssh takes, so that a person can compare it.
//! Must never log in, and never write to the operator's files by itself.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{TransportError, known_hosts, master, trouble};
use crate::fleet::{Server, TroubleKind};

/// What a server showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `SHA256:…`, as `ssh-keygen -lf` prints it at the machine.
    pub fingerprint: String,
    /// `ED25519`.
    pub kind: String,
    /// The line for known_hosts, under the name that ssh will look for.
    pub line: String,
    /// The operator's ssh hashes names.
    pub hashes: bool,
    /// The operator's known_hosts file for this server.
    pub file: PathBuf,
}

impl Shown {
    /// Trusts it: adds the line to the operator's file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn trust(&self) -> io::Result<known_hosts::Added> {
        // Names are hashed with a salt each: only ssh-keygen finds what stands there for this one.
        let there = known_hosts::names(&self.line).map(|name| {
            let mut keygen = Command::new("ssh-keygen");
            output(keygen.args(["-F", name, "-f"]).arg(&self.file))
        });
        let there: Vec<(String, String)> = there.collect::<io::Result<_>>()?;
        let there: String = there.into_iter().map(|(found, _)| found).collect();
        match known_hosts::judge(&self.line, &there) {
            Some(added) => Ok(added),
            None => known_hosts::add(&self.written()?, &self.file),
        }
    }

    /// The line as the operator's ssh would write it.
    fn written(&self) -> io::Result<String> {
        if !self.hashes {
            return Ok(self.line.clone());
        }
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("hashed");
        std::fs::write(&file, &self.line)?;
        output(
            Command::new("ssh-keygen")
                .args(["-q", "-H", "-f"])
                .arg(&file),
        )?;
        std::fs::read_to_string(&file)
    }
}

/// Asks `server` for its host key. It is not believed: whoever shows it to a person says so.
///
/// # Errors
/// Why there was no key to see.
pub fn show(server: &Server, config: Option<&Path>) -> Result<Shown, TransportError> {
    let failed = |line: String| trouble::trouble(server, TroubleKind::Unreachable, &line);
    let folder = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let seen = folder.path().join("seen");
    let mut ssh = Command::new("ssh");
    // ssh writes the key that it met before it tries to log in, and with no method left it never does.
    for option in [
        "BatchMode=yes",
        "StrictHostKeyChecking=no",
        "GlobalKnownHostsFile=/dev/null",
        "PreferredAuthentications=none",
        "HashKnownHosts=no",
        "UpdateHostKeys=no",
        "ControlPath=none",
        "ConnectTimeout=5",
        "LogLevel=INFO",
    ] {
        ssh.args(["-o", option]);
    }
    ssh.arg("-o")
        .arg(format!("UserKnownHostsFile={}", seen.display()));
    let said = output(master::destination(&mut ssh, &server.access, config).arg("true"));
    let said = said.map_err(|error| failed(format!("ssh: {error}")))?;
    let line = std::fs::read_to_string(&seen).unwrap_or_default();
    if line.trim().is_empty() {
        return Err(trouble::of_connect(server, &said.1, false));
    }
    let mut keygen = Command::new("ssh-keygen");
    let print = output(keygen.args(["-l", "-f"]).arg(&seen));
    let print = print
        .map_err(|error| failed(format!("ssh-keygen: {error}")))?
        .0;
    // `256 SHA256:… s01 (ED25519)`
    let words: Vec<&str> = print
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let [_, fingerprint, .., kind] = words[..] else {
        return Err(failed(format!("ssh-keygen said `{}`", print.trim())));
    };
    let settings = settings(server, config).map_err(|error| failed(error.to_string()))?;
    Ok(Shown {
        fingerprint: fingerprint.to_owned(),
        kind: kind.trim_matches(['(', ')']).to_owned(),
        line,
        hashes: settings.lines().any(|line| line == "hashknownhosts yes"),
        file: file_of(&settings).map_err(|error| failed(error.to_string()))?,
    })
}

/// The operator's known_hosts file for this server, as their ssh names it.
///
/// # Errors
/// When ssh names none.
pub fn file(server: &Server, config: Option<&Path>) -> io::Result<PathBuf> {
    file_of(&settings(server, config)?)
}

fn file_of(settings: &str) -> io::Result<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    known_hosts::first_file(settings, &home)
        .ok_or_else(|| io::Error::other("ssh names no known_hosts file"))
}

/// What the operator's ssh would do on the way to this server (`ssh -G`).
fn settings(server: &Server, config: Option<&Path>) -> io::Result<String> {
    let mut ssh = Command::new("ssh");
    ssh.arg("-G");
    let (settings, said) = output(master::destination(&mut ssh, &server.access, config))?;
    if settings.is_empty() {
        return Err(io::Error::other(said.trim().to_owned()));
    }
    Ok(settings)
}

/// Standard output and standard error of a command that ends soon: ssh has a limit of its own for the connection.
fn output(command: &mut Command) -> io::Result<(String, String)> {
    let done = command.stdin(Stdio::null()).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((text(&done.stdout), text(&done.stderr)))
}
