//! What would do instead of a server that was put back: looked for when the run ends, confirmed by a person as a plan of its own.
//! Must never take it: the run promised other servers.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::state::State;
use crate::{
    fleet::{Change, ServerName},
    plan::{IfBlocked, Plan, Request, Resize, plan},
    run::{Fact, Reply, Run},
    store::record::CaptainSeen,
};

impl State {
    /// The proposal of a run that was to name another server for one that could not be drained.
    pub(super) fn another(&self, run: &Run, now: Timestamp) -> Option<Fact> {
        let Request::Resize(wish) = &run.plan().request else {
            return None;
        };
        let said = run.answers.iter().any(|it| it.reply == Reply::Another);
        let wanted = said || wish.if_blocked == IfBlocked::Another;
        if !wanted || run.unwinding.is_some() || run.put_back.is_empty() {
            return None;
        }
        let stays: BTreeSet<ServerName> = run.put_back.keys().cloned().collect();
        let instead = names(&stays);
        let text = match self.without(run, wish, &stays, now) {
            Ok(plan) if !plan.is_empty() => {
                let named = |moves: &[crate::plan::Move]| -> BTreeSet<ServerName> {
                    moves.iter().map(|it| it.server.clone()).collect()
                };
                let request = Resize {
                    add: named(&plan.effects.incoming),
                    remove: named(&plan.effects.outgoing),
                    cores: None,
                    memory: None,
                    shrink: false,
                    ..wish.clone()
                };
                let goes = names(&request.remove);
                let request = Request::Resize(request);
                format!("{goes} would do instead of {instead}\nhint: `{request}`")
            }
            found => {
                let why = match found {
                    Ok(plan) => plan.effects.nobody_goes.unwrap_or_default(),
                    Err(error) => error.to_string(),
                };
                let why = why.lines().next().unwrap_or_default();
                let request = &run.plan().request;
                format!(
                    "no other server would do instead of {instead}: {why}\nhint: see to its pods, then `{request}`"
                )
            }
        };
        Some(Fact::Proposed { text })
    }

    /// The same size once more, with those who stay kept in the pool.
    fn without(
        &self,
        run: &Run,
        wish: &Resize,
        stays: &BTreeSet<ServerName>,
        now: Timestamp,
    ) -> Result<Plan, crate::plan::PlanError> {
        let mut fleet = self.snapshot.fleet.clone();
        fleet.busy.retain(|_, by| *by != run.id());
        if let Some(pool) = fleet.pools.get_mut(&wish.pool) {
            pool.members.retain(|name, _| !run.has_left(name));
            // The wish lowers this, so that somebody may go.
            pool.asked = pool.capacity();
        }
        let asked = run.plan().effects.asked;
        let request = Request::Resize(Resize {
            cores: Some(Change::To(asked.cores)),
            memory: Some(Change::To(asked.memory)),
            add: stays.clone(),
            remove: BTreeSet::new(),
            shrink: true,
            ..wish.clone()
        });
        let captain = self.snapshot.captain.as_ref();
        let site = captain.map(CaptainSeen::site).unwrap_or_default();
        plan(&fleet, &self.snapshot.observed, &request, now, &site)
    }
}

fn names(servers: &BTreeSet<ServerName>) -> String {
    let names: Vec<&str> = servers.iter().map(ServerName::as_str).collect();
    names.join(", ")
}
