//! The variables that pooldeck reads, out of all that an inventory says.
//! Must never hold a foreign key, and never pass over an own one that is misspelt.

use std::collections::BTreeMap;

use super::{
    Problem,
    nearest::{distance, nearest},
    sources::sources,
    value::{self, Problems, twice},
    yaml::{Key, Node, Value},
};
use crate::fleet::{Access, Expect, Place, Server, ServerName};

/// Ansible's keys that are honoured; every other one is left alone.
const THEIRS: [&str; 5] = [
    "ansible_host",
    "ansible_port",
    "ansible_user",
    "ansible_ssh_private_key_file",
    "ansible_become",
];

/// Our own keys.
const OURS: [&str; 7] = [
    "pooldeck_use",
    "pooldeck_zone",
    "pooldeck_labels",
    "pooldeck_expect_cores",
    "pooldeck_expect_memory",
    "pooldeck_address",
    "pooldeck_kubernetes",
];

/// What one place of the inventory says, or several laid over each other: our keys and their values.
#[derive(Debug, Clone, Default)]
pub(super) struct Vars(BTreeMap<&'static str, Node>);

impl Vars {
    /// Takes what is ours out of a mapping; a misspelt own key, one that stands twice, and a value
    /// that cannot be read are problems.
    pub(super) fn of(entries: &[(Key, Node)], problems: &mut Problems) -> Self {
        let mut vars = Self::default();
        for (key, node) in entries {
            let known = THEIRS.iter().chain(&OURS).find(|known| **known == key.text);
            if let Some(known) = known {
                if vars.0.insert(known, node.clone()).is_some() {
                    problems.push(twice(key));
                }
            } else if is_meant_for_us(&key.text) {
                problems.push(unknown(key));
            }
        }
        // Read for its problems alone: a bad value is one even where another overrides it.
        if let Ok(anybody) = "anybody".parse() {
            drop(vars.server(anybody, Place::default(), problems));
        }
        vars
    }

    /// Lays `upper` over these: what it says goes before.
    pub(super) fn overlay(&mut self, upper: &Self) {
        for (key, node) in &upper.0 {
            self.0.insert(key, node.clone());
        }
    }

    /// The port that stood behind the name, where no variable says another.
    pub(super) fn port(&mut self, key: &Key, port: Option<u16>) {
        if let Some(port) = port {
            self.0.entry("ansible_port").or_insert_with(|| Node {
                at: key.at.clone(),
                value: Value::Scalar {
                    text: port.to_string(),
                    plain: true,
                },
            });
        }
    }

    /// Keys that both say, differently: what stands here and what stands in `other`.
    pub(super) fn contradictions<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = (&'static str, &'a Node, &'a Node)> {
        other.0.iter().filter_map(|(key, theirs)| {
            let ours = self.0.get(key)?;
            (ours.value != theirs.value).then_some((*key, ours, theirs))
        })
    }

    /// The place of what a key says.
    pub(super) fn place(&self, key: &str) -> Option<Place> {
        self.0.get(key).map(|node| node.at.place())
    }

    /// The server that all of it describes.
    pub(super) fn server(&self, name: ServerName, place: Place, problems: &mut Problems) -> Server {
        Server {
            access: Access {
                host: self
                    .get("ansible_host", problems, value::word)
                    .unwrap_or_else(|| name.to_string()),
                port: self.get("ansible_port", problems, value::number),
                user: self.get("ansible_user", problems, value::word),
                key_file: self
                    .get("ansible_ssh_private_key_file", problems, value::text)
                    .map(Into::into),
                sudo: self
                    .get("ansible_become", problems, value::yes)
                    .unwrap_or(false),
            },
            offered: self
                .get("pooldeck_use", problems, value::yes)
                .unwrap_or(false),
            zone: self.get("pooldeck_zone", problems, value::zone),
            labels: self
                .get("pooldeck_labels", problems, value::labels)
                .unwrap_or_default(),
            expect: Expect {
                cores: self.get("pooldeck_expect_cores", problems, value::number),
                memory: self.get("pooldeck_expect_memory", problems, value::parsed),
            },
            node_address: self.get("pooldeck_address", problems, value::address),
            sources: self
                .get("pooldeck_kubernetes", problems, sources)
                .unwrap_or_default(),
            name,
            place,
        }
    }

    fn get<T>(
        &self,
        key: &str,
        problems: &mut Problems,
        read: fn(&str, &Node, &mut Problems) -> Option<T>,
    ) -> Option<T> {
        read(key, self.0.get(key)?, problems)
    }
}

/// Begins with our word, or with what a typing error makes of it.
fn is_meant_for_us(key: &str) -> bool {
    let first = key.split_once('_').map(|(first, _)| first);
    first.is_some_and(|first| distance(first, "pooldeck") <= 2)
}

fn unknown(key: &Key) -> Problem {
    Problem::new(
        &key.at,
        format!("`{}` is not a key of pooldeck", key.text),
        match nearest(&key.text, OURS) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!(
                "the keys are {}",
                OURS.map(|key| format!("`{key}`")).join(", ")
            ),
        },
    )
}
