//! `Transport` by the operator's own ssh.
//! Must never start anything on a server but what `assets/` holds, and never follow a unit with more than one command.

use std::{io, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use tokio::time::{sleep, timeout};

pub use super::options::Options;
use super::{
    Answer, ProbeText, Transport, TransportError, UnitName, UnitState,
    exchange::{Exchange, NotBegun, new_mark},
    links::Links,
    remote, scripts, spawn, trouble,
};
use crate::fleet::{Script, Server, ServerName, TroubleKind, Verb, script::exit};

/// Seconds that a check, a fetch or a probe may take on its server.
const LIMIT: u64 = 30;
/// What the way there and back may add to that: a login and a slow link.
const WAY: u64 = 45;
/// Of longer output the end is kept.
const OUTPUT: usize = 64 * 1024;
/// A probe or a secret longer than this is none.
const LARGEST: usize = 1024 * 1024;

/// Talks to servers by OpenSSH, keeping its connections.
#[derive(Debug)]
pub struct OpenSsh {
    pub(super) links: Links,
    units: String,
    scripts: fn(&str) -> Option<&'static str>,
}

impl OpenSsh {
    /// Without any connection yet. Raises this process' limit of open files.
    ///
    /// # Errors
    /// When no directory for control sockets can be made.
    pub fn new(options: Options) -> io::Result<Self> {
        spawn::raise_open_files();
        Ok(Self {
            links: Links::new(options.config)?,
            units: options.units,
            scripts: options.scripts,
        })
    }

    /// Begins a command of these texts on the server's connection, or on a new one where that has died.
    pub(super) async fn begin<'a>(
        &self,
        server: &'a Server,
        variables: &[(&str, &str)],
        texts: &[&str],
    ) -> Result<Exchange<'a>, TransportError> {
        let mark = new_mark();
        let root = [("ROOT", self.units.as_str()), ("MARK", &mark)];
        let message = remote::message(&mark, &[&root, variables].concat(), texts);
        let mut last = String::new();
        // The first connection may have died unnoticed while it was idle; a full server has room in a moment.
        for wait in [0, 50, 100, 200, 400].map(Duration::from_millis) {
            sleep(wait).await;
            let lane = self.links.lane(server).await?;
            match Exchange::begin(server, lane, mark.clone(), &message).await {
                Ok(exchange) => return Ok(exchange),
                Err(NotBegun::Full) => {
                    "its sshd has no session free (`MaxSessions`)".clone_into(&mut last);
                }
                Err(NotBegun::Gone(master)) => {
                    last = master.last_words();
                    self.links.close(server, &master).await;
                }
            }
        }
        Err(trouble::trouble(server, TroubleKind::Disconnected, &last))
    }

    /// Runs a text that ends with the mark and an exit code, within the time limit.
    async fn ask(
        &self,
        server: &Server,
        variables: &[(&str, &str)],
        texts: &[&str],
        bound: usize,
    ) -> Result<(i32, Vec<u8>, String, Option<String>), TransportError> {
        let limit = Duration::from_secs(LIMIT + WAY);
        let whole = async {
            let exchange = self.begin(server, variables, texts).await?;
            let host_key = exchange.host_key();
            let (code, output, said) = exchange.answer(bound).await?;
            Ok((code, output, said, host_key))
        };
        timeout(limit, whole).await.unwrap_or_else(|_| {
            let line = format!("no answer within {} s", limit.as_secs());
            Err(trouble::trouble(server, TroubleKind::Disconnected, &line))
        })
    }

    async fn ask_script(
        &self,
        server: &Server,
        script: &Script,
        merged: bool,
        bound: usize,
    ) -> Result<(i32, Vec<u8>, String, Option<String>), TransportError> {
        let text = self.text(server, script)?;
        let limit = LIMIT.to_string();
        let variables = [
            ("VERB", script.verb.word()),
            ("LIMIT", &limit),
            ("SCRIPT", &text),
            ("SECRET", secret(script)),
        ];
        let merge = if merged { "exec 2>&1" } else { "" };
        self.ask(server, &variables, &[merge, remote::ASK], bound)
            .await
    }

    /// The text that a script's name, variables and library make.
    pub(super) fn text(&self, server: &Server, script: &Script) -> Result<String, TransportError> {
        scripts::text(self.scripts, script).ok_or_else(|| {
            let line = format!("there is no script `{}`", script.name);
            trouble::trouble(server, TroubleKind::Unreadable, &line)
        })
    }
}

impl Transport for OpenSsh {
    async fn check(&self, server: &Server, script: &Script) -> Result<Answer, TransportError> {
        let (code, output, ..) = self.ask_script(server, script, true, OUTPUT).await?;
        let output = String::from_utf8_lossy(&output).into_owned();
        Ok(Answer { code, output })
    }

    async fn fetch(
        &self,
        server: &Server,
        script: &Script,
    ) -> Result<SecretString, TransportError> {
        let (code, output, said, _) = self.ask_script(server, script, false, LARGEST).await?;
        let unreadable = |line: &str| trouble::trouble(server, TroubleKind::Unreadable, line);
        if code != exit::OK {
            let last = said
                .lines()
                .rev()
                .find(|line| !line.is_empty() && !line.starts_with("hint:"));
            let line = format!(
                "{} ended with {code}: {}",
                script.name,
                last.unwrap_or("no words")
            );
            return Err(unreadable(&line));
        }
        String::from_utf8(output)
            .map(SecretString::from)
            .map_err(|_| unreadable(&format!("what {} printed is no text", script.name)))
    }

    async fn start(
        &self,
        server: &Server,
        unit: &UnitName,
        script: &Script,
    ) -> Result<(), TransportError> {
        self.unit(server, unit, Some(script), None, &mut |_| {})
            .await
            .map(drop)
    }

    async fn follow(
        &self,
        server: &Server,
        unit: &UnitName,
        from: u64,
        line: &mut (dyn FnMut(String) + Send),
    ) -> Result<UnitState, TransportError> {
        let state = self.unit(server, unit, None, Some(from), line).await?;
        Ok(state.unwrap_or(UnitState::Absent))
    }

    async fn run(
        &self,
        server: &Server,
        unit: &UnitName,
        script: &Script,
        line: &mut (dyn FnMut(String) + Send),
    ) -> Result<UnitState, TransportError> {
        let state = self.unit(server, unit, Some(script), Some(0), line).await?;
        Ok(state.unwrap_or(UnitState::Absent))
    }

    async fn forget(&self, server: &Server, units: &[UnitName]) -> Result<(), TransportError> {
        if units.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = units.iter().map(|unit| unit.0.as_str()).collect();
        let variables = [("UNITS", &*names.join(" "))];
        self.ask(server, &variables, &[remote::FORGET], OUTPUT)
            .await
            .map(drop)
    }

    async fn probe(&self, server: &Server) -> Result<ProbeText, TransportError> {
        let script = Script::new("probe", Verb::Check);
        let (_, output, _, host_key) = self.ask_script(server, &script, false, LARGEST).await?;
        let text = String::from_utf8_lossy(&output).into_owned();
        Ok(ProbeText { text, host_key })
    }

    fn retrust(&self, server: &ServerName) {
        self.links.forget(server);
    }
}

/// What stands on a script's standard input; empty when there is nothing.
pub(super) fn secret(script: &Script) -> &str {
    script
        .secret
        .as_ref()
        .map_or("", |secret| secret.expose_secret())
}
