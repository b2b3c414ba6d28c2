//! A plan before it is confirmed: what was read is what is confirmed, or nothing is.

use jiff::{SignedDuration, Timestamp};

use super::command::Place;
use crate::plan::{Confirm, Plan, Request};

/// Keys that were on their way when the picture changed are not an answer to it (type-ahead on a slow link).
pub const DEAF: SignedDuration = SignedDuration::from_millis(400);

/// The preview.
#[derive(Debug, Clone)]
pub struct Preview {
    /// What is wanted.
    pub request: Request,
    /// The question whose answer is shown.
    pub ticket: u64,
    /// The question that looks whether it still holds.
    pub check: Option<u64>,
    /// What would be done, or why nothing can be.
    pub plan: Option<Result<Box<Plan>, String>>,
    /// When it was planned.
    pub planned: Timestamp,
    /// When the picture changed last.
    pub changed: Timestamp,
    /// What got worse since it was planned; then it cannot be confirmed.
    pub stale: Vec<String>,
    /// What is other than in the plan that was read before.
    pub differs: Vec<String>,
    /// The name, as it is typed.
    pub typed: String,
    /// The field for the name has the focus.
    pub in_field: bool,
    /// Scrolled so far.
    pub scroll: usize,
    /// The captain was asked to do it: the answer belongs here.
    pub asked: bool,
}

impl Preview {
    /// Asks for a plan.
    #[must_use]
    pub const fn new(request: Request, ticket: u64, now: Timestamp) -> Self {
        Self {
            request,
            ticket,
            check: None,
            plan: None,
            planned: now,
            changed: now,
            stale: Vec::new(),
            differs: Vec::new(),
            typed: String::new(),
            in_field: false,
            scroll: 0,
            asked: false,
        }
    }

    /// Where keys go.
    #[must_use]
    pub const fn place(&self) -> Place {
        if self.in_field {
            Place::Text
        } else {
            Place::Preview
        }
    }

    /// The plan, when there is one with something to do.
    #[must_use]
    pub fn ready(&self) -> Option<&Plan> {
        match &self.plan {
            Some(Ok(plan)) if !plan.is_empty() => Some(plan),
            _ => None,
        }
    }

    /// The name that has to be typed.
    #[must_use]
    pub fn name_wanted(&self) -> Option<&str> {
        match &self.ready()?.effects.confirm {
            Confirm::TypeName { name, .. } => Some(name),
            Confirm::Yes => None,
        }
    }

    /// True when keys are not an answer yet.
    #[must_use]
    pub fn is_deaf(&self, now: Timestamp) -> bool {
        now.duration_since(self.changed) < DEAF
    }

    /// The plan that a `Y` at this moment confirms; none when it confirms nothing.
    #[must_use]
    pub fn confirmed(&self, now: Timestamp) -> Option<(&Plan, Option<String>)> {
        let plan = self.ready()?;
        if self.is_deaf(now) || !self.stale.is_empty() {
            return None;
        }
        match self.name_wanted() {
            None => Some((plan, None)),
            Some(name) if name == self.typed => Some((plan, Some(self.typed.clone()))),
            Some(_) => None,
        }
    }
}
