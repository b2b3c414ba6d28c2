//! From changed cells to bytes: where to go, how to look, what to write, and nothing twice.
//! Must never rely on how a frame before left the terminal: somebody else may have written to it since.

use ratatui::{
    buffer::Cell,
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

/// What has to be seen of a blank: the rest of a style changes nothing on it.
const SEEN_ON_BLANKS: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT);

/// The attributes that are drawn, and the number by which a terminal knows each.
const ATTRIBUTES: [(Modifier, &str); 6] = [
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::REVERSED, "7"),
    (Modifier::CROSSED_OUT, "9"),
];

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ink {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Ink {
    const PLAIN: Self = Self {
        fg: Color::Reset,
        bg: Color::Reset,
        modifier: Modifier::empty(),
    };

    const fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        }
    }

    fn leaves_blanks_blank(self) -> bool {
        self.bg == Color::Reset && !self.modifier.intersects(SEEN_ON_BLANKS)
    }

    /// The codes that lead from one look to another: only what is added, where nothing has to go.
    fn from(self, before: Option<Self>) -> String {
        let keeps = |old: Self| {
            self.modifier.contains(old.modifier)
                && (self.fg != Color::Reset || old.fg == Color::Reset)
                && (self.bg != Color::Reset || old.bg == Color::Reset)
        };
        let kept = before.filter(|old| keeps(*old));
        let old = kept.unwrap_or(Self::PLAIN);
        let reset = kept.is_none().then(|| "0".to_owned());
        let added = self.modifier.difference(old.modifier);
        let attributes = ATTRIBUTES.iter().filter(|(it, _)| added.contains(*it));
        let mut codes: Vec<String> = reset.into_iter().collect();
        codes.extend(attributes.map(|(_, code)| (*code).to_owned()));
        if self.fg != old.fg {
            codes.push(colour(self.fg, 30));
        }
        if self.bg != old.bg {
            codes.push(colour(self.bg, 40));
        }
        codes.join(";")
    }
}

/// The sixteen colours by the codes that every terminal has; crossterm sends `38;5;1` for red, which is longer, and
/// a terminal of sixteen colours takes the 5 in it for blinking.
fn colour(colour: Color, base: u8) -> String {
    let named = match colour {
        Color::Reset => return (base + 9).to_string(),
        Color::Indexed(n) => return format!("{};5;{n}", base + 8),
        Color::Rgb(r, g, b) => return format!("{};2;{r};{g};{b}", base + 8),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
    };
    (base + named).to_string()
}

/// The bytes that draw these cells on a terminal so wide.
pub fn draw<'a>(cells: impl Iterator<Item = (u16, u16, &'a Cell)>, width: u16) -> String {
    let mut out = String::new();
    let mut at = None;
    let mut ink = None;
    for (x, y, cell) in cells {
        go(&mut out, at, (x, y));
        let wanted = Ink::of(cell);
        let blank = cell.symbol() == " " && wanted.leaves_blanks_blank();
        let same = ink == Some(wanted) || blank && ink.is_some_and(Ink::leaves_blanks_blank);
        if !same {
            out.extend(["\x1b[", &wanted.from(ink), "m"]);
            ink = Some(wanted);
        }
        out.push_str(cell.symbol());
        // Behind the last column, and behind a symbol that terminals measure differently, nobody knows where it is.
        at = (cell.symbol().width() == 1 && x + 1 < width).then_some((x + 1, y));
    }
    out
}

/// Goes from a cell to another by the shorter way.
fn go(out: &mut String, from: Option<(u16, u16)>, to: (u16, u16)) {
    let right = |n: u16| match n {
        0 => String::new(),
        1 => "\x1b[C".to_owned(),
        n => format!("\x1b[{n}C"),
    };
    let home = format!("\x1b[{};{}H", to.1 + 1, to.0 + 1);
    let step = match from {
        Some((x, y)) if y == to.1 && x <= to.0 => Some(right(to.0 - x)),
        Some((_, y)) if y + 1 == to.1 => Some(format!("\r\n{}", right(to.0))),
        _ => None,
    };
    out.push_str(&step.filter(|step| step.len() < home.len()).unwrap_or(home));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(symbol: &str, fg: Color, modifier: Modifier) -> Cell {
        let mut cell = Cell::default();
        cell.set_symbol(symbol).set_fg(fg);
        cell.modifier = modifier;
        cell
    }

    fn drawn(cells: &[(u16, u16, Cell)]) -> String {
        draw(cells.iter().map(|(x, y, cell)| (*x, *y, cell)), 80)
    }

    #[test]
    fn a_frame_begins_without_what_another_left_behind_and_says_only_what_differs_then() {
        let plain = || cell("a", Color::Reset, Modifier::empty());
        let cells = [
            (0, 0, plain()),
            (1, 0, cell("b", Color::Reset, Modifier::BOLD)),
            (2, 0, cell("c", Color::Green, Modifier::BOLD)),
            (3, 0, cell("d", Color::Yellow, Modifier::empty())),
            (4, 0, cell(" ", Color::Reset, Modifier::DIM)),
            (5, 0, cell("e", Color::Yellow, Modifier::empty())),
        ];
        assert_eq!(
            drawn(&cells),
            "\x1b[1;1H\x1b[0ma\x1b[1mb\x1b[32mc\x1b[0;33md e"
        );
    }

    #[test]
    fn a_blank_of_the_cursors_row_is_not_skipped() {
        let cells = [
            (0, 0, cell("a", Color::Reset, Modifier::empty())),
            (1, 0, cell(" ", Color::Reset, Modifier::REVERSED)),
            (2, 0, cell(" ", Color::Reset, Modifier::empty())),
        ];
        assert_eq!(drawn(&cells), "\x1b[1;1H\x1b[0ma\x1b[7m \x1b[0m ");
    }

    #[test]
    fn it_goes_the_shorter_way_and_is_lost_behind_the_last_column_and_behind_wide_symbols() {
        let a = || cell("a", Color::Reset, Modifier::empty());
        let wide = cell("水", Color::Reset, Modifier::empty());
        let cells = [
            (10, 3, a()),
            (14, 3, a()),
            (0, 4, a()),
            (79, 5, a()),
            (0, 6, wide),
            (2, 6, a()),
        ];
        assert_eq!(
            drawn(&cells),
            "\x1b[4;11H\x1b[0ma\x1b[3Ca\r\na\x1b[6;80Ha\x1b[7;1H水\x1b[7;3Ha"
        );
    }
}
