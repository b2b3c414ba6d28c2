//! Each step's own variables, computed when the plan is made, so that whoever executes it makes no choice.
//! Must never hold a secret: variables stand in the script's text.

use std::collections::BTreeMap;

use super::{kubeadm, reserve::Reserve, settings::Supply};
use crate::fleet::{MIN_DISK, Member, Pool, Role, RunId, Server, ServerName};

/// Variables of one step.
pub(super) type Env = BTreeMap<String, String>;

/// Routes to those who leave (`s08=10.244.3.0/24=10.0.0.8 …`): never sent, but added to the table for whoever is put back.
pub(super) const ROUTES_LEAVING: &str = "POOLDECK_ROUTES_LEAVING";
/// Nodes that leave: never sent, but expected where they are put back.
pub(super) const NODES_LEAVING: &str = "POOLDECK_NODES_LEAVING";

/// What `/var/lib` of a control plane must have free: its seven images and etcd's data beside what every node needs.
const CONTROL_PLANE_DISK: u64 = MIN_DISK.0 + (1 << 30);

/// Variables from pairs.
pub(super) fn env<const N: usize>(pairs: [(&str, String); N]) -> Env {
    pairs
        .into_iter()
        .map(|(key, value)| (format!("POOLDECK_{key}"), value))
        .collect()
}

pub(super) fn preflight(member: &Member, pool: &Pool, supply: &Supply) -> Env {
    let disk = match member.role {
        Role::ControlPlane => CONTROL_PLANE_DISK,
        Role::Worker => MIN_DISK.0,
    };
    env([
        ("MIN_DISK", disk.to_string()),
        ("MIRRORS", supply.mirrors()),
        ("VERSION", pool.version.clone()),
    ])
}

pub(super) fn prepare(pool: &Pool, supply: &Supply) -> Env {
    let endpoint = pool.with_role(Role::ControlPlane).next();
    env([
        ("VERSION", pool.version.clone()),
        ("PACKAGES", supply.packages.clone()),
        ("PACKAGES_KEY", supply.key.clone()),
        ("IMAGES", supply.images.clone()),
        ("PLAIN_HTTP", u8::from(supply.plain_http).to_string()),
        ("ENDPOINT", pool.endpoint()),
        (
            "ENDPOINT_IP",
            endpoint.map_or_else(String::new, |(_, member)| member.address.to_string()),
        ),
        // The step asks kubeadm which one belongs to the version.
        ("SANDBOX_IMAGE", String::new()),
    ])
}

/// The pod network of one member; `others` are all that are in the pool when the run is over.
pub(super) fn network<'a>(
    pool: &Pool,
    name: &ServerName,
    others: impl IntoIterator<Item = (&'a ServerName, &'a Member)>,
) -> Env {
    let routes: Vec<String> = others
        .into_iter()
        .filter(|(other, _)| *other != name)
        .map(|(_, member)| route(pool, member))
        .collect();
    env([
        ("POD_CIDR", pool.pod_cidr.to_string()),
        ("SERVICE_CIDR", pool.service_cidr.to_string()),
        ("NODE_CIDR", node_cidr(pool, name)),
        ("ROUTES", routes.join(" ")),
    ])
}

/// Routes to members that leave, by name: kept for whoever is put back.
pub(super) fn leaving<'a>(
    pool: &Pool,
    leaving: impl IntoIterator<Item = (&'a ServerName, &'a Member)>,
) -> String {
    let routes: Vec<String> = leaving
        .into_iter()
        .map(|(name, member)| format!("{name}={}", route(pool, member)))
        .collect();
    routes.join(" ")
}

fn route(pool: &Pool, member: &Member) -> String {
    let range = pool
        .node_cidr(member.slot)
        .map_or_else(String::new, |net| net.to_string());
    format!("{range}={}", member.address)
}

fn node_cidr(pool: &Pool, name: &ServerName) -> String {
    pool.members
        .get(name)
        .and_then(|member| pool.node_cidr(member.slot))
        .map_or_else(String::new, |net| net.to_string())
}

pub(super) fn init(pool: &Pool, name: &ServerName, member: &Member, supply: &Supply) -> Env {
    env([
        ("KUBEADM", kubeadm::init(pool, name, member, supply)),
        (
            "KUBELET_PATCH",
            Reserve::of(member.capacity).patch().to_string(),
        ),
    ])
}

pub(super) fn join(name: &ServerName, member: &Member) -> Env {
    env([
        ("KUBEADM", kubeadm::join(name, member)),
        (
            "KUBELET_PATCH",
            Reserve::of(member.capacity).patch().to_string(),
        ),
    ])
}

pub(super) fn await_ready(
    pool: &Pool,
    name: &ServerName,
    member: &Member,
    server: Option<&Server>,
) -> Env {
    let labels: Vec<String> = server
        .map(|server| &server.labels)
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    env([
        ("NODE", name.to_string()),
        ("NODE_CIDR", node_cidr(pool, name)),
        ("MACHINE_ID", member.machine.to_string()),
        ("NODE_IP", member.address.to_string()),
        ("VERSION", pool.version.clone()),
        (
            "ZONE",
            server
                .and_then(|server| server.zone.clone())
                .unwrap_or_default(),
        ),
        ("LABELS", labels.join(",")),
    ])
}

/// A node that is changed through the API: the name alone could be another machine's by then.
pub(super) fn node(pool: &Pool, name: &ServerName) -> Env {
    let mut env = named(name);
    if let Some(member) = pool.members.get(name) {
        env.insert("POOLDECK_MACHINE_ID".to_owned(), member.machine.to_string());
    }
    env
}

pub(super) fn named(name: &ServerName) -> Env {
    env([("NODE", name.to_string())])
}

/// Whose cordon is lifted.
pub(super) fn uncordon(pool: &Pool, name: &ServerName, run: RunId) -> Env {
    let mut env = node(pool, name);
    env.insert("POOLDECK_CORDONED".to_owned(), run.to_string());
    env
}

pub(super) fn drain(pool: &Pool, name: &ServerName, seconds: u32) -> Env {
    let mut env = node(pool, name);
    env.insert("POOLDECK_DEADLINE".to_owned(), seconds.to_string());
    env
}

pub(super) fn verify<'a>(
    pool: &Pool,
    nodes: impl IntoIterator<Item = &'a ServerName>,
    leaving: &'a [ServerName],
    lost: &'a [ServerName],
) -> Env {
    let asked = leaving.iter().filter(|name| !lost.contains(name));
    env([
        ("NODES", words(nodes)),
        ("NODES_LEAVING", words(asked)),
        ("NODES_LOST", words(lost)),
        ("VERSION", pool.version.clone()),
    ])
}

fn words<'a>(names: impl IntoIterator<Item = &'a ServerName>) -> String {
    let names: Vec<&str> = names.into_iter().map(ServerName::as_str).collect();
    names.join(" ")
}
