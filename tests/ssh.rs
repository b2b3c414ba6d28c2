//! The transport against a real sshd. Units run by a stand-in for systemd-run (`tests/ssh/fake-systemd`); the real one is met in the lab.

#[path = "ssh/bench.rs"]
#[expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up fails its test"
)]
mod bench;
#[path = "ssh/trusted.rs"]
mod trusted;

use std::{fs, sync::Arc, time::Duration};

use bench::{Bench, until};
use pooldeck::{
    fleet::{Script, TroubleKind, Verb},
    ssh::{Transport, UnitName, UnitState},
};
use secrecy::{ExposeSecret, SecretString};

/// Steps as small as can be, each about one thing that goes over the wire.
fn scripts(name: &str) -> Option<&'static str> {
    Some(match name {
        "lib" => "main() { \"$1\"; }",
        "leave" => "",
        "code" => "check() { echo \"to $WHO\"; echo to stderr >&2; exit \"$CODE\"; }",
        "stdin" => "check() { cat; echo \"[$1]\"; }",
        "flood" => {
            "check() { i=0; while [ $i -lt 20000 ]; do echo \"line $i\"; i=$((i + 1)); done; }"
        }
        "secret" => "fetch() { echo a hint >&2; printf 'the token\\n'; exit \"${CODE:-0}\"; }",
        "lines" => "apply() { cat; echo one; sleep 0.3; echo two; printf half; exit 7; }",
        "slow" => "apply() { echo begun; sleep 1.5; echo done; }",
        "crowd" => {
            "check() { touch \"$DIR/$$\"; set -- \"$DIR\"/*; echo $#; sleep 0.2; rm \"$DIR/$$\"; }"
        }
        "probe" => "true",
        "who" => "check() { echo \"root: ${AS_ROOT:-no}\"; }",
        _ => return None,
    })
}

fn script(name: &'static str, verb: Verb) -> Script {
    Script::new(name, verb)
}

fn unit(name: &str) -> UnitName {
    UnitName(format!("pooldeck-test-{name}"))
}

#[tokio::test]
async fn a_check_answers_with_its_own_exit_code_whatever_it_is() {
    let bench = Bench::start();
    let ssh = bench.transport(scripts);
    for code in [0, 1, 3, 75, 127, 255] {
        let script = script("code", Verb::Check)
            .with("CODE", &code)
            .with("WHO", &"it's `me`");
        let answer = ssh.check(&bench.server(), &script).await.unwrap();
        assert_eq!(answer.code, code);
        assert_eq!(answer.output, "to it's `me`\nto stderr\n");
    }
    assert_eq!(bench.masters().len(), 1, "one connection serves all");
}

#[tokio::test]
async fn a_check_reads_its_secret_or_nothing_and_never_its_own_text() {
    let bench = Bench::start();
    let ssh = bench.transport(scripts);
    let mut script = script("stdin", Verb::Check);
    let answer = ssh.check(&bench.server(), &script).await.unwrap();
    assert_eq!(answer.output, "[]\n");
    script.secret = Some(SecretString::from("s3cr3t it's\n"));
    let answer = ssh.check(&bench.server(), &script).await.unwrap();
    assert_eq!(answer.output, "s3cr3t it's\n[]\n");
}

#[tokio::test]
async fn of_a_flood_the_end_is_kept() {
    let bench = Bench::start();
    let ssh = bench.transport(scripts);
    let answer = ssh
        .check(&bench.server(), &script("flood", Verb::Check))
        .await
        .unwrap();
    assert!(answer.output.len() <= 64 * 1024, "{}", answer.output.len());
    assert!(answer.output.ends_with("line 19999\n"));
}

#[tokio::test]
async fn a_fetched_secret_is_standard_output_alone_and_is_in_no_error() {
    let bench = Bench::start();
    let ssh = bench.transport(scripts);
    let secret = ssh
        .fetch(&bench.server(), &script("secret", Verb::Fetch))
        .await
        .unwrap();
    assert_eq!(secret.expose_secret(), "the token\n");
    let failing = script("secret", Verb::Fetch).with("CODE", &3);
    let error = ssh.fetch(&bench.server(), &failing).await.unwrap_err();
    assert!(
        error.text.contains("a hint") && !error.text.contains("the token"),
        "{}",
        error.text
    );
}

#[tokio::test]
async fn a_unit_runs_once_hands_over_its_lines_and_leaves_its_result() {
    let bench = Bench::start();
    let (ssh, server, unit) = (bench.transport(scripts), bench.server(), unit("lines"));
    let mut script = script("lines", Verb::Apply);
    script.secret = Some(SecretString::from("the secret\n"));
    let mut lines = Vec::new();
    let state = ssh
        .run(&server, &unit, &script, &mut |line| lines.push(line))
        .await
        .unwrap();
    assert!(
        matches!(state, UnitState::Finished { code: 7, .. }),
        "{state:?}"
    );
    assert_eq!(lines, ["the secret", "one", "two", "half"]);
    let files = bench.path("run").join(&unit.0);
    assert!(!files.join("stdin").exists(), "the secret is gone");

    ssh.start(&server, &unit, &script).await.unwrap();
    let mut rest = Vec::new();
    let again = ssh
        .follow(&server, &unit, 2, &mut |line| rest.push(line))
        .await
        .unwrap();
    assert_eq!(again, state);
    assert_eq!(rest, ["two", "half"]);
    let started = fs::read_to_string(bench.path("bin/units/started")).unwrap();
    assert_eq!(started.lines().count(), 1, "a second start starts nothing");

    ssh.forget(&server, std::slice::from_ref(&unit))
        .await
        .unwrap();
    assert!(!files.exists());
    let state = ssh.follow(&server, &unit, 0, &mut |_| {}).await.unwrap();
    assert_eq!(state, UnitState::Absent);
}

#[tokio::test]
async fn a_unit_outlives_its_connection_and_is_found_again() {
    let bench = Bench::start();
    let (ssh, server, unit) = (bench.transport(scripts), bench.server(), unit("slow"));
    let script = script("slow", Verb::Apply);
    let mut lines = Vec::new();
    let mut cut = |line: String| {
        if line == "begun" {
            bench.cut();
        }
        lines.push(line);
    };
    let error = ssh
        .run(&server, &unit, &script, &mut cut)
        .await
        .unwrap_err();
    assert_eq!(error.kind, TroubleKind::Disconnected, "{}", error.text);
    assert_eq!(lines, ["begun"]);
    let mut rest = Vec::new();
    let state = ssh
        .follow(&server, &unit, 1, &mut |line| rest.push(line))
        .await
        .unwrap();
    assert!(
        matches!(state, UnitState::Finished { code: 0, .. }),
        "{state:?}"
    );
    assert_eq!(rest, ["done"]);
}

#[tokio::test]
async fn a_follower_ends_with_the_one_who_listens() {
    let bench = Bench::start();
    let (ssh, server, unit) = (bench.transport(scripts), bench.server(), unit("left"));
    let script = script("slow", Verb::Apply);
    ssh.start(&server, &unit, &script).await.unwrap();
    {
        let mut ignore = |_| {};
        let following = ssh.follow(&server, &unit, 0, &mut ignore);
        let cut = tokio::time::timeout(Duration::from_millis(300), following).await;
        assert!(
            cut.is_err(),
            "the unit was over before the follower was left"
        );
    }
    until("no process is left of the follower", || {
        bench.remote_processes().is_empty()
    })
    .await;
    let state = ssh.follow(&server, &unit, 0, &mut |_| {}).await.unwrap();
    assert!(
        matches!(state, UnitState::Finished { code: 0, .. }),
        "{state:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_eight_commands_run_at_once_on_a_server() {
    let bench = Bench::start();
    let (ssh, server) = (Arc::new(bench.transport(scripts)), bench.server());
    let crowd = bench.path("crowd");
    fs::create_dir(&crowd).unwrap();
    let script = script("crowd", Verb::Check).with("DIR", &crowd.display());
    let all = (0..30).map(|_| {
        let (ssh, server, script) = (Arc::clone(&ssh), server.clone(), script.clone());
        tokio::spawn(async move { ssh.check(&server, &script).await.unwrap().output })
    });
    let counts = futures::future::join_all(all).await;
    let most = counts
        .into_iter()
        .map(|count| count.unwrap().trim().parse::<u32>().unwrap())
        .max();
    assert!((2..=8).contains(&most.unwrap()), "{most:?}");
    assert_eq!(bench.masters().len(), 1);
}

#[tokio::test]
async fn an_unknown_host_key_is_refused() {
    let bench = Bench::start();
    let ssh = bench.transport(scripts);
    fs::write(bench.path("known_hosts"), "").unwrap();
    let error = ssh
        .check(&bench.server(), &script("who", Verb::Check))
        .await
        .unwrap_err();
    assert_eq!(error.kind, TroubleKind::HostKeyUnknown, "{}", error.text);
    assert!(
        error.text.contains("pooldeck server trust s01"),
        "{}",
        error.text
    );
    bench.know("host");
    ssh.check(&bench.server(), &script("who", Verb::Check))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_changed_host_key_is_not_tried_again_until_it_is_trusted() {
    let mut bench = Bench::start();
    let (ssh, server, who) = (
        bench.transport(scripts),
        bench.server(),
        script("who", Verb::Check),
    );
    bench.change_host_key();
    let error = ssh.check(&server, &who).await.unwrap_err();
    assert_eq!(error.kind, TroubleKind::HostKeyChanged, "{}", error.text);
    bench.know("other");
    let error = ssh.check(&server, &who).await.unwrap_err();
    assert_eq!(
        error.kind,
        TroubleKind::HostKeyChanged,
        "it was tried again"
    );
    ssh.retrust(&server.name);
    ssh.check(&server, &who).await.unwrap();
}

#[tokio::test]
async fn a_refused_login_a_refused_port_and_a_lost_key_are_told_apart() {
    let bench = Bench::start();
    let (ssh, who) = (bench.transport(scripts), script("who", Verb::Check));
    let mut stranger = bench.server();
    stranger.name = "s02".parse().unwrap();
    stranger.access.user = Some("nobody-here".to_owned());
    let error = ssh.check(&stranger, &who).await.unwrap_err();
    assert_eq!(error.kind, TroubleKind::Authentication, "{}", error.text);
    let mut closed = bench.server();
    closed.name = "s03".parse().unwrap();
    closed.access.port = Some(1);
    let error = ssh.check(&closed, &who).await.unwrap_err();
    assert_eq!(error.kind, TroubleKind::Refused, "{}", error.text);

    ssh.check(&bench.server(), &who).await.unwrap();
    fs::write(bench.path("authorized_keys"), "").unwrap();
    bench.cut();
    until("the connection is gone", || bench.masters().is_empty()).await;
    let error = ssh.check(&bench.server(), &who).await.unwrap_err();
    assert_eq!(error.kind, TroubleKind::NeedsKey, "{}", error.text);
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_unreachable_after_seconds() {
    let bench = Bench::start();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut server = bench.server();
    server.access.port = Some(silent.local_addr().unwrap().port());
    let ssh = bench.transport(scripts);
    let error = ssh
        .check(&server, &script("who", Verb::Check))
        .await
        .unwrap_err();
    assert_eq!(error.kind, TroubleKind::Unreachable, "{}", error.text);
}

#[tokio::test]
async fn root_is_had_by_sudo_where_the_inventory_says_so_or_the_refusal_is_named() {
    let bench = Bench::start();
    let (ssh, mut server) = (bench.transport(scripts), bench.server());
    server.access.sudo = true;
    let error = ssh
        .check(&server, &script("who", Verb::Check))
        .await
        .unwrap_err();
    assert_eq!(error.kind, TroubleKind::SudoRefused, "{}", error.text);
    fs::write(bench.path("bin/allow"), "").unwrap();
    let answer = ssh
        .check(&server, &script("who", Verb::Check))
        .await
        .unwrap();
    assert_eq!(answer.output, "root: yes\n");
}

#[tokio::test]
async fn a_connection_that_died_while_idle_is_replaced_unnoticed() {
    let bench = Bench::start();
    let (ssh, server, who) = (
        bench.transport(scripts),
        bench.server(),
        script("who", Verb::Check),
    );
    ssh.check(&server, &who).await.unwrap();
    let first = bench.masters();
    bench.cut();
    ssh.check(&server, &who).await.unwrap();
    until("the dead one is buried", || {
        !bench.masters().contains(&first[0])
    })
    .await;
}

#[tokio::test]
async fn a_forward_leads_to_what_the_server_sees_and_ends_with_its_owner() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let bench = Bench::start();
    let beyond = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = beyond.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut visitor, _) = beyond.accept().await.unwrap();
        visitor.write_all(b"hello").await.unwrap();
    });
    let ssh = bench.transport(scripts);
    let forward = ssh
        .forward(&bench.server(), "127.0.0.1", port)
        .await
        .unwrap();
    let here = forward.port;
    let mut heard = String::new();
    let mut way = tokio::net::TcpStream::connect(("127.0.0.1", here))
        .await
        .unwrap();
    way.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "hello");
    drop((way, forward));
    until("nobody listens here any more", || {
        std::net::TcpStream::connect(("127.0.0.1", here)).is_err()
    })
    .await;
}
