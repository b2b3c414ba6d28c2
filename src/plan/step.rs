//! Steps: what is done, to whom, after what. Data, not objects: a step is its script's name and its variables.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fleet::ServerName;

/// A step's number in its plan, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u32);

/// One thing done to one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number.
    pub id: StepId,
    /// What it does.
    pub action: Action,
    /// Whom it changes; one step at a time.
    pub subject: ServerName,
    /// The steps that must have been proved before.
    pub needs: Vec<StepId>,
    /// The script's own variables, without those that every script gets.
    pub env: BTreeMap<String, String>,
    /// Seconds that its apply may take before it is a failure.
    pub deadline: u32,
}

/// What can be done. One script of that name in `assets/steps/` each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Take the server: write the claim.
    Claim,
    /// Look whether it can become a node.
    Preflight,
    /// Packages, containerd, kernel settings, images.
    Prepare,
    /// The pod network's files and routes on one server.
    Network,
    /// The new table of routes on a server that is in the pool already.
    Routes,
    /// `kubeadm init`.
    Init,
    /// `kubeadm join`.
    Join,
    /// The node is Ready and is this machine.
    AwaitReady,
    /// No new pods.
    Cordon,
    /// Evict its pods, honouring their budgets.
    Drain,
    /// Pods may come again.
    Uncordon,
    /// Stop and disable kubelet.
    StopKubelet,
    /// Delete the Node.
    RemoveNode,
    /// `kubeadm reset`.
    Reset,
    /// Remove what is ours, put back what we changed.
    Clean,
    /// Nothing of ours is left.
    ProveClean,
    /// Give the claim back.
    Release,
    /// Every node Ready, versions equal.
    VerifyPool,
}

/// What cancel and rollback do with a step that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Undo {
    /// Its script's `undo` takes it back.
    Undo,
    /// It changed nothing that stays.
    Nothing,
    /// Past this the server is finished, not undone.
    ForwardOnly,
}

/// Where a step's script runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum On {
    /// On the server that it changes.
    Subject,
    /// On any healthy control plane, with kubectl.
    Executor,
}

impl Action {
    /// Its check says `not so` once it was taken back. A preflight that was taken back may still find the server fit, and a node
    /// that somebody else has cordoned stays so.
    #[must_use]
    pub const fn leaves_when_undone(self) -> bool {
        !matches!(self, Self::Preflight | Self::Cordon)
    }
}

/// kubeadm's words for the parts of a run; the columns of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// claim, preflight
    Preflight,
    /// packages, images, network
    Prepare,
    /// init, join
    Join,
    /// ready, uncordoned
    Ready,
    /// cordon
    Cordon,
    /// drain
    Drain,
    /// kubelet stopped, node removed
    Leave,
    /// reset
    Reset,
    /// clean
    Clean,
    /// proved: clean, or the pool as a whole
    Proved,
}

impl Action {
    /// Every action, in the order in which a server's life goes.
    pub const ALL: [Self; 18] = [
        Self::Claim,
        Self::Preflight,
        Self::Prepare,
        Self::Network,
        Self::Routes,
        Self::Init,
        Self::Join,
        Self::AwaitReady,
        Self::Cordon,
        Self::Drain,
        Self::Uncordon,
        Self::StopKubelet,
        Self::RemoveNode,
        Self::Reset,
        Self::Clean,
        Self::ProveClean,
        Self::Release,
        Self::VerifyPool,
    ];

    /// The script's name in `assets/steps/`.
    #[must_use]
    pub const fn script(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Preflight => "preflight",
            Self::Prepare => "prepare",
            Self::Network | Self::Routes => "network",
            Self::Init => "init",
            Self::Join => "join",
            Self::AwaitReady => "await-ready",
            Self::Cordon => "cordon",
            Self::Drain => "drain",
            Self::Uncordon => "uncordon",
            Self::StopKubelet => "stop-kubelet",
            Self::RemoveNode => "remove-node",
            Self::Reset => "reset",
            Self::Clean => "clean",
            Self::ProveClean => "prove-clean",
            Self::Release => "release",
            Self::VerifyPool => "verify-pool",
        }
    }

    /// Its name for people, everywhere.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Routes => "routes",
            Self::AwaitReady => "ready",
            Self::StopKubelet => "stop kubelet",
            Self::RemoveNode => "remove node",
            Self::ProveClean => "proof that it is clean",
            Self::VerifyPool => "proof of the pool",
            _ => self.script(),
        }
    }

    /// Where it runs.
    #[must_use]
    pub const fn on(self) -> On {
        match self {
            Self::AwaitReady
            | Self::Cordon
            | Self::Drain
            | Self::Uncordon
            | Self::RemoveNode
            | Self::VerifyPool => On::Executor,
            _ => On::Subject,
        }
    }

    /// What cancel and rollback do with it.
    #[must_use]
    pub const fn undo(self) -> Undo {
        match self {
            Self::Claim
            | Self::Prepare
            | Self::Network
            | Self::Init
            | Self::Join
            | Self::AwaitReady
            | Self::Cordon => Undo::Undo,
            // The next change of the pool writes the whole table anew: a route too many leads nowhere.
            Self::Preflight | Self::Routes | Self::ProveClean | Self::VerifyPool => Undo::Nothing,
            Self::Drain
            | Self::Uncordon
            | Self::StopKubelet
            | Self::RemoveNode
            | Self::Reset
            | Self::Clean
            | Self::Release => Undo::ForwardOnly,
        }
    }

    /// The column that it belongs to.
    #[must_use]
    pub const fn phase(self) -> Phase {
        match self {
            Self::Claim | Self::Preflight => Phase::Preflight,
            Self::Prepare | Self::Network | Self::Routes => Phase::Prepare,
            Self::Init | Self::Join => Phase::Join,
            Self::AwaitReady | Self::Uncordon => Phase::Ready,
            Self::Cordon => Phase::Cordon,
            Self::Drain => Phase::Drain,
            Self::StopKubelet | Self::RemoveNode => Phase::Leave,
            Self::Reset => Phase::Reset,
            Self::Clean => Phase::Clean,
            Self::ProveClean | Self::Release | Self::VerifyPool => Phase::Proved,
        }
    }
}

impl Phase {
    /// Every phase, in the order in which a server's life goes.
    pub const ALL: [Self; 10] = [
        Self::Preflight,
        Self::Prepare,
        Self::Join,
        Self::Ready,
        Self::Cordon,
        Self::Drain,
        Self::Leave,
        Self::Reset,
        Self::Clean,
        Self::Proved,
    ];

    /// The column's heading.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Prepare => "prepare",
            Self::Join => "join",
            Self::Ready => "ready",
            Self::Cordon => "cordon",
            Self::Drain => "drain",
            Self::Leave => "leave",
            Self::Reset => "reset",
            Self::Clean => "clean",
            Self::Proved => "proved",
        }
    }
}
