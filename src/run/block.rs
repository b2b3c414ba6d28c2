//! A drain that disruption budgets hold up: which pods they keep, since when, until when it waits and what happens then.
//! Must never guess: what stands here was said by the drain itself.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Fact, Fate, Reply, Run, State};
use crate::{
    fleet::ServerName,
    plan::{Action, IfBlocked, Request, Step, StepId},
};

/// A pod that a disruption budget keeps on its node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// `db/pg-1`.
    pub pod: String,
    /// What made it, so what makes it anew: `StatefulSet pg`.
    pub owner: String,
    /// Whose no it is: `db/pg`.
    pub budget: String,
    /// How many of the budget's pods are ready.
    pub ready: u32,
    /// How many it has.
    pub all: u32,
}

/// What holds a drain up, as it was said last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Since when it was so without a break.
    pub since: Timestamp,
    /// By pod and budget, in the order of the drain's words.
    pub kept: Vec<Kept>,
}

/// A drain that waits, with all that a person needs for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blockade<'a> {
    /// Which step.
    pub step: StepId,
    /// Whose pods.
    pub server: &'a ServerName,
    /// Since when.
    pub since: Timestamp,
    /// What keeps them.
    pub kept: &'a [Kept],
    /// Until then it is tried again; none where only a person goes on.
    pub until: Option<Timestamp>,
    /// What happens then.
    pub then: IfBlocked,
}

const NOT_EVICTED: &str = " not evicted: the disruption budget ";

impl Kept {
    /// The pods that a drain's output says budgets keep, in the words of `assets/steps/drain.sh`; each once, the newest word counts.
    #[must_use]
    pub fn read(output: &str) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for kept in output.lines().filter_map(Self::of_line) {
            match found
                .iter_mut()
                .find(|it| (&it.pod, &it.budget) == (&kept.pod, &kept.budget))
            {
                Some(same) => *same = kept,
                None => found.push(kept),
            }
        }
        found
    }

    /// `PDB db/pg allows no disruption (1 of 2 ready)`.
    #[must_use]
    pub fn words(&self) -> String {
        let Self {
            budget, ready, all, ..
        } = self;
        format!("PDB {budget} allows no disruption ({ready} of {all} ready)")
    }

    /// `db/pg-1 not evicted: the disruption budget db/pg allows none (1 of 2 ready, made by StatefulSet pg)`.
    fn of_line(line: &str) -> Option<Self> {
        let (pod, rest) = line.split_once(NOT_EVICTED)?;
        let (budget, rest) = rest.split_once(" allows none (")?;
        let (ready, rest) = rest.split_once(" of ")?;
        let (all, owner) = rest.split_once(" ready, made by ")?;
        Some(Self {
            pod: pod.to_owned(),
            owner: owner.strip_suffix(')')?.to_owned(),
            budget: budget.to_owned(),
            ready: ready.parse().ok()?,
            all: all.parse().ok()?,
        })
    }
}

/// The budgets that keep something, each once.
#[must_use]
pub fn budgets(kept: &[Kept]) -> Vec<&str> {
    let mut names: Vec<&str> = kept.iter().map(|it| it.budget.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Blockade<'_> {
    /// `s11 drain waits for db/pg`.
    #[must_use]
    pub fn words(&self) -> String {
        let budgets = budgets(self.kept).join(", ");
        format!("{} drain waits for {budgets}", self.server)
    }

    /// What breaks where a budget is overridden: a line for each pod that it keeps.
    #[must_use]
    pub fn breaks(&self, budget: &str) -> Vec<String> {
        let its = self.kept.iter().filter(|it| it.budget == budget);
        let line = |it: &Kept| {
            let (pod, owner) = (&it.pod, &it.owner);
            format!("{pod} of {owner} is deleted, though {}", it.words())
        };
        its.map(line).collect()
    }

    /// What happens at its deadline, where nobody answers.
    #[must_use]
    pub fn otherwise(&self) -> String {
        let server = self.server;
        match self.then {
            IfBlocked::Wait => format!("{server} waits for a person"),
            IfBlocked::Back => format!("{server} is uncordoned and stays in its pool"),
            IfBlocked::Another => {
                format!("{server} is uncordoned and stays, and another server is named")
            }
        }
    }
}

impl Run {
    /// Drains that wait now.
    pub fn blockades(&self) -> impl Iterator<Item = Blockade<'_>> {
        self.blocked.iter().filter_map(|(id, blocked)| {
            let (step, progress) = (self.plan().step(*id)?, self.of(*id)?);
            let waits = matches!(progress.state, State::Running | State::Retrying { .. });
            let goes = self.is_open()
                && self.unwinding.is_none()
                && self.fate(&step.subject) == Fate::Forward;
            let by_itself = self.paused.is_none() && !self.held.contains(&step.subject);
            // A deadline that lies behind the end of time is none.
            let until = || {
                let began = progress.began?.checked_add(progress.grace).ok()?;
                began.checked_add(allowed(step)).ok()
            };
            (waits && goes).then(|| Blockade {
                step: *id,
                server: &step.subject,
                since: blocked.since,
                kept: &blocked.kept,
                until: by_itself.then(until).flatten(),
                then: self.then(&step.subject),
            })
        })
    }

    /// The drain of that server, where it waits.
    #[must_use]
    pub fn blockade(&self, server: &ServerName) -> Option<Blockade<'_>> {
        self.blockades().find(|it| it.server == server)
    }

    /// What happens when a drain is blocked until its deadline: what a person said last, else what was chosen beforehand.
    #[must_use]
    pub fn then(&self, server: &ServerName) -> IfBlocked {
        let waits = |it: &&super::Answered| it.server == *server && it.reply == Reply::Wait;
        if self.answers.iter().any(|it| waits(&it)) {
            return IfBlocked::Wait;
        }
        match &self.plan().request {
            Request::Resize(wish) => wish.if_blocked,
            _ => IfBlocked::Back,
        }
    }

    /// True when that is known already.
    #[must_use]
    pub fn is_known(&self, step: StepId, kept: &[Kept]) -> bool {
        let known = self.blocked.get(&step);
        known.map_or(&[][..], |it| &it.kept) == kept
    }

    /// Takes in what a drain said, and what a person answered.
    pub(super) fn hear(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::Blocked { step, kept } if kept.is_empty() => drop(self.blocked.remove(step)),
            Fact::Blocked { step, kept } => {
                let fresh = Blocked {
                    since: at,
                    kept: Vec::new(),
                };
                let blocked = self.blocked.entry(*step).or_insert(fresh);
                blocked.kept.clone_from(kept);
            }
            Fact::Answered { server, by, reply } => {
                self.answers.push(super::Answered {
                    at,
                    by: by.clone(),
                    server: server.clone(),
                    reply: reply.clone(),
                });
                if reply.gives_time() {
                    self.begin_again(Some(server), at);
                }
            }
            _ => (),
        }
    }

    /// True when the attempt that is under way began before a person gave its drain more time, or overrode a budget: its end is not
    /// the drain's.
    pub(super) fn is_outdated(&self, step: &Step) -> bool {
        let began = self.of(step.id).and_then(|it| it.tries.last());
        let since = |it: &super::Answered| {
            it.server == step.subject
                && it.reply.gives_time()
                && began.is_some_and(|at| *at <= it.at)
        };
        step.action == Action::Drain && self.answers.iter().any(since)
    }
}

/// How long a drain is tried before its answer follows; the script keeps to it.
fn allowed(step: &Step) -> SignedDuration {
    let seconds = step.env.get("POOLDECK_DEADLINE");
    let seconds = seconds.and_then(|text| text.parse().ok());
    SignedDuration::from_secs(seconds.unwrap_or_else(|| step.deadline.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_drain_says_of_budgets_is_read_and_nothing_else() {
        let output = "web/shop-1 evicted\n\
            db/pg-1 not evicted: the disruption budget db/pg allows none (1 of 2 ready, made by StatefulSet pg)\n\
            db/pg-1 not evicted: the disruption budget db/pg allows none (2 of 2 ready, made by StatefulSet pg)\n\
            db/old-1 not evicted: the disruption budget db/old allows none\n\
            cache/redis-0 not evicted: it has local data (emptyDir)\n\
            hint: it is tried again until the deadline";
        let kept = Kept {
            pod: "db/pg-1".to_owned(),
            owner: "StatefulSet pg".to_owned(),
            budget: "db/pg".to_owned(),
            ready: 2,
            all: 2,
        };
        assert_eq!(Kept::read(output), [kept]);
    }
}
