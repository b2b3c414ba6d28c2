//! A table of which only the rows on the screen are made, and which drops columns by priority.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{Look, text::cut};

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its heading.
    pub head: &'static str,
    /// Cells, without the gap behind it.
    pub width: u16,
    /// Numbers stand at the right.
    pub right: bool,
    /// 0 is never dropped; the highest goes first.
    pub rank: u8,
    /// Takes what is left, up to this many cells in all.
    pub grows: u16,
}

impl Column {
    /// A column of text.
    #[must_use]
    pub const fn text(head: &'static str, width: u16, rank: u8) -> Self {
        Self {
            head,
            width,
            right: false,
            rank,
            grows: 0,
        }
    }

    /// A column of numbers.
    #[must_use]
    pub const fn number(head: &'static str, width: u16, rank: u8) -> Self {
        Self {
            right: true,
            ..Self::text(head, width, rank)
        }
    }

    /// The same, taking what is left, up to `most` cells in all.
    #[must_use]
    pub const fn growing(self, most: u16) -> Self {
        Self {
            grows: most,
            ..self
        }
    }
}

/// Cells of a row: text and style, one for each column.
pub type Cells = Vec<(String, Style)>;

/// Columns that were fitted into a width.
#[derive(Debug)]
pub struct Table {
    columns: Vec<Column>,
    /// Index and width of the columns that have room.
    fitted: Vec<(usize, u16)>,
    gap: u16,
}

impl Table {
    /// The same as [`Table::fit`], with every column of numbers as wide as its widest cell: columns are
    /// dropped before a digit is.
    #[must_use]
    pub fn fit_numbers(columns: &[Column], rows: &[Cells], width: u16, gap: u16) -> Self {
        let widest = |(at, column): (usize, &Column)| {
            let cells = rows.iter().filter(|_| column.right);
            let cell = cells
                .map(|row| row[at].0.chars().count())
                .max()
                .unwrap_or(0);
            Column {
                width: column.width.max(u16::try_from(cell).unwrap_or(width)),
                ..*column
            }
        };
        let columns: Vec<Column> = columns.iter().enumerate().map(widest).collect();
        Self::fit(&columns, width, gap)
    }

    /// Fits columns into a width, with `gap` cells between them.
    #[must_use]
    pub fn fit(columns: &[Column], width: u16, gap: u16) -> Self {
        let mut kept: Vec<usize> = (0..columns.len()).collect();
        let need = |kept: &[usize]| -> u16 {
            let cells: u16 = kept.iter().map(|at| columns[*at].width).sum();
            cells + gap * u16::try_from(kept.len().saturating_sub(1)).unwrap_or(0)
        };
        while need(&kept) > width {
            let last = kept
                .iter()
                .copied()
                .max_by_key(|at| (columns[*at].rank, *at));
            match last {
                Some(out) if columns[out].rank > 0 => kept.retain(|at| *at != out),
                _ => break,
            }
        }
        let mut rest = width.saturating_sub(need(&kept));
        let mut fitted = Vec::with_capacity(kept.len());
        for at in kept {
            let column = &columns[at];
            let more = column.grows.saturating_sub(column.width).min(rest);
            rest -= more;
            fitted.push((at, column.width + more));
        }
        Self {
            columns: columns.to_vec(),
            fitted,
            gap,
        }
    }

    /// The heading.
    #[must_use]
    pub fn heading(&self, look: Look) -> Line<'static> {
        let heads = self
            .columns
            .iter()
            .map(|column| (column.head.to_owned(), look.dim()));
        self.line(heads.collect())
    }

    /// One row.
    #[must_use]
    pub fn line(&self, mut cells: Cells) -> Line<'static> {
        let mut spans = Vec::with_capacity(self.fitted.len() * 2);
        for (n, (at, width)) in self.fitted.iter().enumerate() {
            let (text, style) = std::mem::take(&mut cells[*at]);
            let width = usize::from(*width);
            let padded = if self.columns[*at].right {
                // A number without its last digits is another number.
                let fits = text.chars().count() <= width;
                format!("{:>width$}", if fits { &text } else { "…" })
            } else {
                format!("{:<width$}", cut(&text, width))
            };
            if n > 0 {
                spans.push(Span::raw(" ".repeat(self.gap.into())));
            }
            spans.push(Span::styled(padded, style));
        }
        Line::from(spans)
    }

    /// A line over the heading that gathers columns under a title: `--- CPUs ---`.
    #[must_use]
    pub fn gather(&self, groups: &[(&str, std::ops::Range<usize>)], look: Look) -> Line<'static> {
        let mut text = String::new();
        let mut x = 0_usize;
        for (title, columns) in groups {
            let mut at = 0_usize;
            let (mut from, mut to) = (None, 0);
            for (index, width) in &self.fitted {
                if columns.contains(index) {
                    from = from.or(Some(at));
                    to = at + usize::from(*width);
                }
                at += usize::from(*width + self.gap);
            }
            let Some(from) = from else { continue };
            let room = to.saturating_sub(from);
            text.push_str(&" ".repeat(from.saturating_sub(x)));
            let over = format!("{:─^room$}", format!(" {title} "));
            text.push_str(&over);
            x = to;
        }
        Line::styled(text, look.dim())
    }
}

/// Draws one line, its end cut with `…` where it has no room, reversed over its whole width when it is the cursor's.
pub fn row(buffer: &mut Buffer, area: Rect, y: u16, text: &Line<'_>, cursor: Option<Style>) {
    if y >= area.height {
        return;
    }
    buffer.set_line(area.x, area.y + y, text, area.width);
    if text.width() > usize::from(area.width)
        && let Some(last) = buffer.cell_mut((area.right().saturating_sub(1), area.y + y))
    {
        last.set_symbol("…");
    }
    if let Some(style) = cursor {
        let at = Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        buffer.set_style(at, style);
    }
}

/// `1-9 of 60`, where a list has more rows than are shown.
#[must_use]
pub fn position(first: usize, height: usize, all: usize) -> String {
    if all <= height || height == 0 {
        return String::new();
    }
    format!("{}-{} of {all}", first + 1, (first + height).min(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_by_rank_and_the_first_rank_never_goes() {
        let columns = [
            Column::text("A", 6, 0),
            Column::text("B", 6, 2),
            Column::text("C", 6, 1),
        ];
        let names = |width| -> Vec<&str> {
            let fitted = Table::fit(&columns, width, 2).fitted;
            fitted.iter().map(|(at, _)| columns[*at].head).collect()
        };
        assert_eq!(names(22), ["A", "B", "C"]);
        assert_eq!(names(21), ["A", "C"]);
        assert_eq!(names(5), ["A"]);
    }

    #[test]
    fn a_column_goes_before_a_digit_goes() {
        let columns = [Column::number("A", 3, 0), Column::number("B", 3, 1)];
        let cells =
            |a: &str, b: &str| vec![(a.to_owned(), Style::new()), (b.to_owned(), Style::new())];
        let shown = |width| {
            let table = Table::fit_numbers(&columns, &[cells("130/130", "7")], width, 1);
            table.line(cells("130/130", "7")).to_string()
        };
        assert_eq!(shown(11), "130/130   7");
        assert_eq!(shown(10), "130/130");
        let fixed = Table::fit(&columns, 7, 1);
        assert_eq!(fixed.line(cells("130/130", "7")).to_string(), "  …   7");
    }
}
