//! Plain tables: columns, two blanks between them, no boxes.
//! Must never cut a value off: a terminal scrolls, a pipe has no width.

use unicode_width::UnicodeWidthStr;

/// Where a column's values stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Lines of a table with its heading. An empty cell is `-`: what is not known is never blank.
#[must_use]
pub fn table<const N: usize>(heading: [(&str, Align); N], rows: &[[String; N]]) -> Vec<String> {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| shown(&row[column]).width());
        cells.chain([heading[column].0.width()]).max().unwrap_or(0)
    });
    let line = |cells: [&str; N]| {
        let mut text = String::new();
        for (column, cell) in cells.into_iter().enumerate() {
            let gap = " ".repeat(widths[column].saturating_sub(cell.width()));
            match heading[column].1 {
                Align::Left => text.extend([cell, &gap]),
                Align::Right => text.extend([&gap, cell]),
            }
            text.push_str("  ");
        }
        text.truncate(text.trim_end().len());
        text
    };
    let mut lines = vec![line(heading.map(|(name, _)| name))];
    lines.extend(
        rows.iter()
            .map(|row| line(row.each_ref().map(|cell| shown(cell)))),
    );
    lines
}

fn shown(cell: &str) -> &str {
    if cell.is_empty() { "-" } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right_and_what_is_unknown_is_a_dash() {
        let rows = [
            ["s01".to_owned(), "8".to_owned(), "a".to_owned()],
            ["server2".to_owned(), String::new(), String::new()],
        ];
        let heading = [
            ("SERVER", Align::Left),
            ("CPUs", Align::Right),
            ("ZONE", Align::Left),
        ];
        assert_eq!(
            table(heading, &rows),
            [
                "SERVER   CPUs  ZONE",
                "s01         8  a",
                "server2     -  -"
            ]
        );
    }
}
