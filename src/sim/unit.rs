//! A unit on a server: a task that outlives the connection, its output, and the result file that it leaves.
//! Must never outlive a reboot.

use jiff::Timestamp;
use tokio::{sync::watch, task::AbortHandle};

use crate::fleet::BootId;

/// One piece of remote work with its files in `/run/pooldeck/UNIT/`.
#[derive(Debug)]
pub struct Unit {
    /// What it printed.
    pub lines: Vec<String>,
    /// The result file: exit code and boot.
    pub result: Option<(i32, BootId)>,
    /// The captain's term in its script.
    pub epoch: u64,
    /// It runs on its subject and holds the server's lock.
    pub on_subject: bool,
    /// Its captain would have ended it then.
    pub until: Timestamp,
    /// Ends the process, as a power cut does.
    pub task: Option<AbortHandle>,
    /// Counts what is new, for those who follow; closed when the unit vanishes.
    pub news: watch::Sender<u64>,
}

impl Unit {
    /// A unit that has just been started.
    #[must_use]
    pub fn new(epoch: u64, on_subject: bool, until: Timestamp) -> Self {
        Self {
            lines: Vec::new(),
            result: None,
            epoch,
            on_subject,
            until,
            task: None,
            news: watch::Sender::new(0),
        }
    }

    /// One more line of output.
    pub fn say(&mut self, line: &str) {
        self.lines.extend(line.lines().map(str::to_owned));
        self.news.send_modify(|count| *count += 1);
    }

    /// Renames the result into place.
    pub fn end(&mut self, code: i32, boot: BootId) {
        self.result = Some((code, boot));
        self.news.send_modify(|count| *count += 1);
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
