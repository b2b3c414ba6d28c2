//! Letters of three by five blocks, to be read from the other end of the room.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

/// Rows of a letter at scale 1.
pub const ROWS: u16 = 5;
/// Columns of a letter at scale 1, with the one that parts it from the next.
pub const COLUMNS: u16 = 4;

/// What a letter is made of. The ASCII set has a twin.
const BLOCK: &str = "█";

/// Columns that so many letters take.
#[must_use]
pub const fn width(letters: u16, scale: u16) -> u16 {
    (letters * COLUMNS).saturating_sub(1) * scale
}

/// Writes a text from a corner on; what lies outside of `area` is left out.
pub fn write(buffer: &mut Buffer, area: Rect, text: &str, scale: u16, style: Style) {
    let area = area.intersection(buffer.area);
    for (letter, x) in text
        .chars()
        .zip((0..).step_by(usize::from(COLUMNS * scale)))
    {
        for (row, y) in glyph(letter)
            .into_iter()
            .zip((0..).step_by(usize::from(scale)))
        {
            for column in 0..3_u16 {
                if row & (0b100 >> column) != 0 {
                    let at = (x + column * scale, y);
                    block(buffer, area, at, scale, style);
                }
            }
        }
    }
}

fn block(buffer: &mut Buffer, area: Rect, (x, y): (u16, u16), scale: u16, style: Style) {
    let right = (x + scale).min(area.width);
    let bottom = (y + scale).min(area.height);
    for (x, y) in (y..bottom).flat_map(|y| (x..right).map(move |x| (x, y))) {
        buffer[(area.x + x, area.y + y)]
            .set_symbol(BLOCK)
            .set_style(style);
    }
}

/// Five rows of three bits.
const fn glyph(letter: char) -> [u8; 5] {
    match letter {
        '0' | 'O' => [0b111, 0b101, 0b101, 0b101, 0b111],
        '1' => [0b010, 0b110, 0b010, 0b010, 0b111],
        '2' => [0b111, 0b001, 0b111, 0b100, 0b111],
        '3' => [0b111, 0b001, 0b111, 0b001, 0b111],
        '4' => [0b101, 0b101, 0b111, 0b001, 0b001],
        '5' | 'S' => [0b111, 0b100, 0b111, 0b001, 0b111],
        '6' => [0b111, 0b100, 0b111, 0b101, 0b111],
        '7' => [0b111, 0b001, 0b001, 0b001, 0b001],
        '8' => [0b111, 0b101, 0b111, 0b101, 0b111],
        '9' => [0b111, 0b101, 0b111, 0b001, 0b111],
        'A' => [0b111, 0b101, 0b111, 0b101, 0b101],
        'B' => [0b110, 0b101, 0b110, 0b101, 0b110],
        'C' => [0b111, 0b100, 0b100, 0b100, 0b111],
        'D' => [0b110, 0b101, 0b101, 0b101, 0b110],
        'E' => [0b111, 0b100, 0b110, 0b100, 0b111],
        'F' => [0b111, 0b100, 0b110, 0b100, 0b100],
        'G' => [0b111, 0b100, 0b101, 0b101, 0b111],
        'H' => [0b101, 0b101, 0b111, 0b101, 0b101],
        'I' => [0b111, 0b010, 0b010, 0b010, 0b111],
        'J' => [0b001, 0b001, 0b001, 0b101, 0b111],
        'K' => [0b101, 0b101, 0b110, 0b101, 0b101],
        'L' => [0b100, 0b100, 0b100, 0b100, 0b111],
        'M' => [0b101, 0b111, 0b111, 0b101, 0b101],
        'N' => [0b110, 0b101, 0b101, 0b101, 0b101],
        'P' => [0b111, 0b101, 0b111, 0b100, 0b100],
        'Q' => [0b111, 0b101, 0b101, 0b111, 0b001],
        'R' => [0b110, 0b101, 0b110, 0b101, 0b101],
        'T' => [0b111, 0b010, 0b010, 0b010, 0b010],
        'U' => [0b101, 0b101, 0b101, 0b101, 0b111],
        'V' => [0b101, 0b101, 0b101, 0b101, 0b010],
        'W' => [0b101, 0b101, 0b111, 0b111, 0b101],
        'X' => [0b101, 0b101, 0b010, 0b101, 0b101],
        'Y' => [0b101, 0b101, 0b010, 0b010, 0b010],
        'Z' => [0b111, 0b001, 0b010, 0b100, 0b111],
        '-' => [0, 0, 0b111, 0, 0],
        ':' => [0, 0b010, 0, 0b010, 0],
        _ => [0; 5],
    }
}
