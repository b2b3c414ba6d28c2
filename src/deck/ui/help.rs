//! The keys of a place, made of the command table, and the words and symbols of the screen.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use crate::deck::{
    command::{Place, TABLE},
    model::Model,
    world::Light,
};

/// Draws it.
pub fn draw(model: &Model, place: Place, scroll: usize, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let mut said = Vec::new();
    for entry in TABLE.iter().filter(|entry| entry.on.contains(&place)) {
        let keys: Vec<String> = entry.keys.iter().map(ToString::to_string).collect();
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
    for text in [
        "used   burning now; of CPUs the load average, at most the server's CPUs",
        "req    promised to pods by their requests",
        "max    what pods may have: allocatable of Ready, uncordoned nodes",
        "hw     hardware of the workers",
        "-      not known      41?  a part of it is not known",
        "8!     memory in use is more than was promised: evictions begin there",
    ] {
        said.push(Line::raw(text));
    }
    said.push(Line::default());
    said.push(Line::raw(
        "Nothing changes the world but A and R, and both show first what would happen.",
    ));
    if model.dropped > 0 {
        said.push(Line::styled(
            format!("the link is slow: {} frames were dropped", model.dropped),
            look.warn(),
        ));
    }
    super::lines(model, &said, scroll, frame, area);
}
