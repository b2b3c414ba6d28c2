//! How a captain was started.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::fleet::{MachineId, Server, ServerName};

/// Where the servers' list comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The operator's inventory folder; watched.
    Folder(PathBuf),
    /// A list that was made: the simulation's.
    Fixed(BTreeMap<ServerName, Server>),
    /// A list that is edited while somebody acts on it, or what is wrong with it now: the simulation's.
    Edited(watch::Receiver<Result<BTreeMap<ServerName, Server>, Vec<String>>>),
}

/// How long a server may be out of reach, when nobody says otherwise.
pub const AWAY: Duration = Duration::from_mins(15);

/// What time it is; virtual in the simulation.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How a captain was started, and where it runs.
#[derive(Clone)]
pub struct Options {
    /// The servers' list.
    pub source: Source,
    /// For people: `ops1 on jump1`.
    pub holder: String,
    /// Its host's name.
    pub host: String,
    /// Ranges that its host has routes to: no pool's range may hold them.
    pub networks: Vec<String>,
    /// Its host's machine-id: that machine is never usable.
    pub machine: Option<MachineId>,
    /// Ends when nobody looks and nothing runs.
    pub until_idle: bool,
    /// Its logins hang on an agent that was forwarded.
    pub forwarded_agent: bool,
    /// Between two probes of one server while the fleet is small.
    pub probe_every: Duration,
    /// Nobody reads and nothing runs for that long: idle.
    pub idle_after: Duration,
    /// So long a server may be out of reach before a step on it has failed: longer than the firmware of large servers takes to boot.
    pub away: Duration,
    /// What time it is.
    pub clock: Clock,
}

impl Options {
    /// Those of a captain on this host, by the facts that only the process knows.
    #[must_use]
    pub fn here(source: Source, until_idle: bool) -> Self {
        let text = |path: &str| {
            std::fs::read_to_string(path)
                .map(|text| text.trim().to_owned())
                .unwrap_or_default()
        };
        let host = text("/proc/sys/kernel/hostname");
        let machine = text("/etc/machine-id");
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            source,
            holder: format!("{} on {host}", crate::store::actor::login()),
            networks: own_networks(),
            machine: (!machine.is_empty()).then_some(MachineId(machine)),
            host,
            until_idle,
            forwarded_agent: set("SSH_AUTH_SOCK") && set("SSH_CONNECTION"),
            probe_every: Duration::from_secs(2),
            idle_after: Duration::from_mins(1),
            away: AWAY,
            clock: Arc::new(Timestamp::now),
        }
    }
}

/// The ranges that this host has routes to (its own addresses' networks among them), from the kernel's
/// table; empty where /proc does not say.
fn own_networks() -> Vec<String> {
    let table = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let networks = table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let address = fields.next()?;
        let mask = fields.nth(5)?;
        // The kernel prints both in the machine's byte order.
        let address = u32::from_str_radix(address, 16).ok()?.to_ne_bytes();
        let prefix = u32::from_str_radix(mask, 16).ok()?.count_ones();
        (prefix != 0).then(|| format!("{}/{prefix}", std::net::Ipv4Addr::from(address)))
    });
    networks.collect()
}
