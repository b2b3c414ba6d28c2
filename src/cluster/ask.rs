//! What a pod asks for, as the scheduler counts it. Pure.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{Container, PodSpec, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};

use super::amount::thousandths;
use crate::fleet::Bytes;

/// What a pod asks for: thousandths of a CPU, and thousandths of a byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ask {
    cpu: u128,
    memory: u128,
}

impl Ask {
    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            cpu: self.cpu + other.cpu,
            memory: self.memory + other.memory,
        }
    }

    fn or_more(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.max(other.cpu),
            memory: self.memory.max(other.memory),
        }
    }

    /// The amounts of CPU and memory in such a map; zero where there is none.
    pub(super) fn read(amounts: &BTreeMap<String, Quantity>) -> Self {
        let amount = |key| {
            let amount = amounts.get(key);
            amount
                .and_then(|amount| thousandths(&amount.0))
                .unwrap_or(0)
        };
        Self {
            cpu: amount("cpu"),
            memory: amount("memory"),
        }
    }

    /// All containers and sidecars together, or the greediest moment of the start, whichever is more, and the overhead;
    /// what the pod asks for as a whole stands above its containers.
    /// Source: kubernetes/component-helpers/resource, `PodRequests`.
    pub(super) fn of_pod(spec: &PodSpec) -> Self {
        let mut running = Self::default();
        let mut starting = Self::default();
        for container in spec.init_containers.iter().flatten() {
            let one = requests(container);
            if container.restart_policy.as_deref() == Some("Always") {
                running = running.plus(one);
                starting = starting.or_more(running);
            } else {
                starting = starting.or_more(running.plus(one));
            }
        }
        for container in &spec.containers {
            running = running.plus(requests(container));
        }
        let mut all = running.or_more(starting);
        let whole = spec.resources.as_ref();
        if let Some(whole) = whole.and_then(|whole| whole.requests.as_ref()) {
            let Self { cpu, memory } = Self::read(whole);
            all.cpu = if whole.contains_key("cpu") {
                cpu
            } else {
                all.cpu
            };
            all.memory = if whole.contains_key("memory") {
                memory
            } else {
                all.memory
            };
        }
        all.plus(spec.overhead.as_ref().map(Self::read).unwrap_or_default())
    }

    /// Thousandths of a CPU.
    pub(super) fn millicores(self) -> u64 {
        u64::try_from(self.cpu).unwrap_or(u64::MAX)
    }

    /// Whole bytes, rounded up.
    pub(super) fn bytes(self) -> Bytes {
        Bytes(u64::try_from(self.memory.div_ceil(1000)).unwrap_or(u64::MAX))
    }
}

fn requests(container: &Container) -> Ask {
    let requests = |all: &ResourceRequirements| all.requests.as_ref().map(Ask::read);
    container
        .resources
        .as_ref()
        .and_then(requests)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MI: u128 = 1_048_576_000;

    fn container(cpu: &str, memory: &str) -> serde_json::Value {
        json!({"name": "c", "resources": {"requests": {"cpu": cpu, "memory": memory}}})
    }

    fn sidecar(cpu: &str, memory: &str) -> serde_json::Value {
        let mut sidecar = container(cpu, memory);
        sidecar["restartPolicy"] = json!("Always");
        sidecar
    }

    fn of(spec: &serde_json::Value) -> Ask {
        Ask::of_pod(&serde_json::from_value(spec.clone()).unwrap())
    }

    #[test]
    fn containers_add_up_and_the_greediest_start_counts_when_it_is_more() {
        let both = of(&json!({"containers": [container("100m", "64Mi"), container("1", "1Mi")]}));
        assert_eq!(
            both,
            Ask {
                cpu: 1100,
                memory: 65 * MI
            }
        );
        let start = of(&json!({
            "initContainers": [container("2", "1Mi"), container("50m", "512Mi")],
            "containers": [container("100m", "64Mi")]
        }));
        assert_eq!(
            start,
            Ask {
                cpu: 2000,
                memory: 512 * MI
            }
        );
    }

    #[test]
    fn sidecars_run_on_and_are_there_while_later_ones_start() {
        let pod = of(&json!({
            "initContainers": [sidecar("200m", "10Mi"), container("1", "1Mi")],
            "containers": [container("500m", "1Mi")],
            "overhead": {"cpu": "10m", "memory": "1Mi"}
        }));
        assert_eq!(
            pod,
            Ask {
                cpu: 1210,
                memory: 12 * MI
            }
        );
    }

    #[test]
    fn what_a_pod_asks_as_a_whole_stands_above_its_containers() {
        let spec =
            json!({"containers": [container("3", "5Mi")], "resources": {"requests": {"cpu": "1"}}});
        assert_eq!(
            of(&spec),
            Ask {
                cpu: 1000,
                memory: 5 * MI
            }
        );
    }
}
