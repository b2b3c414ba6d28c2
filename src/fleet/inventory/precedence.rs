//! Which saying counts: Ansible's order, from the weakest to the strongest.
//!
//! `all` in the files; the other groups in the files, parents before children, at equal depth by
//! `ansible_group_priority`, then by name; `group_vars/all`; `group_vars/` of the other groups in the
//! same order; the host in the files; `host_vars/` (ansible-core 2.14, `vars/manager.py`, proved by
//! `tests/inventory/ansible-agrees`).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Problem,
    tree::{Host, Tree},
    value::Problems,
    vars::Vars,
};

/// The groups in the order in which they are laid over each other, with the vars of their `group_vars/`.
pub(super) struct Layers<'t> {
    tree: &'t Tree,
    /// Depth below `all`; parents are less deep than their children.
    depth: BTreeMap<&'t str, usize>,
    parents: BTreeMap<&'t str, Vec<&'t str>>,
    folder: &'t BTreeMap<String, Vars>,
    /// What a set of groups comes to; servers of a rack are all in the same ones.
    known: BTreeMap<BTreeSet<&'t str>, Vars>,
}

impl<'t> Layers<'t> {
    /// Works out depths. A group within itself is a problem.
    pub(super) fn new(
        tree: &'t Tree,
        folder: &'t BTreeMap<String, Vars>,
        problems: &mut Problems,
    ) -> Self {
        let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, group) in &tree.groups {
            for child in &group.children {
                parents.entry(child).or_default().push(name);
            }
        }
        let mut layers = Self {
            tree,
            depth: BTreeMap::new(),
            parents,
            folder,
            known: BTreeMap::new(),
        };
        for (name, group) in &tree.groups {
            if layers.depth_of(name, &mut Vec::new()).is_none() {
                problems.push(Problem::new(
                    &group.at,
                    format!("group `{name}` lies within itself, or in a group that does"),
                    "take it out of the `children` of a group below it",
                ));
            }
        }
        layers
    }

    /// The longest way down from `all`; none in a circle.
    fn depth_of(&mut self, name: &'t str, way: &mut Vec<&'t str>) -> Option<usize> {
        if let Some(depth) = self.depth.get(name) {
            return Some(*depth);
        }
        if way.contains(&name) {
            return None;
        }
        way.push(name);
        let mut depth = usize::from(name != "all");
        for parent in self.parents.get(name).cloned().unwrap_or_default() {
            depth = depth.max(self.depth_of(parent, way)? + 1);
        }
        way.pop();
        self.depth.insert(name, depth);
        Some(depth)
    }

    /// All that counts for a host, from its groups, itself and its own `host_vars/`.
    pub(super) fn vars(&mut self, host: &'t Host, own: Option<&Vars>) -> Vars {
        let groups: BTreeSet<&str> = host.groups.iter().map(String::as_str).collect();
        let known = self.known.get(&groups).cloned();
        let mut vars = known.unwrap_or_else(|| self.of_groups(&groups));
        self.known.entry(groups).or_insert_with(|| vars.clone());

        vars.overlay(&host.vars);
        if let Some(own) = own {
            vars.overlay(own);
        }
        vars
    }

    fn of_groups(&self, direct: &BTreeSet<&'t str>) -> Vars {
        let mut groups = BTreeSet::new();
        let mut open: Vec<&str> = direct.iter().copied().collect();
        while let Some(name) = open.pop() {
            if groups.insert(name) {
                open.extend(self.parents.get(name).into_iter().flatten());
            }
        }
        // Ansible's own bookkeeping: `ungrouped` holds exactly the hosts that are in nothing else.
        groups.remove("all");
        groups.remove("ungrouped");
        if groups.is_empty() {
            groups.insert("ungrouped");
        }
        let mut order: Vec<&str> = groups.into_iter().collect();
        order.sort_by_key(|name| {
            let priority = self
                .tree
                .groups
                .get(*name)
                .map_or(1, |group| group.priority);
            (self.depth.get(name).copied().unwrap_or(1), priority, *name)
        });
        order.insert(0, "all");

        let mut vars = Vars::default();
        for group in order.iter().filter_map(|name| self.tree.groups.get(*name)) {
            vars.overlay(&group.vars);
        }
        for file in order.iter().filter_map(|name| self.folder.get(*name)) {
            vars.overlay(file);
        }
        vars
    }
}
