//! The action menu, in a box over the screen that it is about.

use ratatui::{
    Frame,
    layout::{Constraint, Rect},
    text::{Line, Span},
    widgets::{Block, Clear, Widget},
};

use super::table::row;
use crate::deck::{command::Command, list::window, menu::Menu, model::Model};

/// What the dots behind an item mean.
const OPENS: &str = "… opens a dialog; nothing changes before it is confirmed";

/// Draws it.
pub fn draw(model: &Model, menu: &Menu, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let longest = menu
        .items
        .iter()
        .map(|item| item.label.chars().count())
        .max();
    let inner = longest
        .unwrap_or(0)
        .max(menu.title.chars().count() + 2)
        .max(OPENS.chars().count());
    let width = u16::try_from(inner + 4)
        .unwrap_or(area.width)
        .min(area.width);
    let height = u16::try_from(menu.items.len() + 4)
        .unwrap_or(area.height)
        .min(area.height);
    let at = area.centered(Constraint::Length(width), Constraint::Length(height));
    Clear.render(at, frame.buffer_mut());
    // Two for the box, one empty, one for what is said below.
    let (rows, all) = (usize::from(at.height.saturating_sub(4)), menu.items.len());
    let first = window(menu.cursor.unwrap_or(0), rows, all);
    let mut block = Block::bordered()
        .border_style(look.focus())
        .title(Span::styled(format!(" {} ", menu.title), look.bold()));
    if rows < all {
        let last = (first + rows).min(all);
        let shown = format!(" {}-{last} of {all} ", first + 1);
        block = block.title_bottom(Line::styled(shown, look.dim()).right_aligned());
    }
    let inside = block.inner(at);
    block.render(at, frame.buffer_mut());
    let inside = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    let shown = menu.items.iter().enumerate().skip(first).take(rows);
    for (y, (n, item)) in (0..inside.height).zip(shown) {
        let line = Line::raw(item.label.clone());
        let here = menu.cursor == Some(n);
        row(
            frame.buffer_mut(),
            inside,
            y,
            &line,
            here.then(|| look.cursor()),
        );
    }
    let say = if menu.armed {
        Line::from(vec![
            Span::styled(model.keys.word(Command::Agree), look.bold()),
            Span::styled(" does it now   ", look.warn()),
            Span::styled("Esc keeps things as they are", look.dim()),
        ])
    } else if model.read_only {
        Line::styled("read only: nothing can be asked here", look.dim())
    } else {
        Line::styled(OPENS, look.dim())
    };
    row(
        frame.buffer_mut(),
        inside,
        inside.height.saturating_sub(1),
        &say,
        None,
    );
}
