//! A server as the operator wants it: the inventory's word, never what was found.

use std::{collections::BTreeMap, fmt, net::IpAddr, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{name::ServerName, quantity::Bytes};

/// Where something stands in the operator's files.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file as it was opened.
    pub file: PathBuf,
    /// From 1; 0 when unknown.
    pub line: u32,
    /// From 1; 0 when unknown.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match (self.line, self.column) {
            (0, _) => write!(f, "{file}"),
            (line, 0) => write!(f, "{file}:{line}"),
            (line, column) => write!(f, "{file}:{line}:{column}"),
        }
    }
}

/// One machine of the inventory and what it may be used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its name in the inventory, and its node's name.
    pub name: ServerName,
    /// How to reach it.
    pub access: Access,
    /// `pooldeck_use: true`: pooldeck may use it. Nothing else is ever a candidate.
    pub offered: bool,
    /// `pooldeck_zone`: servers of one zone may fail together.
    pub zone: Option<String>,
    /// `pooldeck_labels`: put on its node.
    pub labels: BTreeMap<String, String>,
    /// `pooldeck_expect_…`: an expectation whose breach is a problem, never an override.
    pub expect: Expect,
    /// `pooldeck_address`: the node's address, where it is not the one that SSH arrives at.
    pub node_address: Option<IpAddr>,
    /// `pooldeck_kubernetes`: where its packages and images come from.
    pub sources: Sources,
    /// Where its name stands.
    pub place: Place,
}

/// How to reach a server over SSH. What is not said here is the operator's own ssh configuration's to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// `ansible_host`, else the name.
    pub host: String,
    /// `ansible_port`.
    pub port: Option<u16>,
    /// `ansible_user`.
    pub user: Option<String>,
    /// `ansible_ssh_private_key_file`.
    pub key_file: Option<PathBuf>,
    /// `ansible_become`: use sudo without a password.
    pub sudo: bool,
}

/// What the operator believes the hardware to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expect {
    /// `pooldeck_expect_cores`.
    pub cores: Option<u32>,
    /// `pooldeck_expect_memory`.
    pub memory: Option<Bytes>,
}

/// Where packages and images come from. Everything unset means the community's repositories.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sources {
    /// The version for new pools (`v1.33.13`).
    pub version: Option<String>,
    /// apt repository URL.
    pub packages: Option<String>,
    /// URL of the repository's signing key.
    pub packages_key: Option<String>,
    /// Image registry with prefix, such as `10.77.0.1:5000`.
    pub images: Option<String>,
    /// Plain http and an unsigned repository are allowed.
    pub plain_http: bool,
}
