//! The rack as a door out: the seam that openssh implements for real servers.
//! Must never let a unit's life depend on who looks at it.

use std::time::Duration;

use secrecy::SecretString;

use super::{
    fault::{self, Cut},
    probe,
    rack::Rack,
    script::{self, Call},
    unit::Unit,
};
use crate::{
    fleet::{BootId, Script, Server, ServerName, TroubleKind},
    ssh::{Answer, ProbeText, Transport, TransportError, UnitName, UnitState},
};

impl Rack {
    /// One command's way there: takes a little time, and may end on it.
    async fn reach(
        &self,
        server: &ServerName,
        counts: bool,
    ) -> Result<Option<Cut>, TransportError> {
        let (cut, millis, error) = self.with(|world| {
            let number = world.commands;
            let cut = if counts {
                world.cuts.remove(&number)
            } else {
                None
            };
            world.commands += u64::from(counts);
            let (now, millis) = (world.now(), world.prng.between(2, 30));
            let (millis, error) = match world.machines.get(server) {
                None => (millis, Some(TroubleKind::Unreachable)),
                Some(machine) if machine.faults.trouble.is_some() => {
                    (millis, machine.faults.trouble)
                }
                // The connection attempt's own limit.
                Some(machine) if !machine.is_up(now) => (3_000, Some(TroubleKind::Unreachable)),
                Some(_) => (millis, None),
            };
            (cut, millis, error)
        });
        self.clock.work(Duration::from_millis(millis)).await;
        match (error, cut) {
            (Some(kind), _) => Err(fault::error(server, kind)),
            (None, Some(Cut::Before)) => Err(fault::error(server, TroubleKind::Disconnected)),
            (None, cut) => Ok(cut),
        }
    }

    /// The way back.
    fn back<R>(server: &ServerName, cut: Option<Cut>, result: R) -> Result<R, TransportError> {
        match cut {
            None => Ok(result),
            Some(_) => Err(fault::error(server, TroubleKind::Disconnected)),
        }
    }

    fn boot(&self, server: &ServerName) -> Option<BootId> {
        self.machine(server, |machine| {
            machine.power.then(|| machine.boot.id.clone())
        })
        .flatten()
    }

    /// What is new of a unit: its lines from `from` on, and its result.
    fn news(&self, server: &ServerName, unit: &UnitName, from: usize) -> Option<News> {
        self.machine(server, |machine| {
            let unit = machine.boot.units.get(unit)?;
            Some(News {
                lines: unit.lines.get(from..).unwrap_or_default().to_vec(),
                result: unit.result.clone(),
                more: unit.news.subscribe(),
            })
        })
        .flatten()
    }
}

struct News {
    lines: Vec<String>,
    result: Option<(i32, BootId)>,
    more: tokio::sync::watch::Receiver<u64>,
}

impl Transport for Rack {
    async fn check(&self, server: &Server, script: &Script) -> Result<Answer, TransportError> {
        let cut = self.reach(&server.name, true).await?;
        let boot = self.boot(&server.name);
        let answer = script::check(self, &Call::new(&server.name, script)).await;
        if self.boot(&server.name) != boot {
            return Err(fault::error(&server.name, TroubleKind::Disconnected));
        }
        Self::back(&server.name, cut, answer)
    }

    async fn fetch(
        &self,
        server: &Server,
        script: &Script,
    ) -> Result<SecretString, TransportError> {
        let cut = self.reach(&server.name, true).await?;
        let secret = script::fetch(self, &Call::new(&server.name, script)).await;
        let secret = Self::back(&server.name, cut, secret)?;
        secret.map_err(|text| TransportError {
            kind: TroubleKind::Unreadable,
            text,
        })
    }

    async fn start(
        &self,
        server: &Server,
        unit: &UnitName,
        script: &Script,
    ) -> Result<(), TransportError> {
        let cut = self.reach(&server.name, true).await?;
        let call = Call::new(&server.name, script);
        let limit = call.env("POOLDECK_LIMIT").parse().unwrap_or(60);
        let until = self.clock.now() + Duration::from_secs(limit);
        let fresh = self.machine(&server.name, |machine| {
            let there = machine.boot.units.contains_key(unit);
            let new = || Unit::new(call.epoch(), call.env("POOLDECK_ON") == "subject", until);
            machine.boot.units.entry(unit.clone()).or_insert_with(new);
            !there
        });
        if fresh == Some(true) {
            let task = tokio::spawn(script::unit(self.clone(), unit.clone(), call));
            let handle = task.abort_handle();
            let kept = self.machine(&server.name, |machine| {
                machine
                    .boot
                    .units
                    .get_mut(unit)
                    .map(|unit| unit.task = Some(handle))
            });
            if kept.flatten().is_none() {
                task.abort();
            }
        }
        Self::back(&server.name, cut, ())
    }

    async fn follow(
        &self,
        server: &Server,
        unit: &UnitName,
        from: u64,
        line: &mut (dyn FnMut(String) + Send),
    ) -> Result<UnitState, TransportError> {
        let cut = self.reach(&server.name, true).await?;
        let lost = || fault::error(&server.name, TroubleKind::Disconnected);
        let boot = self.boot(&server.name);
        let mut next = usize::try_from(from).unwrap_or(usize::MAX);
        loop {
            if self.boot(&server.name) != boot {
                return Err(lost());
            }
            let Some(mut news) = self.news(&server.name, unit, next) else {
                return Self::back(&server.name, cut, UnitState::Absent);
            };
            next += news.lines.len();
            news.lines.into_iter().for_each(&mut *line);
            if let Some((code, boot)) = news.result {
                return Self::back(&server.name, cut, UnitState::Finished { code, boot });
            }
            if cut == Some(Cut::During) {
                return Err(lost());
            }
            // A unit that vanishes closes its news: the next look tells why.
            let _closed = news.more.changed().await;
        }
    }

    async fn forget(&self, server: &Server, units: &[UnitName]) -> Result<(), TransportError> {
        let cut = self.reach(&server.name, true).await?;
        self.machine(&server.name, |machine| {
            machine.boot.units.retain(|name, _| !units.contains(name));
        });
        Self::back(&server.name, cut, ())
    }

    async fn probe(&self, server: &Server) -> Result<ProbeText, TransportError> {
        let cut = self.reach(&server.name, false).await?;
        let text = self.with(|world| probe::text(world, &server.name));
        Self::back(&server.name, cut, text)
    }
}
