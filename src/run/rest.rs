//! What of a run is still ahead, read before a person lets it go on; and what it promised that no longer holds.
//! Must never call a rest harmless that would work on another server than was confirmed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Fate, Run, State};
use crate::{
    fleet::{Fleet, Observed, ServerName, Standing, standing},
    plan::Move,
};

/// What Linux calls all memory differs from boot to boot and kernel to kernel; a DIMM is more than that.
const MEMORY_PERCENT: u64 = 98;

/// The rest of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rest {
    /// One line for each server: its name, and the steps that it has before it.
    pub ahead: Vec<(ServerName, String)>,
    /// What nobody knows now.
    pub unknown: Vec<String>,
    /// What is worse than was confirmed; the run does not go on with it.
    pub worse: Vec<String>,
}

impl Run {
    /// What is ahead at `now`, against what is known now. `offered`: whether the inventory offers a server.
    #[must_use]
    pub fn rest(
        &self,
        fleet: &Fleet,
        observed: &Observed,
        offered: &dyn Fn(&ServerName) -> bool,
        now: Timestamp,
    ) -> Rest {
        let mut rest = Rest {
            ahead: self.ahead(),
            ..Rest::default()
        };
        let ahead: Vec<ServerName> = rest.ahead.iter().map(|(name, _)| name.clone()).collect();
        let forward = ahead.iter().filter(|name| self.fate(name) == Fate::Forward);
        for name in forward {
            let seen = observed.servers.get(name);
            let comes = self.plan().effects.incoming.iter();
            if comes.map(|it| &it.server).any(|it| it == name)
                && !self.has_come(name)
                && !offered(name)
            {
                rest.worse.push(format!("{name} is not offered any more"));
                continue;
            }
            match seen.and_then(|seen| seen.trouble.as_ref()) {
                // That it cannot be asked is what was confirmed.
                Some(_) if self.is_given_up(name) => (),
                None if self.is_given_up(name) => rest.worse.push(format!(
                    "{name} was to be given up, and can be reached again"
                )),
                Some(trouble) => {
                    let text = format!("{name}: {}", trouble.kind.words());
                    if self.touched(name) {
                        rest.unknown.push(text);
                    } else {
                        rest.worse.push(text);
                    }
                }
                None => self.compare(fleet, observed, name, now, &mut rest),
            }
        }
        rest
    }

    /// Each server with work before it, and its steps.
    #[must_use]
    pub fn ahead(&self) -> Vec<(ServerName, String)> {
        let mut found: BTreeMap<&ServerName, Vec<&str>> = BTreeMap::new();
        for (step, progress) in self.progress() {
            let is_ahead = match self.fate(&step.subject) {
                Fate::Forward => !matches!(progress.state, State::Proved | State::Failed { .. }),
                Fate::Back => progress.attempt > 0 && progress.state != State::Undone,
                Fate::Halted => false,
            };
            if is_ahead {
                let steps = found.entry(&step.subject).or_default();
                steps.push(step.action.name());
            }
        }
        let line = |(server, steps): (&ServerName, Vec<&str>)| {
            let back = self.fate(server) == Fate::Back;
            let way = if back { "take back " } else { "" };
            (server.clone(), format!("{way}{}", steps.join(", ")))
        };
        found.into_iter().map(line).collect()
    }

    /// One server against what was confirmed of it.
    fn compare(
        &self,
        fleet: &Fleet,
        observed: &Observed,
        name: &ServerName,
        now: Timestamp,
        rest: &mut Rest,
    ) {
        let seen = observed.servers.get(name);
        let facts = seen.and_then(|seen| seen.facts.as_ref());
        let promised = self.plan().pool.as_ref();
        let promised = promised.and_then(|pool| pool.members.get(name));
        let machine = facts.and_then(|facts| facts.machine.as_ref());
        if let (Some(was), Some(is)) = (promised.map(|member| &member.machine), machine)
            && was != is
        {
            rest.worse.push(format!("{name} is another machine"));
        }
        let comes = |it: &&Move| it.server == *name;
        let Some(comes) = self.plan().effects.incoming.iter().find(comes) else {
            return;
        };
        if let Some(facts) = facts
            && (facts.capacity.cores < comes.capacity.cores
                || facts.capacity.memory.0 < comes.capacity.memory.0 / 100 * MEMORY_PERCENT)
        {
            rest.worse.push(format!(
                "{name} has {} CPUs and {}, not {} and {}",
                facts.capacity.cores,
                facts.capacity.memory,
                comes.capacity.cores,
                comes.capacity.memory
            ));
        }
        if self.touched(name) {
            return;
        }
        let mut free = fleet.clone();
        free.busy.remove(name);
        for pool in free.pools.values_mut() {
            pool.members.remove(name);
        }
        match standing(&free, seen, name, now) {
            Standing::Spare => (),
            other => rest
                .worse
                .push(format!("{name} is no longer spare: {other}")),
        }
    }

    fn touched(&self, server: &ServerName) -> bool {
        let mut steps = self.progress();
        steps.any(|(step, progress)| step.subject == *server && progress.attempt > 0)
    }
}
