//! What counts as how bad.

use super::*;
use crate::{
    fleet::Bytes,
    store::{memory::Memory, record::CaptainSeen},
};

#[test]
fn a_store_that_fills_up_is_a_warning_first_and_then_critical() {
    let mut snapshot = Snapshot::read(&Memory::new().unwrap()).unwrap();
    let now = "2026-01-05T12:41:07Z".parse().unwrap();
    let mut worst = |megabytes: u64| {
        snapshot.captain = Some(CaptainSeen {
            holder: String::new(),
            host: String::new(),
            pid: 1,
            at: now,
            until_idle: false,
            forwarded_agent: false,
            networks: Vec::new(),
            machine: None,
            holds_back: None,
            uncopied: None,
            store_free: Some(Bytes(megabytes * 1_000_000)),
        });
        let found = all(&snapshot, &[], &[], now);
        found.first().map(|problem| problem.light)
    };
    assert_eq!(worst(1_500), None);
    assert_eq!(worst(900), Some(Light::Degraded));
    assert_eq!(worst(150), Some(Light::Down));
}
