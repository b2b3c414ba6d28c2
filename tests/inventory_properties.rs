//! Properties of the inventory's reader: no text makes it panic, and what we write reads as what it was.

#![expect(
    clippy::unwrap_used,
    reason = "a test or a benchmark stops where it cannot go on"
)]

use std::{collections::BTreeMap, fs, net::IpAddr};

use pooldeck::fleet::{
    Access, Bytes, Expect, Fleet, FleetId, Place, Server, ServerName, Sources, inventory,
};
use proptest::{collection, option, prelude::*};

fn label() -> impl Strategy<Value = String> {
    "[a-z]([a-z0-9-]{0,8}[a-z0-9])?".prop_filter("a boolean to YAML 1.1", |name| {
        !matches!(
            name.as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false"
        )
    })
}

fn value() -> impl Strategy<Value = String> {
    "[A-Za-z0-9]([A-Za-z0-9_.-]{0,12}[A-Za-z0-9])?"
}

/// A word for ssh, in letters that YAML loves to misread.
fn word() -> impl Strategy<Value = String> {
    "[a-z0-9~#:'\"!&*?|>%@`\\\\äß][a-z0-9~#:'\"!&*?|>%@`\\\\,\\[\\]-]{0,8}"
}

fn sources() -> impl Strategy<Value = Sources> {
    (
        option::of((1_u8..9, 0_u8..99)),
        option::of(value()),
        any::<bool>(),
    )
        .prop_map(|(version, images, plain_http)| Sources {
            version: version.map(|(minor, patch)| format!("v1.{minor}.{patch}")),
            packages: plain_http.then(|| "http://mirror.example/apt".to_owned()),
            packages_key: plain_http.then(|| "https://mirror.example/key".to_owned()),
            images,
            plain_http,
        })
}

prop_compose! {
    fn server()(
        user in option::of(word()),
        key_file in option::of(word()),
        port in option::of(1_u16..),
        flags in any::<(bool, bool)>(),
        zone in option::of(value()),
        labels in collection::btree_map(label(), value(), 0..3),
        cores in option::of(1_u32..4096),
        memory in option::of(1_u64..1 << 45),
        sources in sources(),
    ) -> Server {
        Server {
            name: "x".parse().unwrap(),
            access: Access { host: String::new(), port, user, key_file: key_file.map(Into::into), sudo: flags.0 },
            offered: flags.1,
            zone,
            labels,
            expect: Expect { cores, memory: memory.map(Bytes) },
            node_address: None,
            sources,
            place: Place::default(),
        }
    }
}

/// A fleet whose servers have names and addresses of their own.
fn fleet() -> impl Strategy<Value = Fleet> {
    collection::btree_map(label(), server(), 0..12).prop_map(|servers| {
        let mut fleet = Fleet::empty(FleetId("91c2".to_owned()));
        for (n, (name, mut server)) in (1_u8..).zip(servers) {
            let name: ServerName = name.parse().unwrap();
            server.name = name.clone();
            server.access.host = format!("10.0.0.{n}");
            server.node_address = (n % 2 == 0).then(|| IpAddr::from([10, 1, 0, n]));
            fleet.servers.insert(name, server);
        }
        fleet
    })
}

fn read(text: &str) -> Result<inventory::Inventory, Vec<inventory::Problem>> {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    fs::write(file.path(), text).unwrap();
    inventory::read(file.path())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_we_export_is_read_as_the_same_servers(fleet in fleet()) {
        let text = inventory::export::yaml(&fleet, &fleet.servers.keys().take(1).cloned().collect());
        let read = read(&text).map_err(|problems| {
            TestCaseError::fail(format!("{}\n{text}", problems[0]))
        })?;
        let servers: BTreeMap<_, _> = read
            .servers
            .into_iter()
            .map(|(name, server)| (name, Server { place: Place::default(), ..server }))
            .collect();
        prop_assert_eq!(servers, fleet.servers);
    }

    #[test]
    fn any_text_is_read_or_refused_and_never_a_panic(text in ".{0,200}") {
        drop(read(&text));
    }

    #[test]
    fn any_text_made_of_yaml_is_read_or_refused_and_never_a_panic(
        parts in collection::vec(
            prop::sample::select(vec![
                "all:", "hosts:", "vars:", "children:", "\n", "\n  ", "\n    ", " ", "s[1:3]", "s01:",
                "pooldeck_use: ", "true", "{", "}", "[", "]", "&a ", "*a", "<<: ", "!vault |", "\"", "'",
                "- ", "? ", ": ", ",", "---", "...", "#", "\t", "ansible_host: ", "{{", "\u{feff}", "~", "é",
                "pooldeck_kubernetes: ", "pooldeck_labels: ", "%YAML 1.1", "n[a:", "0",
            ]),
            0..60,
        )
    ) {
        drop(read(&parts.concat()));
    }
}
