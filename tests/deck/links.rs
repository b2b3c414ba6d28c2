//! Bad links and long nights: a reader that stalls, a bomb of text, a fault in the work, a login that ends in a run.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use pooldeck::deck::view;
use portable_pty::CommandBuilder;
use ratatui::{Terminal, backend::TestBackend};

use crate::{
    driver::Driver,
    pty::{self, Pty},
};

#[test]
fn a_reader_that_stalls_and_comes_back_finds_the_newest_picture_and_what_it_missed() {
    let mut pty = Pty::mute(pty::deck("room"));
    thread::sleep(Duration::from_millis(700));
    // Each is a whole screen, and the kernel holds ten at most: the rest is left out, not queued.
    for _ in 0..40 {
        pty.press("2");
        thread::sleep(Duration::from_millis(60));
        pty.press("1");
        thread::sleep(Duration::from_millis(60));
    }
    pty.press("2");
    pty.read();
    pty.until("ZONE");
    thread::sleep(Duration::from_millis(1500));
    let bytes = pty.bytes().len();
    assert!(bytes < 40_000, "{bytes} bytes were queued");
    // Whether the end of a line was written or wiped is no difference to an eye.
    let seen = |pty: &Pty| {
        let text = pty.screen().contents();
        text.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let healed = seen(&pty);
    pty.press("\x0c");
    thread::sleep(Duration::from_millis(400));
    assert_eq!(
        seen(&pty),
        healed,
        "the picture was wrong before it was drawn anew"
    );
    pty.press("?G");
    pty.until("frames were dropped");
}

#[test]
fn on_a_slow_link_no_clock_costs_a_byte_and_a_key_is_still_answered() {
    let mut pty = Pty::start(pty::deck("slow"));
    pty.until("slow link");
    thread::sleep(Duration::from_millis(1500));
    let before = pty.bytes().len();
    thread::sleep(Duration::from_millis(2500));
    assert_eq!(pty.bytes().len(), before);
    pty.press("2");
    pty.until("ZONE");
}

#[test]
fn ten_thousand_pictures_leave_nothing_behind_in_memory() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["links::soak", "--exact", "--nocapture"]);
    let out = command.env("DECK_SOAK", "1").output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let grown = text.split("grown by ").nth(1);
    let kib = grown.and_then(|it| it.split_whitespace().next());
    let kib: u64 = kib.and_then(|it| it.parse().ok()).unwrap_or(u64::MAX);
    // A picture that left a single cell behind each time would be at 400 KiB.
    assert!(kib < 256, "{kib} KiB: {text}");
}

/// The pictures themselves, in a process of their own where nothing else is allocated.
#[test]
fn soak() {
    if std::env::var_os("DECK_SOAK").is_none() {
        return;
    }
    let rss = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        kib.unwrap().parse::<u64>().unwrap()
    };
    let mut driver = Driver::new();
    let mut terminal = Terminal::new(TestBackend::new(60, 16)).unwrap();
    let mut pictures = |count: u32| {
        for n in 0..count {
            driver.wait(1000);
            driver.press(["3", "1"][n as usize % 2]);
            driver.effects.clear();
            terminal.draw(|frame| view(&driver.model, frame)).unwrap();
        }
    };
    pictures(500);
    let before = rss();
    pictures(9500);
    println!("grown by {} KiB", rss().saturating_sub(before));
}

#[test]
fn a_bomb_of_pasted_text_is_ignored_whole() {
    let mut pty = Pty::start(pty::deck("room"));
    pty.until("PROBLEMS");
    let bomb = "RAyY\r\x03q\x1b[A".repeat(20_000);
    pty.press(&format!("\x1b[200~{bomb}\x1b[201~"));
    pty.until("a paste is ignored");
    pty.press("2");
    pty.until("ZONE");
}

#[test]
fn a_fault_in_the_work_is_the_works_answer_and_the_next_work_is_done() {
    let mut pty = Pty::start(pty::deck("unwritable"));
    pty.until("PROBLEMS");
    for _ in 0..2 {
        pty.press("1jjR112");
        pty.until("the closest fit");
        pty.press("\r");
        pty.until("Y confirms");
        // The room's clock stands still, and so do the 400 ms in which nothing can be confirmed.
        pty.press("qq");
        thread::sleep(Duration::from_millis(200));
    }
    pty.press("3\rA\r");
    pty.until("y does it now");
    thread::sleep(Duration::from_millis(600));
    pty.press("y");
    pty.until("a fault in pooldeck ended this");
    pty.press("1jjR112");
    pty.until("the closest fit");
    assert!(!pty.screen().contents().contains("panicked"));
}

/// A simulated fleet with its captain, as a process of its own.
struct Captain(Child);

impl Drop for Captain {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn pooldeck(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pooldeck"));
    command.env("HOME", folder).env("XDG_CONFIG_HOME", folder);
    command.args(["--store", &store(folder)]);
    command
}

fn store(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("demo.db").display())
}

/// What a verb prints.
fn says(folder: &Path, verb: &str) -> String {
    let said = pooldeck(folder).args(verb.split(' ')).output().unwrap();
    String::from_utf8(said.stdout).unwrap() + &String::from_utf8(said.stderr).unwrap()
}

/// A PATH on which there is a k9s.
fn with_k9s(folder: &Path) -> String {
    let k9s = folder.join("k9s");
    fs::write(&k9s, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&k9s, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

fn login(folder: &Path) -> Pty {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_pooldeck"));
    command.args(["--store", &store(folder)]);
    command.env("LANG", "C.UTF-8");
    command.env("HOME", folder);
    command.env("XDG_CONFIG_HOME", folder);
    command.env("PATH", with_k9s(folder));
    Pty::start(command)
}

/// The numbers of a row of `pool list` or of home, but for what is used just now.
fn numbers(text: &str, name: &str) -> Vec<String> {
    let Some(line) = text.lines().find(|line| line.starts_with(name)) else {
        return Vec::new();
    };
    let line = line.split(", ").next().unwrap().to_owned()
        + line
            .rsplit("unknown")
            .next()
            .filter(|it| *it != line)
            .unwrap_or("");
    let mut cells: Vec<&str> = line.split_whitespace().collect();
    cells.retain(|cell| cell.contains(|c: char| c.is_ascii_digit()));
    if cells.len() == 10 {
        cells.remove(6);
        cells.remove(2);
    }
    let plain = |cell: &str| cell.trim_matches(['≥', '!', '?']).to_owned();
    cells.into_iter().map(plain).collect()
}

#[test]
fn a_login_that_ends_in_the_middle_of_a_run_ends_nothing_and_the_next_one_shows_it() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let mut demo = pooldeck(folder);
    demo.args(["demo", "--headless", "--servers", "24"]);
    let mut captain = Captain(demo.stderr(Stdio::piped()).spawn().unwrap());
    // Who asked before it holds the lease would start another one.
    let mut lives = String::new();
    // Kept to the end: whoever closes it breaks what is said next.
    let mut notes = BufReader::new(captain.0.stderr.take().unwrap());
    notes.read_line(&mut lives).unwrap();
    assert!(lives.contains("lives in"), "{lives}");
    let begin = Instant::now();
    let wait = |text: &str, verb: &str| loop {
        let said = says(folder, verb);
        if said.contains(text) {
            return said;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(90),
            "`{text}` did not come: {said}"
        );
        thread::sleep(Duration::from_millis(200));
    };
    wait("web", "pool list");
    let mut first = login(folder);
    first.until("web");
    // The two ways to see have the same numbers, once everything was looked at.
    loop {
        let (listed, shown) = (says(folder, "pool list"), first.screen().contents());
        let same = ["web", "batch", "lab", "spare"].into_iter().all(|name| {
            let (listed, shown) = (numbers(&listed, name), numbers(&shown, name));
            listed == shown && listed.len() > 2
        });
        if same {
            break;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(30),
            "{listed}\n{shown}"
        );
        thread::sleep(Duration::from_millis(200));
    }

    // What is to open k9s says why it cannot, and the deck is back: the program around the deck holds its own output.
    first.press("o");
    first.until("a demo's store");
    let asked = says(folder, "pool resize web --cores +48 --yes --no-wait");
    first.press("3");
    first.until("grow web");
    first.press("\r");
    first.until("proved");
    first.signal("HUP");
    let (_, took) = first.ended();
    assert!(took < Duration::from_millis(800), "{took:?}");
    let meanwhile = says(folder, "run list");
    assert!(!meanwhile.contains("succeeded"), "{meanwhile}");
    let done = wait("succeeded", "run list");
    assert!(done.contains("grow web"), "{asked}\n{done}");
    let mut second = login(folder);
    second.until("web");
    second.press("3");
    second.until("succeeded");
}
