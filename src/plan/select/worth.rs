//! Worth: cores and memory on one scale, so that "a little over" can be compared across both.

use crate::fleet::{Bytes, Capacity};

/// Where a wish names only one of the two, a CPU counts as much as this: what servers of today have per CPU.
const PER_CPU: Bytes = Bytes::gib(4);

/// The scale of one wish: its cores in all weigh as much as its memory in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan) struct Worth {
    per_cpu: u128,
    per_byte: u128,
}

impl Worth {
    /// The scale for a wish.
    pub fn of(asked: Capacity) -> Self {
        let (cores, memory) = (u128::from(asked.cores), u128::from(asked.memory.0));
        let usual = u128::from(PER_CPU.0);
        let (cores, memory) = match (cores, memory) {
            (0, 0) => (1, usual),
            (0, memory) => ((memory / usual).max(1), memory),
            (cores, 0) => (cores, cores * usual),
            both => both,
        };
        Self {
            per_cpu: memory,
            per_byte: cores,
        }
    }

    /// How much this is.
    pub fn of_capacity(self, capacity: Capacity) -> u128 {
        u128::from(capacity.cores) * self.per_cpu + u128::from(capacity.memory.0) * self.per_byte
    }

    /// How far it is from what was asked, above and below added up.
    pub fn off(self, capacity: Capacity, asked: Capacity) -> u128 {
        self.of_capacity(capacity.less(asked)) + self.of_capacity(asked.less(capacity))
    }
}
