//! Who did what: every confirmation, every word that steered a run, every end. Read off the runs' own events, so
//! that it cannot differ from what happened.

use jiff::Timestamp;

use super::Light;
use crate::{
    fleet::RunId,
    run::{Outcome, Run},
    store::snapshot::Snapshot,
};

/// An act by its run and its number in it.
pub type ActKey = (RunId, usize);

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Which.
    pub key: ActKey,
    /// When.
    pub at: Timestamp,
    /// Who: `ops1@jump1`, or the rule that acted.
    pub by: String,
    /// What, as a sentence without its subject: `confirmed: shrink web by 2 servers`.
    pub what: String,
    /// The plan that was confirmed, in short.
    pub plan: String,
    /// How it ended, when this is an end.
    pub light: Option<Light>,
}

/// Everything that was done, the newest first.
#[must_use]
pub fn all(snapshot: &Snapshot) -> Vec<Act> {
    let mut acts: Vec<Act> = snapshot.runs.values().flat_map(of_run).collect();
    acts.sort_by_key(|act| std::cmp::Reverse((act.at, act.key)));
    acts
}

fn of_run(run: &Run) -> Vec<Act> {
    let title = &run.plan().effects.title;
    let plan = run.plan().id.short();
    let act = |number, at, by: &str, what: String, light| Act {
        key: (run.id(), number),
        at,
        by: by.to_owned(),
        what,
        plan: plan.to_string(),
        light,
    };
    let record = &run.record;
    let mut acts = vec![act(
        0,
        record.accepted,
        &record.by,
        format!("confirmed: {title}"),
        None,
    )];
    for (n, deed) in run.deeds.iter().enumerate() {
        acts.push(act(
            n + 1,
            deed.at,
            &deed.by,
            format!("{}: {title}", deed.what),
            None,
        ));
    }
    if let Some(outcome) = &run.outcome {
        let what = match outcome {
            Outcome::SucceededWithout(servers) => {
                let names: Vec<&str> = servers
                    .iter()
                    .map(crate::fleet::ServerName::as_str)
                    .collect();
                format!("succeeded without {}: {title}", names.join(" "))
            }
            _ => format!("{}: {title}", outcome.word()),
        };
        let light = Some(ended(outcome));
        acts.push(act(run.deeds.len() + 1, run.last, "captain", what, light));
    }
    acts
}

/// How good an end is.
#[must_use]
pub const fn ended(outcome: &Outcome) -> Light {
    match outcome {
        Outcome::Succeeded => Light::Ok,
        Outcome::RolledBack | Outcome::Cancelled => Light::Maintenance,
        Outcome::SucceededWithout(_) | Outcome::Failed(_) => Light::Degraded,
        Outcome::Stuck(_) => Light::Down,
    }
}
