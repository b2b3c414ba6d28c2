//! The operator's inventory, and a person's own settings, which the same reader reads.

use std::{collections::BTreeSet, fs, path::Path};

use pooldeck::fleet::{Fleet, FleetId, Place, Server, inventory};
use tempfile::TempDir;

thread_local! {
    static FOLDER: Option<TempDir> = TempDir::with_prefix("pooldeck-inventory-").ok();
}

/// Reads it. What was read is written for Ansible and read again as the same; what was not names file, line and column.
pub fn inventory(data: &[u8]) {
    FOLDER.with(|folder| {
        let folder = folder.as_ref().expect("a folder for temporary files");
        let file = folder.path().join("hosts.yaml");
        let text = str::from_utf8(data);
        if let Ok(text) = text
            && let Err(problems) = inventory::settings(&file, text)
        {
            placed(&problems, &file);
        }
        match read(&file, data) {
            Ok(servers) => again(&file, servers),
            Err(problems) if text.is_ok() => placed(&problems, &file),
            Err(problems) => assert_eq!(problems.len(), 1, "no UTF-8: {problems:?}"),
        }
    });
}

type Servers = std::collections::BTreeMap<pooldeck::fleet::ServerName, Server>;

fn read(file: &Path, data: &[u8]) -> Result<Servers, Vec<inventory::Problem>> {
    fs::write(file, data).expect("room for a temporary file");
    let read = inventory::read(file)?;
    let without_place = |server: Server| Server {
        place: Place::default(),
        ..server
    };
    let servers = read.servers.into_iter();
    Ok(servers
        .map(|(name, server)| (name, without_place(server)))
        .collect())
}

fn again(file: &Path, servers: Servers) {
    let mut fleet = Fleet::empty(FleetId("91c2".to_owned()));
    fleet.servers = servers;
    let printed = inventory::export::yaml(&fleet, &BTreeSet::new());
    match read(file, printed.as_bytes()) {
        Ok(servers) => assert_eq!(servers, fleet.servers, "\n{printed}"),
        Err(problems) => panic!("{}\n{printed}", problems[0]),
    }
}

fn placed(problems: &[inventory::Problem], file: &Path) {
    assert!(!problems.is_empty());
    for it in problems {
        assert_eq!(it.place.file, file, "{it}");
        assert!(0 < it.place.line && 0 < it.place.column, "{it}");
        assert!(!it.text.is_empty() && !it.hint.is_empty(), "{it}");
    }
}
