//! Capacity: cores and memory of hardware, added up.

use std::{iter::Sum, ops::Add};

use serde::{Deserialize, Serialize};

use super::quantity::Bytes;

/// Hardware: logical CPUs as Kubernetes counts them and memory as the kernel reports it (MemTotal).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Capacity {
    /// Logical CPUs: all sockets × cores × threads.
    pub cores: u32,
    /// Bytes.
    pub memory: Bytes,
}

impl Capacity {
    /// Both at once.
    #[must_use]
    pub const fn new(cores: u32, memory: Bytes) -> Self {
        Self { cores, memory }
    }

    /// True when neither cores nor memory fall short of `asked`.
    #[must_use]
    pub fn covers(self, asked: Self) -> bool {
        asked.cores <= self.cores && asked.memory <= self.memory
    }

    /// As what was asked for: what was left open is none, for nobody asked for 0.
    #[must_use]
    pub fn asked(self) -> (Option<u32>, Option<Bytes>) {
        let cores = Some(self.cores).filter(|cores| *cores > 0);
        (cores, Some(self.memory).filter(|memory| memory.0 > 0))
    }

    /// The same for people: `24 CPUs, any memory`.
    #[must_use]
    pub fn asked_words(self) -> String {
        let (cores, memory) = self.asked();
        let cores = cores.map_or_else(|| "any CPUs".to_owned(), |cores| format!("{cores} CPUs"));
        let memory = memory.map_or_else(|| "any memory".to_owned(), |memory| memory.to_string());
        format!("{cores}, {memory}")
    }

    /// What is left after taking `other` away; never below zero.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self {
            cores: self.cores.saturating_sub(other.cores),
            memory: Bytes(self.memory.0.saturating_sub(other.memory.0)),
        }
    }
}

impl Add for Capacity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            cores: self.cores.saturating_add(other.cores),
            memory: Bytes(self.memory.0.saturating_add(other.memory.0)),
        }
    }
}

impl Sum for Capacity {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}
