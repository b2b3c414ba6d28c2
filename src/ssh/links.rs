//! The connections that are open: one per server at most, warm ones kept, each with its limits.
//! Must never try a server again by itself that showed another host key than the known one.

use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::{TransportError, control::ControlDir, master::Master, trouble};
use crate::fleet::{Access, Server, ServerName, TroubleKind};

/// Commands at once on one server. sshd's `MaxSessions` is 10 by default, and refuses the eleventh.
const COMMANDS: usize = 8;
/// Logins at once: a login is some 50 ms of CPU on both sides.
const CONNECTS: usize = 64;
/// Connections kept without work; 1.3 MiB of memory each.
const WARM: usize = 256;

/// All connections of this process.
#[derive(Debug)]
pub(super) struct Links {
    config: Option<PathBuf>,
    control: ControlDir,
    by_server: Mutex<HashMap<ServerName, Arc<Link>>>,
    connects: Semaphore,
    clock: AtomicU64,
}

/// What is known of the way to one server.
#[derive(Debug)]
struct Link {
    access: Access,
    commands: Arc<Semaphore>,
    master: tokio::sync::Mutex<Option<Arc<Master>>>,
    failed: Mutex<Option<(Instant, TransportError)>>,
    was_in: AtomicBool,
    used: AtomicU64,
}

/// The right to run one command on a server.
#[derive(Debug)]
pub(super) struct Lane {
    /// The connection.
    pub(super) master: Arc<Master>,
    _turn: OwnedSemaphorePermit,
}

impl Links {
    /// None yet. `config` is given to ssh as `-F`.
    ///
    /// # Errors
    /// When no directory for control sockets can be made.
    pub(super) fn new(config: Option<PathBuf>) -> io::Result<Self> {
        Ok(Self {
            config,
            control: ControlDir::new()?,
            by_server: Mutex::default(),
            connects: Semaphore::new(CONNECTS),
            clock: AtomicU64::new(0),
        })
    }

    /// A turn on the server's connection, made when there is none.
    ///
    /// # Errors
    /// Why there is no connection.
    pub(super) async fn lane(&self, server: &Server) -> Result<Lane, TransportError> {
        let link = self.link(server);
        let closed = |_| trouble::trouble(server, TroubleKind::Disconnected, "we are going down");
        let turn = Arc::clone(&link.commands)
            .acquire_owned()
            .await
            .map_err(closed)?;
        let master = self.master(&link, server).await?;
        Ok(Lane {
            master,
            _turn: turn,
        })
    }

    /// The server's connection, apart from the limit of commands: for forwards, which are none.
    ///
    /// # Errors
    /// Why there is no connection.
    pub(super) async fn connection(&self, server: &Server) -> Result<Arc<Master>, TransportError> {
        self.master(&self.link(server), server).await
    }

    /// Closes the server's connection and forgets what it failed with.
    pub(super) fn forget(&self, server: &ServerName) {
        self.locked().remove(server);
    }

    /// Gives up a connection that does not answer, unless there is another one already.
    pub(super) async fn close(&self, server: &Server, gone: &Arc<Master>) {
        let link = self.link(server);
        let mut slot = link.master.lock().await;
        if slot
            .as_ref()
            .is_some_and(|master| Arc::ptr_eq(master, gone))
        {
            *slot = None;
        }
    }

    async fn master(&self, link: &Link, server: &Server) -> Result<Arc<Master>, TransportError> {
        let asked = Instant::now();
        link.used.store(
            self.clock.fetch_add(1, Ordering::Relaxed),
            Ordering::Relaxed,
        );
        let mut slot = link.master.lock().await;
        if let Some(master) = slot.as_ref().filter(|master| master.is_alive()) {
            return Ok(Arc::clone(master));
        }
        *slot = None;
        link.refuse_again(asked)?;
        let closed = |_| trouble::trouble(server, TroubleKind::Disconnected, "we are going down");
        let _turn = self.connects.acquire().await.map_err(closed)?;
        let was_in = link.was_in.load(Ordering::Relaxed);
        let socket = self.control.socket();
        match Master::connect(server, self.config.as_deref(), socket, was_in).await {
            Ok(master) => {
                link.was_in.store(true, Ordering::Relaxed);
                let master = Arc::new(master);
                *slot = Some(Arc::clone(&master));
                self.cool();
                Ok(master)
            }
            Err(error) => {
                *link.failed() = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    fn link(&self, server: &Server) -> Arc<Link> {
        let mut links = self.locked();
        let known = links.get(&server.name);
        if let Some(link) = known.filter(|link| link.access == server.access) {
            return Arc::clone(link);
        }
        let link = Arc::new(Link {
            access: server.access.clone(),
            commands: Arc::new(Semaphore::new(COMMANDS)),
            master: tokio::sync::Mutex::default(),
            failed: Mutex::default(),
            was_in: AtomicBool::new(false),
            used: AtomicU64::new(0),
        });
        links.insert(server.name.clone(), Arc::clone(&link));
        link
    }

    /// Closes the connections that were not used for longest, down to what may stay warm.
    fn cool(&self) {
        let links = self.locked();
        let mut warm: Vec<_> = links
            .values()
            .filter_map(|link| {
                Some((
                    link.used.load(Ordering::Relaxed),
                    link.master.try_lock().ok()?,
                ))
            })
            .filter(|(_, slot)| slot.is_some())
            .collect();
        let surplus = warm.len().saturating_sub(WARM);
        warm.sort_by_key(|(used, _)| *used);
        let idle = |slot: &Option<Arc<Master>>| {
            slot.as_ref()
                .is_some_and(|master| Arc::strong_count(master) == 1)
        };
        for (_, slot) in warm.iter_mut().filter(|(_, slot)| idle(slot)).take(surplus) {
            **slot = None;
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<ServerName, Arc<Link>>> {
        self.by_server
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link {
    fn failed(&self) -> std::sync::MutexGuard<'_, Option<(Instant, TransportError)>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who waited while a login failed gets that answer, instead of waiting for the next. A changed host key is
    /// the answer for good.
    fn refuse_again(&self, asked: Instant) -> Result<(), TransportError> {
        match self.failed().as_ref() {
            Some((_, error)) if error.kind == TroubleKind::HostKeyChanged => Err(error.clone()),
            Some((at, error)) if *at > asked => Err(error.clone()),
            _ => Ok(()),
        }
    }
}
