//! A question that wants a few words before something is asked of the captain: why, until when, a name typed in full.
//! Must never end without each of its words, and never by Enter.

mod field;

use jiff::{Timestamp, tz::TimeZone};

pub use self::field::{Field, Kind};
use super::{command::Place, preview::DEAF, world::World};
use crate::{
    fleet::{PoolName, RunId, ServerName, until::until},
    plan::{Maintain, Request},
    run::{Reply, Word},
    store::{
        note::{ProblemId, Say, Severity},
        record::What,
    },
};

/// So many pods are named; the run shows them all.
const NAMED: usize = 3;

/// What a question is about: it makes the words that are wanted, and of them what is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// A pool's protection is taken away.
    Unprotect(PoolName),
    /// A problem is known for a while.
    Acknowledge {
        /// Which.
        problem: ProblemId,
        /// How bad it is now.
        severity: Severity,
        /// What stands in the list.
        text: String,
    },
    /// A server in no pool is left alone for a while, or one that is in maintenance for longer.
    Maintain(ServerName),
    /// A member is emptied and left alone for a while: by a plan, so its preview comes first.
    Empty(PoolName, ServerName),
    /// Pods that a budget keeps are deleted all the same.
    Force {
        /// By which run.
        run: RunId,
        /// On which server.
        server: ServerName,
        /// Which budget.
        budget: String,
    },
}

/// What a question ends as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The captain is asked.
    Ask(What),
    /// Its preview opens; nothing has changed yet.
    Preview(Box<Request>),
}

/// The question.
#[derive(Debug, Clone)]
pub struct Question {
    /// What it is about.
    pub topic: Topic,
    /// What would be done to what.
    pub title: String,
    /// What comes of it.
    pub consequence: String,
    /// The words that are wanted, one to three.
    pub fields: Vec<Field>,
    /// Which field has the focus; behind the last it is on Cancel.
    pub focus: usize,
    /// When it was opened, or the focus came to the last line.
    pub changed: Timestamp,
    /// The captain was asked.
    pub asked: bool,
    /// Why the captain refused.
    pub refused: Vec<String>,
}

impl Question {
    /// Asks about it.
    #[must_use]
    pub fn new(topic: Topic, world: &World, now: Timestamp) -> Self {
        let (title, consequence, fields) = match &topic {
            Topic::Unprotect(pool) => (
                format!("take the protection of {pool} away"),
                format!(
                    "From then on a key press is enough to take servers out of {pool}, unless they are a quarter of its workers, CPUs or memory, or more."
                ),
                vec![Field::new("name", Kind::Name(pool.to_string()))],
            ),
            Topic::Empty(pool, server) => (
                format!("maintenance of {server} of {pool}"),
                "Its pods go elsewhere first, and it stays in its pool. Nothing changes before the preview of that."
                    .to_owned(),
                vec![
                    Field::new("until", Kind::Until),
                    Field::new("why", Kind::Words),
                ],
            ),
            Topic::Maintain(server) => (
                format!("maintenance of {server}"),
                "Until then it is left alone: nothing takes it, and what is wrong with it does not count."
                    .to_owned(),
                vec![
                    Field::new("until", Kind::Until),
                    Field::new("why", Kind::Words),
                ],
            ),
            Topic::Acknowledge { problem, text, .. } => (
                format!("acknowledge {problem}: {text}"),
                "Until then it does not count. It comes back at once when it is another or a worse one."
                    .to_owned(),
                vec![
                    Field::new("until", Kind::Until),
                    Field::new("why", Kind::Words),
                ],
            ),
            Topic::Force {
                run,
                server,
                budget,
            } => (
                format!("evict by force what {budget} keeps on {server}"),
                force(world, *run, server, budget),
                vec![Field::new("name", Kind::Name(wanted(world, *run, budget)))],
            ),
        };
        Self {
            topic,
            title,
            consequence,
            fields,
            focus: 0,
            changed: now,
            asked: false,
            refused: Vec::new(),
        }
    }

    /// True when a preview comes next, so that nothing is confirmed here.
    #[must_use]
    pub const fn is_first_of_two(&self) -> bool {
        matches!(self.topic, Topic::Empty(..))
    }

    /// What it ends as with these words; the first field that is not as it should be, when one is not.
    ///
    /// # Errors
    /// Which field that is.
    pub fn end(&self, now: Timestamp, zone: &TimeZone) -> Result<End, usize> {
        let mut fields = self.fields.iter();
        if let Some(wrong) = fields.position(|field| field.trouble(now, zone).is_some()) {
            return Err(wrong);
        }
        let text = |at: usize| {
            let field = self.fields.get(at);
            field.map(|field| field.text.trim().to_owned())
        };
        let time = |at: usize| until(&text(at).unwrap_or_default(), now, zone).map_err(|_| at);
        Ok(End::Ask(match &self.topic {
            Topic::Empty(pool, server) => {
                let wish = Maintain {
                    pool: pool.clone(),
                    server: server.clone(),
                    until: time(0)?,
                    why: text(1).unwrap_or_default(),
                };
                return Ok(End::Preview(Box::new(Request::Maintain(wish))));
            }
            Topic::Unprotect(pool) => What::Protect {
                pool: pool.clone(),
                on: false,
                typed: text(0),
            },
            Topic::Maintain(server) => What::Say(Say::Maintain {
                server: server.clone(),
                until: time(0)?,
                why: text(1).unwrap_or_default(),
            }),
            Topic::Acknowledge {
                problem, severity, ..
            } => What::Say(Say::Acknowledge {
                problem: problem.clone(),
                severity: *severity,
                until: time(0)?,
                why: text(1).unwrap_or_default(),
            }),
            Topic::Force {
                run,
                server,
                budget,
            } => What::Answer(Word {
                run: *run,
                server: server.clone(),
                reply: Reply::Force(budget.clone()),
                typed: text(0),
            }),
        }))
    }

    /// Where keys go: into a field, every letter of them, or to the last line, where `Y` confirms.
    #[must_use]
    pub fn place(&self) -> Place {
        if self.field().is_some() {
            Place::Field
        } else {
            Place::Question
        }
    }

    /// The field that has the focus.
    #[must_use]
    pub fn field(&self) -> Option<&Field> {
        self.fields.get(self.focus)
    }

    /// True when keys are not an answer yet.
    #[must_use]
    pub fn is_deaf(&self, now: Timestamp) -> bool {
        now.duration_since(self.changed) < DEAF
    }

    /// Moves the focus. What is typed in a hurry into the last field must not confirm.
    pub fn go(&mut self, to: usize, now: Timestamp) {
        let to = to.min(self.fields.len());
        if to == self.focus {
            return;
        }
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.left = true;
        }
        self.focus = to;
        if to == self.fields.len() {
            self.changed = now;
        }
    }
}

/// What breaks, by pod.
fn force(world: &World, run: RunId, server: &ServerName, budget: &str) -> String {
    let blockade = world.run(run).and_then(|run| run.blockade(server));
    let breaks = blockade.map_or_else(Vec::new, |it| it.breaks(budget));
    let more = match breaks.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!("; and {n} more of the same budget"),
    };
    let named = breaks.into_iter().take(NAMED).collect::<Vec<_>>();
    format!(
        "{}{more}. Every other budget keeps its pods; so does this one in every other run.",
        named.join("; ")
    )
}

/// What has to be typed for it.
fn wanted(world: &World, run: RunId, budget: &str) -> String {
    let run = world.run(run);
    let wanted = run.and_then(|run| {
        let protected = world.snapshot.is_protected(run);
        Reply::Force(budget.to_owned()).wanted(run, protected)
    });
    wanted.unwrap_or_else(|| budget.to_owned())
}
