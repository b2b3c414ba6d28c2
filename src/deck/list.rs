//! A list whose cursor is a name and never a row: what slides, slides under nobody's hand.

/// Cursor of a list that is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<K> {
    /// What is selected; none when it vanished, until somebody moves again.
    cursor: Option<K>,
    /// Where it stood last, so that the next move begins there.
    near: usize,
}

impl<K> Default for List<K> {
    fn default() -> Self {
        Self {
            cursor: None,
            near: 0,
        }
    }
}

impl<K: Clone + PartialEq> List<K> {
    /// What is selected.
    #[must_use]
    pub const fn selected(&self) -> Option<&K> {
        self.cursor.as_ref()
    }

    /// The row of the selection among `rows`, or the row near which it stood.
    #[must_use]
    pub fn row(&self, rows: &[K]) -> usize {
        self.cursor
            .as_ref()
            .and_then(|cursor| rows.iter().position(|row| row == cursor))
            .unwrap_or_else(|| self.near.min(rows.len().saturating_sub(1)))
    }

    /// Selects a name.
    pub fn select(&mut self, name: K) {
        self.cursor = Some(name);
    }

    /// Moves by `by` rows and stops at the ends. From a vanished selection the first move goes to its neighbour.
    pub fn step(&mut self, rows: &[K], by: isize) {
        let row = self.row(rows);
        let to = if self.cursor.is_some() {
            row.saturating_add_signed(by)
                .min(rows.len().saturating_sub(1))
        } else {
            row
        };
        self.near = to;
        self.cursor = rows.get(to).cloned();
    }

    /// After the rows changed by themselves: a selection that is gone stays gone. True when it went now.
    pub fn settle(&mut self, rows: &[K]) -> bool {
        let Some(cursor) = &self.cursor else {
            return false;
        };
        if let Some(row) = rows.iter().position(|row| row == cursor) {
            self.near = row;
            return false;
        }
        self.cursor = None;
        true
    }

    /// After a person changed what is shown: a selection that is not shown goes to the first row.
    pub fn refocus(&mut self, rows: &[K]) {
        let shown = self
            .cursor
            .as_ref()
            .is_some_and(|cursor| rows.contains(cursor));
        if !shown {
            self.near = 0;
            self.cursor = rows.first().cloned();
        }
    }
}

/// The first row to draw, so that `row` is among `height` rows: half a page at a time, because a list
/// that scrolls line by line costs a slow link five to eight times a cursor's move.
#[must_use]
pub fn window(row: usize, height: usize, len: usize) -> usize {
    if height == 0 || row < height {
        return 0;
    }
    let half = (height / 2).max(1);
    let first = ((row - height) / half + 1) * half;
    first.min(len.saturating_sub(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_on_its_name_when_rows_come_and_go() {
        let mut list = List::default();
        list.refocus(&["a", "b", "c"]);
        list.step(&["a", "b", "c"], 1);
        assert!(!list.settle(&["0", "1", "b", "c"]));
        assert_eq!(list.selected(), Some(&"b"));
    }

    #[test]
    fn a_vanished_name_leaves_no_selection_and_the_next_move_starts_beside_it() {
        let mut list = List::default();
        list.select("b");
        list.settle(&["a", "b", "c"]);
        assert!(list.settle(&["a", "c"]));
        assert_eq!(list.selected(), None);
        list.step(&["a", "c"], 1);
        assert_eq!(list.selected(), Some(&"c"));
    }

    #[test]
    fn the_window_always_holds_its_row() {
        for height in 1..9 {
            for len in 0..40 {
                for row in 0..len {
                    let first = window(row, height, len);
                    assert!(first <= row && row < first + height, "{row} {height} {len}");
                }
            }
        }
    }
}
