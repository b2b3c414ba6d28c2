//! The wall as a process in a terminal: how it opens, what it hears, how it ends, and whom it tells that it lives.

use std::{
    fs,
    os::{
        linux::net::SocketAddrExt,
        unix::{
            fs::PermissionsExt,
            net::{SocketAddr, UnixDatagram},
        },
    },
    path::Path,
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use pooldeck::wall::{View, notify::Notify, source::Feed};
use portable_pty::CommandBuilder;

use super::view;
use crate::pty::Pty;

fn pooldeck(arguments: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_pooldeck"));
    command.args(arguments);
    command.env("LANG", "C.UTF-8");
    command.env("TERM", "linux");
    for name in [
        "NO_COLOR",
        "LC_ALL",
        "LC_CTYPE",
        "NOTIFY_SOCKET",
        "WATCHDOG_USEC",
        "WATCHDOG_PID",
    ] {
        command.env_remove(name);
    }
    command
}

fn wall(file: &Path) -> CommandBuilder {
    pooldeck(&["wall", "--view", file.to_str().unwrap()])
}

/// The room as it is now.
fn fresh() -> View {
    let now = Timestamp::now();
    let mut view = View { at: now, ..view() };
    view.captain.iter_mut().for_each(|it| it.at = now);
    view.pools.iter_mut().for_each(|it| it.seen = Some(now));
    view
}

fn put(file: &Path) {
    let new = file.with_extension("new");
    fs::write(&new, serde_json::to_string(&fresh()).unwrap()).unwrap();
    fs::rename(new, file).unwrap();
}

#[test]
fn a_wall_without_a_view_opens_at_once_and_shows_it_when_it_comes() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("view.json");
    let mut pty = Pty::start(wall(&file));
    pty.until("NO VIEW yet");
    put(&file);
    pty.until("captain jump1");
    pty.until("grow batch by 2 servers");
    assert!(!pty.is_cooked());
    // Every other key is nobody's.
    pty.press("jRAy\r:2 ?\x1b[A\x1b[200~q\x1b[201~");
    fs::write(&file, "{\"format\": 9}").unwrap();
    pty.until("the view has format 9");
    pty.press("q");
    let (status, _) = pty.ended();
    assert!(status.success());
    pty.assert_restored();
}

#[test]
fn a_wall_never_opens_the_store_whose_view_it_shows() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("room.db");
    let place = format!("sqlite:{}", store.display());
    put(&dir.path().join("room.wall.json"));
    let mut pty = Pty::start(pooldeck(&["wall", "--store", &place]));
    pty.until("captain jump1");
    pty.press("\x03");
    let (status, _) = pty.ended();
    assert!(status.success());
    let there = fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(there, 1, "only the view is there");
}

#[test]
fn a_terminal_that_is_gone_ends_it_with_a_failure_so_that_it_is_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut pty = Pty::mute(wall(&dir.path().join("view.json")));
    thread::sleep(Duration::from_millis(700));
    pty.hang_up();
    let (status, took) = pty.ended();
    assert!(
        !status.success() && took < Duration::from_millis(600),
        "{took:?}"
    );
}

#[test]
fn sigterm_gives_the_terminal_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut pty = Pty::start(wall(&dir.path().join("view.json")));
    pty.until("NO VIEW yet");
    pty.signal("TERM");
    assert_eq!(pty.ended().0.exit_code(), 143);
    pty.assert_restored();
}

/// A program that stands for ssh: says one line, notes that it was called, and goes.
fn false_ssh(dir: &Path) -> CommandBuilder {
    let feed = Feed {
        sent: Timestamp::now(),
        view: Some(fresh()),
        trouble: None,
    };
    fs::write(
        dir.join("line"),
        serde_json::to_string(&feed).unwrap() + "\n",
    )
    .unwrap();
    let text = format!(
        "#!/bin/sh\necho \"$*\" >>{dir}/calls\ncat {dir}/line\necho 'ssh: connect to host 203.0.113.7 port 22: gone' >&2\nexit 255\n",
        dir = dir.display()
    );
    let ssh = dir.join("ssh");
    fs::write(&ssh, text).unwrap();
    fs::set_permissions(&ssh, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = pooldeck(&["wall", "--via", "ssh:jump1"]);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", dir.display()));
    command
}

#[test]
fn a_line_that_ends_is_called_again_by_itself_and_never_ends_the_wall() {
    let dir = tempfile::tempdir().unwrap();
    let mut pty = Pty::start(false_ssh(dir.path()));
    pty.until("captain jump1");
    pty.until("the line to `jump1` ended");
    let calls = || fs::read_to_string(dir.path().join("calls")).unwrap_or_default();
    let end = Instant::now() + Duration::from_secs(10);
    while calls().lines().count() < 2 {
        assert!(Instant::now() < end, "it was not called again");
        thread::sleep(Duration::from_millis(20));
    }
    let first = calls().lines().next().unwrap().to_owned();
    assert!(
        first.starts_with("-o BatchMode=yes") && first.ends_with(" jump1 pooldeck wall --feed")
    );
    assert!(!pty.screen().contents().contains("203.0.113"));
    pty.press("q");
    assert!(pty.ended().0.success());
}

#[test]
fn a_host_that_ssh_would_take_for_an_option_is_refused() {
    for via in ["ssh:-oProxyCommand=true", "ssh:", "jump1", "ssh:a b"] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pooldeck"));
        let said = command.args(["wall", "--via", via]).output().unwrap();
        assert_eq!(said.status.code(), Some(2), "{via}");
    }
}

#[test]
fn the_feed_prints_the_view_as_one_line_and_ends_with_its_reader() {
    use std::io::{BufRead, BufReader};
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("view.json");
    put(&file);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pooldeck"));
    let command = command.args(["wall", "--feed", "--view", file.to_str().unwrap()]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Feed = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first.view.unwrap().pools.len(), 3);
    fs::remove_file(&file).unwrap();
    put(&file);
    let second: Feed = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert!(second.view.is_some() || second.trouble.is_some());
    drop(lines);
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            break;
        }
        assert!(Instant::now() < end, "it does not end");
        thread::sleep(Duration::from_millis(50));
    }
}

fn environment<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |name| {
        let found = pairs.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    }
}

fn heard(socket: &UnixDatagram) -> Vec<String> {
    socket.set_nonblocking(true).unwrap();
    let mut bytes = [0; 64];
    let next = || {
        let n = socket.recv(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes[..n]).into_owned())
    };
    std::iter::from_fn(next).collect()
}

#[test]
fn systemd_hears_of_frames_that_arrived_and_of_nothing_else() {
    let name = format!("pooldeck-wall-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    let to = format!("@{name}");
    let said = [
        ("NOTIFY_SOCKET", to.as_str()),
        ("WATCHDOG_USEC", "10000000"),
        ("WATCHDOG_PID", "7"),
    ];
    let mut notify = Notify::of(environment(&said), 7).unwrap();
    assert!(heard(&socket).is_empty());
    let begin = Instant::now();
    for second in 0..12 {
        notify.frame_arrived(begin + Duration::from_secs(second));
    }
    assert_eq!(
        heard(&socket),
        ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]
    );
    // A watchdog of another process, and none at all.
    for said in [&said[..1], &said] {
        let mut notify = Notify::of(environment(said), 8).unwrap();
        notify.frame_arrived(begin);
        assert_eq!(heard(&socket), ["READY=1"]);
    }
    assert!(Notify::of(environment(&[]), 7).is_none());
}

#[test]
fn a_wall_that_draws_feeds_its_watchdog() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let file = dir.path().join("view.json");
    let told = |mut command: CommandBuilder| {
        command.env("NOTIFY_SOCKET", path.to_str().unwrap());
        command.env("WATCHDOG_USEC", "400000");
        command
    };
    let pty = Pty::start(told(wall(&file)));
    pty.until("NO VIEW yet");
    let end = Instant::now() + Duration::from_secs(10);
    let mut all = Vec::new();
    while all.iter().filter(|it| *it == "WATCHDOG=1").count() < 2 {
        all.extend(heard(&socket));
        assert!(Instant::now() < end, "{all:?}");
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(all[0], "READY=1");
    drop(pty);
}
