//! When the certificates of a pool's control planes end, and the problem that this becomes in time.
//! Must never say that one is good that was not seen.

use jiff::{SignedDuration, Timestamp};

use super::{Light, Problem, Target};
use crate::{
    fleet::{Pool, Role, ServerName, cluster::Certificate},
    store::snapshot::Snapshot,
};

/// Time for an upgrade or a renewal that is planned.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 30);
/// From here on it is done today.
const NOW: SignedDuration = SignedDuration::from_hours(24 * 7);

/// The first certificate of a control plane that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// On whom.
    pub server: ServerName,
    /// Which, and when; none where none was seen.
    pub first: Option<Certificate>,
}

impl Ending {
    /// How bad it is at `now`.
    #[must_use]
    pub fn light(&self, now: Timestamp) -> Light {
        let left = self.first.as_ref().map(|it| it.ends.duration_since(now));
        match left {
            None => Light::Unknown,
            Some(left) if left <= NOW => Light::Down,
            Some(left) if left <= SOON => Light::Degraded,
            Some(_) => Light::Ok,
        }
    }

    /// `ends in 21 days`, `ended 2 days ago`; `-` where nothing is known.
    #[must_use]
    pub fn words(&self, now: Timestamp) -> String {
        let Some(first) = &self.first else {
            return "-".to_owned();
        };
        let left = first.ends.duration_since(now);
        let days = left.abs().as_hours() / 24;
        let span = match days {
            0 => format!("{} h", left.abs().as_hours()),
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        if left.is_negative() {
            format!("ended {span} ago")
        } else {
            format!("ends in {span}")
        }
    }
}

/// Each control plane of a pool with its first certificate that ends; the first of all first, the unknown last.
#[must_use]
pub fn endings(snapshot: &Snapshot, pool: &Pool) -> Vec<Ending> {
    let first = |name: &ServerName| {
        let facts = snapshot.observed.servers.get(name)?.facts.as_ref()?;
        facts.certificates.iter().min_by_key(|it| it.ends).cloned()
    };
    let controls = pool.with_role(Role::ControlPlane);
    let mut all: Vec<Ending> = controls
        .map(|(name, _)| Ending {
            server: name.clone(),
            first: first(name),
        })
        .collect();
    let ends = |it: &Ending| it.first.as_ref().map(|first| first.ends);
    all.sort_by_key(|it| (ends(it).is_none(), ends(it), it.server.clone()));
    all
}

/// One problem for each pool of which a certificate ends soon, worst first.
pub(super) fn problems(snapshot: &Snapshot, now: Timestamp) -> Vec<Problem> {
    let of_pool = |pool: &Pool| {
        let ending = endings(snapshot, pool).into_iter().next()?;
        let light = ending.light(now);
        let text = format!(
            "certificate on {} {}: `kubeadm certs renew all`",
            ending.server,
            ending.words(now)
        );
        let target = Target::Pool(pool.name.clone());
        let bad = matches!(light, Light::Degraded | Light::Down);
        bad.then(|| Problem::new(light, target, "certificate", text))
    };
    snapshot.fleet.pools.values().filter_map(of_pool).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_a_problem_from_thirty_days_on_and_critical_from_seven() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let day = SignedDuration::from_hours(24);
        for (days, light, words) in [
            (300, Light::Ok, "ends in 300 days"),
            (31, Light::Ok, "ends in 31 days"),
            (30, Light::Degraded, "ends in 30 days"),
            (8, Light::Degraded, "ends in 8 days"),
            (7, Light::Down, "ends in 7 days"),
            (1, Light::Down, "ends in 1 day"),
            (-2, Light::Down, "ended 2 days ago"),
        ] {
            let ending = Ending {
                server: "s01".parse().unwrap(),
                first: Some(Certificate {
                    file: "apiserver.crt".to_owned(),
                    ends: now + day * days,
                }),
            };
            assert_eq!((ending.light(now), &*ending.words(now)), (light, words));
        }
        let unknown = Ending {
            server: "s01".parse().unwrap(),
            first: None,
        };
        assert_eq!(
            (unknown.light(now), &*unknown.words(now)),
            (Light::Unknown, "-")
        );
    }
}
