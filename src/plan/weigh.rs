//! The scales of the resize dialog: every server that may be a worker, and what a set picked by hand adds up to.
//! Must never plan: what is ticked becomes a request and takes the same road as every other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Site, candidates::Candidate, room, words, world::World};
use crate::fleet::{Capacity, Fleet, Observed, PoolName, Role, ServerName, Standing};

/// All servers that a pool's workers are chosen from. Made when the dialog opens and when the world moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scales {
    /// The workers' hardware of now.
    pub now: Capacity,
    /// Members first, then spare servers, then those that are left out; each by name.
    pub rows: Vec<Row>,
}

/// One server of the dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub server: ServerName,
    /// Its hardware; unknown where it was never seen.
    pub capacity: Option<Capacity>,
    /// Servers of one zone may fail together.
    pub zone: Option<String>,
    /// It is a worker of the pool now.
    pub member: bool,
    /// Why it cannot be ticked.
    pub left_out: Option<Standing>,
}

/// What a set adds up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weight {
    /// Servers in the set.
    pub servers: usize,
    /// Their hardware.
    pub would_be: Capacity,
    /// Above what was asked.
    pub over: Capacity,
    /// Below what was asked.
    pub short: Capacity,
    /// Workers of each zone, now and with this set.
    pub zones: BTreeMap<String, (usize, usize)>,
}

impl Scales {
    /// Looks at every server for this pool; for a new pool where there is none of that name.
    #[must_use]
    pub fn new(
        fleet: &Fleet,
        observed: &Observed,
        pool: &PoolName,
        now: Timestamp,
        site: &Site,
    ) -> Self {
        let world = World {
            fleet,
            observed,
            now,
            site,
        };
        let mut survey = world.survey();
        let zone = |name: &ServerName| fleet.servers.get(name).and_then(|it| it.zone.clone());
        let mut rows = Vec::new();
        let pool = fleet.pools.get(pool);
        if let Some(pool) = pool {
            room::keep_to(&world, pool, &mut survey);
            rows.extend(pool.with_role(Role::Worker).map(|(name, member)| Row {
                server: name.clone(),
                capacity: Some(member.capacity),
                zone: zone(name),
                member: true,
                left_out: None,
            }));
        }
        let spare = survey.candidates.iter().map(|it: &Candidate<'_>| Row {
            server: it.name().clone(),
            capacity: Some(it.capacity),
            zone: it.server.zone.clone(),
            member: false,
            left_out: None,
        });
        rows.extend(spare);
        let seen = |name: &ServerName| {
            let facts = observed.servers.get(name)?.facts.as_ref()?;
            Some(facts.capacity)
        };
        rows.extend(survey.left_out.into_iter().map(|out| Row {
            capacity: seen(&out.server),
            zone: zone(&out.server),
            member: false,
            left_out: Some(out.standing),
            server: out.server,
        }));
        Self {
            now: pool.map_or_else(Capacity::default, crate::fleet::Pool::capacity),
            rows,
        }
    }

    /// The workers of now: what is ticked when the dialog opens.
    #[must_use]
    pub fn members(&self) -> BTreeSet<ServerName> {
        let members = self.rows.iter().filter(|row| row.member);
        members.map(|row| row.server.clone()).collect()
    }

    /// What a set of workers adds up to. Cheap: one pass, with every key press.
    #[must_use]
    pub fn weigh(&self, ticked: &BTreeSet<ServerName>, asked: Capacity) -> Weight {
        let mut weight = Weight::default();
        for row in &self.rows {
            let taken = ticked.contains(&row.server) && row.left_out.is_none();
            if let Some(zone) = row.zone.as_ref().filter(|_| row.member || taken) {
                let (now, then) = weight.zones.entry(zone.clone()).or_default();
                *now += usize::from(row.member);
                *then += usize::from(taken);
            }
            if let Some(capacity) = row.capacity.filter(|_| taken) {
                weight.servers += 1;
                weight.would_be = weight.would_be + capacity;
            }
        }
        weight.over = weight.would_be.less(asked);
        weight.short = asked.less(weight.would_be);
        weight
    }

    /// What ticking or unticking this row would do, as a sentence: `enough: 8 CPUs over`, `alone too small: 8 CPUs short`.
    #[must_use]
    pub fn why(&self, row: &Row, ticked: &BTreeSet<ServerName>, asked: Capacity) -> String {
        if let Some(standing) = &row.left_out {
            return standing.to_string();
        }
        let mut other = ticked.clone();
        if !other.remove(&row.server) {
            other.insert(row.server.clone());
        }
        let comes = other.contains(&row.server);
        let weight = self.weigh(&other, asked);
        match (comes, weight.short == Capacity::default()) {
            (true, true) => format!("enough with it: {} over", words::amount(weight.over)),
            (true, false) => format!("too small alone: {} short", words::amount(weight.short)),
            (false, true) => format!("could go: {} over without it", words::amount(weight.over)),
            (false, false) => format!("needed: {} short without it", words::amount(weight.short)),
        }
    }

    /// The servers that a ticked set adds and removes: what a request by hand names.
    #[must_use]
    pub fn changes(
        &self,
        ticked: &BTreeSet<ServerName>,
    ) -> (BTreeSet<ServerName>, BTreeSet<ServerName>) {
        let members = self.members();
        let add = ticked.difference(&members).cloned().collect();
        let remove = members.difference(ticked).cloned().collect();
        (add, remove)
    }
}
