//! What a service's own process tells systemd (`sd_notify(3)`): that it is ready, and that it is alive. Told from where frames reach the
//! terminal: a wall that does not draw any more is started again.

use std::{
    io,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram},
    },
    time::{Duration, Instant},
};

/// Whom to tell, and how often.
#[derive(Debug)]
pub struct Notify {
    socket: UnixDatagram,
    to: SocketAddr,
    every: Option<Duration>,
    ready: bool,
    told: Option<Instant>,
}

impl Notify {
    /// As the environment says; none where nobody waits to be told, or where it cannot be reached.
    #[must_use]
    pub fn of(environment: impl Fn(&str) -> Option<String>, pid: u32) -> Option<Self> {
        let to = address(&environment("NOTIFY_SOCKET")?).ok()?;
        let number = |name: &str| environment(name).and_then(|text| text.parse::<u64>().ok());
        // A watchdog that was meant for the process that started us.
        let ours = number("WATCHDOG_PID").is_none_or(|of| of == u64::from(pid));
        let micros = number("WATCHDOG_USEC").filter(|micros| ours && *micros > 0);
        Some(Self {
            socket: UnixDatagram::unbound().ok()?,
            to,
            every: micros.map(|micros| Duration::from_micros(micros / 2)),
            ready: false,
            told: None,
        })
    }

    /// A frame has reached the terminal. systemd that is away is not waited for.
    pub fn frame_arrived(&mut self, now: Instant) {
        if !self.ready {
            self.ready = true;
            self.say(b"READY=1");
        }
        let due = |every| {
            self.told
                .is_none_or(|told| now.duration_since(told) >= every)
        };
        if self.every.is_some_and(due) {
            self.told = Some(now);
            self.say(b"WATCHDOG=1");
        }
    }

    fn say(&self, text: &[u8]) {
        if self.socket.set_nonblocking(true).is_ok() {
            drop(self.socket.send_to_addr(text, &self.to));
        }
    }
}

/// A path, or `@` and a name that is in no file system.
fn address(text: &str) -> io::Result<SocketAddr> {
    match text.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(text),
    }
}
