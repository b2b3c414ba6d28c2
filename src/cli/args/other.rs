//! Verbs of servers, runs, problems and the inventory, and what they take.

use std::path::PathBuf;

use clap::{ArgAction, Subcommand, ValueEnum};

use crate::{
    fleet::{RunId, ServerName},
    store::note::ProblemId,
};

/// Verbs of servers.
#[derive(Debug, Subcommand)]
pub enum ServerVerb {
    /// All servers.
    List,
    /// One server, all that is known.
    Show {
        /// Which.
        name: ServerName,
    },
    /// Look at them now, all when none is named.
    Check {
        /// Which.
        #[arg(value_name = "NAME")]
        names: Vec<ServerName>,
    },
    /// Remove what pooldeck left on it.
    Clean {
        /// Which.
        name: ServerName,
    },
    /// Leave it alone while people work on it; the pods of a pool's worker go first.
    Maintain {
        /// Which.
        name: ServerName,
        /// Until when: 2h, 18:30, "2026-11-23 08:00".
        #[arg(long, value_name = "TIME")]
        until: String,
        /// Why, in a few words.
        #[arg(long, value_name = "WHY")]
        reason: String,
    },
    /// Nobody works on it any more: it may be taken, or its pool may use it again.
    Return {
        /// Which.
        name: ServerName,
    },
    /// Accept host keys, after showing them.
    Trust {
        /// Which.
        #[arg(value_name = "NAME", required = true)]
        names: Vec<ServerName>,
    },
    /// Another machine has this name now: forget the old one.
    Forget {
        /// Which.
        name: ServerName,
    },
}

/// Verbs of runs.
#[derive(Debug, Subcommand)]
pub enum RunVerb {
    /// All runs, the newest first.
    List,
    /// Who did what, and how it ended, the newest first.
    History,
    /// One run, step by step.
    Show {
        /// Which.
        #[arg(value_parser = run_id)]
        id: RunId,
    },
    /// What its steps printed.
    Logs {
        /// Which.
        #[arg(value_parser = run_id)]
        id: RunId,
    },
    /// How to finish it, or take it back, without pooldeck: the commands, by server.
    ByHand {
        /// Which.
        #[arg(value_parser = run_id)]
        id: RunId,
    },
    /// Start nothing new in it.
    Pause {
        /// Which.
        #[arg(value_parser = run_id)]
        id: RunId,
    },
    /// Go on with it.
    Resume {
        /// Which.
        #[arg(value_parser = run_id)]
        id: RunId,
    },
    /// Say what becomes of a server that it waits for.
    Answer {
        /// Which.
        #[arg(value_parser = run_id)]
        id: RunId,
        /// About which server.
        server: ServerName,
        /// Keep waiting for its pods, put it back into its pool, name another server instead, evict by force what one budget keeps,
        /// or go on without a newcomer.
        #[arg(value_enum)]
        answer: Said,
        /// With `evict`: the disruption budget that is overridden, for this run and server alone.
        #[arg(long, value_name = "NAMESPACE/NAME", required_if_eq("answer", "evict"))]
        budget: Option<String>,
    },
    /// End it: each server is undone, or finished where it is past its line.
    Cancel {
        /// Which.
        #[arg(value_parser = run_id)]
        id: RunId,
    },
    /// Undo what it changed.
    Rollback {
        /// Which.
        #[arg(value_parser = run_id)]
        id: RunId,
    },
}

/// What can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Said {
    /// Its drain has its whole time again, and then waits for a person.
    KeepWaiting,
    /// It is uncordoned and stays in its pool.
    PutBack,
    /// The same, and the run ends by naming another server that would do.
    Another,
    /// Pods that the named budget keeps are deleted all the same.
    Evict,
    /// The run goes on without this newcomer.
    GoOnWithout,
}

fn run_id(text: &str) -> Result<RunId, String> {
    text.parse()
        .map(RunId)
        .map_err(|_| "a run has a number, such as 12".to_owned())
}

/// Verbs of problems.
#[derive(Debug, Subcommand)]
pub enum ProblemVerb {
    /// Worst first; exit 0 none, 1 warnings, 2 critical: usable as a monitoring check.
    List,
    /// Somebody knows of it until then: it does not count, unless it becomes another or a worse one.
    Ack {
        /// Which, as `problem list` names it.
        #[arg(value_name = "PROBLEM")]
        id: ProblemId,
        /// Until when: 2h, 18:30, "2026-11-23 08:00".
        #[arg(long, value_name = "TIME")]
        until: String,
        /// Why, in a few words.
        #[arg(long, value_name = "WHY")]
        reason: String,
    },
    /// It counts again.
    Unack {
        /// Which, as `problem list` names it.
        #[arg(value_name = "PROBLEM")]
        id: ProblemId,
    },
}

/// Verbs of the inventory.
#[derive(Debug, Subcommand)]
pub enum InventoryVerb {
    /// Read it and name every mistake with its line.
    Check,
    /// Which servers could be offered, and what is on each; with names, the lines that offer them.
    Offer {
        /// Which; none: all are shown.
        #[arg(value_name = "NAME")]
        names: Vec<ServerName>,
    },
    /// Host keys of the servers.
    Hosts {
        /// What to do with them.
        #[command(subcommand)]
        verb: HostsVerb,
    },
    /// The fleet with its pools, for another tool.
    Export {
        /// For which tool.
        #[arg(long, value_enum, value_name = "ansible", default_value = "ansible")]
        format: Format,
        /// As Ansible's dynamic inventory: everything.
        #[arg(long, action = ArgAction::SetTrue)]
        list: bool,
        /// As Ansible's dynamic inventory: one server.
        #[arg(long, value_name = "NAME", conflicts_with = "list")]
        host: Option<ServerName>,
    },
}

/// Verbs of host keys.
#[derive(Debug, Subcommand)]
pub enum HostsVerb {
    /// Take the servers' keys out of a known_hosts file into your own.
    ImportKeys {
        /// In the format of `~/.ssh/known_hosts`.
        file: PathBuf,
    },
}

/// Tools that the fleet can be exported for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Ansible's YAML inventory.
    Ansible,
}
