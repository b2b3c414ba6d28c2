//! Scripts that take a server out of a cluster: stop-kubelet, reset, clean, prove-clean.
//! Must never reset what belongs to another cluster.

use super::{Shell, Stop, kubeadm::only_our_cluster};
use crate::{
    fleet::Verb,
    sim::machine::{Machine, Paper},
};

pub fn is_stopped(machine: &Machine) -> Result<(), Stop> {
    Stop::unless(!machine.boot.kubelet, "kubelet runs")?;
    Stop::unless(!machine.disk.kubelet, "kubelet is enabled")
}

pub async fn stop(shell: &Shell) -> Result<(), Stop> {
    shell.work(300).await;
    own(shell, |machine| {
        (machine.boot.kubelet, machine.disk.kubelet) = (false, false);
    })?;
    shell.say("kubelet is stopped and disabled");
    Ok(())
}

pub fn is_reset(machine: &Machine) -> Result<(), Stop> {
    Stop::unless(!machine.boot.kubelet, "kubelet runs")?;
    let gone = machine.disk.kubernetes.is_none();
    Stop::unless(gone, "`/etc/kubernetes/kubelet.conf` is still here")
}

pub async fn reset(shell: &Shell) -> Result<(), Stop> {
    own(shell, |_| ())?;
    shell
        .narrate(
            1_800,
            &[
                "[reset] Stopping the kubelet service",
                "[reset] Deleting contents of directories",
            ],
        )
        .await;
    let undo = shell.call.verb == Verb::Undo;
    own(shell, |machine| {
        reset_files(machine);
        // Undoing an init takes its data along: that pool has never been ready.
        if undo {
            machine.disk.etcd = false;
            machine.disk.made.remove("kubernetes");
        }
    })?;
    shell.say("reset");
    Ok(())
}

pub fn reset_files(machine: &mut Machine) {
    machine.disk.kubernetes = None;
    (machine.boot.kubelet, machine.disk.kubelet) = (false, false);
    machine.disk.made.remove("joined");
    machine.disk.made.remove("initialised");
}

/// Changes a server that carries nobody else's cluster.
fn own(shell: &Shell, change: impl FnOnce(&mut Machine)) -> Result<(), Stop> {
    shell.world(|world| match world.machines.get_mut(&shell.call.server) {
        Some(machine) => only_our_cluster(machine, &shell.call).map(|()| change(machine)),
        None => Err(Stop::cannot_tell("no such server")),
    })
}

pub fn is_cleaned(machine: &Machine) -> Result<(), Stop> {
    Stop::unless(machine.disk.made.is_empty(), "our notes are still here")?;
    is_proved_clean(machine)
}

pub async fn clean(shell: &Shell) -> Result<(), Stop> {
    own(shell, |_| ())?;
    shell.work(1_200).await;
    own(shell, |machine| {
        reset_files(machine);
        let disk = &mut machine.disk;
        (disk.network, disk.prepared, disk.etcd, disk.hosts_name) = (None, None, false, false);
        disk.made.clear();
        disk.by_hand = Paper::Unwanted;
    })?;
    shell.say("cleaned");
    Ok(())
}

pub fn is_proved_clean(machine: &Machine) -> Result<(), Stop> {
    let traces = machine.traces();
    Stop::unless(traces.is_empty(), &traces.join("\n"))
}

pub async fn prove_clean(shell: &Shell) -> Result<(), Stop> {
    shell.work(150).await;
    let proved = shell
        .machine(|machine| is_proved_clean(machine))
        .unwrap_or(Ok(()));
    proved.map_err(|stop| {
        Stop::fail(
            &format!("this server is not clean\n{}", stop.text),
            "clean it again; the lines above say what is left",
        )
    })
}
