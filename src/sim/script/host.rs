//! Scripts about the server itself: claim, release, fence, preflight.
//! Must never touch Kubernetes.

use secrecy::ExposeSecret;

use super::{Call, Shell, Stop, claim as own_claim, work};
use crate::{
    fleet::{Claim, script::exit},
    sim::machine::{Machine, Paper},
    ssh::UnitName,
};

pub fn is_claimed(machine: &Machine, call: &Call) -> Result<(), Stop> {
    let Some(claim) = &machine.disk.claim else {
        return Err(Stop::not_so("no claim yet"));
    };
    Stop::unless(
        own_claim(machine, call).is_some(),
        "claimed by another fleet",
    )?;
    let wanted = ["POOLDECK_POOL", "POOLDECK_ROLE", "POOLDECK_SERVER"].map(|key| call.env(key));
    Stop::unless(
        [&claim.pool, &claim.role, &claim.server].map(String::as_str) == wanted,
        &format!(
            "claimed for pool `{}` as {} `{}`",
            claim.pool, claim.role, claim.server
        ),
    )
}

pub async fn keep_copy(shell: &Shell) -> Result<(), Stop> {
    shell.work(60).await;
    let text = shell.call.secret.as_ref();
    let text = text.map(|text| text.expose_secret().to_owned());
    let of = format!(
        "{} {}",
        shell.env("POOLDECK_FLEET"),
        shell.env("POOLDECK_REVISION")
    );
    shell.machine(|machine| (machine.disk.copy, machine.disk.copy_of) = (text, Some(of)));
    Ok(())
}

pub async fn keep_by_hand(shell: &Shell) -> Result<(), Stop> {
    shell.work(60).await;
    let text = shell.call.secret.as_ref();
    let text = text.map(|text| text.expose_secret().to_owned());
    let owes = !shell.env("POOLDECK_OWES").is_empty();
    shell.machine(|machine| {
        let disk = &mut machine.disk;
        if disk.claim.is_some() && (owes || disk.by_hand != Paper::Unwanted) {
            disk.by_hand = text.map_or(Paper::Absent, Paper::Lies);
        }
    });
    Ok(())
}

pub async fn drop_by_hand(shell: &Shell) -> Result<(), Stop> {
    shell.work(40).await;
    shell.machine(|machine| machine.disk.by_hand = Paper::Absent);
    Ok(())
}

/// The copies and the text for a person go with the claim.
fn copies_away(machine: &mut Machine) {
    (machine.disk.copy, machine.disk.by_hand) = (None, Paper::Absent);
}

pub async fn claim(shell: &Shell) -> Result<(), Stop> {
    shell.work(60).await;
    let wanted = shell.env("POOLDECK_POOL").to_owned();
    let taken = shell.machine(|machine| {
        let other = machine
            .disk
            .claim
            .as_ref()
            .filter(|claim| claim.pool != wanted);
        if let Some(claim) = other {
            return Err(Stop::fail(
                &format!(
                    "this server is in pool `{}` of this fleet (run {})",
                    claim.pool, claim.run
                ),
                &format!("take it out of `{}` first", claim.pool),
            ));
        }
        let text = |key: &str| shell.env(key).to_owned();
        work::hear_epoch(machine, &shell.call);
        machine.disk.by_hand = Paper::Absent;
        machine.disk.claim = Some(Claim {
            fleet: text("POOLDECK_FLEET"),
            epoch: shell.call.epoch(),
            store: text("POOLDECK_STORE"),
            holder: text("POOLDECK_HOLDER"),
            pool: text("POOLDECK_POOL"),
            role: text("POOLDECK_ROLE"),
            run: text("POOLDECK_RUN"),
            server: text("POOLDECK_SERVER"),
            at: text("POOLDECK_AT"),
            ..Claim::default()
        });
        Ok(())
    });
    taken.unwrap_or(Ok(()))?;
    shell.say(&format!("claimed for pool {wanted}"));
    Ok(())
}

pub async fn unclaim(shell: &Shell) -> Result<(), Stop> {
    shell.work(40).await;
    let taken_back = shell.machine(|machine| machine.disk.made.is_empty());
    if taken_back == Some(false) {
        return Err(Stop::fail(
            "not all of our work here is taken back",
            "the server owes its cleaning and is cleaned when it can be",
        ));
    }
    shell.machine(|machine| {
        machine.disk.claim = None;
        copies_away(machine);
    });
    shell.say("claim given back");
    Ok(())
}

pub fn is_released(machine: &Machine) -> Result<(), Stop> {
    Stop::unless(machine.disk.claim.is_none(), "the claim is still here")
}

pub async fn release(shell: &Shell) -> Result<(), Stop> {
    shell.work(40).await;
    shell.machine(|machine| {
        machine.disk.claim = None;
        machine.disk.made.clear();
        copies_away(machine);
    });
    shell.say("released");
    Ok(())
}

pub fn is_fenced(machine: &Machine, call: &Call) -> Result<(), Stop> {
    let heard = work::heard_epoch(machine, call);
    Stop::unless(
        heard >= call.epoch(),
        &format!("it has heard of epoch {heard}"),
    )?;
    if machine.disk.claim.is_none() {
        return Ok(());
    }
    let Some(claim) = own_claim(machine, call) else {
        return Err(Stop::not_so("claimed by another fleet"));
    };
    Stop::unless(
        claim.epoch >= call.epoch(),
        &format!("the claim has epoch {}", claim.epoch),
    )?;
    let running: Vec<String> = older(machine, call, None);
    Stop::unless(
        running.is_empty(),
        &format!("still running: {}", running.join(" ")),
    )
}

/// Running units of our fleet with a lower epoch.
fn older(machine: &Machine, call: &Call, on_subject: Option<bool>) -> Vec<String> {
    let ours = format!("pooldeck-{}-", call.env("POOLDECK_FLEET"));
    let units = machine.boot.units.iter().filter(|(name, unit)| {
        name.0.starts_with(&ours)
            && unit.result.is_none()
            && unit.epoch < call.epoch()
            && on_subject.is_none_or(|on_subject| unit.on_subject == on_subject)
    });
    units.map(|(name, _)| name.0.clone()).collect()
}

/// Stops what an older captain runs through kubectl, and waits for what it runs on the server until its time is over.
pub async fn before_fence(shell: &Shell) -> Result<(), Stop> {
    let clock = shell.rack.clock;
    shell.machine(|machine| stop_older(machine, shell, Some(false)));
    for _ in 0..300 {
        let left = shell.machine(|machine| older(machine, &shell.call, None));
        if left.is_none_or(|left| left.is_empty()) {
            return Ok(());
        }
        clock.work(std::time::Duration::from_millis(200)).await;
    }
    let now = clock.now();
    let left = shell.machine(|machine| {
        let left = older(machine, &shell.call, None).into_iter();
        let at_work = |name: &String| machine.boot.units[&UnitName(name.clone())].until > now;
        left.clone().find(at_work)
    });
    if let Some(unit) = left.flatten() {
        return Err(Stop::later(
            &format!("{unit} of an older captain still works"),
            "it is waited for until its time is over",
        ));
    }
    shell.machine(|machine| stop_older(machine, shell, None));
    Ok(())
}

/// A stopped unit leaves no result: the world has to be checked.
fn stop_older(machine: &mut Machine, shell: &Shell, on_subject: Option<bool>) {
    for name in older(machine, &shell.call, on_subject) {
        machine.boot.units.remove(&UnitName(name));
    }
}

pub async fn fence(shell: &Shell) -> Result<(), Stop> {
    shell.work(40).await;
    let epoch = shell.call.epoch();
    shell.machine(|machine| {
        work::hear_epoch(machine, &shell.call);
        if let Some(claim) = &mut machine.disk.claim {
            claim.epoch = epoch;
            shell.env("POOLDECK_HOLDER").clone_into(&mut claim.holder);
            shell.env("POOLDECK_STORE").clone_into(&mut claim.store);
        }
    });
    shell.say(&format!("epoch {epoch} is written"));
    Ok(())
}

/// Everything that is in the way of becoming a node, one line each.
fn reasons(machine: &Machine, call: &Call) -> Vec<String> {
    let (disk, strangers) = (&machine.disk, &machine.strangers);
    let mut found = Vec::new();
    if !machine.resolves && !disk.hosts_name {
        found.push(format!(
            "its own name `{}` does not resolve",
            machine.hardware.name
        ));
    }
    if machine.clock_ahead.abs() > 30.0 {
        let off = machine.clock_ahead;
        found.push(format!(
            "its clock is off by {off:.0} s (30 s are allowed): let it follow a time server"
        ));
    }
    let least: u64 = call.env("POOLDECK_MIN_DISK").parse().unwrap_or_default();
    if disk.free.0 < least {
        found.push(format!(
            "/var/lib has {} MiB free, {} MiB are needed",
            disk.free.0 >> 20,
            least >> 20
        ));
    }
    if !disk.made.contains("kubernetes") {
        if machine.cluster_here().is_some() {
            found.push("`/etc/kubernetes/kubelet.conf` is left from another Kubernetes".to_owned());
        }
        if disk.etcd {
            found.push("/var/lib/etcd holds data of another etcd".to_owned());
        }
        if strangers.containers > 0 {
            found.push(format!(
                "{} containers that are not ours run here",
                strangers.containers
            ));
        }
    }
    found
}

pub fn is_fit(machine: &Machine, call: &Call) -> Result<(), Stop> {
    let found = reasons(machine, call);
    Stop::unless(found.is_empty(), &found.join("\n"))
}

pub async fn preflight(shell: &Shell) -> Result<(), Stop> {
    shell.work(500).await;
    let found = shell.machine(|machine| {
        if !machine.resolves {
            machine.disk.hosts_name = true;
        }
        reasons(machine, &shell.call)
    });
    let found = found.unwrap_or_default();
    if found.is_empty() {
        return Ok(());
    }
    let hint = "hint: mend it, or choose another server; leftovers go with `pooldeck server clean`";
    Err(Stop {
        code: exit::NOT_SO,
        text: format!("{}\n{hint}", found.join("\n")),
    })
}

pub async fn unpreflight(shell: &Shell) -> Result<(), Stop> {
    shell.work(40).await;
    shell.machine(|machine| machine.disk.hosts_name = false);
    Ok(())
}
