//! The wall, from the view to bytes: what hangs there, how it grows old, how it ends.

mod laws;
mod line;
mod process;
mod screens;
mod view;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use pooldeck::{
    deck::{Look, world::Light},
    wall::{Model, Msg, View, draw, source::Feed, update},
};
use ratatui::{Terminal, backend::TestBackend};

use crate::room7;

/// The room as the captain hangs it up now.
pub fn view() -> View {
    View::of(&room7::world(), room7::now(), Some("room7".to_owned()))
}

/// The same, and all is well.
pub fn well() -> View {
    let mut view = view();
    view.problems.clear();
    view.runs.clear();
    for pool in &mut view.pools {
        (pool.light, pool.state) = (Light::Ok, "ok".to_owned());
    }
    view
}

/// With colours or without, with line drawing or in ASCII.
pub fn look(colour: bool, ascii: bool) -> Look {
    Look::of(|name| match name {
        "NO_COLOR" if !colour => Some("1".to_owned()),
        "LANG" => Some(if ascii { "C" } else { "C.UTF-8" }.to_owned()),
        _ => None,
    })
}

/// A wall at that time that has heard nothing.
pub fn deaf(now: Timestamp, look: Look) -> Model {
    Model::new("jump1".to_owned(), now, TimeZone::UTC, look)
}

/// A wall that has just heard a view.
pub fn shows(view: View) -> Model {
    let mut model = deaf(room7::now(), room7::PALETTE);
    hear(&mut model, Some(view), None);
    model
}

/// The source says something.
pub fn hear(model: &mut Model, view: Option<View>, trouble: Option<&str>) {
    let feed = Feed {
        sent: model.now,
        view,
        trouble: trouble.map(str::to_owned),
    };
    assert!(update(model, Msg::Heard(Box::new(feed))).is_none());
}

/// So many seconds pass.
pub fn wait(model: &mut Model, seconds: i64) {
    let now = model.now + SignedDuration::from_secs(seconds);
    update(model, Msg::Time(now));
}

/// The picture.
pub fn draw(model: &Model, width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw::view(model, frame)).unwrap();
    terminal
}

/// Its text.
pub fn text(model: &Model, width: u16, height: u16) -> String {
    let terminal = draw(model, width, height);
    let buffer = terminal.backend().buffer();
    let line = |y| {
        let cells = (0..width).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned()
    };
    (0..height).map(line).collect::<Vec<_>>().join("\n")
}
