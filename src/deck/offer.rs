//! Which of the listed servers may pooldeck use: the question of the first hour, answered by ticks.
//! Must never write a file by itself: it has lines made, shows them, and a person says `y` to them.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    list::List,
    world::{Candidate, May, World, candidates},
};
use crate::fleet::{Capacity, ServerName, inventory::offer::Lines};

/// The question and what was answered so far.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// Every listed server, by name: worked out when the world changes, not at each draw.
    pub rows: Arc<Vec<Candidate>>,
    /// What the cursor moves over.
    pub names: Arc<Vec<ServerName>>,
    /// The cursor.
    pub list: List<ServerName>,
    /// Servers that the person wants to offer.
    pub ticked: BTreeSet<ServerName>,
}

/// The lines before they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// For whom.
    pub names: BTreeSet<ServerName>,
    /// As they would stand in the file, or why there can be none; nothing while they are made.
    pub lines: Option<Result<Box<Lines>, String>>,
    /// When they came: keys that were on their way then are no answer to them.
    pub came: Option<jiff::Timestamp>,
    /// Somebody said yes to them.
    pub asked: bool,
    /// Written: nothing is left to say yes to.
    pub written: bool,
    /// Scrolled so far.
    pub scroll: usize,
}

impl Offer {
    /// Works the rows out anew. What can no longer be ticked is not; the names of those are the answer.
    pub fn look(&mut self, world: &World, now: jiff::Timestamp) -> Vec<ServerName> {
        self.rows = Arc::new(candidates(world, now));
        let names = self.rows.iter().map(|row| row.name.clone());
        self.names = Arc::new(names.collect());
        let can = |name: &ServerName| self.row(name).is_some_and(|row| row.may == May::Offer);
        let (stay, go): (Vec<_>, Vec<_>) = self.ticked.iter().cloned().partition(can);
        self.ticked = stay.into_iter().collect();
        self.list.settle(&self.names);
        go
    }

    /// The row of a server.
    #[must_use]
    pub fn row(&self, name: &ServerName) -> Option<&Candidate> {
        let at = self.rows.binary_search_by(|row| row.name.cmp(name));
        at.ok().map(|at| &self.rows[at])
    }

    /// How many rows are so.
    #[must_use]
    pub fn count(&self, may: May) -> usize {
        self.rows.iter().filter(|row| row.may == may).count()
    }

    /// Hardware of the ticked ones.
    #[must_use]
    pub fn ticked_hardware(&self) -> Capacity {
        let ticked = self
            .ticked
            .iter()
            .filter_map(|name| self.row(name)?.capacity);
        ticked.sum()
    }
}
