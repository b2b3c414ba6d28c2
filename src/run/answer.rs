//! What a person answers to a run that waits for a server, and what follows from it.
//! Must never take a word for more than it says: a budget is overridden for one server of one run, where its name was typed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Cause, Fact, Kept, Run};
use crate::{
    fleet::{RunId, ServerName},
    plan::Request,
};

/// What can be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The drain has its whole time again, and then waits for a person.
    Wait,
    /// The server is uncordoned and stays in its pool; the run goes on with the rest.
    Back,
    /// The same, and the run ends by naming another server that would do.
    Another,
    /// Pods that this budget keeps are deleted all the same: `db/pg`.
    Force(String),
    /// The run goes on without this newcomer.
    Without,
}

/// An answer as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// To which run.
    pub run: RunId,
    /// About which server.
    pub server: ServerName,
    /// What.
    pub reply: Reply,
    /// What was typed, where that was wanted.
    pub typed: Option<String>,
}

/// An answer as it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// When.
    pub at: Timestamp,
    /// Who: `ops1@jump1`.
    pub by: String,
    /// About which server.
    pub server: ServerName,
    /// What.
    pub reply: Reply,
}

impl Reply {
    /// The drain goes on, and has its whole time again.
    #[must_use]
    pub const fn gives_time(&self) -> bool {
        matches!(self, Self::Wait | Self::Force(_))
    }

    /// What it means, for the run's history.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Wait => "keep waiting".to_owned(),
            Self::Back => "put it back".to_owned(),
            Self::Another => "put it back, and name another that would do".to_owned(),
            Self::Force(budget) => {
                format!("evict by force the pods that the disruption budget {budget} keeps")
            }
            Self::Without => "go on without it".to_owned(),
        }
    }

    /// What has to be typed for it: the budget's name, in a protected pool behind the pool's.
    #[must_use]
    pub fn wanted(&self, run: &Run, protected: bool) -> Option<String> {
        let Self::Force(budget) = self else {
            return None;
        };
        let pool = run.plan().request.pool().filter(|_| protected);
        Some(pool.map_or_else(|| budget.clone(), |pool| format!("{pool} {budget}")))
    }
}

impl Run {
    /// What an answer means for the run; the reason when it means nothing. `protected`: its pool is, now.
    ///
    /// # Errors
    /// The reason, for people.
    pub fn answer(&self, word: &Word, by: &str, protected: bool) -> Result<Vec<Fact>, String> {
        let Word { server, reply, .. } = word;
        let id = self.id();
        if let Some(outcome) = &self.outcome {
            return Err(format!("run {id} has ended: {}", outcome.word()));
        }
        if let Some((_, by)) = &self.unwinding {
            return Err(format!(
                "run {id} goes back already: {by}\nhint: `pooldeck run show {id}` shows how far it is"
            ));
        }
        let follows = match reply {
            Reply::Wait => self.waiting(server).map(|_| Vec::new()),
            Reply::Back => self.stays(server, by),
            Reply::Another => self
                .waiting(server)
                .and_then(|_| self.gives_way(server, by)),
            Reply::Force(budget) => self
                .may_force(server, budget)
                .and_then(|()| typed(word, reply.wanted(self, protected)))
                .map(|()| Vec::new()),
            Reply::Without => self.goes_without(server, by),
        }?;
        let answered = Fact::Answered {
            server: server.clone(),
            by: by.to_owned(),
            reply: reply.clone(),
        };
        let held = reply.gives_time() && self.held.contains(server);
        let wakes = held.then(|| Fact::Unparked {
            server: server.clone(),
        });
        Ok([answered].into_iter().chain(wakes).chain(follows).collect())
    }

    /// Budgets that people have overridden, by the server whose pods they keep.
    #[must_use]
    pub fn all_overridden(&self) -> BTreeMap<ServerName, BTreeSet<String>> {
        let mut all: BTreeMap<ServerName, BTreeSet<String>> = BTreeMap::new();
        for it in &self.answers {
            if let Reply::Force(budget) = &it.reply {
                let budgets = all.entry(it.server.clone()).or_default();
                budgets.insert(budget.clone());
            }
        }
        all
    }

    /// Newcomers that the run can go on without.
    #[must_use]
    pub fn can_go_without(&self, server: &ServerName) -> bool {
        self.unwinding.is_none() && self.goes_without(server, "").is_ok()
    }

    /// True when there may be another server to take instead of one.
    #[must_use]
    pub const fn can_name_another(&self) -> bool {
        matches!(self.record.plan.request, Request::Resize(_))
    }

    /// True when a server that is to leave can still stay.
    #[must_use]
    pub fn can_stay(&self, server: &ServerName) -> bool {
        self.unwinding.is_none() && self.stays(server, "").is_ok()
    }

    fn waiting(&self, server: &ServerName) -> Result<Vec<Kept>, String> {
        let blockade = self.blockade(server);
        blockade.map(|it| it.kept.to_vec()).ok_or_else(|| {
            let id = self.id();
            format!(
                "no drain of {server} waits in run {id}\nhint: `pooldeck run show {id}` shows what it waits for"
            )
        })
    }

    fn may_force(&self, server: &ServerName, budget: &str) -> Result<(), String> {
        let kept = self.waiting(server)?;
        if kept.iter().any(|it| it.budget == budget) {
            return Ok(());
        }
        let names: Vec<&str> = kept.iter().map(|it| it.budget.as_str()).collect();
        let names = names.join(", ");
        Err(format!(
            "the disruption budget {budget} keeps no pod on {server}\nhint: the drain waits for {names}"
        ))
    }

    fn stays(&self, server: &ServerName, by: &str) -> Result<Vec<Fact>, String> {
        let id = self.id();
        if !self.is_leaving(server) || self.put_back.contains_key(server) {
            return Err(format!(
                "{server} does not leave with run {id}\nhint: `pooldeck run show {id}` shows who does"
            ));
        }
        if self.has_left(server) || self.is_given_up(server) || self.leaves_without_drain() {
            return Err(format!(
                "{server} cannot stay: it is past its line\nhint: `pooldeck run show {id}` shows how far it is"
            ));
        }
        let mut facts = vec![Fact::PutBack {
            server: server.clone(),
            why: format!("{by} put it back"),
        }];
        // A pool that keeps a worker keeps its control plane.
        if matches!(self.plan().request, Request::Destroy(_)) {
            facts.push(Fact::Unwinding {
                by: by.to_owned(),
                cause: Cause::Cancel,
            });
        }
        Ok(facts)
    }

    fn gives_way(&self, server: &ServerName, by: &str) -> Result<Vec<Fact>, String> {
        if self.can_name_another() {
            return self.stays(server, by);
        }
        Err("every server of this pool goes: there is no other one to take\nhint: put it back, and the pool stays".to_owned())
    }

    fn goes_without(&self, server: &ServerName, by: &str) -> Result<Vec<Fact>, String> {
        let id = self.id();
        let comes = self.role_of_newcomer(server).is_some()
            && !self.has_come(server)
            && !self.left_out.contains_key(server);
        if !comes {
            return Err(format!(
                "{server} is not on its way into a pool with run {id}\nhint: `pooldeck run show {id}` shows who is"
            ));
        }
        if self.is_needed(server) {
            return Err(format!(
                "run {id} cannot do without {server}: there would be no pool\nhint: `pooldeck run cancel {id}` ends it"
            ));
        }
        Ok(self.leave_out(server, &format!("{by} went on without it")))
    }
}

fn typed(word: &Word, wanted: Option<String>) -> Result<(), String> {
    match wanted {
        Some(wanted) if word.typed.as_ref() != Some(&wanted) => Err(format!(
            "pods are deleted although their budget says no: `{wanted}` has to be typed\nhint: `--confirm \"{wanted}\"`"
        )),
        _ => Ok(()),
    }
}
