//! A run as a person finishes it, or takes it back, without pooldeck: the commands, by server and in order.
//! Must never hold a secret, list what is proved, or leave out what is not.

mod ahead;
mod cut;
mod owed;
mod parts;
mod print;
mod recipe;
mod values;
mod yaml;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub use self::recipe::Recipe;
use super::{Cause, Event, Fact, Outcome, Run, State};
use crate::{
    fleet::{Epoch, Fleet, RunId, ServerName, Verb},
    plan::{Action, Step, StepId},
};

/// What a person does when pooldeck cannot, or must not, go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByHand {
    /// Which run.
    pub run: RunId,
    /// What it does.
    pub title: String,
    /// When something happened in it last.
    pub at: Timestamp,
    /// How many events that includes.
    pub events: usize,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Something is at work on servers, as far as is known.
    pub at_work: bool,
    /// What can be done; none when there is nothing.
    pub ways: Vec<Way>,
}

/// One way to an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// To which.
    pub end: End,
    /// What is done, by server, in an order in which it can be done.
    pub parts: Vec<Part>,
}

/// Where a way leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The run's own.
    Finished,
    /// As before, but for servers that are past their line.
    TakenBack,
    /// A server that owes is clean.
    Paid,
}

/// What is done about one server before another's turn comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// From 1, within its way.
    pub number: usize,
    /// Whose steps they are.
    pub server: ServerName,
    /// `worker of web at 10.0.0.5`.
    pub what: String,
    /// The parts that have to be done before.
    pub after: Vec<usize>,
    /// In order.
    pub tasks: Vec<Task>,
}

/// One step, or the taking back of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Which; none for what is owed after the run's end.
    pub step: Option<StepId>,
    /// What it does.
    pub action: Action,
    /// Apply or undo.
    pub verb: Verb,
    /// Where it stands, in words.
    pub stands: String,
    /// What it is for.
    pub why: String,
    /// Where it is looked at.
    pub on: ServerName,
    /// Commands that end well when it is so already.
    pub done_when: String,
    /// What makes it so.
    pub blocks: Vec<Block>,
}

/// Commands that are typed at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Where.
    pub on: ServerName,
    /// What they do, or when.
    pub say: String,
    /// The commands, as a shell reads them.
    pub commands: String,
}

impl End {
    /// As JSON says it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Finished => "finish",
            Self::TakenBack => "take-back",
            Self::Paid => "clean",
        }
    }
}

impl Run {
    /// What is ahead of it, as commands for a person.
    #[must_use]
    pub fn by_hand(&self, fleet: &Fleet) -> ByHand {
        let whole = match &self.outcome {
            None => self.both_ways(fleet),
            // What it could not do is still to be done, as far as nobody has; what is owed beside it follows.
            Some(Outcome::Stuck(_)) => vec![self.way(End::Finished, fleet)],
            Some(_) => Vec::new(),
        };
        let mut ways = whole;
        if !self.is_open() {
            let owing = owed::servers(self, fleet);
            for way in &mut ways {
                way.parts.retain(|part| !owing.contains(&part.server));
            }
            ways.extend(owed::way(self, fleet));
        }
        ways.retain(|way| !way.parts.is_empty());
        ByHand {
            run: self.id(),
            title: self.plan().effects.title.clone(),
            at: self.last,
            events: self.events,
            outcome: self.outcome.clone(),
            at_work: self.is_open() && self.plan().subjects().iter().any(|it| self.is_at_work(it)),
            ways,
        }
    }

    /// What the first line of its text says of it, without making the text.
    #[must_use]
    pub fn by_hand_stamp(&self) -> String {
        print::stamp(self.id(), self.events)
    }

    /// Servers that it holds now: taken and not given back, and those on which kubectl runs for it.
    #[must_use]
    pub fn held_servers(&self) -> BTreeSet<ServerName> {
        let stands = |server: &ServerName, action| {
            let mut steps = self.progress();
            let found = steps.find(|(step, _)| step.subject == *server && step.action == action);
            found.map(|(_, progress)| progress.state.clone())
        };
        let taken = |server: &&ServerName| {
            let given_back = stands(server, Action::Release) == Some(State::Proved);
            // A member has no such step: it was taken by an earlier run.
            let claimed = stands(server, Action::Claim)
                .is_none_or(|it| !matches!(it, State::Waiting | State::Running | State::Undone));
            claimed && !given_back
        };
        let subjects = self.plan().subjects().into_iter().filter(taken).cloned();
        let executors = self.plan().executors.iter();
        let made = executors.filter(|it| taken(it)).cloned();
        subjects.chain(made).collect()
    }

    /// Forward as it goes now; and back, as it would go were it cancelled now.
    fn both_ways(&self, fleet: &Fleet) -> Vec<Way> {
        if self.unwinding.is_some() {
            return vec![self.way(End::TakenBack, fleet)];
        }
        let finish = self.way(End::Finished, fleet);
        let cancelled = self.cancelled();
        let takes_back = ahead::ahead(&cancelled)
            .iter()
            .any(|(_, verb)| *verb == Verb::Undo);
        let back = takes_back.then(|| cancelled.way(End::TakenBack, fleet));
        [finish].into_iter().chain(back).collect()
    }

    /// The run as a cancel would leave it.
    fn cancelled(&self) -> Self {
        let mut run = self.clone();
        let (by, cause) = (String::new(), Cause::Cancel);
        let follow = |run: &mut Self, fact| {
            let (at, epoch) = (run.last, Epoch(0));
            // A fact about the whole run can always follow while it is open.
            run.apply(&Event { at, epoch, fact }).is_ok()
        };
        if follow(&mut run, Fact::Unwinding { by, cause }) {
            for fact in run.after_unwinding() {
                follow(&mut run, fact);
            }
        }
        run
    }

    fn way(&self, end: End, fleet: &Fleet) -> Way {
        let steps = ahead::ahead(self);
        let env = values::run_env(self, fleet);
        let tasks = |step: &Step, verb| recipe::task(self, step, verb, &env);
        Way {
            end,
            parts: parts::parts(self, &steps, tasks),
        }
    }
}
