//! Why there is no plan. Every text says what to do next.
//! Must never be made where a plan is possible: what is only doubtful stands in the preview.

use crate::fleet::{Capacity, PoolName, RunId, ServerName};

use super::words;

/// Why a request cannot be fulfilled. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No pool of that name.
    #[error("there is no pool `{0}`\nhint: `pooldeck pool list` shows every pool")]
    NoSuchPool(PoolName),
    /// No server of that name.
    #[error("there is no server `{0}`\nhint: `pooldeck server list` shows every server")]
    NoSuchServer(ServerName),
    /// A pool of that name exists.
    #[error("the name `{0}` is taken by a pool\nhint: choose another name, or resize the pool")]
    NameTaken(PoolName),
    /// A pool that would have no worker.
    #[error("a pool without workers runs nothing\nhint: {hint}")]
    NoWorkers {
        /// What to do.
        hint: String,
    },
    /// More or fewer than one.
    #[error(
        "`{0}` control planes cannot be made yet: more than one needs an address that moves between them, which comes later\nhint: leave `--control-planes` at 1"
    )]
    ControlPlanes(u8),
    /// Too few servers.
    #[error("{0}")]
    Shortage(Box<Shortage>),
    /// A server that was named cannot be taken, or cleaned.
    #[error("`{server}` cannot be {what}: {why}\nhint: {hint}")]
    NotUsable {
        /// Which.
        server: ServerName,
        /// `taken`, `cleaned`.
        what: &'static str,
        /// Why.
        why: String,
        /// What to do.
        hint: String,
    },
    /// A server that cannot be removed by name.
    #[error("`{server}` cannot be removed from `{pool}`: {why}")]
    NotRemovable {
        /// Which.
        server: ServerName,
        /// From which pool.
        pool: PoolName,
        /// Why, with a `hint:`.
        why: String,
    },
    /// A bare number that would take servers away.
    #[error("{}\nhint: `--shrink` allows it; `+N` and `-N` are steps", .0.join("; "))]
    WouldShrink(Vec<String>),
    /// A run works on the pool.
    #[error(
        "run {run} is open on `{pool}`\nhint: wait for it (`pooldeck run show {run}`), or cancel it (`pooldeck run cancel {run}`)"
    )]
    RunOpen {
        /// Which pool.
        pool: PoolName,
        /// Which run.
        run: RunId,
    },
    /// The pool's API does not answer.
    #[error(
        "the API of `{pool}` cannot be reached: {why}\nhint: look at `systemctl status kubelet` and `crictl ps -a` on `{control_plane}`; `pooldeck pool destroy {pool} --without-drain` needs no API and loses everything in it"
    )]
    Unreachable {
        /// Which pool.
        pool: PoolName,
        /// Why.
        why: String,
        /// Where to look by hand.
        control_plane: String,
    },
    /// Ranges, versions or sources that cannot be.
    #[error("{0}")]
    Setting(String),
}

/// What was asked, what is there, what would fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// Totals of the workers' hardware that were asked for.
    pub asked: Capacity,
    /// Spare servers that could be workers.
    pub servers: usize,
    /// What they and the pool's present workers have.
    pub have: Capacity,
    /// Servers that were left out, each with its reason.
    pub left_out: Vec<String>,
    /// Words about what is counted: `beside the control plane`.
    pub beside: &'static str,
    /// A set that is a little short: `3 servers give 188.1 of 192 GiB`.
    pub offer: Option<String>,
}

impl std::fmt::Display for Shortage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "asked for {}, {}{} {} {}",
            words::amount(self.asked),
            words::count(self.servers, "spare server"),
            self.beside,
            if self.servers == 1 { "has" } else { "have" },
            words::amount(self.have),
        )?;
        if !self.left_out.is_empty() {
            write!(f, " (left out: {})", words::some(&self.left_out, 4))?;
        }
        if let Some(offer) = &self.offer {
            write!(f, "\nhint: {offer}: `--accept-less` takes that")
        } else if self.have == Capacity::default() {
            write!(
                f,
                "\nhint: offer more servers with `pooldeck_use: true`; `pooldeck server list` says why each one is not spare"
            )
        } else {
            write!(
                f,
                "\nhint: {} would fit; `pooldeck server list` says why the others are not spare",
                words::size(self.have)
            )
        }
    }
}
