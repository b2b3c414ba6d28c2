//! Groups and hosts as the files say them: who is in what, and what each place says about it.
//! Must never decide which of two sayings counts: that is `precedence`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Problem,
    nearest::nearest,
    range,
    value::{self, Problems, twice},
    vars::Vars,
    word::not_a_name,
    yaml::{At, Key, Node, Value},
};

/// All groups and hosts of all files.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) hosts: BTreeMap<String, Host>,
}

/// One group, from every place that names it.
#[derive(Debug)]
pub(super) struct Group {
    /// Where it was named first.
    pub(super) at: At,
    pub(super) vars: Vars,
    pub(super) children: BTreeSet<String>,
    /// `ansible_group_priority`: among groups of one depth the higher goes before.
    pub(super) priority: i64,
}

/// One host, from every place that names it.
#[derive(Debug)]
pub(super) struct Host {
    /// Where it was named first.
    pub(super) at: At,
    pub(super) vars: Vars,
    pub(super) groups: BTreeSet<String>,
}

impl Tree {
    /// Adds what one file says.
    pub(super) fn add(&mut self, file: &Node, problems: &mut Problems) {
        let Value::Map(groups) = &file.value else {
            problems.push(Problem::new(
                &file.at,
                "an inventory file must be a mapping of groups",
                "begin with `all:`, below it `hosts:` and `children:`",
            ));
            return;
        };
        if let Some((key, _)) = groups.iter().find(|(key, _)| key.text == "plugin") {
            problems.push(Problem::new(
                &key.at,
                "this configures an inventory plugin, which pooldeck does not run",
                "move it out of this folder, or let `ansible-inventory --list --yaml` write the hosts into a file",
            ));
            return;
        }
        self.children(groups, None, problems);
    }

    /// Reads groups, those of a file or those below `parent`.
    fn children(&mut self, groups: &[(Key, Node)], parent: Option<&str>, problems: &mut Problems) {
        let mut here = BTreeSet::new();
        for (key, node) in groups {
            if !here.insert(&key.text) {
                problems.push(twice(key));
            }
            if named(key, "group", problems) {
                if let Some(parent) = parent.and_then(|parent| self.groups.get_mut(parent)) {
                    parent.children.insert(key.text.clone());
                }
                self.group(key, node, problems);
            }
        }
    }

    fn group(&mut self, key: &Key, node: &Node, problems: &mut Problems) {
        self.groups
            .entry(key.text.clone())
            .or_insert_with(|| Group {
                at: key.at.clone(),
                vars: Vars::default(),
                children: BTreeSet::new(),
                priority: 1,
            });
        let Some(sections) = value::entries(&key.text, node, problems) else {
            return;
        };
        let mut here = BTreeSet::new();
        for (section, node) in sections {
            if !here.insert(&section.text) {
                problems.push(twice(section));
            }
            match section.text.as_str() {
                "vars" => self.vars(&key.text, node, problems),
                "children" => {
                    let groups = names("children", node, problems);
                    self.children(&groups, Some(&key.text), problems);
                }
                "hosts" => {
                    let hosts = names("hosts", node, problems);
                    self.hosts(&hosts, &key.text, problems);
                }
                _ => problems.push(stray(section)),
            }
        }
    }

    fn vars(&mut self, group: &str, node: &Node, problems: &mut Problems) {
        let Some(entries) = value::entries("vars", node, problems) else {
            return;
        };
        let vars = Vars::of(entries, problems);
        let priority = entries
            .iter()
            .find(|(key, _)| key.text == "ansible_group_priority")
            .and_then(|(key, node)| value::parsed::<i64>(&key.text, node, problems));
        if let Some(group) = self.groups.get_mut(group) {
            group.vars.overlay(&vars);
            group.priority = priority.unwrap_or(group.priority);
        }
    }

    fn hosts(&mut self, hosts: &[(Key, Node)], group: &str, problems: &mut Problems) {
        let mut here = BTreeMap::new();
        for (key, node) in hosts {
            if !named(key, "server", problems) {
                continue;
            }
            let mut vars = match value::entries(&key.text, node, problems) {
                Some(entries) => Vars::of(entries, problems),
                None => Vars::default(),
            };
            let names = match range::expand(&key.text) {
                Ok((names, port)) => {
                    vars.port(key, port);
                    names
                }
                Err(why) => {
                    problems.push(Problem::new(
                        &key.at,
                        why,
                        "write ranges as `node[01:20]` or `node[a:d]`",
                    ));
                    continue;
                }
            };
            for name in names {
                if let Some(first) = here.insert(name.clone(), &key.at) {
                    problems.push(Problem::new(
                        &key.at,
                        format!("server `{name}` stands twice in group `{group}`"),
                        format!(
                            "it stands at {} already; keep one of the two",
                            first.place()
                        ),
                    ));
                } else {
                    self.host(&name, &key.at, group, &vars, problems);
                }
            }
        }
    }

    fn host(&mut self, name: &str, at: &At, group: &str, vars: &Vars, problems: &mut Problems) {
        if self.hosts.len() >= range::MOST && !self.hosts.contains_key(name) {
            if self.hosts.len() == range::MOST {
                problems.push(Problem::new(
                    at,
                    format!("the inventory has more than {} servers", range::MOST),
                    "look at the ranges; a fleet of this size needs several stores",
                ));
            }
            return;
        }
        let host = self.hosts.entry(name.to_owned()).or_insert_with(|| Host {
            at: at.clone(),
            vars: Vars::default(),
            groups: BTreeSet::new(),
        });
        for (key, before, now) in host.vars.contradictions(vars) {
            problems.push(Problem::new(
                &now.at,
                format!("server `{name}` is described twice: `{key}` differs"),
                format!(
                    "it is said at {} already; keep one of the two",
                    before.at.place()
                ),
            ));
        }
        host.vars.overlay(vars);
        host.groups.insert(group.to_owned());
    }
}

/// A name that every YAML reader takes for a name.
fn named(key: &Key, what: &str, problems: &mut Problems) -> bool {
    let Some(taken_for) = not_a_name(key) else {
        return true;
    };
    problems.push(Problem::new(
        &key.at,
        format!(
            "`{}` is read as {taken_for} by Ansible and cannot name a {what}",
            key.text
        ),
        if taken_for == "a boolean" {
            "choose another name; quotes get lost on the way".to_owned()
        } else {
            format!("write it in quotes: `\"{}\"`", key.text)
        },
    ));
    false
}

/// The entries of `hosts:` or `children:`; a single word stands for itself, as Ansible has it.
fn names(section: &str, node: &Node, problems: &mut Problems) -> Vec<(Key, Node)> {
    match &node.value {
        Value::Scalar { .. } => value::text(section, node, problems)
            .map(|text| {
                let key = Key {
                    at: node.at.clone(),
                    text,
                    plain: true,
                };
                let nothing = Value::Scalar {
                    text: String::new(),
                    plain: true,
                };
                let node = Node {
                    at: node.at.clone(),
                    value: nothing,
                };
                vec![(key, node)]
            })
            .unwrap_or_default(),
        _ => value::entries(section, node, problems)
            .map(<[_]>::to_vec)
            .unwrap_or_default(),
    }
}

/// A key of a group that is neither `vars`, `children` nor `hosts`.
fn stray(key: &Key) -> Problem {
    let hint = if key.text.starts_with("pooldeck_") || key.text.starts_with("ansible_") {
        format!("write `{}` below `vars:` of the group", key.text)
    } else {
        match nearest(&key.text, ["hosts", "vars", "children"]) {
            Some(word) => format!("did you mean `{word}`?"),
            None => {
                "a group has `hosts`, `vars` and `children`; groups go below `children`".to_owned()
            }
        }
    };
    Problem::new(
        &key.at,
        format!("a group has no `{}`; Ansible passes over it", key.text),
        hint,
    )
}
