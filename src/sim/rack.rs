//! The rack as its owner holds it: what can be put in, looked at, and broken.
//! Must never be handed to anything that runs against real servers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    clock::Clock,
    cluster::{Cluster, Owner},
    fault::{ApiFault, Cut, Lie, ScriptFault},
    machine::Machine,
    script::{self, Call},
    world::{Begun, World},
};
use crate::fleet::{Bytes, Claim, Script, ServerName, TroubleKind, Verb};

/// Servers in memory. Clones are the same rack.
#[derive(Debug, Clone)]
pub struct Rack {
    world: Arc<Mutex<World>>,
    /// Its time.
    pub clock: Clock,
}

impl Rack {
    /// An empty rack.
    #[must_use]
    pub fn new(clock: Clock, seed: u64) -> Self {
        let world = Arc::new(Mutex::new(World::new(clock, seed)));
        Self { world, clock }
    }

    /// Looks at the world, or changes it; no await can happen inside.
    pub fn with<R>(&self, look: impl FnOnce(&mut World) -> R) -> R {
        look(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at one machine, or changes it; none when there is none of that name.
    pub fn machine<R>(
        &self,
        server: &ServerName,
        look: impl FnOnce(&mut Machine) -> R,
    ) -> Option<R> {
        self.with(|world| world.machines.get_mut(server).map(look))
    }

    /// Puts a machine in.
    pub fn add(&self, machine: Machine) {
        let name = machine.hardware.name.clone();
        self.with(|world| world.machines.insert(name, machine));
    }

    /// Takes its power away.
    pub fn power_off(&self, server: &ServerName) {
        self.with(|world| {
            world.reboot(server, 0);
            if let Some(machine) = world.machines.get_mut(server) {
                machine.power = false;
            }
        });
    }

    /// Gives its power back: it boots for some seconds.
    pub fn power_on(&self, server: &ServerName) {
        self.with(|world| {
            world.reboot(server, 8);
            if let Some(machine) = world.machines.get_mut(server) {
                machine.power = true;
            }
        });
    }

    /// Reboots it.
    pub fn reboot(&self, server: &ServerName) {
        self.with(|world| world.reboot(server, 8));
    }

    /// From now on every command to it ends so; none: as usual again.
    pub fn trouble(&self, server: &ServerName, kind: Option<TroubleKind>) {
        self.machine(server, |machine| machine.faults.trouble = kind);
    }

    /// The next so many runs of that script on that server go wrong.
    pub fn spoil(
        &self,
        server: &ServerName,
        script: &'static str,
        verb: Verb,
        lie: Lie,
        times: u32,
    ) {
        let fault = ScriptFault {
            script,
            verb,
            lie,
            times,
        };
        self.machine(server, |machine| machine.faults.scripts.push(fault));
    }

    /// The `command`-th command from the first one (0) on is cut off.
    pub fn cut(&self, command: u64, cut: Cut) {
        self.with(|world| world.cuts.insert(command, cut));
    }

    /// Commands that were sent so far, probes not counted.
    #[must_use]
    pub fn commands(&self) -> u64 {
        self.with(|world| world.commands)
    }

    /// So many bytes are free on its disk.
    pub fn free(&self, server: &ServerName, bytes: Bytes) {
        self.machine(server, |machine| machine.disk.free = bytes);
    }

    /// Its clock is so many seconds ahead.
    pub fn clock_ahead(&self, server: &ServerName, seconds: f64) {
        self.machine(server, |machine| machine.clock_ahead = seconds);
    }

    /// Its claim.
    #[must_use]
    pub fn claim(&self, server: &ServerName) -> Option<Claim> {
        self.machine(server, |machine| machine.disk.claim.clone())
            .flatten()
    }

    /// Its counter: `RUN STEP VERB`, one line for each apply and undo.
    #[must_use]
    pub fn applied(&self, server: &ServerName) -> Vec<String> {
        self.machine(server, |machine| machine.disk.applied.clone())
            .unwrap_or_default()
    }

    /// What of ours or of Kubernetes is on it.
    #[must_use]
    pub fn traces(&self, server: &ServerName) -> Vec<String> {
        self.machine(server, |machine| machine.traces())
            .unwrap_or_default()
    }

    /// Whether that check's question is answered with yes by the world itself: no fault, no connection, no time in between.
    #[must_use]
    pub fn is_so(&self, server: &ServerName, check: &Script) -> bool {
        self.with(|world| script::is_so(world, &Call::new(server, check)))
    }

    /// What began its work since this was asked last.
    #[must_use]
    pub fn begun(&self) -> Vec<Begun> {
        self.with(|world| std::mem::take(&mut world.begun))
    }

    /// From now on the pool's API goes wrong so; none: as usual again.
    pub fn api(&self, pool: &str, fault: Option<ApiFault>) {
        self.with(|world| match fault {
            Some(fault) => drop(world.apis.insert(pool.to_owned(), fault)),
            None => drop(world.apis.remove(pool)),
        });
    }

    /// Names of all nodes that the pool's API knows; none when it does not answer.
    #[must_use]
    pub fn nodes(&self, pool: &str) -> Option<BTreeSet<String>> {
        self.cluster(pool, |cluster| cluster.nodes.keys().cloned().collect())
    }

    /// Looks at the pool's cluster, or changes it; none when its API does not answer.
    pub fn cluster<R>(&self, pool: &str, look: impl FnOnce(&mut Cluster) -> R) -> Option<R> {
        self.with(|world| {
            world.settle();
            let id = world.cluster_of(pool)?;
            let result = world.clusters.get_mut(&id).map(look);
            world.settle();
            result
        })
    }

    /// A Deployment of so many equal pods; `least` of them must serve at any time.
    pub fn deploy(
        &self,
        pool: &str,
        set: &str,
        pods: usize,
        least: Option<usize>,
        each: (u64, Bytes),
    ) {
        self.cluster(pool, |cluster| {
            for _ in 0..pods {
                cluster.want(set, Owner::Deployment, each.0, each.1);
            }
            if let Some(least) = least {
                cluster.budgets.insert(set.to_owned(), least);
            }
        });
    }

    /// Servers without power.
    #[must_use]
    pub fn off(&self) -> Vec<ServerName> {
        self.with(|world| {
            let machines = world.machines.iter();
            let off = machines.filter(|(_, machine)| !machine.power);
            off.map(|(name, _)| name.clone()).collect()
        })
    }

    /// All claims of the rack.
    #[must_use]
    pub fn claims(&self) -> BTreeMap<ServerName, Claim> {
        self.with(|world| {
            let machines = world.machines.iter();
            machines
                .filter_map(|(name, machine)| Some((name.clone(), machine.disk.claim.clone()?)))
                .collect()
        })
    }
}
