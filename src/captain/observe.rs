//! Looks at servers: one probe each, paced by the fleet's size; what comes back is knowledge with an age.
//! Must never decide what it means.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};

use super::{door::Input, state::State};
use crate::{
    fleet::{MachineId, Server, ServerName, ServerSeen, Trouble, TroubleKind},
    ssh::{ProbeText, Transport, TransportError, probe},
};

/// Probes in flight at once; the transport has its own limit of connects.
const IN_FLIGHT: usize = 64;
/// Probes a second for a large fleet: a thousand servers are looked at once in twenty seconds.
const A_SECOND: u32 = 50;
/// A probe costs a tenth of a second of a CPU (measured): where apt and kubeadm work it comes so many times less often.
const WORK_FACTOR: i32 = 5;

/// A server that takes a connection and then says nothing is unreachable, too; a probe takes a tenth of a second.
const PATIENCE: Duration = Duration::from_secs(15);

/// Who is looked at now and who is next.
pub struct Observer<T> {
    transport: Arc<T>,
    to: mpsc::Sender<Input>,
    tasks: JoinSet<()>,
    under_way: BTreeSet<ServerName>,
    last: BTreeMap<ServerName, Timestamp>,
}

impl<T: Transport> Observer<T> {
    /// One that has looked at nobody.
    #[must_use]
    pub fn new(transport: Arc<T>, to: mpsc::Sender<Input>) -> Self {
        Self {
            transport,
            to,
            tasks: JoinSet::new(),
            under_way: BTreeSet::new(),
            last: BTreeMap::new(),
        }
    }

    /// Looks at those whose time has come.
    pub fn pump(&mut self, state: &State, every: Duration, now: Timestamp) {
        while self.tasks.try_join_next().is_some() {}
        let servers = &state.snapshot.fleet.servers;
        let count = u32::try_from(servers.len()).unwrap_or(u32::MAX);
        let pause = every.max(Duration::from_secs(1) * count / A_SECOND);
        let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
        for server in servers.values() {
            let pause = if is_at_work(state, &server.name) {
                pause * WORK_FACTOR
            } else {
                pause
            };
            let left = state.snapshot.fleet.left.get(&server.name);
            let due = self.last.get(&server.name).is_none_or(|last| {
                pause <= now.duration_since(*last) || left.is_some_and(|left| last <= left)
            });
            if due && self.under_way.len() < IN_FLIGHT {
                self.look_at(server, now);
            }
        }
    }

    /// Looks at one now, unless somebody is looking.
    pub fn look_at(&mut self, server: &Server, now: Timestamp) {
        if !self.under_way.insert(server.name.clone()) {
            return;
        }
        self.last.insert(server.name.clone(), now);
        let (transport, to, server) =
            (Arc::clone(&self.transport), self.to.clone(), server.clone());
        self.tasks.spawn(async move {
            let result = timeout(PATIENCE, transport.probe(&server)).await;
            let result = result.unwrap_or_else(|_| Err(too_slow()));
            drop(
                to.send(Input::Probed {
                    server: server.name,
                    result,
                })
                .await,
            );
        });
    }

    /// A probe came back; when it was sent.
    pub fn came_back(&mut self, server: &ServerName) -> Option<Timestamp> {
        self.under_way.remove(server);
        self.last.get(server).copied()
    }
}

/// A run works on it and does not wait for it: its steps tell more than a probe.
fn is_at_work(state: &State, server: &ServerName) -> bool {
    let run = state.snapshot.fleet.busy.get(server);
    let run = run.and_then(|run| state.snapshot.runs.get(run));
    run.is_some_and(|run| run.paused.is_none() && !run.parked.contains_key(server))
}

fn too_slow() -> TransportError {
    let seconds = PATIENCE.as_secs();
    TransportError {
        kind: TroubleKind::Unreachable,
        text: format!(
            "it did not answer within {seconds} s\nhint: log in by hand and look whether it is overloaded or half-way up"
        ),
    }
}

/// What is known of a server after a probe that was sent at `sent`: what changed meanwhile it may have missed.
#[must_use]
pub fn seen_after(
    before: Option<&ServerSeen>,
    pinned: Option<&MachineId>,
    result: Result<ProbeText, TransportError>,
    sent: Timestamp,
    now: Timestamp,
) -> ServerSeen {
    let mut seen = before.cloned().unwrap_or_default();
    seen.tried = Some(sent);
    let trouble = match result {
        Ok(text) => {
            seen.host_key = text.host_key.or(seen.host_key);
            match probe::parse(&text.text, now) {
                Ok((facts, usage)) => {
                    let stranger = pinned.is_some() && facts.machine.as_ref() != pinned;
                    (seen.facts, seen.usage) = (Some(facts), Some(usage));
                    seen.seen = Some(sent);
                    stranger.then(|| {
                        let text = "another machine has this name now\nhint: `pooldeck server forget` lets it in";
                        (TroubleKind::Stranger, text.to_owned())
                    })
                }
                Err(error) => Some((TroubleKind::Unreadable, error.to_string())),
            }
        }
        Err(error) if error.kind == TroubleKind::Authentication && seen.seen.is_some() => {
            Some((TroubleKind::NeedsKey, error.text))
        }
        Err(error) => Some((error.kind, error.text)),
    };
    seen.trouble = trouble.map(|(kind, text)| {
        let same = seen.trouble.as_ref().filter(|old| old.kind == kind);
        Trouble {
            kind,
            text,
            since: same.map_or(now, |old| old.since),
        }
    });
    seen
}
