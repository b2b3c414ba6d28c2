//! The README's pictures are screens of the room, drawn by the deck itself: they cannot show what is not so.
//! `POOLDECK_PICTURES=write cargo test --test deck pictures` writes them anew.

use std::fmt::Write;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};

use crate::driver::Driver;

/// Cells of a monospaced font of 15 px.
const WIDTH: usize = 9;
const HEIGHT: usize = 19;
/// Around the screen.
const EDGE: usize = 14;
const PAPER: &str = "#16181d";
const INK: &str = "#d7dae0";

fn ink(cell: &Cell) -> &'static str {
    match cell.fg {
        Color::Green => "#84c98b",
        Color::Yellow => "#e2c275",
        Color::Red => "#ee7f7f",
        Color::Blue => "#7fb2ee",
        _ => INK,
    }
}

/// What a run of cells has in common.
fn style(cell: &Cell) -> (&'static str, Modifier) {
    (ink(cell), cell.modifier)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// One row: runs of cells of one style, each at its place, so that no font can shift the columns.
fn row(svg: &mut String, buffer: &Buffer, y: u16) {
    let width = buffer.area.width;
    let mut x = 0;
    while x < width {
        let first = style(&buffer[(x, y)]);
        let end = (x..width)
            .find(|at| style(&buffer[(*at, y)]) != first)
            .unwrap_or(width);
        let text: String = (x..end).map(|at| buffer[(at, y)].symbol()).collect();
        let (colour, modifier) = first;
        let reversed = modifier.contains(Modifier::REVERSED);
        let (left, top) = (
            EDGE + usize::from(x) * WIDTH,
            EDGE + usize::from(y) * HEIGHT,
        );
        let span = usize::from(end - x) * WIDTH;
        if reversed {
            writeln!(svg, "<rect x=\"{left}\" y=\"{top}\" width=\"{span}\" height=\"{HEIGHT}\" fill=\"{colour}\"/>").unwrap();
        }
        if !text.trim().is_empty() {
            let fill = if reversed { PAPER } else { colour };
            let bold = if modifier.contains(Modifier::BOLD) {
                " font-weight=\"bold\""
            } else {
                ""
            };
            let dim = if modifier.contains(Modifier::DIM) {
                " opacity=\"0.6\""
            } else {
                ""
            };
            let base = top + HEIGHT - 5;
            let text = escape(&text);
            writeln!(svg, "<text x=\"{left}\" y=\"{base}\" textLength=\"{span}\" fill=\"{fill}\"{bold}{dim}>{text}</text>").unwrap();
        }
        x = end;
    }
}

fn svg(driver: &Driver, width: u16, height: u16) -> String {
    let terminal = driver.draw(width, height);
    let buffer = terminal.backend().buffer();
    let wide = usize::from(width) * WIDTH + 2 * EDGE;
    let high = usize::from(height) * HEIGHT + 2 * EDGE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"15\" xml:space=\"preserve\">\n\
         <rect width=\"{wide}\" height=\"{high}\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for y in 0..height {
        row(&mut svg, buffer, y);
    }
    svg + "</svg>\n"
}

fn picture(name: &str, keys: &str, width: u16, height: u16) {
    let mut driver = Driver::new();
    driver.plan = Some(crate::room7::shrink());
    driver.press(keys);
    let drawn = svg(&driver, width, height);
    let path = format!("{}/assets/{name}.svg", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("POOLDECK_PICTURES").is_ok_and(|it| it == "write") {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == drawn,
        "`{path}` shows another deck\nhint: POOLDECK_PICTURES=write cargo test --test deck pictures"
    );
}

#[test]
fn the_readme_shows_the_pools_as_they_are_drawn() {
    picture("pools", "", 112, 22);
}

#[test]
fn the_readme_shows_a_preview_and_a_run_as_they_are_drawn() {
    picture("preview", "j j R 7 2 Enter", 84, 34);
    picture("run", "3 Enter", 84, 24);
}
