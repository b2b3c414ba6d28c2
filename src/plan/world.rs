//! What a plan is made on: what is wanted, what was seen, when, and from where.
//! Must never be older than the caller says: `now` is a parameter.

use jiff::Timestamp;

use super::{PlanError, Site, candidates, candidates::Survey};
use crate::fleet::{ClusterSeen, Fleet, Observed, Pool, PoolName, Role, ServerName, Trouble};

/// The arguments of `plan`, kept together.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub fleet: &'a Fleet,
    pub observed: &'a Observed,
    pub now: Timestamp,
    pub site: &'a Site,
}

impl<'a> World<'a> {
    /// Looks at every server.
    pub fn survey(&self) -> Survey<'a> {
        candidates::survey(self.fleet, self.observed, self.now, self.site)
    }

    /// The pool of that name, when nothing works on it.
    pub fn pool(&self, name: &PoolName) -> Result<&'a Pool, PlanError> {
        let pool = self
            .fleet
            .pools
            .get(name)
            .ok_or_else(|| PlanError::NoSuchPool(name.clone()))?;
        let run = pool
            .members
            .keys()
            .find_map(|member| self.fleet.busy.get(member));
        match run {
            None => Ok(pool),
            Some(run) => Err(PlanError::RunOpen {
                pool: name.clone(),
                run: *run,
            }),
        }
    }

    /// The pool's cluster, when its API was heard and is heard still.
    pub fn cluster(&self, pool: &Pool) -> Result<&'a ClusterSeen, PlanError> {
        let unreachable = |why: &str| PlanError::Unreachable {
            pool: pool.name.clone(),
            why: why.to_owned(),
            control_plane: pool.with_role(Role::ControlPlane).next().map_or_else(
                || "its control plane".to_owned(),
                |(name, _)| name.to_string(),
            ),
        };
        let Some(seen) = self.observed.pools.get(&pool.name) else {
            return Err(unreachable("it was never heard"));
        };
        match (&seen.trouble, seen.seen) {
            (Some(trouble), _) => Err(unreachable(trouble)),
            (None, None) => Err(unreachable("it was never heard")),
            (None, Some(_)) => Ok(seen),
        }
    }

    /// Control planes that are healthy, of all.
    pub fn healthy(&self, pool: &Pool) -> (u8, u8) {
        let nodes = self.observed.pools.get(&pool.name).map(|seen| &seen.nodes);
        let ready = |name: &ServerName| {
            nodes
                .and_then(|nodes| nodes.get(name.as_str()))
                .is_some_and(|node| node.ready)
        };
        let all = pool.with_role(Role::ControlPlane).count();
        let well = pool
            .with_role(Role::ControlPlane)
            .filter(|(name, _)| ready(name))
            .count();
        let number = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
        (number(well), number(all))
    }

    /// Refuses a server picked by hand that is no candidate, with the reason.
    pub fn must_be_spare(&self, survey: &Survey<'_>, name: &ServerName) -> Result<(), PlanError> {
        if survey.candidates.iter().any(|it| it.name() == name) {
            return Ok(());
        }
        let Some(server) = self.fleet.servers.get(name) else {
            return Err(PlanError::NoSuchServer(name.clone()));
        };
        let why = candidates::look(self.fleet, self.observed, server, self.now, self.site)
            .err()
            .map_or_else(String::new, |standing| standing.to_string());
        Err(PlanError::NotUsable {
            what: "taken",
            server: name.clone(),
            why,
            hint: self.hint(name, "leave it out, or name another"),
        })
    }

    /// What to do about a server: what its own trouble says, else where to look, and what else is possible.
    pub fn hint(&self, name: &ServerName, or: &str) -> String {
        let seen = self.observed.servers.get(name);
        let trouble = seen.and_then(|seen| seen.trouble.as_ref());
        match trouble.and_then(Trouble::hint) {
            Some(hint) => hint.to_owned(),
            None => format!("`pooldeck server show {name}` says more; {or}"),
        }
    }
}
