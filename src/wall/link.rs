//! The view of another host: one `ssh` that runs `pooldeck wall --feed` there. Whatever goes wrong, it begins again: a new `ssh` looks the
//! name up anew and reads its keys anew, so months need nothing else.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    str::FromStr,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel},
    thread,
    time::Duration,
};

use super::{runtime::Ear, source::Feed, update::Msg, veil::Veil, view::LARGEST};
use crate::deck::runtime::Event;

/// The other end says something every five seconds: after four times that the line is dead, whatever TCP believes.
const SILENCE: Duration = Duration::from_secs(20);
/// Tried again after one second, then two, four …, at most a minute.
const LONGEST: u64 = 60;
/// What ssh says of itself is one line.
const WORDS: usize = 200;
/// A view comes every two seconds; whoever talks without pause is read twenty times a second, and waits meanwhile.
const LEISURE: Duration = Duration::from_millis(50);
/// More than that at once is no line.
const SPOKEN: u64 = 4096;

/// `ssh:HOST`: where the view is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via(pub String);

impl FromStr for Via {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let host = text
            .strip_prefix("ssh:")
            .ok_or("it is written `ssh:HOST`")?;
        let odd = |c: char| c.is_whitespace() || c.is_control();
        // ssh would take a host that begins so for an option, and options run commands.
        if host.is_empty() || host.starts_with('-') || host.contains(odd) {
            return Err(format!("`{host}` is no host's name"));
        }
        Ok(Self(host.to_owned()))
    }
}

/// How long to wait before the next try: twice as long after each, and anywhere in its upper half, so that the walls of a house do not
/// come back at once.
#[must_use]
pub fn pause(tries: u32, chance: u64) -> Duration {
    let whole = 1000 * (1_u64 << tries.min(6)).min(LONGEST);
    let half = whole / 2;
    Duration::from_millis((half + chance % (whole - half + 1)).max(1000))
}

/// Starts the thread that keeps the line.
///
/// # Errors
/// When no thread can be had.
pub fn start(via: Via, events: Sender<Event<Msg>>) -> std::io::Result<()> {
    thread::Builder::new()
        .name("wall-link".to_owned())
        .spawn(move || {
            let _ear = Ear(events.clone());
            let mut tries = 0;
            loop {
                let mut heard = false;
                let lost = once(&via, |feed| {
                    heard = true;
                    let msg = Msg::Heard(Box::new(feed));
                    events.send(Event::Msg(msg)).is_ok()
                });
                if events.send(Event::Msg(Msg::Lost(lost))).is_err() {
                    return;
                }
                tries = if heard { 0 } else { tries + 1 };
                thread::sleep(pause(tries, RandomState::new().build_hasher().finish()));
            }
        })?;
    Ok(())
}

/// Listens to one `ssh` until it ends or is silent; why it did.
fn once(via: &Via, mut say: impl FnMut(Feed) -> bool) -> String {
    // Who logs in there, and at which address, does not belong on a wall.
    let name = via.0.rsplit('@').next().unwrap_or_default();
    let host = Veil::default().over(name);
    let mut child = match spawn(&via.0) {
        Ok(child) => child,
        Err(error) => return format!("`ssh` cannot be started: {error}"),
    };
    let (lines, words) = (lines(&mut child), last_words(&mut child));
    let why = loop {
        match lines.recv_timeout(SILENCE) {
            Ok(line) => match serde_json::from_slice::<Feed>(&line) {
                Ok(feed) => {
                    if !say(feed) {
                        break String::new();
                    }
                    thread::sleep(LEISURE);
                }
                Err(error) => break format!("`{host}` says what is no view: {error}"),
            },
            Err(RecvTimeoutError::Timeout) => break format!("`{host}` says nothing"),
            Err(RecvTimeoutError::Disconnected) => break format!("the line to `{host}` ended"),
        }
    };
    // It may have ended by itself.
    drop(child.kill());
    drop(child.wait());
    match words.recv_timeout(Duration::from_secs(1)) {
        // ssh names addresses, which do not belong on a wall.
        Ok(words) if !words.is_empty() => format!("{why}: {}", Veil::default().over(&words)),
        _ => why,
    }
}

fn spawn(host: &str) -> std::io::Result<Child> {
    Command::new("ssh")
        // A line that died without a word is noticed by ssh, too.
        .args(["-o", "BatchMode=yes", "-o", "ConnectTimeout=15"])
        .args(["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"])
        .args([host, "pooldeck", "wall", "--feed"])
        // The watchdog is fed by what is drawn, and by nobody else.
        .env_remove("NOTIFY_SOCKET")
        .env_remove("WATCHDOG_USEC")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// Its lines, none of them longer than a view may be.
fn lines(child: &mut Child) -> Receiver<Vec<u8>> {
    // One that talks faster than it is understood waits.
    let (send, lines) = sync_channel(1);
    if let Some(out) = child.stdout.take() {
        let most = u64::try_from(LARGEST).unwrap_or(u64::MAX);
        let mut out = BufReader::new(out);
        // Ends with the child's output.
        thread::spawn(move || {
            loop {
                let mut line = Vec::new();
                let read = (&mut out).take(most).read_until(b'\n', &mut line);
                let whole = read.is_ok() && line.ends_with(b"\n");
                if !whole || send.send(line).is_err() {
                    return;
                }
            }
        });
    }
    lines
}

/// The last line that it said of itself.
fn last_words(child: &mut Child) -> Receiver<String> {
    let (send, words) = channel();
    if let Some(errors) = child.stderr.take() {
        thread::spawn(move || {
            let mut last = String::new();
            let mut errors = BufReader::new(errors);
            loop {
                let mut line = Vec::new();
                // A line that never ends is many lines.
                let read = (&mut errors).take(SPOKEN).read_until(b'\n', &mut line);
                if !read.is_ok_and(|read| read > 0) {
                    break;
                }
                let line = String::from_utf8_lossy(&line);
                if !line.trim().is_empty() {
                    last = line.trim().chars().take(WORDS).collect();
                }
            }
            drop(send.send(last));
        });
    }
    words
}
