//! Draws the model: `view(&Model, &mut Frame)`. One small file per screen.
//! Must never change anything, and never take a size from anywhere but the frame.

mod chrome;
mod confirm;
mod first_hour;
mod form;
mod form_rows;
mod help;
mod lists;
mod look;
mod menu;
mod pool;
mod pools;
mod preview;
mod question;
mod run;
mod runs;
mod server;
mod servers;
pub mod table;
pub mod text;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

pub use self::look::Look;
use super::model::{Model, Screen};

/// The smallest terminal that the deck is drawn on.
pub const SMALLEST: (u16, u16) = (60, 16);

/// Draws one frame.
pub fn view(model: &Model, frame: &mut Frame) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(area, frame);
    } else {
        let [top, body, bottom] = chrome::areas(area);
        chrome::header(model, frame, top);
        draw(model, model.screen(), frame, body);
        chrome::footer(model, frame, bottom);
    }
    if model.look.ascii {
        look::to_ascii(frame.buffer_mut());
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
        Screen::Log(id, step, at) => run::log::draw(model, (*id, *step), *at, frame, area),
        Screen::Help(place, scroll) => help::draw(model, *place, *scroll, frame, area),
        Screen::Form(it) => form::draw(model, it, frame, area),
        Screen::Preview(it) => preview::draw(model, it, frame, area),
        Screen::Menu(it) => {
            if let Some(below) = model.stack.iter().rev().nth(1) {
                draw(model, below, frame, area);
            }
            menu::draw(model, it, frame, area);
        }
        Screen::Question(it) => {
            if let Some(below) = model.stack.iter().rev().nth(1) {
                draw(model, below, frame, area);
            }
            question::draw(model, it, frame, area);
        }
    }
}

fn too_small(area: Rect, frame: &mut Frame) {
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

/// Draws lines from the top on, from the `scroll`-th, and says at the end of the last row how many are hidden.
fn lines(model: &Model, lines: &[Line<'_>], scroll: usize, frame: &mut Frame, area: Rect) {
    let height = usize::from(area.height);
    let first = scroll.min(lines.len().saturating_sub(height));
    let shown = lines.iter().skip(first).take(height);
    for (y, line) in (0..area.height).zip(shown) {
        frame
            .buffer_mut()
            .set_line(area.x, area.y + y, line, area.width);
    }
    if lines.len() > height {
        let last = (first + height).min(lines.len());
        let note = Span::styled(
            format!(" {}-{last} of {} ", first + 1, lines.len()),
            model.look.dim(),
        );
        let width = u16::try_from(note.width()).unwrap_or(0).min(area.width);
        let x = area.right() - width;
        frame
            .buffer_mut()
            .set_span(x, area.bottom() - 1, &note, width);
    }
}
