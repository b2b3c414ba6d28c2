//! A fleet as Ansible reads it: pools as groups, in YAML and as a dynamic inventory's JSON.
//! Must never say what Ansible could read as something else: every text is in quotes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Arguments,
};

use serde_json::{Map, Value, json};

use crate::fleet::{Fleet, Pool, Role, Server, ServerName};

/// A group without groups below it.
type Part<'f> = (String, Vec<&'f ServerName>);

/// Group names and their servers: `web`'s two groups for each pool, and `spare`.
struct Groups<'f> {
    /// The pool's group, its control planes' and its workers'.
    pools: Vec<(String, [Part<'f>; 2])>,
    spare: Vec<&'f ServerName>,
}

impl<'f> Groups<'f> {
    fn of(fleet: &'f Fleet, spare: &'f BTreeSet<ServerName>) -> Self {
        let listed = |pool: &'f Pool, role| {
            pool.with_role(role)
                .map(|(name, _)| name)
                .filter(|name| fleet.servers.contains_key(*name))
                .collect()
        };
        let pools = fleet.pools.values().map(|pool| {
            // Ansible warns about dashes in a group's name; a pool's name has no `_`, so none collide.
            let name = pool.name.as_str().replace('-', "_");
            let control = (
                format!("{name}_control_plane"),
                listed(pool, Role::ControlPlane),
            );
            let workers = (format!("{name}_workers"), listed(pool, Role::Worker));
            (name, [control, workers])
        });
        let spare = spare
            .iter()
            .filter(|name| fleet.servers.contains_key(*name));
        Self {
            pools: pools.collect(),
            spare: spare.collect(),
        }
    }
}

/// The fleet as one YAML inventory file; `spare` are the servers that could be taken now. Reading it gives the same servers.
#[must_use]
pub fn yaml(fleet: &Fleet, spare: &BTreeSet<ServerName>) -> String {
    let groups = Groups::of(fleet, spare);
    let mut text = String::from("all:\n  hosts:\n");
    if fleet.servers.is_empty() {
        text.insert_str(text.len() - 1, " {}");
    }
    for (name, server) in &fleet.servers {
        line(&mut text, 4, format_args!("{}:", quoted(name.as_str())));
        for (key, value) in vars(server) {
            line(&mut text, 6, format_args!("{key}: {value}"));
        }
    }
    text.push_str("  children:\n");
    for (pool, parts) in &groups.pools {
        line(&mut text, 4, format_args!("{}:", quoted(pool)));
        line(&mut text, 6, format_args!("children:"));
        for (part, names) in parts {
            line(&mut text, 8, format_args!("{}:", quoted(part)));
            hosts(&mut text, 10, names);
        }
    }
    line(&mut text, 4, format_args!("{}:", quoted("spare")));
    hosts(&mut text, 6, &groups.spare);
    text
}

fn hosts(text: &mut String, indent: usize, names: &[&ServerName]) {
    let nothing = if names.is_empty() { " {}" } else { "" };
    line(text, indent, format_args!("hosts:{nothing}"));
    for name in names {
        line(text, indent + 2, format_args!("{}:", quoted(name.as_str())));
    }
}

fn line(text: &mut String, indent: usize, content: Arguments<'_>) {
    text.extend([" ".repeat(indent), content.to_string(), "\n".to_owned()]);
}

/// JSON's quotes are YAML's double quotes.
fn quoted(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// What `--list` of a dynamic inventory prints: groups, and all variables under `_meta`.
#[must_use]
pub fn list(fleet: &Fleet, spare: &BTreeSet<ServerName>) -> Value {
    let groups = Groups::of(fleet, spare);
    let mut top = Map::new();
    let names: Vec<&str> = groups.pools.iter().map(|(pool, _)| pool.as_str()).collect();
    let children: Vec<&str> = names.into_iter().chain(["spare", "ungrouped"]).collect();
    top.insert("all".to_owned(), json!({ "children": children }));
    for (pool, parts) in &groups.pools {
        let [control, workers] = parts;
        top.insert(pool.clone(), json!({ "children": [control.0, workers.0] }));
        for (part, names) in parts {
            top.insert(part.clone(), json!({ "hosts": names }));
        }
    }
    top.insert("spare".to_owned(), json!({ "hosts": groups.spare }));
    let alone = |name: &&ServerName| fleet.pool_of(name).is_none() && !groups.spare.contains(name);
    let ungrouped: Vec<_> = fleet.servers.keys().filter(alone).collect();
    top.insert("ungrouped".to_owned(), json!({ "hosts": ungrouped }));
    let hostvars: BTreeMap<_, _> = fleet
        .servers
        .iter()
        .map(|(name, server)| (name, vars(server)))
        .collect();
    top.insert("_meta".to_owned(), json!({ "hostvars": hostvars }));
    Value::Object(top)
}

/// What `--host NAME` prints; none for a server that is not in the fleet.
#[must_use]
pub fn host(fleet: &Fleet, name: &ServerName) -> Option<Value> {
    fleet.servers.get(name).map(|server| json!(vars(server)))
}

/// A server's variables, by the keys that the inventory has for them; what is unset is left out.
fn vars(server: &Server) -> BTreeMap<&'static str, Value> {
    let access = &server.access;
    let mut vars = BTreeMap::from([("ansible_host", json!(access.host))]);
    let mut put = |key, value: Option<Value>| {
        if let Some(value) = value {
            vars.insert(key, value);
        }
    };
    put("ansible_port", access.port.map(|port| json!(port)));
    put("ansible_user", access.user.as_ref().map(|user| json!(user)));
    put(
        "ansible_ssh_private_key_file",
        access.key_file.as_ref().map(|file| json!(file)),
    );
    put("ansible_become", access.sudo.then_some(Value::Bool(true)));
    put("pooldeck_use", server.offered.then_some(Value::Bool(true)));
    put(
        "pooldeck_zone",
        server.zone.as_ref().map(|zone| json!(zone)),
    );
    put(
        "pooldeck_labels",
        (!server.labels.is_empty()).then(|| json!(server.labels)),
    );
    put(
        "pooldeck_expect_cores",
        server.expect.cores.map(|cores| json!(cores)),
    );
    put(
        "pooldeck_expect_memory",
        server.expect.memory.map(|memory| json!(memory.exact())),
    );
    put(
        "pooldeck_address",
        server.node_address.map(|address| json!(address)),
    );
    put("pooldeck_kubernetes", sources(server));
    vars
}

fn sources(server: &Server) -> Option<Value> {
    let sources = &server.sources;
    if *sources == crate::fleet::Sources::default() {
        return None;
    }
    let mut map = Map::new();
    let mut put = |key: &str, value: Option<&String>| {
        if let Some(value) = value {
            map.insert(key.to_owned(), json!(value));
        }
    };
    put("version", sources.version.as_ref());
    put("packages", sources.packages.as_ref());
    put("packages_key", sources.packages_key.as_ref());
    put("images", sources.images.as_ref());
    map.insert("plain_http".to_owned(), json!(sources.plain_http));
    Some(Value::Object(map))
}
