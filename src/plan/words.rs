//! Numbers and lists as sentences say them.
//! Must never abbreviate a unit away.

use std::fmt::Display;

use crate::fleet::{Bytes, Capacity};

/// `1 server`, `2 servers`.
pub(super) fn count(n: usize, thing: &str) -> String {
    if n == 1 {
        format!("1 {thing}")
    } else {
        format!("{n} {thing}s")
    }
}

/// `1 CPU`, `8 CPUs`.
pub(super) fn cpus(n: u32) -> String {
    count(n as usize, "CPU")
}

/// `8 CPUs and 31 GiB`.
pub(super) fn size(capacity: Capacity) -> String {
    format!("{} and {}", cpus(capacity.cores), capacity.memory)
}

/// As [`size`], without a part that is zero; `nothing` when both are.
pub(super) fn amount(capacity: Capacity) -> String {
    match (capacity.cores, capacity.memory) {
        (0, Bytes(0)) => "nothing".to_owned(),
        (0, memory) => memory.to_string(),
        (cores, Bytes(0)) => cpus(cores),
        _ => size(capacity),
    }
}

/// `s01, s02 and 3 more`: at most `most` of them by name.
pub(super) fn some<T: Display>(all: impl IntoIterator<Item = T>, most: usize) -> String {
    let all: Vec<String> = all.into_iter().map(|it| it.to_string()).collect();
    if all.len() <= most {
        all.join(", ")
    } else {
        format!("{} and {} more", all[..most].join(", "), all.len() - most)
    }
}
