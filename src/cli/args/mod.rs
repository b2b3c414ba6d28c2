//! The verb table: every verb, what it takes and what it says of itself. Help, README and checks are made from it.
//! Must never do anything.

mod other;
mod pool;
mod recover;
mod wall;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::deck::Theme;

pub use self::{
    other::{Format, HostsVerb, InventoryVerb, ProblemVerb, RunVerb, Said, ServerVerb},
    pool::{Blocked, CreateArgs, PoolVerb, ResizeArgs},
    recover::RecoverArgs,
    wall::{HangArgs, WallArgs},
};

/// Runs a fleet of servers as resource pools: one Kubernetes cluster per pool, previewed, confirmed, proved.
///
/// Without a verb: the deck, and a captain that observes where there is none.
#[derive(Debug, Parser)]
#[command(name = "pooldeck", version, after_help = format!("{ASKS}\n{EXIT_CODES}"), max_term_width = 100, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// Flags of every verb.
    #[command(flatten)]
    pub common: Common,
    /// Flags of what is drawn.
    #[command(flatten)]
    pub drawn: Drawn,
}

/// Flags of what is drawn on a terminal: the deck, also of the demo.
#[derive(Debug, Clone, Args)]
pub struct Drawn {
    /// Colours of the deck: palette, light, dark, colour-blind, mono, or a theme file [else `POOLDECK_THEME`, `NO_COLOR`, ~/.config/pooldeck/theme.yaml].
    #[arg(long, global = true, value_name = "NAME|FILE", value_parser = theme)]
    pub theme: Option<String>,
    /// Draw the deck with ASCII only, as happens by itself where the locale is not UTF-8.
    #[arg(long, global = true)]
    pub ascii: bool,
    /// For a slow line: one picture a second, no clock, no bars; happens by itself while writing is slow.
    #[arg(long, global = true)]
    pub slow_link: bool,
}

fn theme(name: &str) -> Result<String, String> {
    Theme::of_name(name).map(|_| name.to_owned())
}

/// Who is asked before what; `tests/cli/table.rs` holds each verb to it.
pub(super) const ASKS: &str = "asks first, `--yes` answers: whatever lets something be done on a server, trusts one or forgets one. What only writes a word down\n  (ack, unack, set, maintain and return of a server in no pool), looks, or holds something back (stop, pause) asks nobody.\n  A name that is to be typed is given with `--confirm`, and by nothing else.";

pub(super) const EXIT_CODES: &str =
    "exit: 0 done · 1 refused or failed · 2 usage or inventory · 3 stuck · 130 cancelled";

/// Flags of every verb.
#[derive(Debug, Clone, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct Common {
    /// Inventory, a folder or a file [else `POOLDECK_INVENTORY`, ./inventory, ~/.config/pooldeck/inventory].
    #[arg(long, global = true, value_name = "DIR")]
    pub inventory: Option<PathBuf>,
    /// Where the fleet's state is kept, such as sqlite:FILE.
    #[arg(long, global = true, value_name = "URL")]
    pub store: Option<String>,
    /// How to print.
    #[arg(short = 'o', long, global = true, value_enum, value_name = "table|json", hide_possible_values = true, default_value_t = Output::Table)]
    pub output: Output,
    /// Print the preview and change nothing.
    #[arg(long, global = true)]
    pub plan_only: bool,
    /// Do it only if the plan still is the one with this id (4 characters or more).
    #[arg(long, global = true, value_name = "ID")]
    pub plan: Option<String>,
    /// Confirm what needs no more than a key press.
    #[arg(long, global = true)]
    pub yes: bool,
    /// Confirm what wants a name typed.
    #[arg(long, global = true, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Refuse everything that changes something, and start no captain.
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Follow the run to its end (the default on a terminal).
    #[arg(long, global = true, overrides_with = "no_wait")]
    pub wait: bool,
    /// Return as soon as the run was accepted.
    #[arg(long, global = true, overrides_with = "wait")]
    pub no_wait: bool,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Columns for people.
    Table,
    /// One document with units in its names.
    Json,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Servers: what they are, how they are.
    #[command(subcommand)]
    Server(ServerVerb),
    /// Pools: make, resize, end.
    #[command(subcommand)]
    Pool(PoolVerb),
    /// Runs: what is being done and was done.
    #[command(subcommand)]
    Run(RunVerb),
    /// Start nothing new; survives restarts.
    Stop {
        /// Pause the open runs as well.
        #[arg(long)]
        all: bool,
        /// Lift it again.
        #[arg(long, conflicts_with = "all")]
        clear: bool,
    },
    /// What is wrong now.
    #[command(subcommand)]
    Problem(ProblemVerb),
    /// One look over everything that could be silently wrong, each with what to do; exit 1 when something is.
    Doctor,
    /// The operator's list of servers.
    #[command(subcommand)]
    Inventory(InventoryVerb),
    /// Make the store of a lost machine again; shows first what it would be, and writes to no server.
    Recover(RecoverArgs),
    /// The room on a screen that hangs there: large, read only, without keys.
    Wall(WallArgs),
    /// A simulated fleet, to try everything without hardware.
    Demo {
        /// How many servers.
        #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        servers: u32,
        /// The same seed makes the same fleet.
        #[arg(long, value_name = "S", default_value_t = 7)]
        seed: u64,
        /// No deck: keep the fleet alive for other processes on the same --store.
        #[arg(long)]
        headless: bool,
    },
    /// The process that acts (a systemd unit in ordinary use).
    Captain {
        /// End when nobody looks and nothing runs.
        #[arg(long)]
        until_idle: bool,
        /// So many seconds a server may be out of reach before a step on it has failed.
        #[arg(
            long,
            value_name = "SECONDS",
            env = "POOLDECK_AWAY",
            default_value_t = 900
        )]
        away: u64,
        /// Leave the terminal's session: for a captain that another verb starts.
        #[arg(long, hide = true)]
        detached: bool,
        /// Where and for whom the wall's view is written.
        #[command(flatten)]
        hang: HangArgs,
    },
}
