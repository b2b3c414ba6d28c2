//! How large the tiles are and how many stand on a page: the largest at which all of them fit, else pages of the smallest.

use super::big;

/// Larger digits are for nobody: a room is not that long.
const LARGEST: u16 = 4;
/// Rows of a tile above its digits: its name, its state, what the digits mean.
pub const ABOVE: u16 = 3;

/// How the tiles of a page stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Cells of a block of a digit, across and down.
    pub scale: u16,
    /// Tiles side by side.
    pub columns: usize,
    /// Rows of tiles.
    pub rows: usize,
}

/// Columns of one figure of three digits, and what parts it from the next.
#[must_use]
pub const fn figure(scale: u16) -> u16 {
    big::width(3, scale) + 2
}

/// Columns of a tile.
#[must_use]
pub const fn width(scale: u16) -> u16 {
    2 * figure(scale)
}

/// Rows of a tile.
#[must_use]
pub const fn height(scale: u16) -> u16 {
    ABOVE + big::ROWS * scale
}

impl Grid {
    /// The best one for so many tiles. One row lies empty between two rows of tiles.
    #[must_use]
    pub fn fit(tiles: usize, columns: u16, rows: u16) -> Self {
        let of = |scale| Self {
            scale,
            columns: usize::from(columns / width(scale)),
            rows: usize::from((rows + 1) / (height(scale) + 1)),
        };
        let mut best = (1..=LARGEST).rev().map(of);
        let mut grid = best
            .find(|grid| grid.a_page() >= tiles.max(1))
            .unwrap_or_else(|| of(1));
        grid.columns = grid.columns.max(1);
        grid.rows = grid.rows.clamp(1, tiles.div_ceil(grid.columns).max(1));
        grid
    }

    /// Tiles of a page.
    #[must_use]
    pub const fn a_page(&self) -> usize {
        self.columns * self.rows
    }

    /// Rows of the terminal that it takes.
    #[must_use]
    pub fn rows(&self) -> u16 {
        let rows = u16::try_from(self.rows).unwrap_or(u16::MAX);
        rows.saturating_mul(height(self.scale) + 1)
            .saturating_sub(1)
    }
}
