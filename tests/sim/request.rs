//! What people ask for most, in one line each.

use std::collections::BTreeSet;

use pooldeck::{
    fleet::{Bytes, Capacity, Change},
    plan::{Create, Destroy, IfBlocked, Request, Resize},
};

pub fn create(pool: &str, cores: u32, gib: u64) -> Request {
    Request::Create(Create {
        pool: pool.parse().unwrap(),
        asked: Capacity::new(cores, Bytes::gib(gib)),
        control_planes: 1,
        version: None,
        servers: BTreeSet::new(),
        pod_cidr: None,
        service_cidr: None,
        sources: None,
        accept_less: false,
    })
}

/// Another number of CPUs: `+16`, `-8`.
pub fn resize(pool: &str, cores: &str) -> Request {
    let cores: Change<u32> = cores.parse().unwrap();
    Request::Resize(Resize {
        pool: pool.parse().unwrap(),
        cores: Some(cores),
        memory: None,
        add: BTreeSet::new(),
        remove: BTreeSet::new(),
        shrink: true,
        accept_less: false,
        if_blocked: IfBlocked::default(),
    })
}

pub fn destroy(pool: &str) -> Request {
    Request::Destroy(Destroy {
        pool: pool.parse().unwrap(),
        without_drain: false,
    })
}
