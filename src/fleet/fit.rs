//! Whether a clean server can become a node: one rule at a time, each with what was found.
//! Must never pass what was not found.

use super::{Bytes, Facts};

/// What `/var/lib` must have free: packages and images of a node are 2 GiB, the rest is room for pods' images.
pub const MIN_DISK: Bytes = Bytes::gib(5);

/// Certificates and leases go wrong beyond this; preflight draws the same line.
const CLOCK_SECONDS: f64 = 30.0;

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is looked at.
    pub name: &'static str,
    /// What is against it; none when it passes.
    pub against: Option<String>,
}

/// Every rule, in the order in which they count.
#[must_use]
pub fn checks(facts: &Facts) -> Vec<Check> {
    let rule = |name, bad: bool, why: String| Check {
        name,
        against: bad.then_some(why),
    };
    let size = facts.capacity;
    let is = |system: &&str| facts.os.starts_with(system);
    let os = if facts.os.is_empty() {
        "unknown"
    } else {
        &facts.os
    };
    let ahead = facts.clock_ahead;
    let direction = if ahead > 0.0 { "ahead" } else { "behind" };
    vec![
        rule("root rights", !facts.root, "no root rights".to_owned()),
        rule(
            "machine-id",
            facts.machine.is_none(),
            "no machine-id".to_owned(),
        ),
        rule(
            "size",
            size.cores == 0 || size.memory.0 == 0,
            "its size was not understood".to_owned(),
        ),
        rule(
            "system",
            !["debian", "ubuntu"].iter().any(is),
            format!("its system is `{os}`: only Debian and Ubuntu can be prepared"),
        ),
        rule(
            "clock",
            ahead.abs() > CLOCK_SECONDS,
            format!("its clock is {:.0} s {direction}", ahead.abs()),
        ),
        rule(
            "disk",
            facts.disk_total.0 > 0 && facts.disk_free < MIN_DISK,
            format!(
                "/var/lib has {} free, {MIN_DISK} are needed",
                facts.disk_free
            ),
        ),
    ]
}

/// The first rule that is against it; none when it is fit.
pub(super) fn fit(facts: &Facts) -> Option<String> {
    checks(facts).into_iter().find_map(|check| check.against)
}
