//! A newcomer's place in its pool: its part of the pods' range, its machine, its address.
//! Must never give two members one part, nor the part of one that still leaves.

use std::collections::BTreeSet;

use super::{PlanError, candidates::Candidate, words};
use crate::fleet::{Member, Pool, Role};

/// The first part of the pods' range that nobody has.
pub(super) fn seat(pool: &Pool, it: &Candidate<'_>, role: Role) -> Result<Member, PlanError> {
    let taken: BTreeSet<u8> = pool.members.values().map(|member| member.slot).collect();
    let slot = (0..=u8::MAX).find(|slot| !taken.contains(slot) && pool.node_cidr(*slot).is_some());
    let Some(slot) = slot else {
        return Err(PlanError::Setting(format!(
            "the range `{}` of the pods of `{}` has room for {} and no more\nhint: a pool that is to grow further needs a larger `--pod-cidr` when it is created",
            pool.pod_cidr,
            pool.name,
            words::count(pool.members.len(), "node")
        )));
    };
    Ok(Member {
        role,
        machine: it.machine.clone(),
        address: it.address.into(),
        slot,
        capacity: it.capacity,
    })
}
