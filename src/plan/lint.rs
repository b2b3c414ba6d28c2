//! The plan's own linter: what must hold for every plan, whatever was asked. Tests run it on every plan that they make, the captain on every plan that it accepts.
//! Must never be satisfied by trust: it reads the finished plan only, and shares no code with what made it.

mod order;
mod people;

use std::collections::BTreeSet;

use super::{Plan, Request};
use crate::fleet::ServerName;

/// Everything that is wrong with a plan, as sentences; empty for a sound one.
#[must_use]
pub fn lint(plan: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    order::check(plan, &mut found);
    people::check(plan, &mut found);
    found
}

fn incoming(plan: &Plan) -> BTreeSet<&ServerName> {
    plan.effects.incoming.iter().map(|it| &it.server).collect()
}

fn outgoing(plan: &Plan) -> BTreeSet<&ServerName> {
    plan.effects.outgoing.iter().map(|it| &it.server).collect()
}

/// The server of a clean.
const fn cleaned(plan: &Plan) -> Option<&ServerName> {
    match &plan.request {
        Request::Clean(clean) => Some(&clean.server),
        _ => None,
    }
}
