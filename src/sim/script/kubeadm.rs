//! Scripts that make a server a node: init, token, join, kubeconfig.
//! Must never run over what belongs to another cluster.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::{Call, Shell, Stop, leave::reset_files};
use crate::{
    fleet::Role,
    sim::{
        machine::{Kubernetes, Machine},
        prng::{CANARY, Prng},
        world::World,
    },
};

/// Nothing of another cluster is ever stopped, reset or removed, whatever the claim says.
pub fn only_our_cluster(machine: &Machine, call: &Call) -> Result<(), Stop> {
    let pool = call.env("POOLDECK_POOL");
    if let Some(claim) = machine
        .disk
        .claim
        .as_ref()
        .filter(|claim| claim.pool != pool)
    {
        let what = format!(
            "this server is claimed for pool `{}`, not `{pool}`",
            claim.pool
        );
        return Err(Stop::fail(&what, "plan again"));
    }
    match machine.cluster_here() {
        Some(here) if !here.starts_with(&format!("https://{pool}.pooldeck.internal:")) => {
            let what = format!("the cluster on this server is `{here}`, not pool `{pool}`");
            Err(Stop::fail(
                &what,
                "somebody made another cluster here; leave it to them",
            ))
        }
        _ => Ok(()),
    }
}

pub fn is_founded(machine: &Machine, call: &Call, serves: bool) -> Result<(), Stop> {
    let Some(kubernetes) = &machine.disk.kubernetes else {
        return Err(Stop::not_so("no control plane here yet"));
    };
    let ours = kubernetes.finished && kubernetes.pool == call.env("POOLDECK_POOL");
    Stop::unless(ours, "the manifest of kube-apiserver is missing")?;
    if serves {
        Ok(())
    } else {
        Err(Stop::cannot_tell("the API does not answer"))
    }
}

pub async fn init(shell: &Shell) -> Result<(), Stop> {
    let pool = shell.env("POOLDECK_POOL").to_owned();
    begin(shell)?;
    let id = shell.world(|world| {
        let id = world.found(&pool, &shell.call.server);
        if let Some(cluster) = world.clusters.get_mut(&id) {
            cluster.config = configured(shell.env("POOLDECK_KUBEADM"));
        }
        kubeadm_files(world, shell, id, &pool, Role::ControlPlane);
        id
    });
    let lines = [
        "[preflight] Running pre-flight checks",
        "[certs] Using certificateDir folder \"/etc/kubernetes/pki\"",
        "[kubeconfig] Using kubeconfig folder \"/etc/kubernetes\"",
        "[etcd] Creating static Pod manifest for local etcd",
        "[control-plane] Creating static Pod manifest for \"kube-apiserver\"",
        "[kubelet-start] Starting the kubelet",
        "[api-check] Waiting for a healthy API server",
        "[addons] Applied essential addon: CoreDNS",
    ];
    shell.narrate(7_000, &lines).await;
    finish(shell, id, true);
    Ok(())
}

/// What kubeadm keeps of its documents in the cluster.
fn configured(documents: &str) -> BTreeMap<&'static str, String> {
    let documents = documents.split("\n---\n");
    let read = documents.filter_map(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let is_cluster = |it: &serde_json::Value| it["kind"] == "ClusterConfiguration";
    let cluster = { read }.find(is_cluster).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    [
        ("kubernetesVersion", text(&cluster["kubernetesVersion"])),
        ("podSubnet", text(&cluster["networking"]["podSubnet"])),
        (
            "serviceSubnet",
            text(&cluster["networking"]["serviceSubnet"]),
        ),
    ]
    .into()
}

pub fn is_joined(machine: &Machine, call: &Call) -> Result<(), Stop> {
    let Some(kubernetes) = &machine.disk.kubernetes else {
        return Err(Stop::not_so("not joined yet"));
    };
    let ours = kubernetes.pool == call.env("POOLDECK_POOL");
    Stop::unless(
        ours,
        &format!("this server is in the cluster `{}`", kubernetes.pool),
    )?;
    Stop::unless(kubernetes.finished, "a join was begun and not finished")?;
    Stop::unless(machine.boot.kubelet, "kubelet does not run")
}

pub async fn join(shell: &Shell) -> Result<(), Stop> {
    let joined = shell.machine(|machine| {
        let finished = machine
            .disk
            .kubernetes
            .as_ref()
            .is_some_and(|it| it.finished);
        if finished {
            (machine.boot.kubelet, machine.disk.kubelet) = (true, true);
        }
        finished
    });
    if joined == Some(true) {
        shell.say("had joined before; kubelet is started again");
        return Ok(());
    }
    begin(shell)?;
    let token = shell.call.secret("token");
    if token.is_empty() {
        return Err(Stop::fail(
            "no join token came with this step",
            "it is minted anew with the next attempt",
        ));
    }
    shell
        .narrate(
            700,
            &[
                "[preflight] Running pre-flight checks",
                "[kubelet-start] Starting the kubelet",
            ],
        )
        .await;
    let pool = shell.env("POOLDECK_POOL").to_owned();
    let cluster = shell.world(|world| {
        let now = world.now();
        let id = world.cluster_of(&pool).filter(|id| {
            world
                .clusters
                .get(id)
                .is_some_and(|it| it.tokens.get(&token).is_some_and(|until| *until > now))
        });
        id.inspect(|id| kubeadm_files(world, shell, *id, &pool, Role::Worker))
    });
    let Some(id) = cluster else {
        shell.say("error: couldn't validate the identity of the API Server");
        let hint = "the lines above say why; a retry resets this attempt and joins anew";
        return Err(Stop::later("kubeadm join failed", hint));
    };
    shell
        .narrate(800, &["[kubelet-check] The kubelet is healthy"])
        .await;
    finish(shell, id, false);
    Ok(())
}

/// What init and join look at first: an own half attempt is removed, another's work is left alone.
fn begin(shell: &Shell) -> Result<(), Stop> {
    let begun = shell.machine(|machine| {
        only_our_cluster(machine, &shell.call)?;
        if machine
            .disk
            .kubernetes
            .as_ref()
            .is_some_and(|it| it.finished)
        {
            let hint =
                "look at `journalctl -u kubelet` on this server; it is not made anew over its data";
            return Err(Stop::fail(
                "this control plane was made before and does not answer",
                hint,
            ));
        }
        if machine.disk.prepared.is_none() || machine.disk.packages.is_none() {
            return Err(Stop::fail(
                "kubeadm: not found",
                "prepare this server first",
            ));
        }
        reset_files(machine);
        machine.disk.etcd = false;
        machine.disk.made.insert("kubernetes");
        Ok(())
    });
    begun.unwrap_or(Ok(()))
}

/// Half of kubeadm's work: files are there, the kubelet runs and registers, nothing is finished.
fn kubeadm_files(world: &mut World, shell: &Shell, cluster: u64, pool: &str, role: Role) {
    let since = world.now();
    if let Some(machine) = world.machines.get_mut(&shell.call.server) {
        machine.disk.kubernetes = Some(Kubernetes {
            cluster,
            pool: pool.to_owned(),
            role,
            finished: false,
            since,
        });
        machine.disk.etcd = role == Role::ControlPlane;
        (machine.disk.kubelet, machine.boot.kubelet) = (true, true);
    }
    if role == Role::Worker {
        world.register(&shell.call.server);
    }
}

fn finish(shell: &Shell, cluster: u64, founder: bool) {
    shell.world(|world| {
        if let Some(machine) = world.machines.get_mut(&shell.call.server) {
            if let Some(kubernetes) = machine
                .disk
                .kubernetes
                .as_mut()
                .filter(|it| it.cluster == cluster)
            {
                kubernetes.finished = true;
            }
            machine
                .disk
                .made
                .insert(if founder { "initialised" } else { "joined" });
        }
        world.register(&shell.call.server);
    });
}

pub fn token(world: &mut World, call: &Call) -> Result<SecretString, Stop> {
    let Some(id) = world.api_on(&call.server) else {
        return Err(Stop::fail(
            "no CA here: this is not a control plane",
            "choose another",
        ));
    };
    let seconds: i64 = call.env("POOLDECK_TTL").parse().unwrap_or(900);
    let now = world.now();
    let mut until = now
        .checked_add(jiff::SignedDuration::from_secs(seconds))
        .unwrap_or(jiff::Timestamp::MAX);
    let mut chance = Prng::new(world.prng.draw());
    let token = format!("{}.{CANARY}{}", chance.hex(6), chance.hex(10));
    let Some(cluster) = world.clusters.get_mut(&id) else {
        return Err(Stop::cannot_tell("the API does not answer"));
    };
    if cluster.stale_tokens > 0 {
        (cluster.stale_tokens, until) = (cluster.stale_tokens - 1, now);
    }
    cluster.tokens.insert(token.clone(), until);
    let server = format!("https://{}.pooldeck.internal:6443", cluster.pool);
    Ok(
        serde_json::json!({"token": token, "ca": "c2ltdWxhdGVk", "server": server})
            .to_string()
            .into(),
    )
}

pub fn kubeconfig(world: &mut World, call: &Call) -> Result<SecretString, Stop> {
    let Some(id) = world.api_on(&call.server) else {
        return Err(Stop::fail("no admin.conf on this server", "choose another"));
    };
    let user = format!("users:\n- user: {{token: {CANARY}-{id}}}\n");
    Ok(format!("apiVersion: v1\nkind: Config\nclusters:\n- name: cluster-{id}\n{user}").into())
}
