//! Every screen at four sizes, as people see it.

use pooldeck::deck::{Model, Msg, update, view};
use ratatui::{Terminal, backend::TestBackend, style::Modifier};

use crate::room7;

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (132, 43), (200, 60)];

fn press(model: &mut Model, keys: &str) {
    for word in keys.split_whitespace() {
        drop(update(model, Msg::Key(room7::key_of(word))));
    }
}

fn draw(model: &Model, width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    terminal
}

/// The screen, and below it which cells are reversed, bold, dim or coloured: text alone hides what a cursor does.
fn picture(model: &Model, width: u16, height: u16) -> String {
    let terminal = draw(model, width, height);
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..height {
        let line: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str("styles: r reversed, b bold, d dim, c coloured\n");
    for y in 0..height {
        let line: String = (0..width)
            .map(|x| {
                let cell = &buffer[(x, y)];
                match cell.modifier {
                    it if it.contains(Modifier::REVERSED) => 'r',
                    _ if cell.fg != ratatui::style::Color::Reset => 'c',
                    it if it.contains(Modifier::BOLD) => 'b',
                    it if it.contains(Modifier::DIM) => 'd',
                    _ => ' ',
                }
            })
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn snapshots(name: &str, keys: &str) {
    for (width, height) in SIZES {
        let mut model = room7::model();
        drop(update(&mut model, Msg::Rows(height)));
        press(&mut model, keys);
        insta::assert_snapshot!(
            format!("{name}_{width}x{height}"),
            picture(&model, width, height)
        );
    }
}

#[test]
fn pools() {
    snapshots("pools", "");
}

#[test]
fn servers() {
    snapshots("servers", "2 j j Space Space");
}
