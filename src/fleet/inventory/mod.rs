//! The inventory: the operator's Ansible YAML, read into servers. Every problem at once, each with its place.
//! Must never write the operator's files, never decrypt, never run a template, never load half of it.

pub mod export;
mod files;
mod nearest;
pub mod offer;
mod precedence;
mod range;
mod settings;
mod sources;
mod tree;
mod value;
mod vars;
mod word;
mod yaml;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use self::{
    files::find,
    nearest::nearest,
    settings::{Setting, settings},
};
use self::{precedence::Layers, tree::Tree, value::Problems, vars::Vars, yaml::At};
use super::{Place, Server, ServerName};

/// What an inventory says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// By name.
    pub servers: BTreeMap<ServerName, Server>,
    /// The file or folder that was named.
    pub origin: PathBuf,
    /// Every file that was read, in order.
    pub files: Vec<PathBuf>,
}

/// One thing that is wrong with the inventory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong: a lower-case fragment, values in backticks.
    pub text: String,
    /// What to do next.
    pub hint: String,
}

impl Problem {
    fn new(at: &At, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            place: at.place(),
            text: text.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\nhint: {}", self.place, self.text, self.hint)
    }
}

/// Reads the inventory at `place`, a folder or one file.
///
/// # Errors
/// All problems, in the order of files and lines. Nothing is loaded then.
pub fn read(place: &Path) -> Result<Inventory, Vec<Problem>> {
    read_with(place, None)
}

/// The same as if there was one file more, or that file had another text.
fn read_with(place: &Path, more: Option<(&Path, &str)>) -> Result<Inventory, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut read = files::hosts(place, &mut problems);
    if let Some((file, _)) = more.filter(|(file, _)| !read.iter().any(|it| it == file)) {
        read.push(file.to_owned());
    }
    let mut tree = Tree::default();
    for file in &read {
        let node = match more.filter(|(path, _)| path == file) {
            Some((_, text)) => yaml::parse(&Arc::from(file.as_path()), text)
                .map_err(|problem| problems.push(problem))
                .ok()
                .flatten(),
            None => files::load(file, &mut problems),
        };
        if let Some(node) = node {
            tree.add(&node, &mut problems);
        }
    }
    let base = if place.is_file() {
        place.parent().unwrap_or(place)
    } else {
        place
    };
    let always = ["all".to_owned(), "ungrouped".to_owned()];
    let others = tree.groups.keys().filter(|name| !always.contains(name));
    let group_vars = files::vars(
        &base.join("group_vars"),
        always.iter().chain(others),
        &mut read,
        &mut problems,
    );
    let host_vars = files::vars(
        &base.join("host_vars"),
        tree.hosts.keys(),
        &mut read,
        &mut problems,
    );
    let servers = servers(&tree, &group_vars, &host_vars, &mut problems);
    if problems.is_empty() {
        return Ok(Inventory {
            servers,
            origin: place.to_owned(),
            files: read,
        });
    }
    problems.sort();
    problems.dedup();
    Err(problems)
}

/// The servers, each from all that counts for it.
fn servers(
    tree: &Tree,
    group_vars: &BTreeMap<String, Vars>,
    host_vars: &BTreeMap<String, Vars>,
    problems: &mut Problems,
) -> BTreeMap<ServerName, Server> {
    let mut layers = Layers::new(tree, group_vars, problems);
    let mut servers = BTreeMap::new();
    let mut addresses = BTreeMap::new();
    for (name, host) in &tree.hosts {
        let name: ServerName = match name.parse() {
            Ok(name) => name,
            Err(error) => {
                let (text, hint) = split_hint(&error.to_string());
                problems.push(Problem::new(&host.at, text, hint));
                continue;
            }
        };
        let vars = layers.vars(host, host_vars.get(name.as_str()));
        // Every value was read where it stands, with its problems.
        let server = vars.server(name.clone(), host.at.place(), &mut Vec::new());
        for (address, key) in server_addresses(&server) {
            let place = vars.place(key).unwrap_or_else(|| server.place.clone());
            if let Some((other, first)) =
                addresses.insert(address.clone(), (name.clone(), place.clone()))
            {
                problems.push(Problem {
                    place,
                    text: format!("servers `{other}` and `{name}` have one address: `{address}`"),
                    hint: format!("the other one is at {first}; one machine has one name"),
                });
            }
        }
        servers.insert(name, server);
    }
    servers
}

/// Where a server is reached, and its node's address where it was given one; with the key that says so.
fn server_addresses(server: &Server) -> impl Iterator<Item = (String, &'static str)> {
    let access = &server.access;
    let reached = format!(
        "{}:{}",
        access.host.to_ascii_lowercase(),
        access.port.unwrap_or(22)
    );
    let node = server
        .node_address
        .map(|address| (address.to_string(), "pooldeck_address"));
    std::iter::once((reached, "ansible_host")).chain(node)
}

/// Takes an error's text apart into what is wrong and what to do.
fn split_hint(text: &str) -> (String, String) {
    let (text, hint) = text
        .split_once("\nhint: ")
        .unwrap_or((text, "correct it here"));
    (text.to_owned(), hint.to_owned())
}
