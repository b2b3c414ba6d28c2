//! One command on a connection: its text goes in, lines come out, and what is missing says what went wrong.
//! Must never keep more than its bounds, whatever a server prints.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    time::Duration,
};

use openssh::{Child, ChildStderr, ChildStdin, ChildStdout, Session, Stdio};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    runtime::Handle,
    task::JoinHandle,
    time::timeout,
};

use super::{TransportError, links::Lane, master::Master, remote, trouble};
use crate::fleet::{Server, TroubleKind};

/// A line longer than this is cut: people read lines.
const LINE: usize = 16 * 1024;
/// How much of standard error is kept.
const SAID: usize = 4 * 1024;

/// What a session may take to end after its answer; then its turn is given on all the same.
const ENDING: Duration = Duration::from_secs(2);

/// A running command. Dropping it closes its standard input, by which a follower knows that nobody listens.
pub(super) struct Exchange<'a> {
    server: &'a Server,
    master: Arc<Master>,
    mark: String,
    output: BufReader<ChildStdout>,
    said: JoinHandle<String>,
    open: Option<Open>,
}

/// What holds the session open at the server.
struct Open {
    lane: Lane,
    input: ChildStdin,
    child: Child<Arc<Session>>,
}

/// Why a command was not even begun: on a new connection it may be.
pub(super) enum NotBegun {
    /// This connection is gone.
    Gone(Arc<Master>),
    /// The server has no session free (`MaxSessions`): others are about to end, or not ours.
    Full,
}

/// A word that stands in nobody's output by accident.
pub(super) fn new_mark() -> String {
    format!(
        "pooldeck-{:016x}",
        RandomState::new().build_hasher().finish()
    )
}

impl<'a> Exchange<'a> {
    /// Starts the texts on the lane's connection and waits until the server's shell has begun with them.
    ///
    /// # Errors
    /// [`NotBegun`] when nothing has been sent.
    pub(super) async fn begin(
        server: &'a Server,
        lane: Lane,
        mark: String,
        message: &str,
    ) -> Result<Self, NotBegun> {
        let sudo = server.access.sudo && server.access.user.as_deref() != Some("root");
        let session = Arc::clone(&lane.master.session);
        let mut command = session.arc_raw_command(remote::command(sudo));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let Ok(mut child) = command.spawn().await else {
            return Err(not_begun(&lane).await);
        };
        let (Some(mut input), Some(output), Some(said)) = (
            child.stdin().take(),
            child.stdout().take(),
            child.stderr().take(),
        ) else {
            return Err(NotBegun::Gone(Arc::clone(&lane.master)));
        };
        // A shell that ends early (no sudo, no login) closes it; what it said tells more than this error does.
        drop(input.write_all(message.as_bytes()).await);
        Ok(Self {
            server,
            master: Arc::clone(&lane.master),
            mark,
            output: BufReader::new(output),
            said: tokio::spawn(keep_said(said)),
            open: Some(Open { lane, input, child }),
        })
    }

    /// The fingerprint of the host key of its connection.
    pub(super) fn host_key(&self) -> Option<String> {
        self.master.host_key.clone()
    }

    /// Skips what a login shell prints before our text.
    ///
    /// # Errors
    /// When our text was never reached.
    pub(super) async fn skip_noise(&mut self) -> Result<(), TransportError> {
        while let Some(line) = self.line().await {
            if line == self.mark {
                return Ok(());
            }
        }
        Err(self.broken().await)
    }

    /// The next line of its output, cut at 16 KiB; none at its end.
    pub(super) async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        bounded_line(&mut self.output, &mut line)
            .await
            .then(|| String::from_utf8_lossy(&line).into_owned())
    }

    /// All of its output up to the mark and the exit code behind it. Of longer output than `bound` bytes the end is kept.
    ///
    /// # Errors
    /// When there is no mark: the connection broke, or sudo refused.
    pub(super) async fn answer(
        mut self,
        bound: usize,
    ) -> Result<(i32, Vec<u8>, String), TransportError> {
        self.skip_noise().await?;
        let mut output = Vec::new();
        let mut piece = [0; 8192];
        loop {
            match self.output.read(&mut piece).await {
                Ok(n) if n > 0 => output.extend_from_slice(&piece[..n]),
                _ => break,
            }
            // What a script left behind in the background may hold its output open.
            if output.ends_with(b"\n") && read_code(&output, &self.mark).is_some() {
                break;
            }
            if output.len() > 2 * bound + SAID {
                output.drain(..output.len() - bound - SAID);
            }
        }
        let Some((code, length)) = read_code(&output, &self.mark) else {
            return Err(self.broken().await);
        };
        output.truncate(length);
        output.drain(..output.len().saturating_sub(bound));
        Ok((code, output, self.said().await))
    }

    /// Why there is no (whole) answer.
    pub(super) async fn broken(&mut self) -> TransportError {
        if !self.master.answers().await {
            let last = self.master.last_words();
            return trouble::trouble(self.server, TroubleKind::Disconnected, &last);
        }
        trouble::of_command(self.server, &self.said().await)
    }

    /// All of its standard error, or nothing when something holds it open.
    async fn said(&mut self) -> String {
        let said = timeout(Duration::from_secs(1), &mut self.said).await;
        said.map_or_else(|_| String::new(), Result::unwrap_or_default)
    }
}

impl Drop for Exchange<'_> {
    /// Closes its standard input, and gives its turn to the next only when the server's session has ended: sshd
    /// counts it until then.
    fn drop(&mut self) {
        let (Some(open), Ok(runtime)) = (self.open.take(), Handle::try_current()) else {
            return;
        };
        runtime.spawn(async move {
            let Open { lane, input, child } = open;
            drop(input);
            drop(timeout(ENDING, child.wait()).await);
            drop(lane);
        });
    }
}

async fn not_begun(lane: &Lane) -> NotBegun {
    if lane.master.answers().await {
        return NotBegun::Full;
    }
    NotBegun::Gone(Arc::clone(&lane.master))
}

/// The exit code behind the last mark, and where the output before it ends.
fn read_code(output: &[u8], mark: &str) -> Option<(i32, usize)> {
    let mark = format!("\n{mark} ");
    // Behind the mark stands at most `-2147483648`: no need to look further back.
    let from = output.len().saturating_sub(mark.len() + 16);
    let tail = &output[from..];
    let at = from
        + tail
            .windows(mark.len())
            .rposition(|piece| piece == mark.as_bytes())?;
    let code = std::str::from_utf8(&output[at + mark.len()..]).ok()?;
    Some((code.trim().parse().ok()?, at))
}

async fn bounded_line(from: &mut (impl AsyncBufRead + Unpin), line: &mut Vec<u8>) -> bool {
    let mut some = false;
    loop {
        let piece = match from.fill_buf().await {
            Ok(piece) if !piece.is_empty() => piece,
            _ => return some,
        };
        some = true;
        let end = piece.iter().position(|c| *c == b'\n');
        let taken = end.unwrap_or(piece.len());
        let room = LINE.saturating_sub(line.len());
        line.extend_from_slice(&piece[..taken.min(room)]);
        from.consume(end.map_or(taken, |end| end + 1));
        if end.is_some() {
            return true;
        }
    }
}

async fn keep_said(mut from: ChildStderr) -> String {
    let mut said = Vec::new();
    let mut piece = [0; 1024];
    while let Ok(n) = from.read(&mut piece).await {
        if n == 0 {
            break;
        }
        said.extend_from_slice(&piece[..n]);
        let surplus = said.len().saturating_sub(SAID);
        said.drain(..surplus);
    }
    String::from_utf8_lossy(&said).into_owned()
}
