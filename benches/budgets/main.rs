//! What the deck may cost, measured and held against its limits: `cargo bench --bench budgets` prints one table.
//! Bytes and draws are measured in here; start, keys, processor and memory on the program itself, in a terminal.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops where it cannot go on, and prints what it found"
)]

mod process;
mod room;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use pooldeck::{
    deck::{Frames, Look, Model, Msg, Quiet, Theme, World, update, view},
    store::{memory::Memory, snapshot::Snapshot},
};
use ratatui::{Terminal, layout::Size};

/// One line of the table.
struct Measured {
    what: &'static str,
    value: f64,
    limit: f64,
    unit: &'static str,
}

fn main() {
    let mut all = vec![
        whole_screen(),
        nothing(),
        seconds("the clock alone", 40.0, 0),
        seconds("a tenth of the rows, every 2 s", 150.0, 2),
        seconds("all rows, every 2 s", 450.0, 20),
        draw(),
    ];
    all.extend(process::all());
    println!("{:<44} {:>10} {:>10}", "", "measured", "limit");
    for Measured {
        what,
        value,
        limit,
        unit,
    } in &all
    {
        let ok = if value <= limit { "ok" } else { "TOO MUCH" };
        println!("{what:<44} {value:>10.2} {limit:>10.2} {unit:<8} {ok}");
    }
    if cfg!(debug_assertions) {
        println!("not optimized: the times are not the program's");
    }
    if all.iter().any(|it| it.value > it.limit) {
        std::process::exit(1);
    }
}

fn model(store: &Memory, now: Timestamp) -> Model {
    let world = World::of(Snapshot::read(store).unwrap(), now);
    let look = Look {
        theme: Theme::PALETTE,
        ascii: false,
    };
    Model::new(Arc::new(world), now, TimeZone::UTC, false, look)
}

fn press(model: &mut Model, code: KeyCode) {
    let key = KeyEvent::new(code, KeyModifiers::NONE);
    drop(update(model, Msg::Key(key)));
}

/// The deck on so many servers, showing their list, and a terminal that counts.
fn servers(count: u32) -> (Memory, Model, Terminal<Quiet>, Frames) {
    let now = Timestamp::now();
    let store = room::memory();
    room::fill(&store, count, now, true);
    let mut model = model(&store, now);
    press(&mut model, KeyCode::Char('2'));
    let frames = Frames::default();
    let size = Size {
        width: 80,
        height: 24,
    };
    let terminal = Terminal::new(Quiet::new(frames.clone(), size)).unwrap();
    (store, model, terminal, frames)
}

fn weigh(model: &Model, terminal: &mut Terminal<Quiet>, frames: &Frames) -> f64 {
    terminal.draw(|frame| view(model, frame)).unwrap();
    let bytes = frames.take().map_or(0, |frame| frame.len());
    f64::from(u32::try_from(bytes).unwrap())
}

fn whole_screen() -> Measured {
    let (_, model, mut terminal, frames) = servers(200);
    Measured {
        what: "a whole screen, 80x24",
        value: weigh(&model, &mut terminal, &frames),
        limit: 4000.0,
        unit: "B",
    }
}

fn nothing() -> Measured {
    let (_, model, mut terminal, frames) = servers(200);
    weigh(&model, &mut terminal, &frames);
    Measured {
        what: "a picture in which nothing changed",
        value: weigh(&model, &mut terminal, &frames),
        limit: 0.0,
        unit: "B",
    }
}

/// The mean of a minute: the clock each second, and every other second so many of the twenty rows that are shown.
fn seconds(what: &'static str, limit: f64, rows: usize) -> Measured {
    let (store, mut model, mut terminal, frames) = servers(200);
    weigh(&model, &mut terminal, &frames);
    let shown = model.servers.shown.clone();
    let begin = model.now;
    let mut bytes = 0.0;
    for second in 1..=60 {
        let now = begin + SignedDuration::from_secs(second);
        drop(update(&mut model, Msg::Time(now)));
        if second % 2 == 0 {
            room::look(&store, &shown, now, rows, second);
            let world = World::of(Snapshot::read(&store).unwrap(), now);
            drop(update(&mut model, Msg::World(Arc::new(world))));
        }
        bytes += weigh(&model, &mut terminal, &frames);
    }
    Measured {
        what,
        value: bytes / 60.0,
        limit,
        unit: "B/s",
    }
}

fn draw() -> Measured {
    let (_, mut model, mut terminal, frames) = servers(10_000);
    let times = (0..1000).map(|n| {
        let code = if n % 7 == 0 {
            KeyCode::PageDown
        } else {
            KeyCode::Down
        };
        press(&mut model, code);
        let begin = Instant::now();
        weigh(&model, &mut terminal, &frames);
        begin.elapsed()
    });
    Measured {
        what: "a draw of 10,000 servers, p99",
        value: p99(times.collect()),
        limit: 1.0,
        unit: "ms",
    }
}

/// In milliseconds.
fn p99(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() * 99 / 100].as_secs_f64() * 1000.0
}
