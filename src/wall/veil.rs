//! Takes out of a sentence what must not hang on a wall: what the store knows to be an address, a user, a path or a key, and what looks
//! like one. Must never be asked to let something through: a kind of problem that is new is veiled like the others.

use std::{collections::HashSet, net::IpAddr};

use crate::{
    fleet::{Server, ServerSeen, Sources},
    store::snapshot::Snapshot,
};

/// Stands where something was.
const GONE: &str = "…";

/// Shorter words are no secret and half of every language.
const SHORTEST: usize = 3;

/// What a fleet does not want to be read.
#[derive(Debug, Default)]
pub struct Veil<'a>(HashSet<&'a str>);

impl<'a> Veil<'a> {
    /// All that the store holds of addresses, users, paths, machines and keys. Names of servers and pools stay: people know them.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let mut words = HashSet::new();
        let listed = snapshot.listed.servers.values();
        let records = snapshot.records.values();
        let last = records.filter_map(|record| record.last_listed.as_ref());
        for server in snapshot.fleet.servers.values().chain(listed).chain(last) {
            words.extend(of_server(server));
        }
        words.extend(snapshot.observed.servers.values().flat_map(of_seen));
        let sources = snapshot.fleet.pools.values().map(|pool| &pool.sources);
        words.extend(sources.flat_map(of_sources));
        words.retain(|word| word.len() >= SHORTEST);
        for name in snapshot.fleet.servers.keys() {
            words.remove(name.as_str());
        }
        for name in snapshot.fleet.pools.keys() {
            words.remove(name.as_str());
        }
        Self(words)
    }

    /// The sentence without them, and without a command line: nobody types at a wall.
    #[must_use]
    pub fn over(&self, text: &str) -> String {
        let text = without_command(text);
        let mut clean = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(|c| !parts(c)) {
            clean.push_str(&rest[..at]);
            let word = &rest[at..];
            let end = word.find(parts).unwrap_or(word.len());
            let (word, after) = word.split_at(end);
            let bare = word.trim_end_matches(['.', ':', '!', '?']);
            clean.push_str(if self.hides(bare) { GONE } else { bare });
            clean.push_str(&word[bare.len()..]);
            rest = after;
        }
        clean.push_str(rest);
        clean
    }

    fn hides(&self, word: &str) -> bool {
        let known = |word: &str| self.0.contains(word);
        known(word) || word.split([':', '@', '/']).any(known) || looks_private(word)
    }
}

/// What stands between words.
fn parts(c: char) -> bool {
    c.is_whitespace() || "`'\"()[]{}<>,;=".contains(c)
}

/// Without the clause that ends in a command in backticks.
fn without_command(text: &str) -> &str {
    let mut begin = 0;
    while let Some(open) = text[begin..].find('`').map(|at| begin + at) {
        let inside = &text[open + 1..];
        let close = inside.find('`').unwrap_or(inside.len());
        if inside[..close].contains(char::is_whitespace) {
            let before = &text[..open];
            let clause = [", ", ": ", "; "].iter().filter_map(|it| before.rfind(it));
            return before[..clause.max().unwrap_or(open)].trim_end();
        }
        begin = (open + close + 2).min(text.len());
    }
    text
}

fn looks_private(word: &str) -> bool {
    let address = |word: &str| word.parse::<IpAddr>().is_ok();
    let host = word.split('/').next().unwrap_or_default();
    let port_less = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let number = word.chars().all(|c| c.is_ascii_digit() || "./".contains(c));
    let key = |c: char| c.is_ascii_hexdigit() || ".:".contains(c);
    address(host)
        || address(port_less)
        || word.contains('@')
        || word.contains("://")
        || word.starts_with(['/', '~'])
        || word.starts_with("SHA256:")
        || (word.contains('/') && word.contains('.') && !number)
        // A machine's id, a token, a hash.
        || (word.len() >= 16 && word.chars().all(key))
}

fn of_server(server: &Server) -> impl Iterator<Item = &str> {
    let access = &server.access;
    [
        Some(access.host.as_str()),
        access.user.as_deref(),
        access.key_file.as_ref().and_then(|file| file.to_str()),
        server.place.file.to_str(),
    ]
    .into_iter()
    .flatten()
    .chain(of_sources(&server.sources))
}

fn of_sources(sources: &Sources) -> impl Iterator<Item = &str> {
    [
        sources.packages.as_deref(),
        sources.packages_key.as_deref(),
        sources.images.as_deref(),
    ]
    .into_iter()
    .flatten()
}

fn of_seen(seen: &ServerSeen) -> impl Iterator<Item = &str> {
    let facts = seen.facts.as_ref();
    let ids = facts.map(|facts| {
        let machine = facts.machine.as_ref().map(|it| it.0.as_str());
        let boot = facts.boot.as_ref().map(|it| it.0.as_str());
        [
            Some(facts.hostname.as_str()),
            machine,
            boot,
            facts.cluster.as_deref(),
        ]
    });
    let ids = ids.into_iter().flatten().flatten();
    seen.host_key.as_deref().into_iter().chain(ids)
}
