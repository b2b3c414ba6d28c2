//! The program itself on a store on disk, in a terminal of 80x24, as somebody who only looks starts it.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use pooldeck::store::sqlite::Sqlite;
use portable_pty::{Child, CommandBuilder, PtyPair, PtySize, native_pty_system};

use crate::{Measured, p99, room};

/// A whole screen is longer than this, and a frame of changes is not.
const SCREEN: usize = 900;

/// The program in its terminal.
struct Program {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    /// When so many bytes came.
    came: Arc<Mutex<Vec<(Instant, usize)>>>,
    started: Instant,
    /// Closed, it would end the program.
    _pair: PtyPair,
}

impl Program {
    fn start(folder: &Path) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: 24,
                cols: 80,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_pooldeck"));
        let store = format!("sqlite:{}", folder.join("pooldeck.db").display());
        command.args(["--read-only", "--store", &store]);
        command.env("LANG", "C.UTF-8");
        command.env("XDG_CONFIG_HOME", folder);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let came: Arc<Mutex<Vec<(Instant, usize)>>> = Arc::default();
        let coming = Arc::clone(&came);
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        thread::spawn(move || {
            let mut bytes = vec![0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                coming.lock().unwrap().push((Instant::now(), n));
            }
        });
        Self {
            child,
            keys,
            came,
            started,
            _pair: pair,
        }
    }

    /// When a whole screen had come after a moment.
    fn screen_after(&self, moment: Instant) -> Duration {
        loop {
            let came = self.came.lock().unwrap().clone();
            let mut sum = 0;
            for (at, bytes) in came.iter().filter(|(at, _)| *at >= moment) {
                sum += bytes;
                if sum > SCREEN {
                    return *at - moment;
                }
            }
            assert!(
                moment.elapsed() < Duration::from_secs(20),
                "no picture came"
            );
            thread::sleep(Duration::from_micros(500));
        }
    }

    fn about(&self, file: &str) -> String {
        let pid = self.child.process_id().unwrap();
        fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap()
    }

    /// Seconds of processor time so far; the kernel counts hundredths.
    fn processor(&self) -> f64 {
        let stat = self.about("stat");
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        let ticks: u32 = [11, 12]
            .map(|at: usize| fields[at].parse::<u32>().unwrap())
            .iter()
            .sum();
        f64::from(ticks) / 100.0
    }

    /// MB in memory now.
    fn memory(&self) -> f64 {
        let status = self.about("status");
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        let kb: u32 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        f64::from(kb) * 1024.0 / 1_000_000.0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A store on disk with a room in it.
fn store(servers: u32, reachable: bool) -> (tempfile::TempDir, Sqlite) {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("pooldeck.db")).unwrap();
    room::fill(&store, servers, Timestamp::now(), reachable);
    (folder, store)
}

pub fn all() -> Vec<Measured> {
    vec![first_picture(), keys(), idle(), memory()]
}

fn first_picture() -> Measured {
    let (folder, _store) = store(200, false);
    let times = (0..20).map(|_| {
        let program = Program::start(folder.path());
        program.screen_after(program.started)
    });
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    Measured {
        what: "first picture, every server down, median",
        value: times[times.len() / 2].as_secs_f64() * 1000.0,
        limit: 20.0,
        unit: "ms",
    }
}

fn keys() -> Measured {
    let (folder, store) = store(10_000, true);
    let store = Arc::new(store);
    let over = Arc::new(AtomicBool::new(false));
    let (flapping, end) = (Arc::clone(&store), Arc::clone(&over));
    let names: Vec<_> = (0..10_000)
        .map(|n| format!("s{n:05}").parse().unwrap())
        .collect();
    let flaps = thread::spawn(move || {
        let mut second = 0;
        while !end.load(Ordering::SeqCst) {
            second += 1;
            room::look(
                &*flapping,
                &names,
                Timestamp::now(),
                names.len(),
                second % 1000,
            );
            thread::sleep(Duration::from_secs(1));
        }
    });
    let mut program = Program::start(folder.path());
    program.screen_after(program.started);
    thread::sleep(Duration::from_secs(2));
    let mut times = Vec::new();
    for key in ["2", "1"].into_iter().cycle().take(200) {
        let pressed = Instant::now();
        program.keys.write_all(key.as_bytes()).unwrap();
        program.keys.flush().unwrap();
        times.push(program.screen_after(pressed));
        thread::sleep(Duration::from_millis(80));
    }
    over.store(true, Ordering::SeqCst);
    drop(flaps.join());
    Measured {
        what: "key to picture, 10,000 servers flapping, p99",
        value: p99(times),
        limit: 20.0,
        unit: "ms",
    }
}

fn idle() -> Measured {
    let (folder, _store) = store(200, true);
    let program = Program::start(folder.path());
    program.screen_after(program.started);
    thread::sleep(Duration::from_secs(2));
    let (before, begin) = (program.processor(), Instant::now());
    thread::sleep(Duration::from_secs(30));
    let used = program.processor() - before;
    Measured {
        what: "processor while nothing changes",
        value: used * 100.0 / begin.elapsed().as_secs_f64(),
        limit: 0.3,
        unit: "% of one",
    }
}

fn memory() -> Measured {
    let (folder, _store) = store(200, true);
    let mut program = Program::start(folder.path());
    program.screen_after(program.started);
    for key in ["2", "G", "1", "3", "?", "1"] {
        program.keys.write_all(key.as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(300));
    }
    Measured {
        what: "memory, 200 servers and 12 pools",
        value: program.memory(),
        limit: 25.0,
        unit: "MB",
    }
}
