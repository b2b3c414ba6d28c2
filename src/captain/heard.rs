//! What is seen comes in: a probe's answer, a cluster's news. Knowledge first, then what it means for open runs.
//! Must never decide on it what a check decides.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{engine::unpark, inventory, observe::seen_after, others, owner::Owner};
use crate::{
    cluster::ClusterApi,
    fleet::{ClusterSeen, PoolName, RunId, ServerName},
    run::{Fact, Run},
    ssh::{ProbeText, Transport, TransportError},
    store::StoreError,
};

impl<T: Transport, C: ClusterApi> Owner<T, C> {
    /// A probe came back.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn probed(
        &mut self,
        server: &ServerName,
        result: Result<ProbeText, TransportError>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sent = self.observer.came_back(server).unwrap_or(now);
        let snapshot = &mut self.state.snapshot;
        let pinned = snapshot.fleet.machines.get(server);
        let before = snapshot.observed.servers.get(server);
        let seen = seen_after(before, pinned, result, sent, now);
        let known = before.and_then(|seen| seen.facts.clone());
        self.writes.server(server, &seen);
        let well = seen.trouble.is_none();
        let facts = seen.facts.clone();
        snapshot.observed.servers.insert(server.clone(), seen);
        let machine = facts.as_ref().and_then(|facts| facts.machine.clone());
        if let (true, None, Some(machine)) = (well, snapshot.fleet.machines.get(server), machine) {
            self.state.pin(server, machine)?;
            inventory::find_own_host(&mut self.state, &self.options)?;
        }
        if well {
            let known = known.as_ref().zip(facts.as_ref());
            self.record_all(now, |run| {
                let rebooted =
                    known.and_then(|(before, now)| others::rebooted(run, server, before, now));
                rebooted
                    .or_else(|| unpark(run, server))
                    .into_iter()
                    .collect()
            })?;
        }
        let mut too_early = false;
        for waiting in self.waiting.values_mut() {
            // One that was under way when somebody asked may have missed why they asked.
            if waiting.since <= sent {
                waiting.unseen.remove(server);
            } else {
                too_early |= waiting.unseen.contains(server);
            }
        }
        if let (true, Some(again)) = (too_early, self.state.snapshot.fleet.servers.get(server)) {
            self.observer.look_at(again, now);
        }
        Ok(())
    }

    /// A cluster said what is in it.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn heard(
        &mut self,
        pool: &PoolName,
        seen: &ClusterSeen,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let seen = &ClusterSeen {
            tried: Some(now),
            ..seen.clone()
        };
        self.writes.cluster(pool, seen);
        let pools = &mut self.state.snapshot.observed.pools;
        let Some(before) = pools.insert(pool.clone(), seen.clone()) else {
            return Ok(());
        };
        self.record_all(now, |run| {
            let of_it = run.plan().pool.as_ref().is_some_and(|it| it.name == *pool);
            if of_it {
                others::uncordoned(run, &before, seen)
            } else {
                Vec::new()
            }
        })
    }

    /// A cluster cannot be heard.
    pub(super) fn lost(&mut self, pool: &PoolName, why: String, now: Timestamp) {
        let pools = &mut self.state.snapshot.observed.pools;
        let seen = pools.entry(pool.clone()).or_default();
        (seen.trouble, seen.tried) = (Some(why), Some(now));
        self.writes.cluster(pool, seen);
    }

    /// A server names a later captain than the store does: somebody edited its claim, or another copy of the store is at work.
    /// Only that server waits; ending itself for it would end every captain of the fleet.
    pub(super) fn at_odds(
        &mut self,
        server: &ServerName,
        why: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let why = why.lines().next().unwrap_or_default();
        self.record_all(now, |run| {
            let executes = run.plan().executors.contains(server);
            let about = executes || run.plan().subjects().contains(&server);
            let id = run.id();
            let why = format!(
                "{why}, and this store knows of none\nhint: its claim was edited, or another copy of this store is at work: see to that, then `pooldeck run resume {id}`"
            );
            let server = server.clone();
            let waits = about && !run.held.contains(&server);
            waits.then_some(Fact::Held { server, why }).into_iter().collect()
        })
    }

    /// A server that is no longer offered is not begun with, nor gone on with while it is no node yet.
    pub(super) fn withdrawn(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let snapshot = &self.state.snapshot;
        let runs = self.state.snapshot.runs.values();
        let open = runs.filter(|run| run.is_open());
        let coming = open.flat_map(|run| &run.plan().effects.incoming);
        let withdrawn = coming
            .map(|it| &it.server)
            .filter(|name| !snapshot.offers(name));
        let withdrawn: BTreeSet<ServerName> = withdrawn.cloned().collect();
        if withdrawn.is_empty() {
            return Ok(());
        }
        self.record_all(now, |run| {
            let held = |server: &ServerName| others::withdrawn(run, server);
            withdrawn.iter().filter_map(held).collect()
        })
    }

    /// What did not come off is looked at at once: somebody may have rebooted it.
    pub(super) fn look_again(&mut self, run: RunId, facts: &[Fact], now: Timestamp) {
        let Some(run) = self.state.snapshot.runs.get(&run) else {
            return;
        };
        for fact in facts {
            if let Fact::Retrying { step, .. } = fact
                && let Some(step) = run.plan().step(*step)
                && let Some(server) = self.state.snapshot.fleet.servers.get(&step.subject)
            {
                self.observer.look_at(server, now);
            }
        }
    }

    /// Stores what the news mean for each open run.
    fn record_all(
        &mut self,
        now: Timestamp,
        mean: impl Fn(&Run) -> Vec<Fact>,
    ) -> Result<(), StoreError> {
        let runs = self.state.snapshot.runs.values();
        let open = runs.filter(|run| run.is_open());
        let all: Vec<(RunId, Vec<Fact>)> = open.map(|run| (run.id(), mean(run))).collect();
        for (run, facts) in all {
            if !facts.is_empty() {
                self.state.record(run, &facts, now)?;
            }
        }
        Ok(())
    }
}
