//! One server as a row: what it is, how it is, since when.

mod at_work;

use jiff::{SignedDuration, Timestamp};

pub use self::at_work::{AtWork, at_work};
use super::Light;
use crate::{
    deck::runbook,
    fleet::{
        Bytes, Capacity, Maintenance, NodeSeen, Pool, PoolName, Role, ServerName, ServerSeen,
        Standing, standing,
    },
    store::snapshot::Snapshot,
};

/// A member that was not seen for so long is not known to be well (as `fleet::standing` has it for spares).
const STALE: SignedDuration = SignedDuration::from_mins(3);

/// What a run did to a node is heard by then.
const HEARD_BY: SignedDuration = SignedDuration::from_secs(10);

/// A server's row.
#[derive(Debug, Clone)]
pub struct ServerRow {
    /// Which.
    pub name: ServerName,
    /// In which pool.
    pub pool: Option<PoolName>,
    /// As what.
    pub role: Option<Role>,
    /// How it is.
    pub light: Light,
    /// The same as a word or three.
    pub state: String,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
    /// What it is to us.
    pub standing: Standing,
    /// Hardware as it was found.
    pub capacity: Option<Capacity>,
    /// Load average of one minute.
    pub load: Option<f64>,
    /// Memory in use.
    pub used: Option<Bytes>,
    /// `pooldeck_zone`.
    pub zone: Option<String>,
    /// `debian12`.
    pub os: String,
    /// When it was seen last.
    pub seen: Option<Timestamp>,
    /// People work on it, or said that they would until now.
    pub maintenance: Option<Maintenance>,
}

impl ServerRow {
    pub(super) fn of(
        snapshot: &Snapshot,
        at_work: &AtWork,
        name: &ServerName,
        now: Timestamp,
    ) -> Self {
        let fleet = &snapshot.fleet;
        let seen = snapshot.observed.servers.get(name);
        let pool = fleet.pool_of(name);
        let member = pool.and_then(|pool| pool.members.get(name));
        let standing = standing(fleet, seen, name, now);
        let trouble = seen.and_then(|seen| seen.trouble.as_ref());
        let (light, state) = match &standing {
            Standing::NotOffered => (Light::Off, not_offered(snapshot, name)),
            Standing::Maintained(_) => maintained(),
            // What cannot be reached is not being worked on, whatever its run says.
            Standing::Busy(_) if trouble.is_none() && at_work.contains_key(name) => {
                at_work[name].clone()
            }
            Standing::Busy(_) if pool.is_none() && trouble.is_some() => {
                let words = trouble.map_or("", |trouble| trouble.kind.words());
                (Light::Degraded, words.to_owned())
            }
            Standing::Busy(_) if pool.is_none() => (Light::Changing, "waiting".to_owned()),
            Standing::Member(pool) if fleet.maintenance(name, now).is_some() => {
                set_aside(snapshot, pool, name)
            }
            // A run that does nothing to a member now leaves it as well as it is.
            Standing::Busy(_) | Standing::Member(_) => {
                let cluster = pool.and_then(|pool| snapshot.observed.pools.get(&pool.name));
                let heard = cluster.is_some_and(|cluster| cluster.seen.is_some());
                let node = cluster.and_then(|cluster| cluster.nodes.get(name.as_str()));
                let listed = snapshot.listed.servers.contains_key(name);
                health(seen, listed, heard, node, now)
            }
            Standing::Unknown(why) => match trouble {
                Some(trouble) => (Light::Degraded, trouble.kind.words().to_owned()),
                None => (Light::Unknown, why.clone()),
            },
            Standing::InUse(_)
            | Standing::NotOurs(_)
            | Standing::Leftovers(_)
            | Standing::Unfit(_) => (Light::Apart, standing.word().to_owned()),
            Standing::Spare => (Light::Ok, "ok".to_owned()),
        };
        let facts = seen.and_then(|seen| seen.facts.as_ref());
        let usage = seen.and_then(|seen| seen.usage);
        Self {
            name: name.clone(),
            pool: pool.map(|pool| pool.name.clone()),
            role: member.map(|member| member.role),
            light,
            state,
            since: trouble
                .map(|trouble| trouble.since)
                .or_else(|| pressed_since(snapshot, pool, name)),
            standing,
            capacity: facts
                .map(|facts| facts.capacity)
                .or(member.map(|member| member.capacity)),
            load: usage.map(|usage| usage.load),
            used: usage.and_then(|usage| usage.memory),
            zone: fleet
                .servers
                .get(name)
                .and_then(|server| server.zone.clone()),
            os: facts.map(|facts| facts.os.clone()).unwrap_or_default(),
            seen: seen.and_then(|seen| seen.seen),
            maintenance: fleet.maintained.get(name).cloned(),
        }
    }

    /// True when it could be taken now.
    #[must_use]
    pub fn is_spare(&self) -> bool {
        self.standing == Standing::Spare
    }

    /// The open run that works on it.
    #[must_use]
    pub const fn busy(&self) -> Option<crate::fleet::RunId> {
        match self.standing {
            Standing::Busy(run) => Some(run),
            _ => None,
        }
    }

    /// What to do about it, in a few words: a worker that is lost can be given up, the runbook has the rest.
    pub(super) fn way_out(&self, snapshot: &Snapshot) -> String {
        let worker = self.role == Some(Role::Worker);
        let lost = |pool: &&PoolName| {
            let members = snapshot.fleet.pools.get(*pool);
            let others = members.is_some_and(|it| it.with_role(Role::Worker).count() > 1);
            let idle = self.busy().is_none();
            worker && others && idle && snapshot.observed.is_lost(pool, &self.name)
        };
        self.pool.as_ref().filter(lost).map_or_else(
            || self.first_of_runbook(snapshot),
            |pool| {
                format!(
                    ": bring it back, or give it up with `pooldeck pool resize {pool} --remove {}`",
                    self.name
                )
            },
        )
    }

    fn first_of_runbook(&self, snapshot: &Snapshot) -> String {
        let seen = snapshot.observed.servers.get(&self.name);
        let kind = seen.and_then(|seen| Some(seen.trouble.as_ref()?.kind));
        let server = snapshot.fleet.servers.get(&self.name);
        let first = kind.zip(server).and_then(|(kind, server)| {
            let steps = runbook::of_trouble(kind, server);
            steps.into_iter().next()
        });
        first.map(|step| format!(": {step}")).unwrap_or_default()
    }

    /// True when it is offered and in no pool, taken or not.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.pool.is_none() && self.standing != Standing::NotOffered
    }
}

/// A member in maintenance; one that takes pods all the same is no member that is left alone.
fn set_aside(snapshot: &Snapshot, pool: &PoolName, name: &ServerName) -> (Light, String) {
    let run = snapshot.fleet.maintained.get(name).and_then(|it| it.run);
    let ended = run.and_then(|run| Some(snapshot.runs.get(&run)?.last));
    let cluster = snapshot.observed.pools.get(pool);
    // What was heard before the cordon says nothing of it.
    let is_after = |seen: Timestamp| ended.is_none_or(|at| HEARD_BY < seen.duration_since(at));
    let heard = cluster.filter(|it| it.seen.is_some_and(is_after));
    let node = heard.and_then(|it| it.nodes.get(name.as_str()));
    match node {
        Some(node) if node.ready && !node.cordoned => (Light::Degraded, "not cordoned".to_owned()),
        _ => maintained(),
    }
}

fn maintained() -> (Light, String) {
    (Light::Maintenance, "maintenance".to_owned())
}

/// Since when its node has a condition that it should not have.
fn pressed_since(snapshot: &Snapshot, pool: Option<&Pool>, name: &ServerName) -> Option<Timestamp> {
    let cluster = snapshot.observed.pools.get(&pool?.name)?;
    let pressures = &cluster.nodes.get(name.as_str())?.pressures;
    pressures.iter().filter_map(|it| it.since).min()
}

fn not_offered(snapshot: &Snapshot, name: &ServerName) -> String {
    if snapshot.listed.captain_host.as_ref() == Some(name) {
        "the captain's host".to_owned()
    } else {
        "not offered".to_owned()
    }
}

/// Three facts make a member's health: whether it is listed, whether SSH reaches it, what its node says.
/// `down` needs two of them.
fn health(
    seen: Option<&ServerSeen>,
    listed: bool,
    heard: bool,
    node: Option<&NodeSeen>,
    now: Timestamp,
) -> (Light, String) {
    let word = |light, text: &str| (light, text.to_owned());
    let ready = node.is_some_and(|node| node.ready);
    if let Some(trouble) = seen.and_then(|seen| seen.trouble.as_ref()) {
        return if trouble.kind.is_silent() && heard && !ready {
            word(Light::Down, "down")
        } else {
            word(Light::Degraded, trouble.kind.words())
        };
    }
    let age = seen
        .and_then(|seen| seen.seen)
        .map(|at| now.duration_since(at));
    match (age, node) {
        (None, _) => word(Light::Unknown, "never seen"),
        (Some(age), _) if age > STALE => word(Light::Unknown, "not seen"),
        _ if heard && node.is_none() => word(Light::Degraded, "no node"),
        (_, Some(_)) if !ready => word(Light::Degraded, "not Ready"),
        (_, Some(node)) if !node.pressures.is_empty() => {
            let kinds = node.pressures.iter().map(|it| it.kind.words());
            word(Light::Degraded, kinds.min().unwrap_or_default())
        }
        (_, Some(node)) if node.cordoned => word(Light::Degraded, "cordoned"),
        _ if !listed => word(Light::Degraded, "not listed"),
        _ => word(Light::Ok, "ok"),
    }
}
