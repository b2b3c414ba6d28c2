//! `pooldeck pool kubeconfig`: fetched over the operator's own ssh and printed, a secret that is nowhere kept.
//! Must never be logged, stored, or printed beside anything else.

use std::process::Stdio;

use super::super::{Answer, Exit, Failure, Shell, open};
use crate::{
    fleet::{Access, Pool, PoolName, Role},
    store::snapshot::Snapshot,
};

/// Prints the pool's administrator's kubeconfig.
///
/// # Errors
/// [`Failure`]; under `--read-only` this verb does not exist.
pub fn kubeconfig(shell: &mut Shell<'_>, name: &PoolName) -> Answer {
    shell.may_change()?;
    let opened = open::store(shell)?;
    open::real_servers(&opened)?;
    let fleet = Snapshot::read(opened.store.as_ref())?.fleet;
    let pool = super::pool::find(&fleet, name)?;
    let mut refusals = Vec::new();
    for (server, member) in pool.with_role(Role::ControlPlane) {
        let Some(access) = fleet.servers.get(server).map(|server| &server.access) else {
            continue;
        };
        match fetch(access).and_then(|text| of_the_pool(text, pool)) {
            Ok(text) => {
                shell.say(reachable(&text, pool, &member.address.to_string()).trim_end())?;
                return Ok(Exit::Done);
            }
            Err(why) => refusals.push(format!("{server}: {why}")),
        }
    }
    Err(Failure::Refused(format!(
        "no control plane of `{name}` gave its kubeconfig: {}\nhint: try `ssh` to one of them yourself",
        refusals.join("; ")
    )))
}

/// Refuses what another pool's control plane gave: an address may lead elsewhere by now.
fn of_the_pool(text: String, pool: &Pool) -> Result<String, String> {
    let endpoint = pool.endpoint();
    let own = format!("server: https://{endpoint}:6443");
    if text.lines().any(|line| line.trim() == own) {
        return Ok(text);
    }
    Err(format!(
        "what it gave is not for `{endpoint}`: another machine may answer at its address"
    ))
}

fn fetch(access: &Access) -> Result<String, String> {
    let mut command = super::keys::ssh();
    command.args(["-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=10"]);
    if let Some(port) = access.port {
        command.args(["-p", &port.to_string()]);
    }
    if let Some(user) = &access.user {
        command.args(["-l", user]);
    }
    if let Some(key) = &access.key_file {
        command.arg("-i").arg(key);
    }
    let sudo = if access.sudo { "sudo -n " } else { "" };
    command
        .args(["--", &access.host])
        .arg(format!("{sudo}cat /etc/kubernetes/admin.conf"))
        .stdin(Stdio::null());
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return String::from_utf8(output.stdout).map_err(|_| "not a text".to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().last().unwrap_or("ssh failed").to_owned())
}

/// The pool's name is known to its members only: the address is dialled, the certificate is asked for the name.
fn reachable(text: &str, pool: &Pool, address: &str) -> String {
    let endpoint = pool.endpoint();
    let by_name = format!("server: https://{endpoint}:6443");
    let line = text.lines().find(|line| line.trim() == by_name);
    let indent = line.map_or(0, |line| line.len() - line.trim_start().len());
    let by_address = format!(
        "server: https://{address}:6443\n{:indent$}tls-server-name: {endpoint}",
        ""
    );
    text.replace(&by_name, &by_address)
}
