//! Scripts that make a server ready to become a node: prepare and network.
//! Must never start kubelet.

use super::{Call, Shell, Stop};
use crate::{
    fleet::Bytes,
    sim::machine::{Machine, Network, Prepared},
};

/// Packages and images need about that much.
const NEEDED: u64 = 2 << 30;

fn wanted(call: &Call) -> Prepared {
    Prepared {
        version: call.env("POOLDECK_VERSION").to_owned(),
        endpoint: format!(
            "{} {}",
            call.env("POOLDECK_ENDPOINT_IP"),
            call.env("POOLDECK_ENDPOINT")
        ),
        role: call.env("POOLDECK_ROLE").to_owned(),
    }
}

pub fn is_prepared(machine: &Machine, call: &Call) -> Result<(), Stop> {
    let wanted = wanted(call);
    let Some(found) = &machine.disk.prepared else {
        return Err(Stop::not_so("the pool's name is not in /etc/hosts"));
    };
    Stop::unless(
        found.endpoint == wanted.endpoint,
        "the pool's name is not in /etc/hosts",
    )?;
    let packages = machine.disk.packages.as_deref() == Some(&wanted.version);
    Stop::unless(packages, "packages are missing: kubelet kubeadm kubectl")?;
    Stop::unless(*found == wanted, "images are missing")
}

pub async fn prepare(shell: &Shell) -> Result<(), Stop> {
    let wanted = wanted(&shell.call);
    let installed = shell
        .machine(|machine| machine.disk.packages.clone())
        .flatten();
    if installed.as_ref() == Some(&wanted.version) {
        shell
            .narrate(1_600, &["image pause:3.10", "image kube-proxy"])
            .await;
    } else {
        shell
            .narrate(
                2_400,
                &["swap is off and stays off", "fetching package lists"],
            )
            .await;
        if shell.machine(|machine| machine.disk.free.0 < NEEDED) == Some(true) {
            shell.say("E: You don't have enough free space in /var/cache/apt/archives/.");
            return Err(Stop::later(
                "installing containerd failed",
                "the lines above are from apt",
            ));
        }
        let images = [
            "image pause:3.10",
            "image kube-proxy",
            "image coredns",
            "image etcd",
            "image kube-apiserver",
        ];
        let count = if wanted.role == "worker" {
            2
        } else {
            images.len()
        };
        shell.narrate(2_600, &images[..count]).await;
        shell.machine(|machine| {
            machine.disk.free = Bytes(machine.disk.free.0.saturating_sub(NEEDED / 2));
        });
    }
    shell.machine(|machine| {
        machine.disk.packages = Some(wanted.version.clone());
        machine.disk.prepared = Some(wanted);
    });
    Ok(())
}

pub async fn unprepare(shell: &Shell) -> Result<(), Stop> {
    shell.work(500).await;
    shell.machine(|machine| machine.disk.prepared = None);
    Ok(())
}

fn table(call: &Call) -> Network {
    let mut routes: Vec<String> = call
        .env("POOLDECK_ROUTES")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    routes.sort();
    Network {
        pods: call.env("POOLDECK_POD_CIDR").to_owned(),
        own: call.env("POOLDECK_NODE_CIDR").to_owned(),
        routes,
    }
}

pub fn is_networked(machine: &Machine, call: &Call) -> Result<(), Stop> {
    let wanted = table(call);
    let Some(found) = &machine.disk.network else {
        return Err(Stop::not_so("the pod network is not configured so"));
    };
    let same = (&found.pods, &found.own) == (&wanted.pods, &wanted.own);
    Stop::unless(same, "the pod network is not configured so")?;
    Stop::unless(found.routes == wanted.routes, "the routes are otherwise")
}

pub async fn network(shell: &Shell) -> Result<(), Stop> {
    shell.work(350).await;
    let wanted = table(&shell.call);
    shell.machine(|machine| machine.disk.network = Some(wanted));
    Ok(())
}

pub async fn unnetwork(shell: &Shell) -> Result<(), Stop> {
    shell.work(250).await;
    shell.machine(|machine| machine.disk.network = None);
    Ok(())
}
