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

/// Draws it.
pub fn draw(model: &Model, place: Place, scroll: usize, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let mut said = Vec::new();
    for entry in TABLE.iter().filter(|entry| entry.on.contains(&place)) {
        let keys = model.keys.of(entry).iter().map(ToString::to_string);
        let keys: Vec<String> = keys.collect();
        if keys.is_empty() {
            continue;
        }
        said.push(Line::from(vec![
            Span::styled(format!("{:<18}", keys.join("  ")), look.bold()),
            Span::raw(format!("{:<13}", entry.name)),
            Span::styled(entry.help, look.dim()),
        ]));
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
    let mut legend = Vec::new();
    for (light, word) in lights {
        legend.push(Span::styled(
            format!("{} {word}  ", light.symbol()),
            look.light(light),
        ));
    }
    said.push(Line::from(legend));
    for word in [
        "used   burning now; of CPUs the load average, at most the server's CPUs",
        "req    promised to pods by their requests",
        "max    what pods may have: allocatable of Ready, uncordoned nodes",
        "hw     hardware of the workers",
        "-      not known      41?  a part of it is not known",
    ] {
        said.push(Line::raw(word));
    }
    said.push(Line::default());
    let (actions, resize) = (
        model.keys.word(Command::Actions),
        model.keys.word(Command::Resize),
    );
    said.push(Line::raw(format!(
        "Nothing changes the world but {actions} and {resize}, and both show first what would happen.",
    )));
    for mistake in &model.mistakes {
        let lines = mistake
            .lines()
            .flat_map(|line| text::wrap(line, usize::from(area.width)));
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
