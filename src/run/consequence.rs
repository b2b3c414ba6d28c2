//! What follows from a failure, and what a run's end means for its servers. Decided here, once, for captain and simulation alike.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Cause, Fact, Fate, Outcome, Run, State};
use crate::{
    fleet::{Capacity, Pool, Role, ServerName},
    plan::{Action, IfBlocked, Request, Step},
};

/// What becomes of a server's membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaving {
    /// It is in no pool and owes nothing: proved clean, or never touched.
    Free(ServerName),
    /// It is in no pool and was not proved clean; why.
    Owing(ServerName, String),
}

impl Run {
    /// Where a person wanted to be waited for, a drain that cannot go on does not fail: it waits.
    #[must_use]
    pub fn waits(&self, step: &Step, why: &str, now: Timestamp) -> Option<Vec<Fact>> {
        let goes = self.unwinding.is_none() && self.fate(&step.subject) == Fate::Forward;
        if goes && self.is_outdated(step) {
            let (step, why) = (step.id, why.to_owned());
            let after = now;
            return Some(vec![Fact::Retrying { step, why, after }]);
        }
        let asks = step.action == Action::Drain && self.then(&step.subject) == IfBlocked::Wait;
        if !asks || !goes {
            return None;
        }
        let (server, id) = (step.subject.clone(), self.id());
        let hint = format!(
            "see to these pods, then `pooldeck run resume {id}`; `pooldeck run cancel {id}` puts {server} back"
        );
        let said = why.lines().filter(|line| !line.starts_with("hint:"));
        let said: Vec<&str> = said.collect();
        let why = format!("{}\nhint: {hint}", said.join("\n"));
        let step = step.id;
        let later = Fact::Retrying {
            step,
            why: why.clone(),
            after: now,
        };
        Some(vec![later, Fact::Held { server, why }])
    }

    /// What follows at once when a run is to go back: whoever waits for a person and has not left stays, all others wait no more.
    #[must_use]
    pub fn after_unwinding(&self) -> Vec<Fact> {
        let back = |server: &ServerName| {
            let (server, stays) = (
                server.clone(),
                self.is_leaving(server) && !self.has_left(server) && !self.is_headless(),
            );
            if stays {
                let why = "the run was ended while it waited for a person".to_owned();
                Fact::PutBack { server, why }
            } else {
                Fact::Unparked { server }
            }
        };
        let parked = self.parked.keys().filter(|it| !self.held.contains(*it));
        let wakes = parked.cloned().map(|server| Fact::Unparked { server });
        let stays = self.emptied().into_iter().map(|server| Fact::PutBack {
            server: server.clone(),
            why: "it is not put into maintenance".to_owned(),
        });
        self.held
            .iter()
            .map(back)
            .chain(wakes)
            .chain(stays)
            .collect()
    }

    /// What follows at once from the final failure of a step, beside [`Fact::Failed`] itself.
    #[must_use]
    pub fn after_failure(&self, step: &Step, why: &str) -> Vec<Fact> {
        let server = step.subject.clone();
        let why = format!("{}: {why}", step.action.name());
        if self.put_back.contains_key(&server) || self.left_out.contains_key(&server) {
            // That was decided before it failed.
            return Vec::new();
        }
        if step.action == Action::VerifyPool {
            // The run ends with it, once nobody works any more.
            return Vec::new();
        }
        if self.is_leaving(&server) && self.leaves_without_drain() {
            // Nobody stays in a pool that ends: it owes its cleaning.
            return vec![Fact::LeftOut { server, why }];
        }
        if self.record.plan.request.set_aside() == Some(&server) && self.unwinding.is_none() {
            let by = format!("{server} stays");
            let cause = Cause::Failure;
            return vec![Fact::Unwinding { by, cause }];
        }
        if self.is_leaving(&server) && !self.has_left(&server) {
            let put_back = Fact::PutBack { server, why };
            // A pool that keeps a worker keeps its control plane.
            let whole =
                matches!(self.record.plan.request, Request::Destroy(_)) && self.unwinding.is_none();
            let by = format!("{} stays", step.subject);
            let back = whole.then_some(Fact::Unwinding {
                by,
                cause: Cause::Failure,
            });
            return std::iter::once(put_back).chain(back).collect();
        }
        if self.is_needed(&server) && self.unwinding.is_none() && !self.crossed(&server) {
            let by = format!("{server} failed");
            return vec![Fact::Unwinding {
                by,
                cause: Cause::Failure,
            }];
        }
        self.leave_out(&server, &why)
    }

    /// The run goes on without a server, and those whom it was to replace stay.
    pub(super) fn leave_out(&self, server: &ServerName, why: &str) -> Vec<Fact> {
        let out = Fact::LeftOut {
            server: server.clone(),
            why: why.to_owned(),
        };
        let stay = self.replaced_by(server).into_iter().map(|stays| {
            let why = format!("{server}, which was to replace it, did not come");
            Fact::PutBack { server: stays, why }
        });
        std::iter::once(out).chain(stay).collect()
    }

    /// Without this newcomer there would be no pool.
    pub(super) fn is_needed(&self, server: &ServerName) -> bool {
        self.role_of_newcomer(server) == Some(Role::ControlPlane) || self.is_last_newcomer(server)
    }

    /// Servers that were to leave only once this newcomer was there, and have not left: without it they stay.
    fn replaced_by(&self, newcomer: &ServerName) -> BTreeSet<ServerName> {
        if self.role_of_newcomer(newcomer).is_none() {
            return BTreeSet::new();
        }
        let steps = &self.record.plan.steps;
        let needs_it = |step: &&Step| {
            let mut needs = step
                .needs
                .iter()
                .filter_map(|id| self.record.plan.step(*id));
            needs.any(|need| need.subject == *newcomer)
        };
        let leaving = steps.iter().filter(needs_it).map(|step| &step.subject);
        leaving
            .filter(|server| self.is_leaving(server) && !self.has_left(server))
            .filter(|server| !self.put_back.contains_key(*server))
            .cloned()
            .collect()
    }

    /// What a proved or undone step means for its server's membership, at once.
    #[must_use]
    pub fn after_step(&self, step: &Step, undone: bool) -> Option<Leaving> {
        let freed = match step.action {
            Action::Release => !undone,
            // A clean that was taken back has cleaned nothing: what is owed stays owed.
            Action::Claim => undone && !matches!(self.record.plan.request, Request::Clean(_)),
            _ => false,
        };
        freed.then(|| Leaving::Free(step.subject.clone()))
    }

    /// What the run's end means for every server that came or went and is not settled yet.
    #[must_use]
    pub fn at_end(&self) -> Vec<Leaving> {
        self.record
            .plan
            .subjects()
            .into_iter()
            .filter_map(|server| self.fate_at_end(server))
            .collect()
    }

    /// What its pool is asked for once the run has ended and `pool` is what is left of it: the wish when it was reached, the old
    /// one when nobody came or went, else as much of the way as was gone.
    #[must_use]
    pub fn asked_at_end(&self, pool: &Pool) -> Capacity {
        let plan = &self.record.plan;
        let wanted = match plan.request {
            _ if self.outcome == Some(Outcome::Succeeded) => return pool.asked,
            Request::Clean(_) | Request::Maintain(_) | Request::Return(_) => return pool.asked,
            Request::Destroy(_) => Capacity::default(),
            Request::Create(_) | Request::Resize(_) => {
                plan.pool.as_ref().map_or(pool.asked, |pool| pool.asked)
            }
        };
        let before = plan.effects.asked_before;
        let planned = plan.pool.iter().flat_map(|pool| pool.members.keys());
        let comes = |name: &&ServerName| self.role_of_newcomer(name).is_some();
        if planned.filter(|name| !comes(name)).eq(pool.members.keys()) {
            return before;
        }
        let reached = pool.capacity();
        Capacity::new(
            between(reached.cores, before.cores, wanted.cores),
            between(reached.memory, before.memory, wanted.memory),
        )
    }

    fn fate_at_end(&self, server: &ServerName) -> Option<Leaving> {
        let done = |action: Action, state: &State| {
            self.progress().any(|(step, progress)| {
                step.subject == *server && step.action == action && progress.state == *state
            })
        };
        if self.is_leaving(server) {
            if done(Action::Release, &State::Proved) {
                return None;
            }
            let owes = self.has_left(server)
                || self.leaves_without_drain() && self.left_out.contains_key(server);
            return owes.then(|| Leaving::Owing(server.clone(), self.why(server)));
        }
        self.role_of_newcomer(server)?;
        let claim = self
            .progress()
            .find(|(step, _)| step.subject == *server && step.action == Action::Claim);
        let untouched = claim.is_none_or(|(_, claim)| claim.attempt == 0);
        if untouched {
            return Some(Leaving::Free(server.clone()));
        }
        let fell = self.left_out.contains_key(server) && !self.has_come(server);
        let stays = !fell && self.unwinding.is_none();
        if stays || done(Action::Claim, &State::Undone) {
            return None;
        }
        Some(Leaving::Owing(server.clone(), self.why(server)))
    }

    fn why(&self, server: &ServerName) -> String {
        self.left_out.get(server).cloned().unwrap_or_else(|| {
            let id = self.id();
            if self.is_given_up(server) {
                format!("it was out of reach when run {id} took it out")
            } else {
                format!("run {id} ended before it was proved clean")
            }
        })
    }

    /// The server that is only emptied, and takes pods again whenever its run does not reach its end.
    fn emptied(&self) -> Option<&ServerName> {
        match &self.record.plan.request {
            Request::Maintain(wish) => Some(&wish.server),
            _ => None,
        }
    }

    pub(super) fn is_leaving(&self, server: &ServerName) -> bool {
        self.record
            .plan
            .effects
            .outgoing
            .iter()
            .any(|out| out.server == *server)
    }

    pub(super) fn leaves_without_drain(&self) -> bool {
        matches!(&self.record.plan.request, Request::Destroy(wish) if wish.without_drain)
            && (self.unwinding.is_none() || self.is_headless())
    }

    pub(super) fn role_of_newcomer(&self, server: &ServerName) -> Option<Role> {
        let incoming = &self.record.plan.effects.incoming;
        incoming
            .iter()
            .find(|new| new.server == *server)
            .map(|new| new.role)
    }

    /// True when a new pool would be without workers if this one were left out, too.
    fn is_last_newcomer(&self, server: &ServerName) -> bool {
        matches!(self.record.plan.request, Request::Create(_))
            && !self.record.plan.effects.incoming.iter().any(|new| {
                new.role == Role::Worker
                    && new.server != *server
                    && !self.left_out.contains_key(&new.server)
            })
    }
}

fn between<T: Ord + Copy>(reached: T, one: T, other: T) -> T {
    reached.clamp(one.min(other), one.max(other))
}
