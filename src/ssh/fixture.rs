//! Servers for the tests of this room.

use crate::fleet::{Access, Expect, Place, Server, Sources};

/// An offered server that is reached by its name.
pub(super) fn server(name: &str) -> Server {
    Server {
        name: name.parse().unwrap(),
        access: Access {
            host: name.to_owned(),
            port: None,
            user: None,
            key_file: None,
            sudo: false,
        },
        offered: true,
        zone: None,
        labels: std::collections::BTreeMap::new(),
        expect: Expect::default(),
        node_address: None,
        sources: Sources::default(),
        place: Place::default(),
    }
}
