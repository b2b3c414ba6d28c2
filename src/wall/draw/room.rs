//! The room while somebody acts in it: a tile for each pool, and below them what is wrong and what runs.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{
    super::{
        grid::{self, Grid},
        model::Model,
        turn,
    },
    edge::Page,
    list, put, tile,
};
use crate::deck::world::Light;

/// Rows that sentences get at least, where there are so many.
const FEW: u16 = 3;

/// How the tiles stand above so many rows of sentences. Where a page does not hold all tiles, sentences give way first: they have pages,
/// too. A blank row parts the two, and one row of tiles stands in any case.
fn grid(tiles: usize, sentences: u16, area: Rect) -> Grid {
    let above = |below: u16| {
        let rows = area.height.saturating_sub(sentences.min(below) + 1);
        Grid::fit(
            tiles,
            area.width,
            rows.max(grid::height(1)).min(area.height),
        )
    };
    let roomy = above(FEW.max(area.height * 2 / 5));
    let tight = above(FEW);
    if roomy.a_page() < tiles && roomy.a_page() < tight.a_page() {
        tight
    } else {
        roomy
    }
}

/// Draws it; which page that was.
pub fn draw(model: &Model, buffer: &mut Buffer, area: Rect) -> Page {
    let Some(view) = &model.view else {
        return Page::ONLY;
    };
    let items = list::items(model, view, area.width);
    let need: usize = items.iter().map(|item| item.lines.len()).sum();
    let need = u16::try_from(need).unwrap_or(u16::MAX);
    let grid = grid(view.pools.len(), need, area);
    let used = if view.pools.is_empty() {
        1
    } else {
        grid.rows()
    };
    let below = Rect {
        y: area.y + used + 1,
        height: area.height.saturating_sub(used + 1),
        ..area
    };
    let tile_pages = view.pools.len().div_ceil(grid.a_page()).max(1);
    let list_pages = list::pages(&items, usize::from(below.height));
    let pages = tile_pages.max(list_pages.len());
    let down = view.pools.iter().filter(|it| it.light == Light::Down);
    let alarms = items.iter().rposition(|item| item.alarm);
    let alarms = alarms.map_or(0, |at| {
        1 + list_pages.iter().take_while(|page| page.end <= at).count()
    });
    let held = down.count().div_ceil(grid.a_page()).max(alarms);
    let at = turn::page(model.now, model.page_seconds, pages, held);

    let first = at % tile_pages * grid.a_page();
    let last = (first + grid.a_page()).min(view.pools.len());
    tile::draw(model, &view.pools[first..last], grid, buffer, area);
    if view.pools.is_empty() {
        put(
            buffer,
            area,
            0,
            &Line::styled("no pool yet", model.look.dim()),
        );
    }
    let shown = &items[list_pages[at % list_pages.len()].clone()];
    let lines = shown.iter().flat_map(|item| &item.lines);
    for (y, line) in (0..below.height).zip(lines) {
        put(buffer, below, y, line);
    }
    Page {
        at,
        of: pages,
        held: held > 0 && pages > 1,
        says_why: false,
    }
}
