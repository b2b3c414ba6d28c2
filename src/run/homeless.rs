//! A drain that a disruption budget holds up because what was evicted before finds no place: both are the cause.

use super::{Blockade, Kept};
use crate::fleet::ClusterSeen;

impl Blockade<'_> {
    /// Why its budgets do not come free, where that is known, too: what was evicted finds no place, so it is never ready again.
    #[must_use]
    pub fn without_room(&self, cluster: &ClusterSeen) -> Option<String> {
        if cluster.pending == 0 {
            return None;
        }
        let warnings = cluster.warnings.iter().flatten();
        let mut homeless = warnings.filter(|it| it.reason == "FailedScheduling");
        let found = homeless.find(|it| self.kept.iter().any(|kept| kept.is_of_one(&it.object)))?;
        let (object, why) = (&found.object, &found.message);
        Some(format!("{object} finds no place: {why}"))
    }
}

impl Kept {
    /// True where that object, `pod db/pg-0`, is another pod of what made this one.
    fn is_of_one(&self, object: &str) -> bool {
        let own = || {
            let (namespace, _) = self.pod.split_once('/')?;
            let (_, maker) = self.owner.split_once(' ')?;
            object.strip_prefix(&format!("pod {namespace}/{maker}-"))
        };
        own().is_some() && object.strip_prefix("pod ") != Some(&self.pod)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        fleet::cluster::Warning,
        plan::{IfBlocked, StepId},
    };

    #[test]
    fn a_budget_that_cannot_come_free_because_what_was_evicted_has_no_place_says_both() {
        let kept = [Kept {
            pod: "db/pg-1".to_owned(),
            owner: "StatefulSet pg".to_owned(),
            budget: "db/pg".to_owned(),
            ready: 1,
            all: 2,
        }];
        let server = "s11".parse().unwrap();
        let blockade = Blockade {
            step: StepId(0),
            server: &server,
            since: Timestamp::UNIX_EPOCH,
            kept: &kept,
            until: None,
            then: IfBlocked::Back,
        };
        let cluster = |pending, object: &str, reason: &str| ClusterSeen {
            pending,
            warnings: Some(vec![Warning {
                reason: reason.to_owned(),
                object: object.to_owned(),
                message: "0/3 nodes are available: 3 Insufficient cpu".to_owned(),
                count: 4,
                last: Timestamp::UNIX_EPOCH,
            }]),
            ..ClusterSeen::default()
        };
        let said = blockade.without_room(&cluster(1, "pod db/pg-0", "FailedScheduling"));
        let words = "pod db/pg-0 finds no place: 0/3 nodes are available: 3 Insufficient cpu";
        assert_eq!(said.as_deref(), Some(words));
        // It has found one meanwhile, it is somebody else's, it is the kept one itself, or it is another trouble.
        for (pending, object, reason) in [
            (0, "pod db/pg-0", "FailedScheduling"),
            (1, "pod web/pg-0", "FailedScheduling"),
            (1, "pod db/shop-0", "FailedScheduling"),
            (1, "pod db/pg-1", "FailedScheduling"),
            (1, "pod db/pg-0", "BackOff"),
        ] {
            assert_eq!(
                blockade.without_room(&cluster(pending, object, reason)),
                None
            );
        }
    }
}
