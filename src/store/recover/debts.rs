//! What is owed: servers that are claimed and in no pool, what the copy says of older debts, and servers of which nobody says anything.
//! Must never make a debt of a server whose pool may live: debts are paid without asking.

use super::{Claimed, Recovery, found::Found, pools::Known};
use crate::fleet::{Debt, Role, RunId, ServerName};

/// What is made of what cannot be decided.
pub(super) const PERSON: &str =
    "needs a person: it is not taken in, nor ever selected while the claim is there";

/// The server owes its cleaning to the pool that its claim names.
pub(super) fn owe(
    found: &Found,
    it: &Claimed<'_>,
    why: &str,
    slot: Option<u8>,
    made: &mut Recovery,
) {
    let run = it.witness.claim().map_or("", |claim| &claim.run);
    let run = RunId(run.parse().unwrap_or(0));
    let debt = Debt {
        pool: it.pool.clone(),
        machine: it.machine.clone(),
        run,
        since: found.at,
        why: format!("{why}: run {run} left it so when the store was lost"),
        slot,
    };
    made.debts.insert(it.name.clone(), debt);
}

/// True when pods may run on it that nobody would have drained.
pub(super) fn kubelet_runs(it: &Claimed<'_>) -> bool {
    let facts = it.witness.facts.as_ref();
    facts.is_ok_and(|facts| {
        facts
            .kubernetes
            .iter()
            .any(|mark| mark == "kubelet-running")
    })
}

/// A pool of which no control plane stands: what is claimed for it is left from its beginning or its end.
pub(super) fn of_a_pool_that_is_gone(found: &Found, known: &Known<'_>, made: &mut Recovery) {
    for it in &known.claimed {
        let claim = it.witness.claim();
        let is_head = claim.is_some_and(|claim| claim.role == Role::ControlPlane.word());
        if kubelet_runs(it) && !is_head {
            let what = format!(
                "pool {} has no control plane any more, and a kubelet of it runs here",
                known.name
            );
            made.doubt(&it.name, what, PERSON);
        } else {
            let why = format!("pool {} has no control plane", known.name);
            owe(found, it, &why, None, made);
        }
    }
    let members = known.copy.into_iter().flat_map(|copy| &copy.members);
    for (name, was) in members.filter(|(_, was)| found.machine(&was.machine).is_none()) {
        let debt = Debt {
            pool: known.name.clone(),
            machine: was.machine.clone(),
            run: RunId(0),
            since: found.at,
            why: "its pool is gone, and it does not answer".to_owned(),
            slot: None,
        };
        made.debts.insert(name.clone(), debt);
    }
}

/// Debts of the copy that may still stand: whoever answers without a claim has paid.
pub(super) fn of_the_copy(found: &Found, made: &mut Recovery) {
    let Some(copy) = &found.copy else { return };
    for (name, debt) in &copy.snapshot.fleet.debts {
        let answers = found.machine(&debt.machine);
        let stands = match answers.map(|it| it.claim()) {
            None => true,
            Some(Some(claim)) => claim.is_of(&found.fleet) && claim.pool == debt.pool.as_str(),
            Some(None) => false,
        };
        if stands && made.pool_of(name).is_none() {
            made.debts.insert(name.clone(), debt.clone());
        }
    }
}

/// Who did not answer and is known to nobody; who is another fleet's; who has another name by now.
pub(super) fn unseen(found: &Found, made: &mut Recovery) {
    let listed = |it: &Claimed<'_>| it.witness.server.name.clone();
    let renamed = found.claimed().filter(|it| it.name != listed(it));
    for it in renamed {
        let what = format!("the inventory calls it {}", listed(&it));
        made.doubt(
            &it.name,
            what,
            "it keeps its node's name; the other one is shown as the same machine",
        );
    }
    for (name, witness) in &found.servers {
        match &witness.facts {
            Err(why) if !made.knows(name) => {
                let why = why.lines().next().unwrap_or_default().to_owned();
                made.unseen.insert(name.clone(), why);
            }
            Err(_) => (),
            Ok(facts) => {
                let claim = facts.claim.as_ref();
                if let Some(claim) = claim.filter(|claim| !claim.is_of(&found.fleet)) {
                    made.not_ours.insert(name.clone(), claim.by_name());
                } else if let Some(claim) = claim
                    && !is_understood(found, name)
                {
                    let what = format!("its claim cannot be understood: pool `{}`", claim.pool);
                    made.doubt(name, what, PERSON);
                }
            }
        }
    }
}

fn is_understood(found: &Found, name: &ServerName) -> bool {
    found.claimed().any(|it| it.witness.server.name == *name)
}
