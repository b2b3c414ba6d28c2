//! Draws the wall: `view(&Model, &mut Frame)`.
//! Must never show a value without saying that it is old, nor take a size from anywhere but the frame.

mod banner;
mod edge;
mod list;
mod room;
mod tile;

use ratatui::{Frame, buffer::Buffer, layout::Rect, style::Modifier, text::Line};

use super::{
    model::{Condition, Model},
    turn,
};
use crate::deck::ui::{self, Look, SMALLEST};

/// Draws one frame.
pub fn view(model: &Model, frame: &mut Frame) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        ui::too_small(area, frame);
        return;
    }
    let buffer = frame.buffer_mut();
    let area = shifted(model, area);
    let (top, bottom) = (row(area, 0), row(area, area.height - 1));
    let body = Rect {
        y: area.y + 1,
        height: area.height - 2,
        ..area
    };
    let condition = model.condition();
    let page = match condition {
        Condition::Fine => room::draw(model, buffer, body),
        _ => banner::draw(model, condition, buffer, body),
    };
    let (clock, foot) = if turn::clock_is_below(model.now) {
        (bottom, top)
    } else {
        (top, bottom)
    };
    edge::head(model, condition, buffer, clock);
    edge::foot(model, &page, buffer, foot);
    if model.dim && turn::is_night(model.now, &model.zone) {
        darken(buffer, model.look);
    }
    if model.look.ascii {
        ui::to_ascii(buffer);
    }
}

/// The area without the row and the column that the picture moves by.
fn shifted(model: &Model, area: Rect) -> Rect {
    let (x, y) = turn::origin(model.now);
    Rect {
        x: area.x + x,
        y: area.y + y,
        width: area.width - 1,
        height: area.height - 1,
    }
}

/// One row of an area.
const fn row(area: Rect, y: u16) -> Rect {
    Rect {
        y: area.y + y,
        height: 1,
        ..area
    }
}

/// Puts a line on a row of an area, where it is inside.
fn put(buffer: &mut Buffer, area: Rect, y: u16, line: &Line<'_>) {
    if y < area.height {
        buffer.set_line(area.x, area.y + y, line, area.width);
    }
}

/// Everything but alarms.
fn darken(buffer: &mut Buffer, look: Look) {
    let alarm = look.alarm();
    for cell in &mut buffer.content {
        let alarms = alarm.fg.is_none_or(|colour| cell.fg == colour)
            && cell.modifier.contains(alarm.add_modifier);
        if !alarms {
            cell.modifier.insert(Modifier::DIM);
        }
    }
}
