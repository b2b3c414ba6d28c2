//! How long each action may take.
//! Must never be a guess without a reason: who waits for it must know what is waited for.

use super::Action;

/// How long a drain may take before its blocked pods are answered for: what the preview says.
pub(super) const DRAIN_SECONDS: u32 = 900;

/// Seconds before an apply is a failure. Ten times what the lab measured at least, more where a network or other people's software
/// is waited for.
pub(super) const fn deadline(action: Action) -> u32 {
    match action {
        // Files and one command.
        Action::Claim | Action::Release | Action::Cordon | Action::Uncordon => 30,
        Action::Network
        | Action::Routes
        | Action::StopKubelet
        | Action::RemoveNode
        | Action::ProveClean => 60,
        // apt may be held by unattended-upgrades: the script waits for it up to 2 minutes.
        Action::Preflight => 180,
        // Half a gigabyte through a slow mirror, and apt's lock.
        Action::Prepare => 1800,
        // The sums of kubeadm's own time limits, and a reset of a first attempt.
        Action::Init => 720,
        Action::Join => 480,
        // The script itself stops at DRAIN_SECONDS.
        Action::Drain => DRAIN_SECONDS + 60,
        Action::Clean => 120,
        // Images of the first pods come from the registry; containers get 30 s each to end, some at a time.
        Action::AwaitReady | Action::Reset | Action::VerifyPool => 300,
    }
}
