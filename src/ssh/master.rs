//! One connection: an `ssh` process of our own that logs in and lets commands through its control socket.
//! Must never ask a question, accept a host key that is not known, or follow the user's configuration in starting commands and forwards.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use openssh::Session;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::UnixStream,
    process::{Child, ChildStderr, Command},
    time::{sleep, timeout},
};

use super::{TransportError, spawn, trouble};
use crate::fleet::{Access, Server, TroubleKind};

/// From the first packet to the login; ssh's own limit (5 s) covers only the connection and the first line.
const LOGIN: Duration = Duration::from_secs(30);
/// What ssh must be told whatever the user's configuration says. `UpdateHostKeys` would let 64 processes at once
/// rewrite one known_hosts; at `DEBUG1` ssh says which host key it met.
const OPTIONS: [&str; 14] = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "ControlPersist=no",
    "ConnectTimeout=5",
    "ConnectionAttempts=1",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "ForkAfterAuthentication=no",
    "VisualHostKey=no",
    "LogLevel=DEBUG1",
];

/// A living connection. Dropping it ends its process.
#[derive(Debug)]
pub(super) struct Master {
    /// What commands and forwards go through.
    pub(super) session: Arc<Session>,
    /// The fingerprint of the host key that it met (`SHA256:…`).
    pub(super) host_key: Option<String>,
    words: Arc<Words>,
    socket: PathBuf,
    _process: Child,
}

impl Master {
    /// Logs in at `server`.
    ///
    /// # Errors
    /// By kind, with ssh's own words and a hint. `was_in_before` tells a refused login from a lost key.
    pub(super) async fn connect(
        server: &Server,
        config: Option<&Path>,
        socket: PathBuf,
        was_in_before: bool,
    ) -> Result<Self, TransportError> {
        let command = command(&server.access, config, &socket);
        let no_ssh = |error: std::io::Error| {
            trouble::trouble(server, TroubleKind::Unreachable, &format!("ssh: {error}"))
        };
        let mut process = spawn::spawn(command).await.map_err(no_ssh)?;
        let words = Arc::new(Words::default());
        let listening = process
            .stderr
            .take()
            .map(|said| tokio::spawn(listen(said, Arc::clone(&words))));
        match timeout(LOGIN, logged_in(&mut process, &socket)).await {
            Ok(true) => {}
            Ok(false) => {
                // A jump host's process may hold standard error open: do not wait for its end.
                if let Some(listening) = listening {
                    drop(timeout(Duration::from_secs(1), listening).await);
                }
                return Err(trouble::of_connect(server, &words.said(), was_in_before));
            }
            Err(_) => {
                let line = format!("the login timed out after {} s", LOGIN.as_secs());
                return Err(trouble::trouble(server, TroubleKind::Unreachable, &line));
            }
        }
        Ok(Self {
            session: Arc::new(Session::resume_mux(socket.clone().into_boxed_path(), None)),
            host_key: words.host_key(),
            words,
            socket,
            _process: process,
        })
    }

    /// True until its process has ended.
    pub(super) fn is_alive(&self) -> bool {
        !self.words.over.load(Ordering::Acquire)
    }

    /// True when its process answers at its socket: the connection stands, as far as this side can know.
    pub(super) async fn answers(&self) -> bool {
        let check = timeout(Duration::from_secs(2), self.session.check());
        self.is_alive() && check.await.is_ok_and(|answer| answer.is_ok())
    }

    /// What ssh said last, for people.
    pub(super) fn last_words(&self) -> String {
        let said = self.words.said();
        said.lines()
            .last()
            .unwrap_or("the connection ended")
            .to_owned()
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        // A killed ssh leaves its socket.
        drop(std::fs::remove_file(&self.socket));
    }
}

/// The master's command line. The user's configuration is read; what the inventory says goes before it.
fn command(access: &Access, config: Option<&Path>, socket: &Path) -> Command {
    let mut command = Command::new("ssh");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .args(["-M", "-N", "-T", "-a", "-x", "-S"])
        .arg(socket);
    for option in OPTIONS {
        command.args(["-o", option]);
    }
    destination(command.as_std_mut(), access, config);
    command
}

/// Says where to, and as whom: the inventory's word where there is one.
pub(super) fn destination<'a>(
    command: &'a mut std::process::Command,
    access: &Access,
    config: Option<&Path>,
) -> &'a mut std::process::Command {
    if let Some(config) = config {
        command.arg("-F").arg(config);
    }
    if let Some(port) = access.port {
        command.arg("-p").arg(port.to_string());
    }
    if let Some(user) = &access.user {
        command.arg("-l").arg(user);
    }
    if let Some(key) = &access.key_file {
        command.arg("-i").arg(key);
    }
    // A host that begins with `-` is a host all the same.
    command.arg("--").arg(&access.host)
}

/// Waits for the socket, which ssh makes once it is logged in; false when ssh ends before.
async fn logged_in(process: &mut Child, socket: &Path) -> bool {
    loop {
        if UnixStream::connect(socket).await.is_ok() {
            return true;
        }
        tokio::select! {
            _ = process.wait() => return false,
            () = sleep(Duration::from_millis(5)) => {}
        }
    }
}

/// What a master has said so far.
#[derive(Debug, Default)]
struct Words {
    /// The last lines, and the host key's fingerprint.
    heard: Mutex<(Vec<String>, Option<String>)>,
    over: AtomicBool,
}

impl Words {
    /// Enough for a warning of a changed host key (13 lines) between two jump hosts' words.
    const KEPT: usize = 40;

    fn hear(&self, line: &str) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(debug) = line.strip_prefix("debug1: ") {
            if let Some(key) = debug.strip_prefix("Server host key: ") {
                heard.1 = key.split_whitespace().nth(1).map(str::to_owned);
            }
            return;
        }
        if heard.0.len() == Self::KEPT {
            heard.0.remove(0);
        }
        heard.0.push(line.chars().take(400).collect());
    }

    fn said(&self) -> String {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.0.join("\n")
    }

    fn host_key(&self) -> Option<String> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.1.clone()
    }
}

/// Reads standard error to its end: it would fill its pipe, and its end is the connection's.
async fn listen(said: ChildStderr, words: Arc<Words>) {
    let mut said = BufReader::new(said);
    let mut line = Vec::new();
    while said.read_until(b'\n', &mut line).await.is_ok_and(|n| n > 0) {
        words.hear(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    words.over.store(true, Ordering::Release);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ssh::fixture;

    fn arguments(access: &Access, config: Option<&Path>) -> Vec<String> {
        let command = command(access, config, Path::new("/run/c/1"));
        let args = command.as_std().get_args();
        args.map(|arg| arg.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn what_the_inventory_does_not_say_is_the_users_configuration_to_say() {
        let args = arguments(&fixture::server("s01").access, None);
        for option in ["-p", "-l", "-i", "-F"] {
            assert!(!args.iter().any(|arg| arg == option), "{args:?}");
        }
        assert!(args.contains(&"StrictHostKeyChecking=yes".to_owned()));
        assert_eq!(args[args.len() - 2..], ["--", "s01"]);
    }

    #[test]
    fn what_the_inventory_says_goes_before_the_users_configuration() {
        let mut access = fixture::server("s01").access;
        access.port = Some(2222);
        access.user = Some("ops".to_owned());
        access.key_file = Some("/keys/a b".into());
        let args = arguments(&access, Some(Path::new("/etc/pd.conf"))).join("|");
        for wanted in ["-p|2222", "-l|ops", "-i|/keys/a b", "-F|/etc/pd.conf"] {
            assert!(args.contains(wanted), "{args}");
        }
    }

    #[test]
    fn the_host_key_is_heard_and_debugging_words_are_not_kept() {
        let words = Words::default();
        for line in [
            "debug1: Server host key: ssh-ed25519 SHA256:abc",
            "debug1: x",
            "Banner",
        ] {
            words.hear(line);
        }
        assert_eq!(words.host_key().as_deref(), Some("SHA256:abc"));
        assert_eq!(words.said(), "Banner");
    }
}
