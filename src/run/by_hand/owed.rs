//! What a run that has ended left owing: servers that nobody proved clean.
//! Must never name a server whose debt another run made.

use super::{super::Run, End, Way, parts, recipe, values};
use crate::{
    fleet::{Fleet, Role, ServerName, Verb},
    plan,
};

/// Servers that owe because of this run.
pub(super) fn servers(run: &Run, fleet: &Fleet) -> Vec<ServerName> {
    let owing = fleet.debts.iter().filter(|(_, debt)| debt.run == run.id());
    owing.map(|(name, _)| name.clone()).collect()
}

/// How each of them is cleaned; none when nobody owes.
pub(super) fn way(run: &Run, fleet: &Fleet) -> Option<Way> {
    let owing = servers(run, fleet);
    let parts = owing.iter().zip(1..).filter_map(|(name, number)| {
        let debt = fleet.debts.get(name)?;
        let planned = run.plan().pool.as_ref();
        let role = planned.and_then(|pool| Some(pool.members.get(name)?.role));
        let role = role.unwrap_or(Role::Worker);
        let living = fleet.pools.get(&debt.pool);
        let steps = plan::cleaning(name, debt, role, living.is_some());
        let env = values::run_env(run, fleet);
        let mut part = parts::part(run, name, number);
        part.tasks = steps
            .iter()
            .map(|step| {
                let mut task = recipe::task(run, step, Verb::Apply, &env);
                (task.step, task.stands) = (None, format!("owed: {}", debt.why));
                task
            })
            .collect();
        Some(part)
    });
    let parts: Vec<_> = parts.collect();
    let end = End::Paid;
    (!parts.is_empty()).then_some(Way { end, parts })
}
