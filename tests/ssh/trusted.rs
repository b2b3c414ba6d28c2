//! Host keys that a person trusts: shown first, written under the name that ssh looks for, never beside another one.

use std::fs;

use pooldeck::{
    fleet::Verb,
    ssh::{Transport, trust},
};

use crate::{bench::Bench, script, scripts};

#[tokio::test]
async fn a_key_is_shown_to_a_person_and_trusted_under_the_name_that_ssh_looks_for() {
    let bench = Bench::start();
    let (ssh, server) = (bench.transport(scripts), bench.server());
    fs::write(bench.path("known_hosts"), "").unwrap();
    let config = bench.path("ssh_config");
    let shown = trust::show(&server, Some(&config)).unwrap();
    assert!(
        shown.fingerprint.starts_with("SHA256:") && shown.kind == "ED25519",
        "{shown:?}"
    );
    assert_eq!(shown.file, bench.path("known_hosts"));
    assert_eq!(
        fs::read_to_string(&shown.file).unwrap(),
        "",
        "nothing is trusted by looking"
    );
    assert_eq!(shown.trust().unwrap().added, 1);
    ssh.check(&server, &script("who", Verb::Check))
        .await
        .unwrap();
    let probe = ssh.probe(&server).await.unwrap();
    assert_eq!(
        probe.host_key,
        Some(shown.fingerprint),
        "the live connection has that key"
    );
}

#[tokio::test]
async fn another_key_is_refused_also_where_the_operator_hashes_names() {
    let bench = Bench::start();
    let (_ssh, server) = (bench.transport(scripts), bench.server());
    fs::write(bench.path("known_hosts"), "").unwrap();
    let config = bench.path("ssh_config");
    let hashed = fs::read_to_string(&config).unwrap() + "\nHashKnownHosts yes\n";
    fs::write(&config, hashed).unwrap();
    let shown = trust::show(&server, Some(&config)).unwrap();
    assert_eq!(shown.trust().unwrap().added, 1);
    assert_eq!(shown.trust().unwrap().known, 1);
    let text = fs::read_to_string(&shown.file).unwrap();
    assert!(text.starts_with("|1|"), "{text}");
    let other = trust::Shown {
        line: shown
            .line
            .replacen("AAAAC3NzaC1lZDI1NTE5AAAAI", "AAAAC3NzaC1lZDI1NTE5AAAAJ", 1),
        ..shown
    };
    let answer = other.trust().unwrap();
    assert_eq!((answer.added, answer.differ.len()), (0, 1));
    assert_eq!(fs::read_to_string(&other.file).unwrap(), text);
}
