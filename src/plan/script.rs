//! From a step to the script that is sent: the only place where the two meet.
//! Must never choose: who was left out or put back is the run's fact, what follows from it is the plan's.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Action, On, Step,
    env::{NODES_LEAVING, ROUTES_LEAVING},
};
use crate::fleet::{Epoch, FleetId, Pool, PoolName, Role, RunId, Script, ServerName, Verb};

/// What every script of a run is told, whatever its step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnv {
    /// Whose captain.
    pub fleet: FleetId,
    /// Its term.
    pub epoch: Epoch,
    /// The store, for people who read a claim.
    pub store: String,
    /// Who acts: `ops1 on jump1`.
    pub holder: String,
    /// Which run.
    pub run: RunId,
    /// Which pool; the one that is owed to, for a clean.
    pub pool: Option<PoolName>,
    /// The captain's clock.
    pub now: Timestamp,
    /// Servers that the run goes on without.
    pub left_out: BTreeSet<ServerName>,
    /// Servers that were to leave and stay.
    pub put_back: BTreeSet<ServerName>,
    /// Disruption budgets that a person has overridden, by the server whose pods they keep.
    pub overridden: BTreeMap<ServerName, BTreeSet<String>>,
}

impl RunEnv {
    /// A script with what every script is told.
    #[must_use]
    pub fn script(&self, name: &'static str, verb: Verb, subject: &ServerName, on: On) -> Script {
        let pool = self.pool.as_ref().map_or("", PoolName::as_str);
        let on = match on {
            On::Subject => "subject",
            On::Executor => "executor",
        };
        Script::new(name, verb)
            .with("POOLDECK_FLEET", &self.fleet)
            .with("POOLDECK_EPOCH", &self.epoch)
            .with("POOLDECK_STORE", &self.store)
            .with("POOLDECK_HOLDER", &self.holder)
            .with("POOLDECK_RUN", &self.run)
            .with("POOLDECK_POOL", &pool)
            .with("POOLDECK_SERVER", subject)
            .with("POOLDECK_ON", &on)
            .with("POOLDECK_AT", &self.now)
            .with("POOLDECK_NOW", &self.now.as_second())
    }
}

/// The script of a step.
#[must_use]
pub fn script(step: &Step, verb: Verb, env: &RunEnv, pool: Option<&Pool>) -> Script {
    let member = pool.and_then(|pool| pool.members.get(&step.subject));
    let role = member.map_or(Role::Worker, |member| member.role);
    let mut script = env
        .script(step.action.script(), verb, &step.subject, step.action.on())
        .with("POOLDECK_STEP", &step.id.0)
        .with("POOLDECK_ROLE", &role.word())
        .with("POOLDECK_LIMIT", &step.deadline);
    script.env.extend(step.env.clone());
    if let Some(pool) = pool {
        // A run that an older pooldeck planned has steps without these.
        let mut known = |key: &str, value: String| {
            script.env.entry(key.to_owned()).or_insert(value);
        };
        match step.action {
            Action::Network | Action::Routes => {
                known("POOLDECK_SERVICE_CIDR", pool.service_cidr.to_string());
            }
            Action::Cordon | Action::Drain | Action::RemoveNode => {
                if let Some(member) = member {
                    known("POOLDECK_MACHINE_ID", member.machine.to_string());
                }
            }
            _ => (),
        }
    }
    let overridden = env.overridden.get(&step.subject);
    if let (Action::Drain, Some(budgets)) = (step.action, overridden) {
        let names: Vec<&str> = budgets.iter().map(String::as_str).collect();
        let names = names.join(" ");
        script.env.insert("POOLDECK_OVERRIDE".to_owned(), names);
    }
    settle(&mut script.env, env);
    script
}

/// Tables that depend on who is in the pool in the end: without whoever was left out, with whoever was put back.
fn settle(script: &mut BTreeMap<String, String>, env: &RunEnv) {
    let stays = |name: &str| env.put_back.iter().any(|back| back.as_str() == name);
    let leaving = script.remove(ROUTES_LEAVING).unwrap_or_default();
    let back = leaving
        .split_whitespace()
        .filter_map(|word| word.split_once('='))
        .filter(|(name, _)| stays(name));
    for (_, route) in back {
        append(script, "POOLDECK_ROUTES", route);
    }
    let leaving = script.remove(NODES_LEAVING).unwrap_or_default();
    if let Some(nodes) = script.get_mut("POOLDECK_NODES") {
        let gone = |name: &&str| !env.left_out.iter().any(|out| out.as_str() == *name);
        let left: Vec<&str> = nodes.split_whitespace().filter(gone).collect();
        *nodes = left.join(" ");
    }
    for name in leaving.split_whitespace().filter(|name| stays(name)) {
        append(script, "POOLDECK_NODES", name);
    }
}

fn append(script: &mut BTreeMap<String, String>, key: &str, word: &str) {
    let value = script.entry(key.to_owned()).or_default();
    if !value.is_empty() {
        value.push(' ');
    }
    value.push_str(word);
}

/// The script that mints what a step needs and nobody keeps; runs on a control plane.
#[must_use]
pub fn secret(step: &Step, env: &RunEnv) -> Option<Script> {
    // Long enough for a join's own time limits, short enough to be worthless tomorrow.
    const TOKEN_SECONDS: u32 = 900;
    (step.action == Action::Join).then(|| {
        env.script("token", Verb::Fetch, &step.subject, On::Executor)
            .with("POOLDECK_STEP", &step.id.0)
            .with("POOLDECK_NODE", &step.subject)
            .with("POOLDECK_TTL", &TOKEN_SECONDS)
    })
}
