//! What a node keeps for itself, so that pods cannot starve what carries them.
//! Must never be left to kubelet's default, which keeps nothing.

use serde_json::{Value, json};

use crate::fleet::Capacity;

const MIB: u64 = 1 << 20;

/// Kept back on a node of some size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reserve {
    /// For sshd, journald and the rest of the system.
    system: Share,
    /// For kubelet and containerd.
    kube: Share,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Share {
    millicores: u64,
    mib: u64,
}

impl Reserve {
    /// By size. Memory: 5 % each, since containers' bookkeeping grows with what runs; the system's part stops at 2 GiB and the
    /// kubelet's at 4 GiB, because a node holds 110 pods whatever its size; 128 MiB is what each needs when nothing runs.
    /// CPU: 100 m for the system; for kubelet 60 m of the first core, 10 m of the second, 5 m of the next two and 2.5 m of each
    /// further one, the rule that the large providers publish for their nodes.
    pub fn of(capacity: Capacity) -> Self {
        let cores = u64::from(capacity.cores);
        let further = cores.saturating_sub(4);
        let kube = [60, 10, 5, 5]
            .iter()
            .take(cores.min(4) as usize)
            .sum::<u64>()
            + further * 5 / 2;
        let twentieth = capacity.memory.0 / MIB / 20;
        Self {
            system: Share {
                millicores: 100,
                mib: twentieth.clamp(128, 2048),
            },
            kube: Share {
                millicores: kube,
                mib: twentieth.clamp(128, 4096),
            },
        }
    }

    /// As a merge patch for this node's `KubeletConfiguration`.
    pub fn patch(self) -> Value {
        json!({
            "systemReserved": self.system.json(),
            "kubeReserved": self.kube.json(),
        })
    }

    /// For people: `100 m CPU and 256 MiB for the system, 70 m CPU and 205 MiB for kubelet`.
    pub fn words(self) -> String {
        let words = |share: Share| format!("{} m CPU and {} MiB", share.millicores, share.mib);
        format!(
            "{} for the system, {} for kubelet",
            words(self.system),
            words(self.kube)
        )
    }
}

impl Share {
    fn json(self) -> Value {
        json!({
            "cpu": format!("{}m", self.millicores),
            "memory": format!("{}Mi", self.mib),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Bytes;

    #[test]
    fn a_small_node_keeps_little_and_a_large_one_no_more_than_its_pods_need() {
        let of = |cores, gib| Reserve::of(Capacity::new(cores, Bytes::gib(gib))).words();
        assert_eq!(
            of(1, 2),
            "100 m CPU and 128 MiB for the system, 60 m CPU and 128 MiB for kubelet"
        );
        assert_eq!(
            of(8, 32),
            "100 m CPU and 1638 MiB for the system, 90 m CPU and 1638 MiB for kubelet"
        );
        assert_eq!(
            of(128, 1024),
            "100 m CPU and 2048 MiB for the system, 390 m CPU and 4096 MiB for kubelet"
        );
    }
}
