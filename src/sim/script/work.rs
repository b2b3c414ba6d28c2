//! A unit at work: `main` of lib.sh for apply and undo, with its lock, its fence and its counter.
//! Must never let a step begin that the claim forbids.

use std::time::Duration;

use super::{Call, Shell, Stop, host, step};
use crate::{
    fleet::script::exit,
    sim::{fault::Lie, machine::Machine, rack::Rack, world::Begun},
    ssh::UnitName,
};

/// Runs a unit to its end and leaves its result.
pub async fn unit(rack: Rack, unit: UnitName, call: Call) {
    let shell = Shell { rack, call, unit };
    let code = match main(&shell).await {
        Ok(()) => exit::OK,
        Err(stop) => {
            shell.say(&stop.text);
            stop.code
        }
    };
    shell.machine(|machine| {
        let boot = machine.boot.id.clone();
        if let Some(unit) = machine.boot.units.get_mut(&shell.unit) {
            unit.end(code, boot);
        }
    });
}

/// `main` of lib.sh for apply and undo: lock, fence, counter, then the step.
async fn main(shell: &Shell) -> Result<(), Stop> {
    let call = &shell.call;
    let subject = call.env("POOLDECK_ON") == "subject";
    let lock = shell.machine(|machine| machine.boot.lock.clone());
    let _held = match lock.filter(|_| subject) {
        Some(lock) => {
            if call.script == "fence" {
                host::before_fence(shell).await?;
            }
            let wait = tokio::time::timeout(Duration::from_secs(20), lock.lock_owned());
            Some(wait.await.map_err(|_| {
                Stop::later(
                    "another step still works on this server",
                    "it is tried again",
                )
            })?)
        }
        None => None,
    };
    shell
        .machine(|machine| count(machine, call))
        .unwrap_or(Ok(()))?;
    shell.rack.with(|world| {
        let at = world.now();
        world.begun.push(Begun {
            server: call.server.clone(),
            script: call.script,
            verb: call.verb,
            node: call.env("POOLDECK_NODE").to_owned(),
            pool: call.env("POOLDECK_POOL").to_owned(),
            run: call.env("POOLDECK_RUN").to_owned(),
            step: call.env("POOLDECK_STEP").to_owned(),
            overrides: call.env("POOLDECK_OVERRIDE").to_owned(),
            epoch: call.epoch(),
            at,
        });
    });
    match shell
        .machine(|machine| machine.faults.take(call.script, call.verb))
        .flatten()
    {
        None => step(shell).await,
        Some(Lie::Fails(code)) => Err(Stop {
            code,
            text: "it did not work".to_owned(),
        }),
        Some(Lie::DoesButSays(code)) => {
            step(shell).await?;
            Err(Stop {
                code,
                text: "it says that it did not work".to_owned(),
            })
        }
        Some(Lie::SaysButDoesNot) => Ok(()),
        Some(Lie::Takes(seconds)) => {
            shell.work(seconds * 1000).await;
            step(shell).await
        }
        Some(Lie::Hangs) => std::future::pending().await,
        Some(Lie::Reboots) => {
            shell.work(300).await;
            shell.rack.reboot(&call.server);
            std::future::pending().await
        }
    }
}

/// Lets pass only who may, and counts him.
fn count(machine: &mut Machine, call: &Call) -> Result<(), Stop> {
    guard(machine, call)?;
    if machine.disk.free.0 < 1 << 20 {
        let what = "`/var/lib/pooldeck/applied` cannot be written";
        return Err(Stop::fail(what, "free space on this server"));
    }
    let line = format!(
        "{} {} {}",
        call.env("POOLDECK_RUN"),
        call.env("POOLDECK_STEP"),
        call.verb.word()
    );
    machine.disk.applied.push(line);
    Ok(())
}

/// An address may lead elsewhere by now; nothing is believed of another machine, and nothing done on it.
pub fn right_machine(machine: &Machine, call: &Call) -> Result<(), Stop> {
    let (meant, found) = (
        call.env("POOLDECK_HOST_MACHINE"),
        &machine.hardware.machine.0,
    );
    if meant.is_empty() || meant == found {
        return Ok(());
    }
    Err(Stop {
        code: exit::STRANGER,
        text: format!(
            "another machine answers here: {found}, not {meant}\nhint: look at the address in the inventory and at the cables"
        ),
    })
}

/// The fence: another fleet's claim, or a later captain's, is no claim to work under.
pub fn guard(machine: &Machine, call: &Call) -> Result<(), Stop> {
    right_machine(machine, call)?;
    let Some(claim) = &machine.disk.claim else {
        not_older(heard_epoch(machine, call), call)?;
        return if call.is_fenced() {
            Err(Stop::fail(
                "no fleet has claimed this server",
                "plan again: somebody gave its claim back",
            ))
        } else {
            Ok(())
        };
    };
    if claim.fleet != call.env("POOLDECK_FLEET") {
        let text = format!(
            "{}\nhint: leave this server to that fleet, or give it back from there",
            claim.by_name()
        );
        return Err(Stop {
            code: exit::FOREIGN,
            text,
        });
    }
    not_older(claim.epoch, call)
}

fn not_older(epoch: u64, call: &Call) -> Result<(), Stop> {
    if epoch <= call.epoch() {
        return Ok(());
    }
    let own = call.epoch();
    Err(Stop {
        code: exit::FENCED,
        text: format!(
            "a newer captain (epoch {epoch}) has taken over; this one has epoch {own}\nhint: nothing to do here; the newer captain goes on"
        ),
    })
}

/// The highest epoch of the caller's fleet that was here.
pub fn heard_epoch(machine: &Machine, call: &Call) -> u64 {
    let heard = machine.disk.epoch.as_ref();
    let ours = heard.filter(|(fleet, _)| fleet == call.env("POOLDECK_FLEET"));
    ours.map_or(0, |(_, epoch)| *epoch)
}

pub fn hear_epoch(machine: &mut Machine, call: &Call) {
    machine.disk.epoch = Some((call.env("POOLDECK_FLEET").to_owned(), call.epoch()));
}
