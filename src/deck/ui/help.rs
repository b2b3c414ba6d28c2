//! The keys of a place, made of the command table, and the words and symbols of the screen.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::text;
use crate::deck::{
    command::{Command, Place, TABLE},
    model::Model,
    world::Light,
};

/// Cells of the keys: the widest is `Esc  Backspace`.
const KEYS: usize = 16;
/// Cells of a command's name, the gap behind it included.
const NAME: usize = 14;

/// Draws it.
pub fn draw(model: &Model, place: Place, scroll: usize, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let width = usize::from(area.width);
    let mut said = Vec::new();
    for entry in TABLE.iter().filter(|entry| entry.on.contains(&place)) {
        let keys = model.keys.of(entry).iter().map(ToString::to_string);
        let mut keys: Vec<String> = keys.collect();
        if keys.is_empty() {
            // By its name, through the palette.
            keys.push(format!("{} …", model.keys.word(Command::Palette)));
        }
        let room = width.saturating_sub(KEYS + NAME).max(20);
        let mut left = vec![
            Span::styled(format!("{:<KEYS$}", keys.join("  ")), look.bold()),
            Span::raw(format!("{:<NAME$}", entry.name)),
        ];
        for text in text::wrap(entry.help, room) {
            left.push(Span::styled(text, look.dim()));
            said.push(Line::from(left));
            left = vec![Span::raw(" ".repeat(KEYS + NAME))];
        }
    }
    said.push(Line::default());
    let lights = [
        (Light::Ok, "ok"),
        (Light::Changing, "changing"),
        (Light::Degraded, "degraded"),
        (Light::Down, "down"),
        (Light::Unknown, "unknown"),
        (Light::Maintenance, "paused"),
        (Light::Apart, "leftovers, in use, not ours"),
    ];
    // Two lines, so that the narrowest screen shows them whole.
    for lights in lights.chunks(4) {
        let legend = lights.iter().map(|(light, word)| {
            Span::styled(format!("{} {word}  ", light.symbol()), look.light(*light))
        });
        said.push(legend.collect());
    }
    for text in [
        "used   burning now; of CPUs the load average, at most the server's CPUs",
        "req    promised to pods by their requests",
        "max    what pods may have: allocatable of Ready, uncordoned nodes",
        "hw     hardware of the workers",
        "-      not known",
        "41?    at least 41: a part of it is not known",
        "8!     pods use more memory than they asked for: what comes before evictions",
    ] {
        said.extend(text::wrap(text, width).into_iter().map(Line::raw));
    }
    said.push(Line::default());
    let (actions, resize) = (
        model.keys.word(Command::Actions),
        model.keys.word(Command::Resize),
    );
    let rule = format!(
        "Nothing changes the world but {actions} and {resize}, and both show first what would happen."
    );
    said.extend(text::wrap(&rule, width).into_iter().map(Line::raw));
    for mistake in &model.mistakes {
        let lines = mistake.lines().flat_map(|line| text::wrap(line, width));
        said.push(Line::default());
        said.extend(lines.map(|line| Line::styled(line, look.warn())));
    }
    if model.dropped > 0 {
        said.push(Line::styled(
            format!("the link is slow: {} frames were dropped", model.dropped),
            look.warn(),
        ));
    }
    super::lines(model, &said, scroll, frame, area);
}
