//! The servers and the captain of one run, played: what can happen next, what must be so at the end.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use pooldeck::{
    fleet::{Epoch, RunId, ServerName, Verb},
    plan::{Action, Move, Plan, Request, StepId},
    run::{Cause, Event, Fact, Job, Leaving, Run, RunRecord, State},
};

use crate::room::now;

/// What happens to the servers of a run, as the captain would write it down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Member,
    Free,
    Owing,
}

pub struct World {
    pub run: Run,
    pub events: Vec<Event>,
    pub now: Timestamp,
    pub places: BTreeMap<ServerName, Place>,
}

/// Something that can happen next.
#[derive(Debug, Clone)]
pub enum Next {
    Facts(Vec<Fact>),
    Wait(Timestamp),
}

impl World {
    pub fn new(plan: Plan) -> Self {
        let members = plan
            .pool
            .iter()
            .flat_map(|pool| pool.members.keys().cloned());
        let places = members.map(|name| (name, Place::Member)).collect();
        let record = RunRecord {
            id: RunId(1),
            plan,
            by: "ops1@jump1".to_owned(),
            accepted: now(),
        };
        Self {
            run: Run::new(record),
            events: Vec::new(),
            now: now(),
            places,
        }
    }

    pub fn apply(&mut self, fact: Fact) {
        let event = Event {
            at: self.now,
            epoch: Epoch(1),
            fact,
        };
        self.run.apply(&event).unwrap();
        self.events.push(event);
    }

    /// Stores facts with what follows from them, as the captain does.
    pub fn record(&mut self, facts: Vec<Fact>) {
        let mut leaving = Vec::new();
        for fact in facts {
            let mut all = vec![fact.clone()];
            if let Fact::Failed { step, why } = &fact {
                all.extend(
                    self.run
                        .after_failure(self.run.plan().step(*step).unwrap(), why),
                );
            }
            for fact in all {
                self.apply(fact);
            }
            if let Fact::Proved { step } | Fact::Undone { step } = fact {
                let undone = matches!(fact, Fact::Undone { .. });
                leaving.extend(
                    self.run
                        .after_step(self.run.plan().step(step).unwrap(), undone),
                );
            }
        }
        if let Some(outcome) = self.run.settled() {
            if self.run.is_open() {
                self.apply(Fact::Ended { outcome });
            }
            leaving.extend(self.run.at_end());
        }
        for end in leaving {
            let (name, place) = match end {
                Leaving::Free(name) => (name, Place::Free),
                Leaving::Owing(name, _) => (name, Place::Owing),
            };
            self.places.insert(name, place);
        }
    }

    /// Everything that can happen now; the first is what happens when all goes well.
    pub fn options(&self) -> Vec<Next> {
        let mut well = Vec::new();
        let mut ill = Vec::new();
        for (step, progress) in self.run.progress() {
            let step = step.id;
            let later = || self.later(step);
            match progress.state {
                State::Running => {
                    well.push(vec![Fact::Proved { step }]);
                    ill.push(vec![Fact::Failed {
                        step,
                        why: "broken".to_owned(),
                    }]);
                    ill.push(vec![later()]);
                }
                State::Undoing => {
                    well.push(vec![Fact::Undone { step }]);
                    ill.push(vec![Fact::UndoFailed {
                        step,
                        why: "broken".to_owned(),
                    }]);
                    ill.push(vec![later()]);
                }
                _ => (),
            }
        }
        for Job {
            step,
            verb,
            attempt,
        } in self.run.ready(self.now)
        {
            let executor = None;
            if verb == Verb::Undo {
                well.push(vec![Fact::UndoStarted {
                    step,
                    attempt,
                    executor,
                }]);
                continue;
            }
            let started = |changes| Fact::Started {
                step,
                attempt,
                changes,
                executor: None,
            };
            well.push(vec![started(true)]);
            ill.push(vec![self.later(step)]);
            ill.push(vec![started(false), Fact::Proved { step }]);
            ill.push(vec![Fact::Failed {
                step,
                why: "unreachable".to_owned(),
            }]);
        }
        for server in self.run.parked.keys() {
            well.push(vec![Fact::Unparked {
                server: server.clone(),
            }]);
        }
        if self.run.paused.is_some() {
            well.push(vec![Fact::Resumed {
                by: "ops1".to_owned(),
            }]);
        }
        let mut options: Vec<Next> = well.into_iter().map(Next::Facts).collect();
        options.extend(self.run.next_try().map(Next::Wait));
        let server = self
            .run
            .plan()
            .subjects()
            .into_iter()
            .next()
            .unwrap()
            .clone();
        let (by, why) = ("ops1".to_owned(), "look".to_owned());
        ill.push(vec![Fact::Parked {
            server,
            why: why.clone(),
        }]);
        ill.push(vec![Fact::Paused {
            by: by.clone(),
            why,
        }]);
        for cause in [Cause::Cancel, Cause::Rollback] {
            ill.push(vec![Fact::Unwinding {
                by: by.clone(),
                cause,
            }]);
        }
        options.extend(ill.into_iter().map(Next::Facts));
        options
    }

    pub fn later(&self, step: StepId) -> Fact {
        let after = self.now + SignedDuration::from_secs(2);
        Fact::Retrying {
            step,
            why: "not yet".to_owned(),
            after,
        }
    }

    /// Lets happen what the choices say until the run has ended; 0 and no choice: all goes well.
    pub fn live(&mut self, choices: &[u8]) {
        let mut choices = choices.iter();
        for _ in 0..3_000 {
            self.look();
            if !self.run.is_open() {
                return;
            }
            let options = self.options();
            let choice = usize::from(choices.next().copied().unwrap_or(0));
            match options[choice % options.len()].clone() {
                Next::Facts(facts) => self.record(facts),
                Next::Wait(until) => self.now = self.now.max(until),
            }
        }
        let facts: Vec<&Fact> = self.events.iter().map(|event| &event.fact).collect();
        panic!("the run never ends: {:?} {facts:#?}", self.options());
    }

    /// What must hold at every moment.
    pub fn look(&self) {
        let ready = self.run.ready(self.now);
        let mut subjects = BTreeSet::new();
        for job in &ready {
            let subject = &self.run.plan().step(job.step).unwrap().subject;
            assert!(
                subjects.insert(subject),
                "two jobs for {subject}: {ready:?}"
            );
        }
        for (step, progress) in self.run.progress() {
            let at_work = matches!(progress.state, State::Running | State::Undoing);
            assert!(
                !at_work || !subjects.contains(&step.subject),
                "{} has a step at work",
                step.subject
            );
        }
        if self.run.settled().is_some() {
            assert_eq!(ready, [], "nothing begins once all is over");
        }
    }

    pub fn state(&self, server: &ServerName, action: Action) -> Option<State> {
        let mut steps = self.run.progress();
        steps
            .find(|(step, _)| step.subject == *server && step.action == action)
            .map(|(_, progress)| progress.state.clone())
    }

    /// What must hold at the end: each server that came or went is a member, free or owing, and what it is agrees with what was done.
    pub fn judge(&self) {
        let effects = &self.run.plan().effects;
        let claimed = |server: &ServerName| {
            self.run.progress().any(|(step, progress)| {
                step.subject == *server && step.action == Action::Claim && progress.attempt > 0
            })
        };
        for new in &effects.incoming {
            let place = self.places[&new.server];
            let ready = self.state(&new.server, Action::AwaitReady) == Some(State::Proved);
            let claim = self.state(&new.server, Action::Claim).unwrap();
            match place {
                Place::Member => assert!(
                    ready,
                    "{} is a member and no node: {:?}",
                    new.server, self.run
                ),
                Place::Free => assert!(
                    !claimed(&new.server) || claim == State::Undone,
                    "{} is free and claimed: {claim:?}",
                    new.server
                ),
                Place::Owing => assert!(
                    claimed(&new.server) && claim != State::Undone,
                    "{} owes nothing",
                    new.server
                ),
            }
        }
        for out in &effects.outgoing {
            let place = self.places[&out.server];
            let released = self.state(&out.server, Action::Release) == Some(State::Proved);
            if place != Place::Member && matches!(self.run.plan().request, Request::Resize(_)) {
                let came = |new: &Move| self.places[&new.server] == Place::Member;
                assert!(
                    effects.incoming.iter().all(came),
                    "{} left though its replacement never came",
                    out.server
                );
            }
            assert_eq!(
                place == Place::Free,
                released,
                "{} is {place:?}",
                out.server
            );
            assert_eq!(
                place == Place::Member,
                !self.run.has_left(&out.server) && !released,
                "{} is {place:?}",
                out.server
            );
        }
    }

    /// Cut anywhere, replayed and continued, the run is the same.
    pub fn cut_everywhere(&self) {
        let mut live = Run::new(self.run.record.clone());
        for (cut, event) in self.events.iter().enumerate() {
            let replayed =
                Run::replay(self.run.record.clone(), self.events[..cut].to_vec()).unwrap();
            assert_eq!(replayed, live, "cut before event {cut}");
            live.apply(event).unwrap();
        }
        assert_eq!(live, self.run);
        let text = serde_json::to_string(&self.events).unwrap();
        assert_eq!(
            serde_json::from_str::<Vec<Event>>(&text).unwrap(),
            self.events,
            "events survive the store"
        );
        let record = serde_json::to_string(&self.run.record).unwrap();
        assert_eq!(
            serde_json::from_str::<RunRecord>(&record).unwrap(),
            self.run.record
        );
    }
}
