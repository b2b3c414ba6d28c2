//! A newcomer's place in its pool: its part of the pods' range, its machine, its address.
//! Must never give two members one part, nor the part of one that still leaves, or left and may still run.

use std::collections::BTreeSet;

use super::{PlanError, candidates::Candidate, words};
use crate::fleet::{Fleet, Member, Pool, Role};

/// The first part of the pods' range that nobody has.
pub(super) fn seat(
    fleet: &Fleet,
    pool: &Pool,
    it: &Candidate<'_>,
    role: Role,
) -> Result<Member, PlanError> {
    let owing = fleet.debts.values().filter(|debt| debt.pool == pool.name);
    let members = pool.members.values().map(|member| member.slot);
    let taken: BTreeSet<u8> = members.chain(owing.filter_map(|debt| debt.slot)).collect();
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
