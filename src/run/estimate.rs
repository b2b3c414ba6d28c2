//! How long steps take here: what earlier runs took for the same, and of that what is left of a run or a plan.
//! Must never say a number that was not measured: one step of a kind that never ran here, and nothing is said.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Fate, Progress, Run, State};
use crate::{
    fleet::RunId,
    plan::{Action, Plan, Step},
};

/// As many of the newest runs count: the room changes.
const NEWEST: usize = 30;

/// The shortest and the longest that is to be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// At least, where all goes as fast as it ever did.
    pub least: SignedDuration,
    /// At most, where each step takes as long as it ever did.
    pub most: SignedDuration,
}

/// What steps took in earlier runs.
#[derive(Debug, Clone, Default)]
pub struct Times {
    took: BTreeMap<Action, Vec<SignedDuration>>,
}

impl Span {
    const NONE: Self = Self {
        least: SignedDuration::ZERO,
        most: SignedDuration::ZERO,
    };

    /// `6-11 min`, `40-50 s`, `7 s`; one number where both ends round to it.
    #[must_use]
    pub fn words(self) -> String {
        let (unit, word) = match self.most.as_secs() {
            // Else the last seconds would stand still.
            ..20 => (1, "s"),
            20..100 => (10, "s"),
            _ => (60, "min"),
        };
        let of = |it: SignedDuration| (it.as_secs() + unit / 2) / unit;
        // What is to come takes at least one of them.
        let (least, most) = (of(self.least).max(1), of(self.most).max(1));
        let shown = |n: i64| if word == "s" { n * unit } else { n };
        if least == most {
            format!("{} {word}", shown(most))
        } else {
            format!("{}-{} {word}", shown(least), shown(most))
        }
    }
}

impl Times {
    /// What is known from the newest runs, those before `until` where one is named.
    #[must_use]
    pub fn of(runs: &BTreeMap<RunId, Run>, until: Option<RunId>) -> Self {
        let mut took: BTreeMap<Action, Vec<SignedDuration>> = BTreeMap::new();
        let before = |run: &&Run| until.is_none_or(|id| run.id() < id);
        let newest = runs.values().rev().filter(before).take(NEWEST);
        for (step, progress) in newest.flat_map(Run::progress) {
            // A person's time is not a step's.
            if progress.state == State::Proved
                && progress.grace.is_zero()
                && (progress.changes || is_waited_out(step.action))
                && let (Some(began), Some(ended)) = (progress.began, progress.ended)
            {
                let all = took.entry(step.action).or_default();
                all.push(ended.duration_since(began));
            }
        }
        Self { took }
    }

    /// How long a whole plan takes; none when one of its steps was never measured.
    #[must_use]
    pub fn of_plan(&self, plan: &Plan) -> Option<Span> {
        longest(&plan.steps, |step| self.whole(step.action))
    }

    /// The same for people, with what it was measured on: `6-11 min, from 9 earlier drains`.
    #[must_use]
    pub fn words(&self, plan: &Plan) -> Option<String> {
        let span = self.of_plan(plan)?.words();
        let has = |action| plan.steps.iter().any(|step| step.action == action);
        let kinds = [(Action::Drain, "drain"), (Action::Join, "join")];
        let from = kinds.into_iter().find(|(action, _)| has(*action));
        let from = from.map_or_else(String::new, |(action, word)| {
            let count = self.took.get(&action).map_or(0, Vec::len);
            let many = if count == 1 { "" } else { "s" };
            format!(", from {count} earlier {word}{many}")
        });
        Some(format!("{span}{from}"))
    }

    /// How much of an open run is left at `now`; none when that is not known, or hangs on a person.
    #[must_use]
    pub fn left(&self, run: &Run, now: Timestamp) -> Option<Span> {
        let by_itself = run.is_open()
            && run.paused.is_none()
            && run.unwinding.is_none()
            && run.parked.is_empty()
            && run.blockades().next().is_none();
        if !by_itself {
            return None;
        }
        longest(&run.plan().steps, |step| {
            let progress = run.of(step.id)?;
            if run.fate(&step.subject) != Fate::Forward {
                return Some(Span::NONE);
            }
            self.rest(step.action, progress, now)
        })
    }

    fn whole(&self, action: Action) -> Option<Span> {
        let all = self.took.get(&action)?;
        Some(Span {
            least: *all.iter().min()?,
            most: *all.iter().max()?,
        })
    }

    /// What is left of one step.
    fn rest(&self, action: Action, progress: &Progress, now: Timestamp) -> Option<Span> {
        if matches!(progress.state, State::Proved | State::Failed { .. }) {
            return Some(Span::NONE);
        }
        let whole = self.whole(action)?;
        let spent = progress
            .began
            .map_or(SignedDuration::ZERO, |began| now.duration_since(began));
        // It takes longer than it ever did: nobody knows how long.
        let most = whole
            .most
            .checked_sub(spent)
            .filter(SignedDuration::is_positive);
        if progress.began.is_some() && most.is_none() {
            return None;
        }
        Some(Span {
            least: (whole.least - spent).max(SignedDuration::ZERO),
            most: most.unwrap_or(whole.most),
        })
    }
}

/// Of these each time says how long such a step takes: they look, or wait for what comes by itself. Any other step that found its work done
/// teaches nothing of how long the work takes.
const fn is_waited_out(action: Action) -> bool {
    matches!(
        action,
        Action::Preflight | Action::AwaitReady | Action::ProveClean | Action::VerifyPool
    )
}

/// The longest way through the steps, each after what it needs and, on one server, one after the other.
fn longest(steps: &[Step], of: impl Fn(&Step) -> Option<Span>) -> Option<Span> {
    let mut ends: Vec<Span> = Vec::with_capacity(steps.len());
    for (at, step) in steps.iter().enumerate() {
        let own = of(step)?;
        let before = steps[..at]
            .iter()
            .zip(&ends)
            .filter(|(other, _)| step.needs.contains(&other.id) || other.subject == step.subject);
        let from = before.fold(Span::NONE, |latest, (_, end)| Span {
            least: latest.least.max(end.least),
            most: latest.most.max(end.most),
        });
        ends.push(Span {
            least: from.least + own.least,
            most: from.most + own.most,
        });
    }
    let latest = |of: fn(&Span) -> SignedDuration| ends.iter().map(of).max();
    Some(Span {
        least: latest(|it| it.least)?,
        most: latest(|it| it.most)?,
    })
}
