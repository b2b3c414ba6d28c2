//! What the deck writes to a terminal, counted: a slow link and a quiet night are paid for by the byte.

use std::sync::Arc;

use jiff::SignedDuration;
use pooldeck::{
    deck::{Frames, Model, Msg, Quiet, World, view},
    fleet::{Bytes, ServerName, Usage},
};
use proptest::prelude::*;
use ratatui::{
    Terminal,
    layout::Size,
    style::{Color, Modifier},
};

use crate::{driver::Driver, room7};

/// A terminal on the scales: what is drawn on it is weighed and shown by a terminal emulator.
struct Scales {
    terminal: Terminal<Quiet>,
    frames: Frames,
    shown: vt100::Parser,
}

impl Scales {
    fn of(width: u16, height: u16) -> Self {
        crossterm::style::force_color_output(true);
        let frames = Frames::default();
        let size = Size { width, height };
        Self {
            terminal: Terminal::new(Quiet::new(frames.clone(), size)).unwrap(),
            frames,
            shown: vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0),
        }
    }

    /// The bytes of one frame; it is one piece, or none when nothing changed.
    fn weigh(&mut self, model: &Model) -> usize {
        self.terminal.draw(|frame| view(model, frame)).unwrap();
        let frame = self.frames.take().unwrap_or_default();
        self.shown.process(&frame);
        frame.len()
    }

    /// The mean of frames that are two seconds apart, with a frame of the clock alone between them, in bytes a second.
    fn a_second(&mut self, driver: &mut Driver, change: impl Fn(&mut World, i64)) -> usize {
        let seconds = 60;
        self.weigh(&driver.model);
        let mut bytes = 0;
        for second in 0..seconds {
            driver.wait(1000);
            if second % 2 == 0 {
                let mut world = room7::world();
                seen_now(&mut world, driver.model.now);
                change(&mut world, second);
                let world = World::of(world.snapshot, driver.model.now);
                driver.say(Msg::World(Arc::new(world)));
            }
            bytes += self.weigh(&driver.model);
        }
        bytes / usize::try_from(seconds).unwrap()
    }
}

/// Probes and the captain go on: nothing grows old by itself.
fn seen_now(world: &mut World, now: jiff::Timestamp) {
    let late = now.duration_since(room7::now());
    let observed = &mut world.snapshot.observed;
    for seen in observed.servers.values_mut() {
        seen.seen = seen.seen.map(|at| at + late);
        seen.tried = seen.tried.map(|at| at + late);
    }
    for seen in observed.pools.values_mut() {
        seen.seen = seen.seen.map(|at| at + late);
        for node in seen.nodes.values_mut() {
            node.heartbeat = node.heartbeat.map(|at| at + late);
        }
    }
    if let Some(captain) = &mut world.snapshot.captain {
        captain.at = now;
    }
}

/// Another load and another amount of memory on a server.
fn stir(world: &mut World, name: &ServerName, by: i64) {
    let by = u32::try_from(by).unwrap();
    if let Some(seen) = world.snapshot.observed.servers.get_mut(name) {
        seen.usage = Some(Usage {
            load: f64::from(by * 7 % 160) / 10.0,
            memory: Some(Bytes::gib(u64::from(by * 5 % 40 + 1))),
            uptime: 400_000 + u64::from(by),
        });
    }
}

/// The servers' list, which is where most numbers are.
fn servers() -> Driver {
    let mut driver = Driver::new();
    driver.press("2");
    driver
}

#[test]
fn a_whole_screen_is_at_most_four_thousand_bytes_and_a_big_one_eleven() {
    for keys in [
        "",
        "2",
        "j j Enter",
        "3 Enter",
        "j j R 7 2",
        "j j R 7 2 Enter",
        "?",
        "A",
    ] {
        let mut driver = Driver::new();
        driver.press(keys);
        for (width, height, most) in [(80, 24, 4000), (200, 60, 11_000)] {
            let bytes = Scales::of(width, height).weigh(&driver.model);
            println!("`{keys}` at {width}x{height}: {bytes} bytes");
            assert!(bytes <= most, "`{keys}` at {width}x{height}: {bytes} bytes");
        }
    }
}

#[test]
fn nothing_is_written_while_nothing_changes() {
    for keys in ["", "2", "j j Enter", "3 Enter", "j j R 7 2 Enter", "?"] {
        let mut driver = Driver::new();
        driver.press(keys);
        let mut scales = Scales::of(80, 24);
        scales.weigh(&driver.model);
        assert_eq!(scales.weigh(&driver.model), 0, "{keys}");
    }
}

#[test]
fn without_a_clock_nothing_is_written_while_nothing_changes_however_late_it_gets() {
    let mut driver = Driver::new();
    let mut world = room7::world();
    world.snapshot.runs.clear();
    driver.see(World::of(world.snapshot, room7::now()));
    driver.say(Msg::Link {
        slow: true,
        dropped: 0,
    });
    for keys in ["1", "2", "1 j j Enter"] {
        driver.press(keys);
        // The room's captain is believed to be there for ten seconds.
        driver.model.now = room7::now();
        let mut scales = Scales::of(80, 24);
        scales.weigh(&driver.model);
        for _ in 0..8 {
            driver.wait(1000);
            assert_eq!(scales.weigh(&driver.model), 0, "{keys}: {}", driver.text());
        }
    }
}

#[test]
fn the_clock_alone_costs_at_most_forty_bytes_a_second() {
    let mut driver = servers();
    let mut scales = Scales::of(80, 24);
    scales.weigh(&driver.model);
    for _ in 0..90 {
        driver.wait(1000);
        // The room is read again, as probes do; only the clock is another.
        let mut world = room7::world();
        seen_now(&mut world, driver.model.now);
        driver.model.world = Arc::new(World::of(world.snapshot, driver.model.now));
        let bytes = scales.weigh(&driver.model);
        assert!(bytes <= 40, "{bytes} bytes");
    }
}

#[test]
fn a_tenth_of_the_rows_changing_costs_at_most_150_bytes_a_second_and_all_of_them_450() {
    let mut driver = servers();
    let few = driver.model.servers.shown.clone();
    let bytes = Scales::of(80, 24).a_second(&mut driver, |world, second| {
        stir(world, &few[3], second + 1);
        stir(world, &few[11], second + 4);
    });
    println!("a tenth: {bytes} bytes a second");
    assert!(bytes <= 150, "{bytes} bytes a second");

    let mut driver = servers();
    let all = driver.model.servers.shown.clone();
    let bytes = Scales::of(80, 24).a_second(&mut driver, |world, second| {
        for (n, name) in (0..).zip(&all) {
            stir(world, name, second * 3 + n);
        }
    });
    println!("all: {bytes} bytes a second");
    assert!(bytes <= 450, "{bytes} bytes a second");
}

#[test]
fn the_cursor_goes_one_row_for_less_than_two_rows_of_text() {
    let mut driver = servers();
    let mut scales = Scales::of(80, 24);
    scales.weigh(&driver.model);
    driver.press("j");
    let bytes = scales.weigh(&driver.model);
    println!("a move: {bytes} bytes");
    assert!(bytes <= 260, "{bytes} bytes");
}

/// A colour as the emulator names it.
fn colour(colour: Color) -> vt100::Color {
    match colour {
        Color::Green => vt100::Color::Idx(2),
        Color::Yellow => vt100::Color::Idx(3),
        Color::Red => vt100::Color::Idx(1),
        Color::Blue => vt100::Color::Idx(4),
        _ => vt100::Color::Default,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However few bytes: what stands on the terminal is what was drawn, in every cell.
    #[test]
    fn the_terminal_shows_what_was_drawn(keys in proptest::collection::vec(
        prop::sample::select(vec!["j", "k", "Enter", "Esc", "1", "2", "3", "Space", "G", "g", "Tab", "s", "v", "?", "A", "R", "7"]),
        1..25,
    )) {
        let mut driver = Driver::new();
        driver.plan = Some(room7::shrink());
        let mut scales = Scales::of(80, 24);
        scales.weigh(&driver.model);
        for key in keys {
            driver.press(key);
            scales.weigh(&driver.model);
            let terminal = driver.draw(80, 24);
            let drawn = terminal.backend().buffer();
            for (x, y) in (0..24).flat_map(|y| (0..80).map(move |x| (x, y))) {
                let (cell, shown) = (&drawn[(x, y)], scales.shown.screen().cell(y, x).unwrap());
                let blank = cell.symbol() == " ";
                prop_assert_eq!(if shown.has_contents() { shown.contents() } else { " " }, cell.symbol());
                prop_assert_eq!(shown.inverse(), cell.modifier.contains(Modifier::REVERSED));
                prop_assert!(blank || shown.bold() == cell.modifier.contains(Modifier::BOLD));
                prop_assert!(blank || shown.dim() == cell.modifier.contains(Modifier::DIM));
                prop_assert!(blank || shown.fgcolor() == colour(cell.fg));
            }
        }
    }
}

#[test]
fn what_is_known_well_enough_has_no_age_that_would_change_by_the_second() {
    let mut driver = servers();
    let text = driver.text();
    driver.model.now += SignedDuration::from_secs(9);
    let later = driver.text();
    let body = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&text), body(&later));
}
