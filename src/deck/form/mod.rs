//! The dialog for another size of a pool, or for a new pool: asked by numbers, or by hand, with totals that follow.
//! Must never ask for anything: it makes a request, and the preview shows what that would do.

mod request;

use std::collections::BTreeSet;

use super::{command::Place, world::World};
use crate::{
    fleet::{Bytes, Capacity, PoolName, Role, RunId, ServerName},
    plan::Plan,
};

/// The dialog.
#[derive(Debug, Clone)]
pub struct Form {
    /// The pool that gets another size; none for a new one.
    pub pool: Option<PoolName>,
    /// The new pool's name, as it is typed.
    pub name: String,
    /// CPUs asked for, as typed; empty: as now.
    pub cores: String,
    /// GiB asked for, as typed; empty: as now.
    pub memory: String,
    /// What the keys act on.
    pub cursor: Spot,
    /// Workers as the dialog opened.
    pub workers: BTreeSet<ServerName>,
    /// Servers to choose from; changes its order only when the person asks for something else.
    pub rows: Vec<ServerName>,
    /// Workers as they would be.
    pub ticked: BTreeSet<ServerName>,
    /// They were ticked by a person, not by the suggestion.
    pub by_hand: bool,
    /// The set that is up to 5 % short is taken.
    pub less: bool,
    /// The newest question to the planner.
    pub ticket: u64,
    /// Its answer.
    pub thought: Thought,
}

/// What the planner says to the numbers.
#[derive(Debug, Clone, Default)]
pub enum Thought {
    /// Nothing was asked.
    #[default]
    None,
    /// It is thinking.
    Asked,
    /// So it would go.
    Plan(Box<Plan>),
    /// It cannot be; why.
    Refused(String),
}

/// A field or a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// The new pool's name.
    Name,
    /// CPUs.
    Cores,
    /// Memory.
    Memory,
    /// A server of the list.
    Server(ServerName),
}

impl Form {
    /// Another size for a pool.
    #[must_use]
    pub fn resize(world: &World, pool: &PoolName) -> Self {
        let workers: BTreeSet<ServerName> = world
            .snapshot
            .fleet
            .pools
            .get(pool)
            .map(|pool| {
                pool.with_role(Role::Worker)
                    .map(|(name, _)| name.clone())
                    .collect()
            })
            .unwrap_or_default();
        let mut form = Self::blank(Some(pool.clone()), workers);
        form.order(world);
        form
    }

    /// A new pool.
    #[must_use]
    pub fn create(world: &World) -> Self {
        let mut form = Self::blank(None, BTreeSet::new());
        form.order(world);
        form
    }

    fn blank(pool: Option<PoolName>, workers: BTreeSet<ServerName>) -> Self {
        Self {
            cursor: if pool.is_some() {
                Spot::Cores
            } else {
                Spot::Name
            },
            pool,
            name: String::new(),
            cores: String::new(),
            memory: String::new(),
            ticked: workers.clone(),
            workers,
            rows: Vec::new(),
            by_hand: false,
            less: false,
            ticket: 0,
            thought: Thought::None,
        }
    }

    /// The same with these servers chosen by hand: spare ones come, workers go.
    #[must_use]
    pub fn with(mut self, chosen: &BTreeSet<ServerName>, world: &World) -> Self {
        for server in chosen {
            if !self.ticked.remove(server) {
                self.ticked.insert(server.clone());
            }
        }
        self.by_hand = !chosen.is_empty();
        self.order(world);
        self
    }

    /// Where keys go.
    #[must_use]
    pub fn place(&self) -> Place {
        match (&self.cursor, &self.pool) {
            (Spot::Name, _) => Place::Text,
            (_, Some(_)) => Place::Resize,
            (_, None) => Place::Create,
        }
    }

    /// The open run of the pool: as long as it is at work there is no other size.
    #[must_use]
    pub fn in_the_way(&self, world: &World) -> Option<RunId> {
        Some(world.run_of(self.pool.as_ref()?)?.id())
    }

    /// Everything that the cursor can stand on, from top to bottom.
    #[must_use]
    pub fn spots(&self) -> Vec<Spot> {
        let name = self.pool.is_none().then_some(Spot::Name);
        let servers = self.rows.iter().cloned().map(Spot::Server);
        name.into_iter()
            .chain([Spot::Cores, Spot::Memory])
            .chain(servers)
            .collect()
    }

    /// What the person asked for: the typed totals. A total that was not typed stays as it is now; when the other
    /// one shrinks it shrinks alike, else no server could ever go.
    #[must_use]
    pub fn asked(&self, world: &World) -> Capacity {
        let now = self.now(world);
        let cores = self.cores.parse().ok();
        let memory = self.memory.parse().ok().map(Bytes::gib);
        let (all, gib) = (u64::from(now.cores).max(1), (now.memory.0 >> 30).max(1));
        let alike = |whole: u64, part: u64, of: u64| whole * part.min(of) / of;
        match (cores, memory) {
            (Some(cores), Some(memory)) => Capacity { cores, memory },
            (Some(cores), None) => Capacity {
                cores,
                memory: if u64::from(cores) < all {
                    Bytes::gib(alike(gib, cores.into(), all))
                } else {
                    now.memory
                },
            },
            (None, Some(memory)) => Capacity {
                cores: u32::try_from(alike(all, memory.0 >> 30, gib)).unwrap_or(now.cores),
                memory,
            },
            (None, None) => now,
        }
    }

    /// The workers' hardware now.
    #[must_use]
    pub fn now(&self, world: &World) -> Capacity {
        let pool = self.pool.as_ref();
        let pool = pool.and_then(|pool| world.snapshot.fleet.pools.get(pool));
        pool.map(crate::fleet::Pool::capacity).unwrap_or_default()
    }

    /// Hardware with the ticked servers: a member counts as it was taken into the pool, everybody else as it was found.
    #[must_use]
    pub fn would_be(&self, world: &World) -> Capacity {
        let one = |name: &ServerName| self.size(world, name);
        self.ticked.iter().filter_map(one).sum()
    }

    /// A server's hardware, as it counts here.
    #[must_use]
    pub fn size(&self, world: &World, name: &ServerName) -> Option<Capacity> {
        let pool = self.pool.as_ref();
        let pool = pool.and_then(|pool| world.snapshot.fleet.pools.get(pool));
        let member = pool.and_then(|pool| Some(pool.members.get(name)?.capacity));
        member.or_else(|| world.server(name)?.capacity)
    }

    /// A step that is felt: the smallest of the pool's workers; of the spare servers for a new pool.
    #[must_use]
    pub fn one_server(&self, world: &World) -> Capacity {
        let workers = self
            .workers
            .iter()
            .filter_map(|name| self.size(world, name));
        let spares = world.spares().filter_map(|row| row.capacity);
        let smallest = |all: &mut dyn Iterator<Item = Capacity>| {
            all.reduce(|a, b| Capacity::new(a.cores.min(b.cores), a.memory.min(b.memory)))
        };
        smallest(&mut workers.into_iter())
            .or_else(|| smallest(&mut spares.into_iter()))
            .unwrap_or_default()
    }

    /// Servers that can be ticked first, those that cannot last; when less is asked, workers before spares.
    pub fn order(&mut self, world: &World) {
        let (asked, now) = (self.asked(world), self.now(world));
        let shrinks = asked.cores < now.cores || asked.memory < now.memory;
        let spares = world.spares().map(|row| row.name.clone());
        let workers = self.workers.iter().cloned();
        let out = world
            .servers
            .iter()
            .filter(|row| row.is_free() && !row.is_spare() && row.busy().is_none());
        let out = out.map(|row| row.name.clone());
        self.rows = if shrinks {
            workers.chain(spares).chain(out).collect()
        } else {
            spares.chain(workers).chain(out).collect()
        };
    }

    /// Takes the planner's set of workers.
    pub fn suggest(&mut self) {
        let Thought::Plan(plan) = &self.thought else {
            return;
        };
        self.by_hand = false;
        let workers = |moves: &[crate::plan::Move]| -> BTreeSet<ServerName> {
            let workers = moves.iter().filter(|it| it.role == Role::Worker);
            workers.map(|it| it.server.clone()).collect()
        };
        let (come, go) = (
            workers(&plan.effects.incoming),
            workers(&plan.effects.outgoing),
        );
        self.ticked = self.workers.difference(&go).cloned().chain(come).collect();
    }
}
