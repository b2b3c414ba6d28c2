//! Draws the model: `view(&Model, &mut Frame)`. One small file per screen.
//! Must never change anything, and never take a size from anywhere but the frame.

mod chrome;
mod confirm;
mod first_hour;
mod form;
mod form_notes;
mod form_rows;
mod grouped;
mod help;
mod history;
mod lists;
mod look;
mod menu;
mod offer;
mod palette;
mod pool;
mod pool_news;
mod pools;
mod preview;
mod problems;
mod question;
mod role;
mod run;
mod run_lines;
mod runs;
mod server;
mod server_facts;
mod server_story;
mod servers;
pub mod table;
pub mod text;
pub mod theme;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

pub use self::{
    lists::{light, now_doing},
    look::{Look, to_ascii},
    role::Role,
    theme::Theme,
};
use super::model::{Model, Screen};

/// The smallest terminal that the deck is drawn on.
pub const SMALLEST: (u16, u16) = (60, 16);

/// Draws one frame.
pub fn view(model: &Model, frame: &mut Frame) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(area, frame);
    } else {
        let [top, body, bottom] = chrome::areas(model, area);
        chrome::header(model, frame, top);
        draw(model, model.screen(), frame, body);
        chrome::footer(model, frame, bottom);
    }
    if model.look.ascii {
        to_ascii(frame.buffer_mut());
    }
}

fn draw(model: &Model, screen: &Screen, frame: &mut Frame, area: Rect) {
    match screen {
        Screen::Pools => pools::draw(model, frame, area),
        Screen::Pool(name, members) => pool::draw(model, name, members, frame, area),
        Screen::Servers => servers::draw(model, frame, area),
        Screen::Server(name, scroll) => server::draw(model, name, *scroll, frame, area),
        Screen::Runs => runs::draw(model, frame, area),
        Screen::Run(id, steps) => run::draw(model, *id, steps, frame, area),
        Screen::Problems => problems::draw(model, frame, area),
        Screen::History => history::draw(model, frame, area),
        Screen::Log(id, step, at) => run::log::draw(model, (*id, *step), *at, frame, area),
        Screen::Help(place, scroll) => help::draw(model, *place, *scroll, frame, area),
        Screen::Offer => offer::draw(model, frame, area),
        Screen::Lines(it) => offer::lines(model, it, frame, area),
        Screen::Form(it) => form::draw(model, it, frame, area),
        Screen::Preview(it) => preview::draw(model, it, frame, area),
        Screen::Menu(it) => {
            if let Some(below) = model.stack.iter().rev().nth(1) {
                draw(model, below, frame, area);
            }
            menu::draw(model, it, frame, area);
        }
        Screen::Palette(it) => {
            if let Some(below) = model.stack.iter().rev().nth(1) {
                draw(model, below, frame, area);
            }
            palette::draw(model, it, frame, area);
        }
        Screen::Question(it) => {
            if let Some(below) = model.stack.iter().rev().nth(1) {
                draw(model, below, frame, area);
            }
            question::draw(model, it, frame, area);
        }
    }
}

/// Says that this is too small.
pub fn too_small(area: Rect, frame: &mut Frame) {
    let (width, height) = SMALLEST;
    let lines = [
        format!("pooldeck needs {width}x{height};"),
        format!("this is {}x{}.", area.width, area.height),
    ];
    for (y, line) in (0..area.height).zip(lines) {
        let at = Rect {
            y: area.y + y,
            height: 1,
            ..area
        };
        frame.render_widget(Line::from(line), at);
    }
}

/// Draws lines from the top on, from the `scroll`-th, and says in the last row which of how many are shown. Where
/// the row's own line has no room for that, it gives way.
fn lines(model: &Model, lines: &[Line<'_>], scroll: usize, frame: &mut Frame, area: Rect) {
    let all = lines.len();
    let mut height = usize::from(area.height);
    let first = |height: usize| scroll.min(all.saturating_sub(height));
    let last_row = lines.get(first(height) + height.saturating_sub(1));
    let taken = last_row.map_or(0, Line::width);
    let room =
        usize::from(area.width).saturating_sub(table::position(all, 0, all).chars().count() + 2);
    if all > height && taken > room {
        height = height.saturating_sub(1);
    }
    let from = first(height);
    let shown = lines.iter().skip(from).take(height);
    for (y, line) in (0..area.height).zip(shown) {
        frame
            .buffer_mut()
            .set_line(area.x, area.y + y, line, area.width);
    }
    if all > height {
        let shown = table::position(from, height, all);
        note(model, &shown, area.height.saturating_sub(1), frame, area);
    }
}

/// Draws a few words at the right end of row `y`: which rows of how many are shown.
fn note(model: &Model, words: &str, y: u16, frame: &mut Frame, area: Rect) {
    if words.is_empty() || y >= area.height {
        return;
    }
    let note = Span::styled(format!(" {words} "), model.look.dim());
    let width = u16::try_from(note.width()).unwrap_or(0).min(area.width);
    let x = area.right() - width;
    frame.buffer_mut().set_span(x, area.y + y, &note, width);
}
