//! The step scripts' meaning in the rack: one function per script and verb, as `assets/steps/lib.sh` runs them.
//! Must never be kinder than the scripts: what they refuse is refused here.

mod drain;
mod host;
mod kubeadm;
mod leave;
mod node;
mod ready;
mod shell;
mod witness;
mod work;

use std::{collections::BTreeMap, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use self::shell::{Shell, Stop};
pub use self::work::unit;
use super::{fault::Lie, machine::Machine, rack::Rack, world::World};
use crate::{
    fleet::{Claim, Script, ServerName, Verb, script::exit},
    ssh::Answer,
};

/// A script as it arrived on a server.
#[derive(Debug, Clone)]
pub struct Call {
    /// Where it runs.
    pub server: ServerName,
    /// Which.
    pub script: &'static str,
    /// What it is to do.
    pub verb: Verb,
    env: BTreeMap<String, String>,
    secret: Option<SecretString>,
}

impl Call {
    /// What the captain sent.
    #[must_use]
    pub fn new(server: &ServerName, script: &Script) -> Self {
        Self {
            server: server.clone(),
            script: script.name,
            verb: script.verb,
            env: script.env.clone(),
            secret: script.secret.clone(),
        }
    }

    /// A variable; empty when it is not set.
    #[must_use]
    pub fn env(&self, key: &str) -> &str {
        self.env.get(key).map_or("", String::as_str)
    }

    /// The captain's term.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.env("POOLDECK_EPOCH").parse().unwrap_or_default()
    }

    /// A field of the JSON line on standard input; empty when it is not there.
    fn secret(&self, field: &str) -> String {
        let text = self
            .secret
            .as_ref()
            .map_or("", |secret| secret.expose_secret());
        let json: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        json[field].as_str().unwrap_or_default().to_owned()
    }

    fn is_fenced(&self) -> bool {
        !matches!(self.script, "claim" | "release" | "fence")
    }
}

/// Runs a check.
pub async fn check(rack: &Rack, call: &Call) -> Answer {
    let millis = if call.script == "preflight" { 250 } else { 40 };
    rack.clock.work(Duration::from_millis(millis)).await;
    let lie = rack
        .machine(&call.server, |machine| {
            machine.faults.take(call.script, Verb::Check)
        })
        .flatten();
    let found = rack.with(|world| {
        world.settle();
        checked(world, call)
    });
    let (code, output) = found.map_or_else(
        |stop| (stop.code, stop.text),
        |()| (exit::OK, said(rack, call)),
    );
    match lie {
        Some(Lie::Fails(code) | Lie::DoesButSays(code)) => Answer { code, output },
        Some(Lie::SaysButDoesNot) => Answer {
            code: exit::OK,
            output,
        },
        Some(Lie::Takes(seconds)) => {
            rack.clock.work(Duration::from_secs(seconds)).await;
            Answer { code, output }
        }
        Some(Lie::Hangs | Lie::Reboots) => std::future::pending().await,
        None => Answer { code, output },
    }
}

/// What a check says that found it so: nothing, but for the proof of a pool, and for what is known of a lost store.
fn said(rack: &Rack, call: &Call) -> String {
    match call.script {
        "verify-pool" => node::whole(call),
        "witness" => rack
            .machine(&call.server, |machine| witness::knows(machine))
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// Whether it is so, whatever anybody is told.
pub fn is_so(world: &mut World, call: &Call) -> bool {
    world.settle();
    checked(world, call).is_ok()
}

/// Runs a script whose output is a secret.
///
/// # Errors
/// What it printed on standard error.
pub async fn fetch(rack: &Rack, call: &Call) -> Result<SecretString, String> {
    rack.clock.work(Duration::from_millis(120)).await;
    rack.with(|world| {
        world.settle();
        let faults = world.machines.get_mut(&call.server);
        if faults.is_some_and(|it| it.faults.take(call.script, Verb::Fetch).is_some()) {
            return Err(Stop::cannot_tell("it did not work"));
        }
        let machine = world.machines.get(&call.server);
        let fenced = machine.map_or_else(
            || Err(Stop::cannot_tell("no such server")),
            |machine| work::guard(machine, call),
        );
        fenced.and_then(|()| match call.script {
            "token" => kubeadm::token(world, call),
            "kubeconfig" => kubeadm::kubeconfig(world, call),
            "fetch-copy" => witness::copy(world, call),
            "describe-pool" => witness::pool(world, call),
            other => Err(Stop::cannot_tell(&format!("no verb `fetch` in `{other}`"))),
        })
    })
    .map_err(|stop| stop.text)
}

fn claim<'a>(machine: &'a Machine, call: &Call) -> Option<&'a Claim> {
    machine
        .disk
        .claim
        .as_ref()
        .filter(|claim| claim.fleet == call.env("POOLDECK_FLEET"))
}

fn checked(world: &mut World, call: &Call) -> Result<(), Stop> {
    if let Some(machine) = world.machines.get(&call.server) {
        work::right_machine(machine, call)?;
    }
    match call.script {
        "await-ready" => node::is_ready(world, call),
        "cordon" => node::is_cordoned(world, call),
        "uncordon" => node::is_returned(world, call),
        "drain" => drain::is_drained(world, call),
        "remove-node" => node::is_removed(world, call),
        "verify-pool" => node::is_whole(world, call),
        _ => {
            let serves = world.api_on(&call.server).is_some();
            let Some(machine) = world.machines.get(&call.server) else {
                return Err(Stop::cannot_tell("no such server"));
            };
            checked_on(machine, call, serves)
        }
    }
}

fn checked_on(machine: &Machine, call: &Call, serves: bool) -> Result<(), Stop> {
    match call.script {
        "claim" => host::is_claimed(machine, call),
        "release" => host::is_released(machine),
        "fence" => host::is_fenced(machine, call),
        "preflight" => host::is_fit(machine, call),
        "prepare" => ready::is_prepared(machine, call),
        "network" => ready::is_networked(machine, call),
        "init" => kubeadm::is_founded(machine, call, serves),
        "join" => kubeadm::is_joined(machine, call),
        "stop-kubelet" => leave::is_stopped(machine),
        "reset" => leave::is_reset(machine),
        "clean" => leave::is_cleaned(machine),
        "prove-clean" => leave::is_proved_clean(machine),
        "witness" => Ok(()),
        other => Err(Stop::cannot_tell(&format!("there is no script `{other}`"))),
    }
}

async fn step(shell: &Shell) -> Result<(), Stop> {
    match (shell.call.script, shell.call.verb) {
        ("claim", Verb::Apply) => host::claim(shell).await,
        ("claim", Verb::Undo) => host::unclaim(shell).await,
        ("release", Verb::Apply) => host::release(shell).await,
        ("fence", Verb::Apply) => host::fence(shell).await,
        ("keep-by-hand", Verb::Apply) => host::keep_by_hand(shell).await,
        ("keep-by-hand", Verb::Undo) => host::drop_by_hand(shell).await,
        ("keep-copy", Verb::Apply) => host::keep_copy(shell).await,
        ("preflight", Verb::Apply) => host::preflight(shell).await,
        ("preflight", Verb::Undo) => host::unpreflight(shell).await,
        ("prepare", Verb::Apply) => ready::prepare(shell).await,
        ("prepare", Verb::Undo) => ready::unprepare(shell).await,
        ("network", Verb::Apply) => ready::network(shell).await,
        ("network", Verb::Undo) => ready::unnetwork(shell).await,
        ("init", Verb::Apply) => kubeadm::init(shell).await,
        ("join", Verb::Apply) => kubeadm::join(shell).await,
        ("init" | "join", Verb::Undo) | ("reset", Verb::Apply) => leave::reset(shell).await,
        ("stop-kubelet", Verb::Apply) => leave::stop(shell).await,
        ("clean", Verb::Apply) => leave::clean(shell).await,
        ("prove-clean", Verb::Apply) => leave::prove_clean(shell).await,
        ("await-ready", Verb::Apply) => node::await_ready(shell).await,
        ("await-ready", Verb::Undo) | ("remove-node", Verb::Apply) => node::remove(shell).await,
        ("cordon", Verb::Apply) => node::cordon(shell).await,
        ("cordon", Verb::Undo) => node::uncordon(shell).await,
        ("uncordon", Verb::Apply) => node::give_back(shell).await,
        ("drain", Verb::Apply) => drain::drain(shell).await,
        ("verify-pool", Verb::Apply) => node::verify(shell).await,
        (other, verb) => Err(Stop::cannot_tell(&format!(
            "no verb `{}` in `{other}`",
            verb.word()
        ))),
    }
}
