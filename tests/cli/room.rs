//! A room in memory with a captain at work in this process, and the real binary against its store.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use assert_cmd::Command;
use jiff::Timestamp;
use pooldeck::{
    captain::{Options, Source, captain},
    fleet::{BootId, Bytes, Capacity, MachineId, Server, ServerName},
    sim::{
        Clock, Rack,
        machine::{Hardware, Machine},
    },
    store::{Store, record::Ask, snapshot::Snapshot, sqlite::Sqlite},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A room; its captain ends with it.
pub struct Room {
    folder: TempDir,
    runtime: Option<Runtime>,
    pub rack: Rack,
}

/// What a verb said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub notes: String,
}

impl Room {
    /// Servers s01, s02 … of these sizes (CPUs, GiB), all offered but for the last, which is somebody else's.
    pub fn new(sizes: &[(u32, u64)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let now = Timestamp::now();
        // Work takes a hundredth of its time: a pool is there within a second or two.
        let rack = runtime.block_on(async { Rack::new(Clock::starting(now, 100), 7) });
        let mut listed = BTreeMap::new();
        for (n, (cores, memory)) in (1_u8..).zip(sizes) {
            let name: ServerName = format!("s{n:02}").parse().unwrap();
            let boot = rack.with(|world| BootId(world.prng.uuid()));
            let hardware = Hardware {
                name: name.clone(),
                capacity: Capacity::new(*cores, Bytes::gib(*memory)),
                sockets: 1,
                disk: Bytes::gib(100),
                address: [10, 20, 1, n].into(),
                machine: MachineId(format!("{n:032x}")),
                host_key: "SHA256:x".to_owned(),
                seed: n.into(),
            };
            rack.add(Machine::new(hardware, boot, now));
            listed.insert(name.clone(), server(&name, usize::from(n) < sizes.len()));
        }
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&folder.path().join("store.db")).unwrap());
        let options = Options {
            probe_every: Duration::from_millis(100),
            ..Options::here(Source::Fixed(listed), false)
        };
        let options = Options {
            machine: None,
            ..options
        };
        let world = Arc::new(rack.clone());
        runtime.spawn(captain(store, Arc::clone(&world), world, options));
        Self {
            folder,
            runtime: Some(runtime),
            rack,
        }
    }

    /// Runs a verb as a person would, without a terminal.
    pub fn run(&self, line: &str) -> Said {
        let store = format!("sqlite:{}", self.folder.path().join("store.db").display());
        run(line, &[("--store", &store)], self.folder.path())
    }

    /// The same, and its JSON.
    pub fn json(&self, line: &str) -> serde_json::Value {
        let said = self.run(&format!("{line} -o json"));
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }

    /// The captain ends as if it was killed: its lease stands until it is old.
    pub fn kill_captain(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }

    /// What was asked of a captain and has no answer.
    pub fn unanswered(&self) -> usize {
        let store = Sqlite::open_read_only(&self.folder.path().join("store.db")).unwrap();
        let snapshot = Snapshot::read(&store).unwrap();
        let open = |ask: &&Ask| ask.answer.is_none();
        snapshot.asks.values().filter(open).count()
    }

    /// Waits until every server was seen.
    pub fn seen(self) -> Self {
        for _ in 0..100 {
            let list = self.json("server list");
            let servers = list["servers"].as_array().unwrap();
            if !servers.is_empty() && servers.iter().all(|server| !server["seen"].is_null()) {
                return self;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("not seen: {:?}", self.run("server list"));
    }
}

impl Room {
    /// Waits until a pool is well, and shows it.
    pub fn well(&self, pool: &str) -> serde_json::Value {
        for _ in 0..100 {
            let shown = self.json(&format!("pool show {pool}"));
            if shown["state"] == "ok" {
                return shown;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("not well: {:?}", self.run(&format!("pool show {pool}")));
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Runs the binary with words of a line and some flags, in a folder of its own.
pub fn run(line: &str, flags: &[(&str, &str)], cwd: &Path) -> Said {
    let mut command = Command::cargo_bin("pooldeck").unwrap();
    command.args(line.split_whitespace());
    for (flag, value) in flags {
        command.args([flag, value]);
    }
    let output = command
        .current_dir(cwd)
        .env("HOME", cwd)
        .env_remove("POOLDECK_INVENTORY")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_STATE_HOME")
        .timeout(Duration::from_mins(1))
        .output()
        .unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        notes: String::from_utf8(output.stderr).unwrap(),
    }
}

fn server(name: &ServerName, offered: bool) -> Server {
    serde_json::from_value(serde_json::json!({
        "name": name, "access": {"host": name, "port": null, "user": null, "key_file": null, "sudo": false},
        "offered": offered, "zone": null, "labels": {}, "expect": {"cores": null, "memory": null},
        "node_address": null, "sources": {}, "place": {"file": "", "line": 0, "column": 0},
    }))
    .unwrap()
}
