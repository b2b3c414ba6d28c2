//! What was found of a lost fleet: on each server, in a copy of its store, in the clusters. Values, and how they are read from text.
//! Must never guess: what a server did not say is not there.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use jiff::Timestamp;

use super::super::snapshot::Snapshot;
use crate::fleet::{
    Bytes, Capacity, Claim, Facts, FleetId, MachineId, PoolName, Role, RunId, Server, ServerName,
};

/// All that was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// When.
    pub at: Timestamp,
    /// Which fleet it is about.
    pub fleet: FleetId,
    /// Every server that was asked, by its name in the inventory, or in the copy where the inventory does not have it.
    pub servers: BTreeMap<ServerName, Witness>,
    /// The newest copy of the store that could be read.
    pub copy: Option<Copied>,
    /// Copies that could not be read, and why.
    pub unread: Vec<(ServerName, String)>,
    /// What the API on a server said of its pool, or why it said nothing; for each server that is claimed as a control plane.
    pub told: BTreeMap<ServerName, Result<Told, String>>,
}

/// One server.
#[derive(Debug, Clone)]
pub struct Witness {
    /// How it was reached.
    pub server: Server,
    /// What a probe found, or why none came back.
    pub facts: Result<Facts, String>,
    /// What else it knows; empty where it did not say.
    pub knows: Knows,
}

/// What a server knows beyond its claim (`assets/steps/witness.sh`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Knows {
    /// The highest term of that fleet that was here.
    pub heard: Option<(String, u64)>,
    /// Whose store's copy it keeps, and of which revision.
    pub copy: Option<(String, u64)>,
    /// Seconds since something was done here.
    pub touched: Option<u64>,
    /// Units that are at work here now, of whatever fleet.
    pub work: Vec<String>,
    /// The highest number of a run that did something here.
    pub last: u64,
    /// The newest of what was done here: run, step, `apply` or `undo`.
    pub applied: Vec<(RunId, u32, String)>,
}

/// A copy of the store.
#[derive(Debug, Clone)]
pub struct Copied {
    /// Where it was kept.
    pub server: ServerName,
    /// Of which revision.
    pub revision: u64,
    /// The same, read.
    pub snapshot: Snapshot,
    /// All that it holds.
    pub facts: BTreeMap<String, String>,
}

/// What a pool's API says (`assets/steps/describe-pool.sh`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The cluster's own id: the same for as long as it lives.
    pub cluster: String,
    /// `web.pooldeck.internal:6443`.
    pub endpoint: String,
    /// `v1.33.13`.
    pub version: String,
    /// Range of its pods.
    pub pods: Ipv4Net,
    /// Range of its services.
    pub services: Ipv4Net,
    /// Its nodes.
    pub nodes: Vec<NodeTold>,
}

/// A node as its API has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeTold {
    /// Its name.
    pub name: ServerName,
    /// Its machine-id.
    pub machine: MachineId,
    /// Its own range; none while it is not finished.
    pub pods: Option<Ipv4Net>,
    /// Its address.
    pub address: std::net::IpAddr,
    /// As what.
    pub role: Role,
    /// Its hardware.
    pub capacity: Capacity,
}

impl Witness {
    /// Its claim, when it answered and has one.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        self.facts.as_ref().ok()?.claim.as_ref()
    }

    /// The machine that answered.
    #[must_use]
    pub fn machine(&self) -> Option<&MachineId> {
        self.facts.as_ref().ok()?.machine.as_ref()
    }
}

impl Knows {
    /// Reads the script's lines; one that makes no sense says nothing.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut knows = Self::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["heard", fleet, number] => knows.heard = numbered(fleet, number),
                ["copy", fleet, number] => knows.copy = numbered(fleet, number),
                ["touched", seconds] => knows.touched = seconds.parse().ok(),
                ["work", unit] => knows.work.push((*unit).to_owned()),
                ["last", run] => knows.last = run.parse().unwrap_or(0),
                ["applied", run, step, verb] => {
                    // A fence and a copy are no steps.
                    if let (Ok(run), Ok(step)) = (run.parse(), step.parse()) {
                        let verb = (*verb).to_owned();
                        knows.applied.push((RunId(run), step, verb));
                    }
                }
                _ => (),
            }
        }
        knows
    }
}

fn numbered(fleet: &str, number: &str) -> Option<(String, u64)> {
    Some((fleet.to_owned(), number.parse().ok()?))
}

impl Told {
    /// Reads the script's lines.
    ///
    /// # Errors
    /// What is missing, for people.
    pub fn read(text: &str, pool: &PoolName) -> Result<Self, String> {
        let lines: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        let said = |first: &[&str]| {
            let mut found = lines.iter().filter(|line| line.starts_with(first));
            let value = found.find_map(|line| line.get(first.len()));
            let missing = || format!("its API does not say `{}`", first.join(" "));
            value.map(ToString::to_string).ok_or_else(missing)
        };
        let range = |key: &str| {
            let text = said(&["config", key])?;
            let range = text.parse();
            range.map_err(|_| format!("`{key}` of its API is `{text}`, which is no range"))
        };
        let endpoint = said(&["config", "controlPlaneEndpoint"])?;
        if !endpoint.starts_with(&format!("{pool}.pooldeck.internal:")) {
            return Err(format!(
                "the cluster on it is `{endpoint}`, not pool `{pool}`"
            ));
        }
        Ok(Self {
            cluster: said(&["cluster"])?,
            endpoint,
            version: said(&["config", "kubernetesVersion"])?,
            pods: range("podSubnet")?,
            services: range("serviceSubnet")?,
            nodes: lines
                .iter()
                .filter(|line| line[..].first() == Some(&"node"))
                .map(|line| {
                    node(line).ok_or_else(|| format!("`{}` is no node of ours", line.join(" ")))
                })
                .collect::<Result<_, _>>()?,
        })
    }

    /// The node of that machine.
    #[must_use]
    pub fn node_of(&self, machine: &MachineId) -> Option<&NodeTold> {
        self.nodes.iter().find(|node| node.machine == *machine)
    }
}

fn node(line: &[&str]) -> Option<NodeTold> {
    let [_, name, machine, pods, address, role, cores, memory] = line else {
        return None;
    };
    let role = match *role {
        "control-plane" => Role::ControlPlane,
        "worker" => Role::Worker,
        _ => return None,
    };
    Some(NodeTold {
        name: name.parse().ok()?,
        machine: MachineId((*machine).to_owned()),
        pods: pods.parse().ok(),
        address: address.parse().ok()?,
        role,
        capacity: Capacity::new(cores.parse().ok()?, memory_of(memory)?),
    })
}

/// `4028296Ki`, as a kubelet says it.
fn memory_of(text: &str) -> Option<Bytes> {
    let number = text.strip_suffix("Ki");
    let bytes = number.map_or_else(
        || text.parse().ok(),
        |number| number.parse::<u64>().ok()?.checked_mul(1024),
    );
    bytes.map(Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = "cluster 7f3a\nconfig controlPlaneEndpoint web.pooldeck.internal:6443\n\
        config kubernetesVersion v1.33.13\nconfig podSubnet 10.100.0.0/16\nconfig serviceSubnet 10.200.0.0/16\n\
        node s01 aa 10.100.0.0/24 10.0.0.11 control-plane 4 4028296Ki\nnode s02 bb - 10.0.0.12 worker 8 8589934592\n";

    #[test]
    fn what_an_api_says_is_read_whole_or_not_at_all() {
        let pool: PoolName = "web".parse().unwrap();
        let told = Told::read(TOLD, &pool).unwrap();
        assert_eq!((told.version.as_str(), told.nodes.len()), ("v1.33.13", 2));
        assert_eq!(told.nodes[0].capacity.memory, Bytes(4_028_296 << 10));
        assert_eq!(told.nodes[1].pods, None);
        for line in TOLD.lines() {
            let cut = TOLD.replace(line, "");
            let is_node = line.starts_with("node");
            assert_eq!(Told::read(&cut, &pool).is_ok(), is_node, "{line}");
        }
        let broken = TOLD.replace("10.0.0.12", "nowhere");
        assert!(Told::read(&broken, &pool).is_err());
        assert!(Told::read(TOLD, &"batch".parse().unwrap()).is_err());
    }

    #[test]
    fn what_a_server_knows_is_read_line_by_line() {
        let text = "heard 91c2 9\ncopy 91c2 412\ntouched 40\nwork pooldeck-91c2-12-7-1-apply.service\nlast 12\napplied 12 fence apply\napplied 12 7 apply\napplied x\n";
        let knows = Knows::read(text);
        assert_eq!(knows.heard, Some(("91c2".to_owned(), 9)));
        assert_eq!(knows.applied, [(RunId(12), 7, "apply".to_owned())]);
        assert_eq!(knows.work, ["pooldeck-91c2-12-7-1-apply.service"]);
        assert_eq!((knows.last, knows.touched), (12, Some(40)));
        assert_eq!(Knows::read("heard \ncopy \n"), Knows::default());
    }
}
