//! The transport on servers that boot: real systemd, real sudo, power that fails. Runs in the lab's network, on five servers
//! of their own: `tests/lab/lab up 5 && tests/lab/lab inside cargo test --features lab --test ssh_lab`.

#![expect(
    clippy::unwrap_used,
    reason = "a test whose servers cannot be set up fails"
)]

use std::{
    collections::BTreeMap,
    env,
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use pooldeck::{
    fleet::{Access, Expect, Place, Script, Server, Sources, TroubleKind, Verb},
    ssh::{
        Transport, UnitName, UnitState,
        openssh::{OpenSsh, Options},
        probe, scripts,
    },
};
use secrecy::SecretString;

fn steps(name: &str) -> Option<&'static str> {
    Some(match name {
        "lib" => "main() { \"$1\"; }",
        "leave" => "",
        "true" => "check() { :; }\napply() { :; }",
        "who" => "check() { id -un; }\napply() { id -un; cat; exit 75; }",
        "slow" => "apply() { echo begun; sleep 3; echo done; }",
        "hang" => "apply() { echo begun; sleep 1000; }",
        "crowd" => {
            "check() { mkdir -p /run/crowd; : >/run/crowd/$$; set -- /run/crowd/*; echo $#; sleep 0.3; rm /run/crowd/$$; }"
        }
        "probe" => scripts::file("probe")?,
        _ => return None,
    })
}

fn ssh() -> OpenSsh {
    let config = env::var_os("POOLDECK_SSH_CONFIG");
    assert!(
        config.is_some(),
        "not in a lab: run it by `tests/lab/lab inside`"
    );
    let options = Options::from_env();
    OpenSsh::new(Options {
        scripts: steps,
        ..options
    })
    .unwrap()
}

fn server(name: &str) -> Server {
    Server {
        name: name.parse().unwrap(),
        access: Access {
            host: name.to_owned(),
            port: None,
            user: None,
            key_file: None,
            // The lab's s05 is reached as a user with sudo.
            sudo: name == "s05",
        },
        offered: true,
        zone: None,
        labels: BTreeMap::new(),
        expect: Expect::default(),
        node_address: None,
        sources: Sources::default(),
        place: Place::default(),
    }
}

/// A name that no earlier run of this test has left on a server.
fn unit(name: &str) -> UnitName {
    let at = Timestamp::now().as_millisecond();
    UnitName(format!("pooldeck-test-{name}-{at}"))
}

fn lab(arguments: &[&str]) -> String {
    // The lab writes known_hosts and identities; two of its commands at once may meet there.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let lab = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/lab");
    let done = Command::new(lab).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "lab {arguments:?}: {said}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn script(name: &'static str, verb: Verb) -> Script {
    Script::new(name, verb)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_says_what_it_is() {
    let ssh = ssh();
    for (name, cores) in [("s01", 2), ("s02", 2), ("s05", 2)] {
        let answer = ssh.probe(&server(name)).await.unwrap();
        let (facts, usage) = probe::parse(&answer.text, Timestamp::now()).unwrap();
        assert_eq!(
            (facts.hostname.as_str(), facts.capacity.cores),
            (name, cores)
        );
        assert_eq!(
            (facts.os.as_str(), facts.arch.as_str()),
            ("debian12", "x86_64")
        );
        assert!(facts.capacity.memory.as_gib() > 3.5 && facts.disk_free.0 > 0);
        assert!(facts.root && facts.machine.is_some() && facts.boot.is_some());
        assert!(facts.clock_ahead.abs() < 5.0, "{}", facts.clock_ahead);
        assert!(facts.ssh_address.is_some(), "{}", answer.text);
        assert!(usage.uptime > 0 && usage.memory.is_some_and(|it| it.0 > 0));
        let key = answer.host_key.unwrap();
        assert!(key.starts_with("SHA256:"), "{key}");
        let shown = lab(&[
            "exec",
            name,
            "sh",
            "-c",
            "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
        ]);
        assert!(shown.contains(&key), "{shown} is not {key}");
    }
}

#[tokio::test]
async fn a_unit_outlives_a_cut_connection_and_a_second_start_starts_nothing() {
    let (ssh, server, unit) = (ssh(), server("s02"), unit("cut"));
    let slow = script("slow", Verb::Apply);
    let mut lines = Vec::new();
    let mut cut = |line: String| {
        lines.push(line);
        // The one connection of this test: its socket is the newest of this process.
        let masters = format!("pooldeck-[0-9]+-{}-.*-- s02$", std::process::id());
        Command::new("pkill")
            .args(["-9", "-f", &masters])
            .status()
            .unwrap();
    };
    let error = ssh.run(&server, &unit, &slow, &mut cut).await.unwrap_err();
    assert_eq!(error.kind, TroubleKind::Disconnected, "{}", error.text);
    assert_eq!(lines, ["begun"], "{}", error.text);
    ssh.start(&server, &unit, &slow).await.unwrap();
    let state = ssh
        .follow(&server, &unit, 0, &mut |line| lines.push(line))
        .await
        .unwrap();
    assert!(
        matches!(state, UnitState::Finished { code: 0, .. }),
        "{state:?}"
    );
    assert_eq!(lines, ["begun", "begun", "done"], "the unit ran once");

    let shown = lab(&[
        "exec",
        "s02",
        "systemctl",
        "show",
        "-P",
        "ActiveState",
        &unit.0,
    ]);
    assert_eq!(
        shown.trim(),
        "active",
        "the unit stays until it is forgotten"
    );
    ssh.forget(&server, std::slice::from_ref(&unit))
        .await
        .unwrap();
    let shown = lab(&[
        "exec",
        "s02",
        "systemctl",
        "show",
        "-P",
        "LoadState",
        &unit.0,
    ]);
    assert_eq!(shown.trim(), "not-found");
    let state = ssh.follow(&server, &unit, 0, &mut |_| {}).await.unwrap();
    assert_eq!(state, UnitState::Absent);
}

#[tokio::test]
async fn a_unit_that_hangs_is_ended_by_being_forgotten() {
    let (ssh, server, unit) = (ssh(), server("s02"), unit("hang"));
    ssh.start(&server, &unit, &script("hang", Verb::Apply))
        .await
        .unwrap();
    let mut ignore = |_| {};
    let follow = ssh.follow(&server, &unit, 0, &mut ignore);
    assert!(
        tokio::time::timeout(Duration::from_millis(500), follow)
            .await
            .is_err()
    );
    ssh.forget(&server, std::slice::from_ref(&unit))
        .await
        .unwrap();
    let state = ssh.follow(&server, &unit, 0, &mut |_| {}).await.unwrap();
    assert_eq!(state, UnitState::Absent);
    let left = lab(&[
        "exec",
        "s02",
        "sh",
        "-c",
        "pgrep -fx 'sleep 1000' || echo none",
    ]);
    assert_eq!(left.trim(), "none");
}

#[tokio::test]
async fn a_reboot_in_the_middle_leaves_nothing_and_a_dead_server_is_unreachable() {
    let (ssh, server, unit) = (ssh(), server("s03"), unit("reboot"));
    let hang = script("hang", Verb::Apply);
    ssh.start(&server, &unit, &hang).await.unwrap();
    lab(&["reboot", "s03"]);
    // The connection does not know yet; whichever call meets it says so or makes a new one.
    let end = Instant::now() + Duration::from_mins(1);
    let state = loop {
        match ssh.follow(&server, &unit, 0, &mut |_| {}).await {
            Ok(state) => break state,
            Err(error) => assert!(Instant::now() < end, "{}", error.text),
        }
    };
    assert_eq!(state, UnitState::Absent);

    lab(&["off", "s03"]);
    let began = Instant::now();
    let error = loop {
        let error = ssh
            .check(&server, &script("true", Verb::Check))
            .await
            .unwrap_err();
        // The open connection first has to notice (ServerAlive: 30 s).
        if error.kind != TroubleKind::Disconnected {
            break error;
        }
    };
    lab(&["on", "s03"]);
    assert_eq!(error.kind, TroubleKind::Unreachable, "{}", error.text);
    assert!(
        began.elapsed() < Duration::from_mins(1),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_server_with_other_host_keys_is_named_and_left_alone() {
    let server = server("s04");
    let (first, check) = (ssh(), script("true", Verb::Check));
    first.check(&server, &check).await.unwrap();
    lab(&["rekey", "s04"]);
    let second = ssh();
    let error = second.check(&server, &check).await.unwrap_err();
    assert_eq!(error.kind, TroubleKind::HostKeyChanged, "{}", error.text);
    let folder = tempfile::tempdir().unwrap();
    lab(&["inventory", folder.path().to_str().unwrap()]);
    assert!(
        second.check(&server, &check).await.is_err(),
        "it was tried again by itself"
    );
    second.retrust(&server.name);
    second.check(&server, &check).await.unwrap();
}

#[tokio::test]
async fn a_user_with_sudo_acts_as_root_and_one_without_is_refused() {
    let (ssh, server, unit) = (ssh(), server("s05"), unit("sudo"));
    let answer = ssh
        .check(&server, &script("who", Verb::Check))
        .await
        .unwrap();
    assert_eq!((answer.code, answer.output.as_str()), (0, "root\n"));
    let mut apply = script("who", Verb::Apply);
    apply.secret = Some(SecretString::from("secret"));
    let mut lines = Vec::new();
    let state = ssh
        .run(&server, &unit, &apply, &mut |line| lines.push(line))
        .await
        .unwrap();
    assert!(
        matches!(state, UnitState::Finished { code: 75, .. }),
        "{state:?}"
    );
    assert_eq!(lines, ["root", "secret"]);
    ssh.forget(&server, &[unit]).await.unwrap();

    lab(&["no-sudo", "s05"]);
    let error = ssh.check(&server, &script("who", Verb::Check)).await;
    lab(&["sudo", "s05"]);
    assert_eq!(error.unwrap_err().kind, TroubleKind::SudoRefused);
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_commands_run_at_once_and_the_ninth_waits() {
    let (ssh, server) = (Arc::new(ssh()), server("s01"));
    ssh.check(&server, &script("true", Verb::Check))
        .await
        .unwrap();
    let all = (0..24).map(|_| {
        let (ssh, server) = (Arc::clone(&ssh), server.clone());
        tokio::spawn(async move {
            ssh.check(&server, &script("crowd", Verb::Check))
                .await
                .unwrap()
                .output
        })
    });
    let counts = futures::future::join_all(all).await.into_iter();
    let counts = counts.map(|count| count.unwrap().trim().parse::<u32>().unwrap());
    assert_eq!(counts.max(), Some(8));
}

#[tokio::test]
async fn a_check_and_a_unit_cost_little_more_than_the_bare_command() {
    let (ssh, server) = (ssh(), server("s01"));
    let (check, apply) = (script("true", Verb::Check), script("true", Verb::Apply));
    let began = Instant::now();
    ssh.check(&server, &check).await.unwrap();
    let first = began.elapsed();
    let (mut checks, mut applies, mut probes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..15 {
        let began = Instant::now();
        ssh.check(&server, &check).await.unwrap();
        checks.push(began.elapsed());
        let (unit, began) = (unit("cost"), Instant::now());
        ssh.run(&server, &unit, &apply, &mut |_| {}).await.unwrap();
        applies.push(began.elapsed());
        ssh.forget(&server, &[unit]).await.unwrap();
        let began = Instant::now();
        ssh.probe(&server).await.unwrap();
        probes.push(began.elapsed());
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let (check, apply, probe) = (
        median(&mut checks),
        median(&mut applies),
        median(&mut probes),
    );
    println!(
        "first {first:?}, check {check:?}, unit {apply:?}, probe {probe:?}; least {:?} {:?} {:?}",
        checks[0], applies[0], probes[0]
    );
    // Generous, because a machine that builds beside it is slow; printed above is what it is.
    assert!(check < Duration::from_millis(250) && apply < Duration::from_millis(500));
}
