//! A plan's id is its fingerprint: of the request, of what the preview promises, and of the generations it was planned on.
//! Must never depend on what changes by itself: ages, left-out servers' reasons, notes.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Move, Plan};
use crate::fleet::PlanId;

/// Hex digits of an id: 64 bits, and four are enough to type.
const DIGITS: usize = 16;

/// The fingerprint. Used once by itself: an accepted run raises the generations.
pub(super) fn fingerprint(plan: &Plan) -> PlanId {
    let effects = &plan.effects;
    let moves = |moves: &[Move]| {
        let each = moves
            .iter()
            .map(|it| json!([it.server, it.role, it.capacity]));
        each.collect::<Vec<_>>()
    };
    let promise = json!({
        "request": plan.request,
        "incoming": moves(&effects.incoming),
        "outgoing": moves(&effects.outgoing),
        "before": effects.before,
        "after": effects.after,
        "quorum": effects.quorum,
        "lost": effects.lost,
        "blocked": effects.blocked,
        "confirm": effects.confirm,
        "steps": plan.steps,
        "pool": plan.pool,
        "generations": plan.generations,
    });
    // serde_json sorts an object's keys, so equal promises are equal texts.
    let hash = Sha256::digest(promise.to_string());
    let digits = hash
        .iter()
        .take(DIGITS / 2)
        .map(|byte| format!("{byte:02x}"));
    PlanId(digits.collect())
}
