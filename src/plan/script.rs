//! From a step to the script that is sent: the only place where the two meet.

use jiff::Timestamp;

use super::{Action, On, Step};
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
        .with("POOLDECK_ROLE", &role.word());
    script.env.extend(step.env.clone());
    script
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
