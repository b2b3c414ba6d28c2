//! One step on its server: check, started, apply, check. An exit code advises, the check decides.
//! Must never apply before `started` is stored, and never believe what was not checked.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;

use super::{
    door::{Door, Over},
    options::Clock,
};
use crate::{
    fleet::{Script, Server, ServerName, Verb, script::exit},
    plan::{Action, On, Step, script as scripts, script::RunEnv},
    run::{Fact, Job, Kept},
    ssh::{Transport, TransportError, UnitName, unit_name},
};

/// Everything that one job needs; a value, so that the task that has it needs nobody.
pub struct Work<T> {
    /// The way to servers.
    pub transport: Arc<T>,
    /// The way to the owner.
    pub door: Door,
    /// Which job.
    pub job: Job,
    /// Its step.
    pub step: Step,
    /// The step's scripts, by verb.
    pub check: Script,
    /// What the job runs.
    pub act: Script,
    /// What mints the secret that it needs.
    pub mint: Option<Script>,
    /// What every script is told.
    pub env: RunEnv,
    /// The server that is changed.
    pub subject: Server,
    /// The control plane with kubectl; none for a step that needs none.
    pub executor: Option<Server>,
    /// It began under an earlier captain or before a break: its unit may be there.
    pub resumed: bool,
    /// The run is to end: what refuses us is not waited for.
    pub ending: bool,
    /// When its first attempt began.
    pub began: Timestamp,
    /// So long a server may be out of reach in all.
    pub away: Duration,
    /// So long it may be from now on: less where it was waited for already.
    pub patience: Duration,
    /// How long they were, in milliseconds: no part of its deadline.
    pub lost: AtomicU64,
    /// The captain's clock.
    pub clock: Clock,
}

/// Exit 75: the world was not ready; asked again at this pace.
pub const AGAIN_EVERY: Duration = Duration::from_secs(2);

/// What a check saw.
pub enum Seen {
    /// So.
    So,
    /// Not so; what it said.
    NotSo(String),
}

impl<T: Transport> Work<T> {
    /// Does the job to its end and stores what happened.
    pub async fn perform(self) {
        let done = match self.job.verb {
            Verb::Undo => self.undo().await,
            _ => self.apply().await,
        };
        // Over: the captain has ended; the next one reads the unit's result.
        done.ok();
    }

    async fn apply(&self) -> Result<(), Over> {
        let step = self.step.id;
        if !self.resumed {
            let first = self.job.attempt == 1;
            let answer = match self.look().await? {
                Ok(answer) => answer,
                Err(fact) => return self.door.record(vec![fact]).await,
            };
            let changes = matches!(answer, Seen::NotSo(_));
            let started = Fact::Started {
                step,
                attempt: self.job.attempt,
                changes: first && changes,
                executor: self.executor_name(),
            };
            if !changes {
                return self.door.record(vec![started, Fact::Proved { step }]).await;
            }
            self.door.record(vec![started]).await?;
        }
        let unit = self.unit();
        let (code, said) = match self.carry_out(&unit).await? {
            Ok(ended) => ended,
            Err(fact) => return self.door.record(vec![fact]).await,
        };
        let before = self.lost.load(Ordering::Relaxed);
        let looked = self.look().await?;
        // A break in between may have been a reboot: what the unit said is then of the boot before, and what it started comes up.
        let unbroken = self.lost.load(Ordering::Relaxed) == before;
        let code = code.filter(|code| *code != exit::OK || unbroken);
        let fact = match looked {
            Ok(Seen::So) => Fact::Proved { step },
            Ok(Seen::NotSo(why)) => self.not_so(code, &said, &why),
            Err(fact) => fact,
        };
        let facts = self.blocked(&said, &fact).into_iter().chain([fact]);
        self.door.record(facts.collect()).await?;
        self.tidy(&unit).await;
        Ok(())
    }

    /// What a drain said of the budgets that hold it up.
    fn blocked(&self, said: &str, fact: &Fact) -> Option<Fact> {
        let over = matches!(fact, Fact::Proved { .. });
        let kept = if over { Vec::new() } else { Kept::read(said) };
        let step = self.step.id;
        // An attempt that never came to its pods says nothing of what keeps them.
        let spoke = over || said.contains("evicted") || said.contains("has not ended yet");
        let drains = self.step.action == Action::Drain && spoke;
        drains.then_some(Fact::Blocked { step, kept })
    }

    async fn undo(&self) -> Result<(), Over> {
        let step = self.step.id;
        if !self.resumed {
            let started = Fact::UndoStarted {
                step,
                attempt: self.job.attempt,
                executor: self.executor_name(),
            };
            self.door.record(vec![started]).await?;
        }
        let unit = self.unit();
        let fact = match self.give_back(&unit).await? {
            Fact::Failed { step, why } => Fact::UndoFailed { step, why },
            other => other,
        };
        self.door.record(vec![fact]).await?;
        self.tidy(&unit).await;
        Ok(())
    }

    /// Takes the step back.
    async fn give_back(&self, unit: &UnitName) -> Result<Fact, Over> {
        Ok(match self.carry_out(unit).await? {
            Ok((Some(exit::FOREIGN), _)) => Fact::Undone { step: self.step.id },
            Ok((Some(exit::OK), said)) => match self.look().await? {
                Ok(Seen::So) if self.step.action.leaves_when_undone() => {
                    let check = "it is as before";
                    self.not_so(Some(exit::OK), &said, check)
                }
                Ok(_) => Fact::Undone { step: self.step.id },
                Err(fact) => fact,
            },
            Ok((code, said)) => self.not_so(code, &said, "undo did not end well"),
            Err(fact) => fact,
        })
    }

    /// What a step that is not so after its apply becomes.
    fn not_so(&self, code: Option<i32>, said: &str, check: &str) -> Fact {
        let why = if said.is_empty() {
            tail(check)
        } else {
            tail(said)
        };
        match code {
            Some(exit::AGAIN | exit::STRANGER) | None if !self.is_late() => self.later(why),
            Some(exit::OK) => Fact::Failed {
                step: self.step.id,
                why: format!("it ended well but is not so: {}", tail(check)),
            },
            _ => Fact::Failed {
                step: self.step.id,
                why,
            },
        }
    }

    pub(super) fn later(&self, why: String) -> Fact {
        if self.is_late() {
            return Fact::Failed {
                step: self.step.id,
                why,
            };
        }
        let after = (self.clock)() + AGAIN_EVERY;
        Fact::Retrying {
            step: self.step.id,
            why,
            after,
        }
    }

    pub(super) fn is_late(&self) -> bool {
        self.deadline() < (self.clock)()
    }

    /// When its time is over.
    pub(super) fn deadline(&self) -> Timestamp {
        let lost = Duration::from_millis(self.lost.load(Ordering::Relaxed));
        self.began + Duration::from_secs(self.step.deadline.into()) + lost
    }

    async fn tidy(&self, unit: &UnitName) {
        // Best effort: files on tmpfs that are left are a few kilobytes until the next boot.
        drop(self.forget(unit).await);
    }

    /// Ends the unit where it still works, and removes its files.
    pub(super) async fn forget(&self, unit: &UnitName) -> Result<(), TransportError> {
        let unit = std::slice::from_ref(unit);
        self.transport.forget(self.host(), unit).await
    }

    fn unit(&self) -> UnitName {
        let verb = self.job.verb.word();
        unit_name(
            &self.env.fleet,
            self.env.run.0,
            self.step.id.0,
            self.job.attempt,
            verb,
        )
    }

    /// Where the scripts run.
    pub(super) fn host(&self) -> &Server {
        match (self.step.action.on(), &self.executor) {
            (On::Executor, Some(executor)) => executor,
            _ => &self.subject,
        }
    }

    fn executor_name(&self) -> Option<ServerName> {
        self.executor.as_ref().map(|server| server.name.clone())
    }
}

impl<T> Work<T> {
    /// The secret's script for this step, when it needs one.
    #[must_use]
    pub fn mint_for(step: &Step, verb: Verb, env: &RunEnv) -> Option<Script> {
        if verb == Verb::Undo {
            None
        } else {
            scripts::secret(step, env)
        }
    }
}

/// The last sentences of an output: what a person needs. Where it ends with a hint, the sentence that the hint is for comes first,
/// since tables show one line.
#[must_use]
pub fn tail(text: &str) -> String {
    let all = text.lines().filter(|line| !line.trim().is_empty());
    let all: Vec<&str> = all.collect();
    let mut lines = all[all.len().saturating_sub(4)..].to_vec();
    if let [before @ .., _, hint] = lines.as_mut_slice()
        && hint.starts_with("hint:")
    {
        let count = before.len() + 1;
        lines[..count].rotate_right(1);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_comes_first_and_its_hint_last() {
        let said = "begins\nadded s04 to /etc/hosts\n\npod a is blocked\nthe deadline has passed\nhint: see to a";
        assert_eq!(
            tail(said),
            "the deadline has passed\nadded s04 to /etc/hosts\npod a is blocked\nhint: see to a"
        );
        assert_eq!(tail("one\ntwo"), "one\ntwo");
        assert_eq!(tail("hint: alone"), "hint: alone");
        assert_eq!(tail("held\nhint: wait"), "held\nhint: wait");
    }
}
