//! Run 13 shrinks web: s08 is almost gone, and the drain of s11 waits for a budget.

use jiff::Timestamp;
use pooldeck::{
    deck::{Model, World},
    fleet::{Epoch, RunId},
    plan::{Action, Plan, Step, StepId},
    run::{Event, Fact, Kept, Outcome, Reply, RunRecord},
    store::{
        Store,
        memory::Memory,
        record::{key, seen_key},
        snapshot::Snapshot,
    },
};

use super::{ago, model_of, name, now, runs, see, write};

const LEAVES: [Action; 8] = [
    Action::Cordon,
    Action::Drain,
    Action::StopKubelet,
    Action::RemoveNode,
    Action::Reset,
    Action::Clean,
    Action::ProveClean,
    Action::Release,
];

/// Two servers leave, then the pool is proved.
fn plan() -> Plan {
    let mut plan = runs::shrink();
    plan.steps.clear();
    let mut add = |subject: &str, action, needs: Vec<StepId>, env: &[(&str, &str)]| {
        let id = StepId(u32::try_from(plan.steps.len()).unwrap());
        let pairs = env
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        plan.steps.push(Step {
            id,
            action,
            subject: name(subject),
            needs,
            env: pairs.collect(),
            deadline: 960,
        });
        id
    };
    let mut last = Vec::new();
    for server in ["s10", "s11"] {
        let mut before = Vec::new();
        for action in LEAVES {
            before = vec![add(server, action, before, &[("POOLDECK_DEADLINE", "900")])];
        }
        last.extend(before);
    }
    add("s01", Action::VerifyPool, last, &[]);
    plan
}

pub struct Story(Vec<Event>, Plan);

impl Story {
    fn at(&mut self, seconds: i64, fact: Fact) {
        self.0.push(Event {
            at: ago(seconds),
            epoch: Epoch(4),
            fact,
        });
    }

    fn started(&mut self, step: u32, attempt: u32, seconds: i64) {
        let (step, changes, executor) = (StepId(step), true, Some(name("s01")));
        self.at(
            seconds,
            Fact::Started {
                step,
                attempt,
                changes,
                executor,
            },
        );
    }

    fn done(&mut self, step: u32, began: i64, ended: i64) {
        self.started(step, 1, began);
        self.at(ended, Fact::Proved { step: StepId(step) });
    }

    /// Until the budget's no was heard.
    pub fn blocked() -> Self {
        let mut story = Self(Vec::new(), plan());
        for (step, began, ended) in [(0, 190, 188), (1, 187, 125), (2, 124, 120), (3, 119, 117)] {
            story.done(step, began, ended);
        }
        story.done(8, 190, 188);
        story.started(9, 1, 187);
        let kept = Kept {
            pod: "db/pg-1".to_owned(),
            owner: "StatefulSet pg".to_owned(),
            budget: "db/pg".to_owned(),
            ready: 1,
            all: 2,
        };
        let (step, kept) = (StepId(9), vec![kept]);
        story.at(100, Fact::Blocked { step, kept });
        let why = "node `s11` is not drained yet\nhint: it is tried again until the deadline";
        let (why, after) = (why.to_owned(), ago(98));
        story.at(100, Fact::Retrying { step, why, after });
        story.started(9, 2, 98);
        story.started(4, 1, 12);
        story
    }

    /// And then a person stopped it.
    pub fn stopped() -> Self {
        let mut story = Self::blocked();
        let (by, why) = ("ops1@jump1".to_owned(), "paused by a person".to_owned());
        story.at(60, Fact::Paused { by, why });
        story
    }

    /// And then somebody overrode the budget.
    pub fn answered() -> Self {
        let mut story = Self::blocked();
        let (server, by) = (name("s11"), "ops2@jump1".to_owned());
        let reply = Reply::Force("db/pg".to_owned());
        story.at(10, Fact::Answered { server, by, reply });
        story
    }

    /// And then s11 was put back, and the run ended without it.
    pub fn ended() -> Self {
        let mut story = Self::blocked();
        let (server, why) = (name("s11"), "ops2@jump1 put it back".to_owned());
        story.at(10, Fact::PutBack { server, why });
        story.at(
            9,
            Fact::Retrying {
                step: StepId(9),
                why: String::new(),
                after: ago(9),
            },
        );
        let outcome = Outcome::SucceededWithout(vec![name("s11")]);
        story.at(5, Fact::Ended { outcome });
        story
    }

    /// The same beside a newcomer: a run with every phase.
    pub fn wide() -> Self {
        let mut story = Self::blocked();
        let first = story.1.steps.len();
        for step in runs::grow("web", 96, &["s15"]).steps {
            let id = StepId(u32::try_from(first).unwrap() + step.id.0);
            let needs = Vec::new();
            story.1.steps.push(Step { id, needs, ..step });
        }
        story
    }

    /// The room in which it is told.
    pub fn store(self) -> Memory {
        let store = super::store();
        let id = RunId(13);
        let record = RunRecord {
            id,
            plan: self.1,
            by: "ops1@jump1".to_owned(),
            accepted: ago(192),
        };
        write(&store, [(key::run(id), record)]);
        let numbered = self.0.into_iter().enumerate();
        write(
            &store,
            numbered.map(|(n, event)| (key::event(id, n), event)),
        );
        see(&store, [(seen_key::lines(id, StepId(9)), super::lines())]);
        store
    }

    /// The deck on it.
    pub fn model(self) -> Model {
        model_at(&self.store(), now())
    }
}

/// The deck on a store at that time.
pub fn model_at(store: &dyn Store, at: Timestamp) -> Model {
    let world = World::of(Snapshot::read(store).unwrap(), at);
    model_of(world, super::PALETTE)
}
