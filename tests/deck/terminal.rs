//! The whole deck in a pty: first paint, keys, sizes, and every way in which a terminal or a process can end.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use jiff::Timestamp;
use pooldeck::{
    deck::{Options, deck},
    fleet::{Epoch, FleetId},
    store::{Commit, Lease, Lost, Revision, Store, StoreError, Versioned, memory::Memory},
};
use portable_pty::CommandBuilder;

use crate::{
    offer,
    pty::{self, Pty},
    room7,
};

/// A store with a fault: whoever asks for its version dies of it, or whoever writes.
struct Faulty(Memory, Fault);

/// Which fault.
#[derive(PartialEq)]
enum Fault {
    Version,
    Commit,
}

impl Store for Faulty {
    fn fleet(&self) -> FleetId {
        self.0.fleet()
    }
    fn place(&self) -> String {
        self.0.place()
    }
    fn get(&self, key: &str) -> Result<Option<Versioned>, StoreError> {
        self.0.get(key)
    }
    fn list(&self, prefix: &str) -> Result<BTreeMap<String, Versioned>, StoreError> {
        self.0.list(prefix)
    }
    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        assert!(self.1 != Fault::Commit, "a fault in the working thread");
        self.0.commit(commit)
    }
    fn version(&self) -> Result<u64, StoreError> {
        assert!(self.1 != Fault::Version, "a fault in the reading thread");
        self.0.version()
    }
    fn revision(&self) -> Result<Revision, StoreError> {
        self.0.revision()
    }
    fn see(&self, values: &BTreeMap<String, Option<String>>) -> Result<(), StoreError> {
        self.0.see(values)
    }
    fn seen(&self, prefix: &str) -> Result<BTreeMap<String, String>, StoreError> {
        self.0.seen(prefix)
    }
    fn campaign(&self, holder: &str) -> Result<Option<Epoch>, StoreError> {
        self.0.campaign(holder)
    }
    fn renew(&self, epoch: Epoch) -> Result<(), StoreError> {
        self.0.renew(epoch)
    }
    fn adopt(&self, read: Revision, lost: &Lost) -> Result<(), StoreError> {
        self.0.adopt(read, lost)
    }
    fn resign(&self, epoch: Epoch) -> Result<(), StoreError> {
        self.0.resign(epoch)
    }
    fn lease(&self) -> Result<Option<Lease>, StoreError> {
        self.0.lease()
    }
    fn free_bytes(&self) -> Option<u64> {
        self.0.free_bytes()
    }
}

/// A clock that breaks after the first looks at it: a fault in the deck's own thread.
fn broken_clock() -> Timestamp {
    static LOOKS: AtomicU32 = AtomicU32::new(0);
    assert!(
        LOOKS.fetch_add(1, Ordering::SeqCst) < 8,
        "a fault in the deck"
    );
    room7::now()
}

/// The room's time, going on: what is deaf for a moment hears again.
fn running_clock() -> Timestamp {
    static BEGAN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let since = BEGAN.get_or_init(std::time::Instant::now).elapsed();
    room7::now() + jiff::SignedDuration::try_from(since).unwrap()
}

/// The deck itself, when a test below has started this program in a pty; nothing otherwise.
#[test]
fn child() {
    let Ok(mode) = std::env::var("DECK_CHILD") else {
        return;
    };
    let mut options = Options::new("me@here".to_owned());
    options.now = match mode.as_str() {
        "panic" => broken_clock,
        "clock" | "slow" => Timestamp::now,
        "unwritable" | "offer" => running_clock,
        _ => room7::now,
    };
    if mode == "visit" {
        let print = std::env::var("DECK_KUBECONFIG");
        let print = print.unwrap_or_else(|_| "echo kubeconfig of $0".to_owned());
        options.kubeconfig = ["sh", "-c", &print].map(Into::into).into();
    }
    options.slow_link = mode == "slow";
    let store: Arc<dyn Store> = match mode.as_str() {
        "faulty" => Arc::new(Faulty(room7::store(), Fault::Version)),
        "unwritable" => Arc::new(Faulty(room7::store(), Fault::Commit)),
        "offer" => Arc::new(offer::store(&std::env::var("DECK_INVENTORY").unwrap())),
        _ => Arc::new(room7::store()),
    };
    if let Err(report) = deck(store, options) {
        println!("{report}");
        std::process::exit(9);
    }
}

#[test]
fn the_first_picture_comes_at_once_on_a_terminal_that_answers_nothing_and_is_asked_nothing() {
    let pty = Pty::start(pty::deck("room"));
    let took = pty.until("PROBLEMS");
    assert!(took < Duration::from_millis(900), "{took:?}");
    let bytes = String::from_utf8_lossy(&pty.bytes()).into_owned();
    for question in [
        "\x1b[6n",
        "\x1b[c",
        "\x1b[0c",
        "\x1b[>c",
        "\x1b[?u",
        "$p",
        "\x1b]11;?",
    ] {
        assert!(!bytes.contains(question), "asked {question:?}");
    }
}

#[test]
fn keys_go_to_screens_and_quitting_gives_the_terminal_back() {
    let mut pty = Pty::start(pty::deck("room"));
    pty.until("PROBLEMS");
    assert!(!pty.is_cooked());
    pty.press("2");
    pty.until("ZONE");
    pty.press("/s17\r");
    pty.until("1 of 60 shown");
    pty.press("\x1b[200~RRqqAA\x1b[201~");
    pty.until("a paste is ignored");
    pty.press("qqq");
    let (status, _) = pty.ended();
    assert!(status.success());
    pty.assert_restored();
}

#[test]
fn no_byte_is_written_while_nothing_changes() {
    let pty = Pty::start(pty::deck("room"));
    pty.until("PROBLEMS");
    thread::sleep(Duration::from_millis(300));
    let before = pty.bytes().len();
    thread::sleep(Duration::from_millis(2500));
    assert_eq!(pty.bytes().len(), before);
}

#[test]
fn a_ticking_clock_costs_at_most_forty_bytes_a_second() {
    let pty = Pty::start(pty::deck("clock"));
    pty.until("NO CAPTAIN");
    thread::sleep(Duration::from_millis(1200));
    let before = pty.bytes().len();
    thread::sleep(Duration::from_secs(4));
    let spent = pty.bytes().len() - before;
    assert!(
        spent > 0 && spent <= 5 * 40,
        "{spent} bytes in four seconds"
    );
}

#[test]
fn a_storm_of_sizes_leaves_the_right_picture() {
    let mut pty = Pty::start(pty::deck("room"));
    pty.until("PROBLEMS");
    for n in 1..60_u16 {
        pty.resize(1 + n * 5, 1 + n);
        if n % 7 == 0 {
            pty.press("2");
        }
        thread::sleep(Duration::from_millis(3));
    }
    pty.press("1");
    pty.resize(100, 30);
    thread::sleep(Duration::from_millis(300));
    pty.press("\x0c");
    thread::sleep(Duration::from_millis(300));
    let text = pty.screen_at(100, 30).contents();
    assert!(
        text.contains("PROBLEMS") && text.contains("memory GiB"),
        "{text}"
    );
}

#[test]
fn a_terminal_of_a_size_that_cannot_be_costs_no_memory_and_the_next_one_is_drawn_right() {
    let mut pty = Pty::start(pty::deck("room"));
    pty.until("PROBLEMS");
    for (cols, rows) in [
        (u16::MAX, u16::MAX),
        (0, 0),
        (u16::MAX, 24),
        (1, 1),
        (80, 24),
    ] {
        pty.resize(cols, rows);
        thread::sleep(Duration::from_millis(120));
        let memory = pty.memory_mib();
        assert!(memory < 100, "{memory} MiB at {cols}x{rows}");
    }
    pty.press("2\x0c");
    pty.until("ZONE");
    pty.press("qq");
    assert!(pty.ended().0.success());
    pty.assert_restored();
}

#[test]
fn a_hangup_ends_it_within_300_ms_by_signal_or_by_a_terminal_that_is_gone() {
    let mut pty = Pty::start(pty::deck("room"));
    pty.until("PROBLEMS");
    pty.signal("HUP");
    let (status, took) = pty.ended();
    assert!(
        !status.success() && took < Duration::from_millis(300),
        "{took:?}"
    );
    let mut command = CommandBuilder::new("sh");
    let again = pty::deck("room");
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]);
    command.args(again.get_argv());
    for (name, value) in again.iter_full_env_as_str() {
        command.env(name, value);
    }
    // Nobody reads here: a reader would hold the terminal open.
    let mut pty = Pty::mute(command);
    thread::sleep(Duration::from_millis(900));
    pty.hang_up();
    let (_, took) = pty.ended();
    assert!(took < Duration::from_millis(600), "{took:?}");
}

#[test]
fn sigterm_gives_the_terminal_back() {
    let mut pty = Pty::start(pty::deck("room"));
    pty.until("PROBLEMS");
    pty.signal("TERM");
    let (status, took) = pty.ended();
    assert_eq!(status.exit_code(), 143);
    assert!(took < Duration::from_millis(300), "{took:?}");
    pty.assert_restored();
}

#[test]
fn a_terminal_that_stops_reading_does_not_hold_up_the_end() {
    let mut pty = Pty::mute(pty::deck("room"));
    thread::sleep(Duration::from_millis(700));
    for _ in 0..40 {
        pty.press("2132");
    }
    thread::sleep(Duration::from_millis(300));
    pty.signal("TERM");
    let (_, took) = pty.ended();
    assert!(took < Duration::from_millis(800), "{took:?}");
}

#[test]
fn a_fault_in_the_deck_gives_the_terminal_back_and_says_so() {
    let mut pty = Pty::start(pty::deck("panic"));
    pty.until("PROBLEMS");
    for _ in 0..12 {
        pty.press("j");
        thread::sleep(Duration::from_millis(10));
    }
    let (status, _) = pty.ended();
    assert_eq!(status.exit_code(), 9);
    pty.assert_restored();
    assert!(pty.screen().contents().contains("a fault of its own"));
}

#[test]
fn a_fault_in_another_thread_leaves_the_living_screen_alone() {
    let mut pty = Pty::start(pty::deck("faulty"));
    pty.until("PROBLEMS");
    thread::sleep(Duration::from_millis(400));
    assert!(pty.screen().alternate_screen() && !pty.is_cooked());
    pty.press("2");
    pty.until("ZONE");
    assert!(!pty.screen().contents().contains("panicked"));
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_the_picture_back() {
    let mut command = CommandBuilder::new("bash");
    command.args(["--norc", "--noprofile", "-i"]);
    let deck = pty::deck("room");
    for (name, value) in deck.iter_full_env_as_str() {
        command.env(name, value);
    }
    command.env("PS1", "shell> ");
    let mut pty = Pty::start(command);
    pty.until("shell>");
    let words: Vec<String> = deck
        .get_argv()
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    pty.press(&format!("{}\r", words.join(" ")));
    pty.until("PROBLEMS");
    pty.press("\x1a");
    pty.until("Stopped");
    assert!(!pty.screen().alternate_screen());
    pty.press("fg\r");
    pty.until("PROBLEMS");
    thread::sleep(Duration::from_millis(300));
    assert!(
        pty.screen().alternate_screen(),
        "{}",
        pty.screen().contents()
    );
    pty.press("2");
    pty.until("ZONE");
}

#[test]
fn under_no_color_the_cursor_row_stays_reversed_and_nothing_is_coloured() {
    let mut command = pty::deck("room");
    command.env("NO_COLOR", "1");
    let mut pty = Pty::start(command);
    pty.until("PROBLEMS");
    pty.press("2j");
    pty.until("ZONE");
    thread::sleep(Duration::from_millis(200));
    let screen = pty.screen();
    let reversed = |row| {
        (0..80)
            .filter(|col| screen.cell(row, *col).is_some_and(vt100::Cell::inverse))
            .count()
    };
    let rows: Vec<u16> = (0..24).filter(|row| reversed(*row) == 80).collect();
    // Header, headings of the columns and of the group, one row above.
    assert_eq!(rows, [4], "{}", screen.contents());
    let text = String::from_utf8_lossy(&pty.bytes()).into_owned();
    assert!(text.contains("\x1b[7m"));
    assert!(
        !text.contains("\x1b[m"),
        "a bare reset undoes the reversed row"
    );
    for colour in ["38;5;", "48;5;", "\x1b[31m"] {
        assert!(!text.contains(colour), "{colour}");
    }
}
