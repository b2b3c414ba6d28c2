//! Eight processes on one store for a while: a captain, a deck, a wall's feed and five that read and ask. What was said to be done is in
//! the store at the end, what was refused is not, and a captain that is killed is replaced. `POOLDECK_STRESS` says for how many
//! seconds (5), `POOLDECK_PROOF` names a file that the result is appended to.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the answer")]

#[path = "deck/pty.rs"]
#[expect(dead_code, reason = "the deck's own tests use more of it")]
mod pty;
#[path = "stress/writer.rs"]
mod writer;

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use pooldeck::{
    fleet::ServerName,
    store::{
        Store,
        record::{Answer, Ask},
        snapshot::Snapshot,
        sqlite::Sqlite,
    },
};
use portable_pty::CommandBuilder;
use writer::{Task, Told, last_words};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pooldeck");

/// A process that ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A folder with a store, and how to start the program on it.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn file(&self) -> PathBuf {
        self.folder.path().join("demo.db")
    }

    fn store(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }

    /// The program with the words of a line, as a user whose home is empty.
    fn command(&self, line: &str) -> Command {
        let home = self.folder.path();
        let mut command = Command::new(PROGRAM);
        command
            .args(line.split_whitespace())
            .args(["--store", &self.store()]);
        command.current_dir(home).env("HOME", home);
        for name in [
            "POOLDECK_INVENTORY",
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME",
            "POOLDECK_VIEW",
        ] {
            command.env_remove(name);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn captain(&self) -> Running {
        let mut child = self
            .command("demo --headless --servers 24 --seed 7")
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut notes = BufReader::new(child.stderr.take().unwrap());
        notes.read_line(&mut said).unwrap();
        assert!(said.contains("lives in"), "{said}");
        // What it says later must not fill a pipe that nobody reads.
        thread::spawn(move || notes.lines().for_each(drop));
        Running(child)
    }

    fn deck(&self) -> pty::Pty {
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(["--store", &self.store()]);
        command.cwd(self.folder.path());
        let words = [
            ("HOME", self.folder.path().as_os_str()),
            ("LANG", "C.UTF-8".as_ref()),
            ("TERM", "xterm-256color".as_ref()),
        ];
        for (name, value) in words {
            command.env(name, value);
        }
        for name in [
            "NO_COLOR",
            "LC_ALL",
            "LC_CTYPE",
            "POOLDECK_THEME",
            "POOLDECK_INVENTORY",
            "XDG_CONFIG_HOME",
        ] {
            command.env_remove(name);
        }
        pty::Pty::start(command)
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::read(&Sqlite::open_read_only(&self.file()).unwrap()).unwrap()
    }

    /// The captain's term, once one answers.
    fn epoch(&self, above: u64) -> u64 {
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let store = Sqlite::open_read_only(&self.file()).unwrap();
            let lease = store
                .lease()
                .unwrap()
                .filter(|it| it.age < Duration::from_secs(10));
            if let Some(lease) = lease.filter(|it| it.epoch.0 > above) {
                return lease.epoch.0;
            }
            assert!(
                Instant::now() < end,
                "no captain took over after epoch {above}"
            );
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Offered servers in no pool that answer.
fn spares(place: &Place) -> Vec<ServerName> {
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        let snapshot = place.snapshot();
        let now = jiff::Timestamp::now();
        let spare = |name: &&ServerName| {
            let seen = snapshot.observed.servers.get(*name);
            pooldeck::fleet::standing(&snapshot.fleet, seen, name, now)
                == pooldeck::fleet::Standing::Spare
        };
        let found: Vec<ServerName> = snapshot
            .fleet
            .servers
            .keys()
            .filter(spare)
            .cloned()
            .collect();
        if found.len() >= 4 {
            return found;
        }
        assert!(Instant::now() < end, "{found:?}");
        thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn eight_processes_on_one_store_lose_nothing_and_always_answer() {
    let seconds = env::var("POOLDECK_STRESS").ok();
    let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(5_u64);
    let place = Place {
        folder: tempfile::tempdir().unwrap(),
    };
    let mut captain = place.captain();
    let epoch = place.epoch(0);
    let spare = spares(&place);
    let mut deck = place.deck();
    let feed = Running(
        place
            .command("wall --feed")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );

    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds);
    let tasks = [
        Task::Read,
        Task::SetAside(spare[0].clone(), spare[2].clone()),
        Task::SetAside(spare[1].clone(), spare[2].clone()),
        Task::Acknowledge,
        Task::Resize,
    ];
    let (mut told, after) = thread::scope(|scope| {
        let tasks = tasks.iter().map(|task| {
            let place = &place;
            scope.spawn(move || writer::work(place, task, until))
        });
        let working: Vec<_> = tasks.collect();
        // Two resize one pool at the same time: this thread is the other one.
        let also = scope.spawn(|| writer::work(&place, &Task::Resize, until));
        while begun.elapsed() < Duration::from_secs(seconds) / 2 {
            deck.press("2jjk1");
            thread::sleep(Duration::from_millis(200));
        }
        captain.0.kill().unwrap();
        captain.0.wait().unwrap();
        let next = place.captain();
        let after = place.epoch(epoch);
        captain = next;
        let mut told: Vec<Told> = working
            .into_iter()
            .flat_map(|it| it.join().unwrap())
            .collect();
        told.extend(also.join().unwrap());
        (told, after)
    });
    assert!(epoch < after);
    // The one that took over answers, too.
    let last = writer::asking(&place, "server check r1-01");
    assert_eq!(last.code, 0, "{last:?}");
    assert!(
        deck.screen().contents().contains("SERVER") || deck.screen().contents().contains("POOL")
    );
    drop((deck, feed, captain));

    told.push(last);
    assert_eq!(lost(&place, &told), Vec::<String>::new());
    let conflicts = told.iter().filter(|it| it.is_conflict()).count();
    let verbs = told.len();
    proof(seconds, verbs, conflicts);
}

#[test]
fn a_verb_that_says_done_and_has_left_nothing_in_the_store_is_found() {
    let place = Place {
        folder: tempfile::tempdir().unwrap(),
    };
    drop(Sqlite::open(&place.file()).unwrap());
    let mut told = writer::verb(&place, "doctor");
    assert_eq!(told.code, 1, "{told:?}");
    assert_eq!(
        lost(&place, std::slice::from_ref(&told)),
        Vec::<String>::new()
    );
    (told.asks, told.code) = (true, 0);
    assert_eq!(
        lost(&place, std::slice::from_ref(&told)),
        ["1 verbs said that it was done, 0 asks are"]
    );
    told.said = "error: database is locked".to_owned();
    assert_eq!(lost(&place, &[told]).len(), 2);
}

/// What was said and is not so in the store, and the other way round.
fn lost(place: &Place, told: &[Told]) -> Vec<String> {
    let store = Sqlite::open(&place.file()).unwrap();
    assert_eq!(
        store.examine().unwrap(),
        Vec::<String>::new(),
        "the integrity check"
    );
    let snapshot = Snapshot::read(&store).unwrap();
    let mut lost = Vec::new();
    for it in told {
        lost.extend(it.against());
    }
    let asks = snapshot.asks.values().filter(|ask| ask.by != "demo");
    let asks: Vec<&Ask> = asks.collect();
    let is = |answered: fn(&Answer) -> bool| {
        asks.iter()
            .filter(|ask| ask.answer.as_ref().is_some_and(answered))
            .count()
    };
    let done = told.iter().filter(|it| it.asks && it.code == 0).count();
    let stored = is(|answer| !matches!(answer, Answer::Refused(_)));
    if done != stored {
        lost.push(format!(
            "{done} verbs said that it was done, {stored} asks are"
        ));
    }
    for (run, by) in told.iter().filter_map(|it| Some((it.run?, &it.line))) {
        if !snapshot.runs.contains_key(&run) {
            lost.push(format!("run {run} of `{by}`"));
        }
    }
    let accepted = told.iter().filter(|it| it.run.is_some()).count();
    let runs = snapshot
        .runs
        .values()
        .filter(|run| run.record.by != "demo")
        .count();
    if accepted != runs {
        lost.push(format!("{accepted} runs were accepted, {runs} are there"));
    }
    for (server, allowed) in last_words(told) {
        let found = snapshot
            .fleet
            .maintained
            .get(&server)
            .map(|it| it.note.why.clone());
        if !allowed.contains(&found) {
            lost.push(format!(
                "{server} is {found:?}, and was said to be one of {allowed:?}"
            ));
        }
    }
    lost
}

#[expect(
    clippy::print_stdout,
    reason = "what was measured is for whoever runs it"
)]
fn proof(seconds: u64, verbs: usize, conflicts: usize) {
    println!(
        "proof: stress_processes=8 seconds={seconds} verbs={verbs} conflicts={conflicts} lost=0"
    );
    let Some(file) = env::var_os("POOLDECK_PROOF") else {
        return;
    };
    let proof = serde_json::json!({
        "proof": "stress", "processes": 8, "seconds": seconds, "verbs": verbs, "conflicts": conflicts, "lost": 0,
    });
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(Path::new(&file))
        .unwrap();
    writeln!(file, "{proof}").unwrap();
}
