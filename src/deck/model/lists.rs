//! The lists of home and of the servers: their cursors, and how they are arranged.

use std::collections::BTreeSet;

use crate::{
    deck::{list::List, world::Target},
    fleet::{PoolName, RunId, ServerName},
    store::note::ProblemId,
};

/// Home's lists and which of them has the focus.
#[derive(Debug, Clone, Default)]
pub struct Home {
    /// Which list.
    pub section: Section,
    /// Pools.
    pub pools: List<PoolName>,
    /// Problems, by what they are about.
    pub problems: List<ProblemKey>,
    /// Open runs.
    pub runs: List<RunId>,
}

/// A problem is known by what it is about and by its name.
pub type ProblemKey = (Target, ProblemId);

/// Home's lists, from top to bottom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Section {
    /// Pools.
    #[default]
    Pools,
    /// Problems.
    Problems,
    /// Runs.
    Runs,
}

/// The servers' list.
#[derive(Debug, Clone, Default)]
pub struct Servers {
    /// The cursor.
    pub list: List<ServerName>,
    /// What is shown, in order: the filter and the sort are worked out when something changes, not at each draw.
    pub shown: Vec<ServerName>,
    /// Where in it a group begins, each with its name; empty where there are no groups.
    pub heads: Vec<(usize, String)>,
    /// Only what holds this text.
    pub filter: String,
    /// The filter is being typed.
    pub typing: bool,
    /// In which order.
    pub sort: Sort,
    /// Grouped how.
    pub group: Group,
    /// Marked servers, by name.
    pub marks: BTreeSet<ServerName>,
    /// The order is frozen and another one would be right.
    pub resort_due: bool,
}

/// Orders of the servers' list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    #[default]
    Name,
    /// Worst first.
    State,
    /// Most CPUs first.
    Cpus,
    /// Most memory first.
    Memory,
    /// Highest load first.
    Load,
}

/// Groups of the servers' list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Group {
    /// Pools by name, then what is in no pool.
    #[default]
    Pool,
    /// Zones by name.
    Zone,
    /// None.
    None,
}
