//! What a probe prints on a server of the rack: the very lines of `assets/steps/probe.sh`, so that the real parser reads them.
//! Must never print what the real script could not know.

use std::fmt::Display;

use jiff::{SignedDuration, Timestamp};

use super::{machine::Machine, prng::mix, world::World};
use crate::{
    fleet::{Bytes, ServerName},
    ssh::ProbeText,
};

/// As long as kubeadm makes certificates for.
const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);

/// The probe's text of one server.
#[must_use]
pub fn text(world: &World, server: &ServerName) -> ProbeText {
    let Some(machine) = world.machines.get(server) else {
        return ProbeText {
            text: String::new(),
            host_key: None,
        };
    };
    let mut lines = Lines(vec!["pooldeck-probe-1".to_owned()]);
    machine_lines(&mut lines, machine, world.now());
    network_lines(&mut lines, machine);
    work_lines(&mut lines, machine);
    lines.0.push("pooldeck-probe-end\n".to_owned());
    ProbeText {
        text: lines.0.join("\n"),
        host_key: Some(machine.hardware.host_key.clone()),
    }
}

struct Lines(Vec<String>);

impl Lines {
    fn out(&mut self, key: &str, value: impl Display) {
        self.0.push(format!("{key}={value}"));
    }
}

fn machine_lines(lines: &mut Lines, machine: &Machine, now: Timestamp) {
    let hardware = &machine.hardware;
    let up = now.duration_since(machine.boot.since).as_secs();
    let (load, memory) = usage(machine, now);
    lines.out("hostname", &hardware.name);
    lines.out("machine_id", &hardware.machine);
    lines.out("boot_id", &machine.boot.id);
    lines.out("kernel", "6.1.0-31-amd64");
    lines.out("arch", "x86_64");
    lines.out("cores", hardware.capacity.cores);
    lines.out("sockets", hardware.sockets);
    lines.out("memory", hardware.capacity.memory.0);
    lines.out("memory_available", hardware.capacity.memory.0 - memory.0);
    lines.out("swap", 0);
    lines.out("disk_total", hardware.disk.0);
    lines.out("disk_free", machine.disk.free.0);
    lines.out("os", "debian12");
    lines.out("load1", format!("{load:.2}"));
    lines.out("uptime", up);
    let clock = now.as_millisecond() + millis(machine.clock_ahead);
    lines.out(
        "clock",
        format!("{}.{:03}", clock.div_euclid(1000), clock.rem_euclid(1000)),
    );
    lines.out("cgroup", "v2");
    lines.out("systemd", 252);
    lines.out("virt", "none");
    lines.out("reboot_required", 0);
    lines.out("sudo", "ok");
}

/// Of which run and moment the text for a person is.
fn stamp(text: &str) -> Option<&str> {
    let (_, rest) = text.lines().next()?.split_once('(')?;
    rest.split_once(')').map(|(stamp, _)| stamp)
}

fn network_lines(lines: &mut Lines, machine: &Machine) {
    let address = machine.hardware.address;
    lines.out("ssh_address", address);
    lines.out("address", format!("{address}/15"));
    lines.out("route_default", "198.18.0.1 dev eth0");
    lines.out("route", "198.18.0.0/15");
    for route in machine
        .disk
        .network
        .iter()
        .flat_map(|network| &network.routes)
    {
        lines.out("route", route.split('=').next().unwrap_or_default());
    }
    let resolves = machine.resolves || machine.disk.hosts_name;
    lines.out("dns_self", if resolves { "ok" } else { "no" });
}

fn work_lines(lines: &mut Lines, machine: &Machine) {
    let disk = &machine.disk;
    let version = disk.packages.as_deref().unwrap_or_default();
    lines.out("containerd", if version.is_empty() { "" } else { "1.6.20" });
    lines.out("kubelet", version);
    for listener in &machine.strangers.listeners {
        lines.out("listener", listener);
    }
    let pods = u32::from(disk.kubernetes.is_some() && disk.claim.is_none());
    lines.out("container", machine.strangers.containers + pods * 4);
    let joined = disk.kubernetes.is_some() || machine.strangers.cluster.is_some();
    let control_plane = disk.etcd && disk.kubernetes.is_some();
    for (is, trace) in [
        (
            machine.boot.kubelet || machine.strangers.cluster.is_some(),
            "kubelet-running",
        ),
        (joined, "kubelet.conf"),
        (control_plane, "admin.conf"),
        (control_plane, "manifests"),
        (disk.etcd, "etcd-data"),
        (disk.network.is_some(), "cni-conf"),
        (disk.network.is_some() && joined, "cni-link"),
    ] {
        if is {
            lines.out("kubernetes", trace);
        }
    }
    if let Some(cluster) = machine.cluster_here() {
        lines.out("cluster", cluster);
    }
    if let Some(kubernetes) = disk.kubernetes.as_ref().filter(|_| control_plane) {
        let ends = kubernetes.since + YEAR;
        let ends = ends.strftime("%Y%m%d%H%M%S");
        for file in ["apiserver.crt", "front-proxy-client.crt", "etcd/server.crt"] {
            lines.out("certificate", format!("{ends} {file}"));
        }
    }
    for (is, mark) in [
        (disk.hosts_name || disk.prepared.is_some(), "hosts"),
        (disk.prepared.is_some(), "containerd"),
        (disk.prepared.is_some(), "sysctl"),
        (disk.prepared.is_some(), "modules"),
        (disk.network.is_some(), "network"),
        (disk.claim.is_some(), "motd"),
    ] {
        if is {
            lines.out("mark", mark);
        }
    }
    if let Some(stamp) = disk.by_hand.text().and_then(stamp) {
        lines.out("by_hand", stamp);
    }
    if let Some(claim) = &disk.claim {
        for (key, value) in [
            ("fleet", &claim.fleet),
            ("epoch", &claim.epoch.to_string()),
            ("store", &claim.store),
            ("holder", &claim.holder),
            ("pool", &claim.pool),
            ("role", &claim.role),
            ("run", &claim.run),
            ("server", &claim.server),
            ("at", &claim.at),
        ] {
            lines.out("claim", format!("{key}={value}"));
        }
    }
    for (name, unit) in &machine.boot.units {
        let state = if unit.result.is_some() {
            "active/exited"
        } else {
            "active/running"
        };
        lines.out("unit", format!("{name}.service {state}"));
    }
}

/// Load and memory in use: they breathe, each server in its own time, and a member of a pool breathes deeper.
fn usage(machine: &Machine, now: Timestamp) -> (f64, Bytes) {
    let capacity = machine.hardware.capacity;
    let seed = machine.hardware.seed;
    let busy = if machine.disk.kubernetes.is_some() {
        0.25 + share(seed) * 0.4
    } else {
        0.01
    };
    let busy = if machine.strangers.containers > 0 || machine.strangers.cluster.is_some() {
        0.4
    } else {
        busy
    };
    let seconds = now.as_second();
    let period = 40.0 + share(mix(seed)) * 80.0;
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of this century fit 53 bits"
    )]
    let wave = (seconds as f64 / period * std::f64::consts::TAU + share(seed) * 6.0).sin();
    let noise = share(mix(seed ^ mix(seconds.unsigned_abs() / 3))) - 0.5;
    let level = (busy * (1.0 + 0.25 * wave + 0.2 * noise)).clamp(0.0, 1.0);
    #[expect(
        clippy::cast_precision_loss,
        reason = "a display value; 2⁵³ bytes is 8 PiB"
    )]
    let memory = capacity.memory.0 as f64 * (0.03 + 0.7 * busy * (1.0 + 0.05 * wave));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the memory's size"
    )]
    let memory = Bytes(memory as u64);
    (level * f64::from(capacity.cores), memory)
}

/// A number between 0 and 1 out of a seed.
fn share(seed: u64) -> f64 {
    f64::from(u16::try_from(mix(seed) & 0xffff).unwrap_or_default()) / 65536.0
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a test's or the demo's own skew"
)]
fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}
