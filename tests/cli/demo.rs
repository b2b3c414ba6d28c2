//! The demo without a deck: other processes see it and ask it, exactly as they would a real fleet.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use super::room::run;

/// Ends with the test, however that ends.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_headless_demo_is_a_fleet_for_every_other_process() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("demo.db").display());
    let child = Command::new(env!("CARGO_BIN_EXE_pooldeck"))
        .args([
            "demo",
            "--headless",
            "--servers",
            "16",
            "--seed",
            "3",
            "--store",
            &store,
        ])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut demo = Demo(child);
    let mut said = String::new();
    // Kept to the end: whoever closes it breaks what is said next.
    let mut notes = BufReader::new(demo.0.stderr.take().unwrap());
    notes.read_line(&mut said).unwrap();
    assert!(said.contains(&store), "{said}");

    let verb = |line: &str| run(line, &[("--store", &store)], folder.path());
    let servers = (0..100).map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        verb("server list")
    });
    let list = servers
        .into_iter()
        .find(|list| list.out.contains("spare"))
        .unwrap();
    assert_eq!(list.out.lines().count(), 17, "{}", list.out);
    let pools = verb("pool list");
    assert!(pools.out.contains("web"), "{}", pools.out);
    let nothing = verb("pool destroy web --plan-only");
    assert!(nothing.out.contains("OUT       "), "{nothing:?}");
    let refused = verb("pool destroy web --yes");
    assert_eq!(refused.code, 1, "{refused:?}");
    let look = verb("pool list --read-only");
    assert_eq!(look.code, 0, "{look:?}");

    let pid = demo.0.id().to_string();
    let ended = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(ended.success());
    assert_eq!(demo.0.wait().unwrap().code(), Some(0));
}
