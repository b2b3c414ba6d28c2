//! From what happened to what is shown and wanted: `update(&mut Model, Msg) -> Vec<Effect>`.
//! Must never block, fail or look at a clock.

mod arrive;
mod moves;
mod servers;
mod views;

pub use arrive::arrive;
use crossterm::event::KeyEvent;

use super::{
    command::{self, Command, Place},
    effect::Effect,
    model::{Model, Screen},
    msg::Msg,
};

/// Takes one message in.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Time(now) => model.now = now,
        Msg::Key(key) => return press(model, &key),
        Msg::Paste(text) => paste(model, &text),
        Msg::Rows(rows) => model.rows = rows,
        Msg::World(world) => {
            model.trouble = None;
            arrive(model, world);
        }
        Msg::StoreTrouble(why) => model.trouble = Some(why),
        Msg::Lines(run, step, lines) => model.lines = Some((run, step, lines)),
        Msg::Dropped(frames) => model.dropped = frames,
    }
    Vec::new()
}

fn press(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    model.notice = None;
    let place = model.place();
    match command::at(place, key) {
        Some(command) => perform(model, place, command),
        None if place == Place::Text => {
            servers::type_key(model, key);
            Vec::new()
        }
        None => {
            model.notice = Some("no such key here: ? shows the keys".to_owned());
            Vec::new()
        }
    }
}

/// Does what a command means at a place.
pub fn perform(model: &mut Model, place: Place, command: Command) -> Vec<Effect> {
    match command {
        Command::Quit => return vec![Effect::Quit],
        Command::Repaint => return vec![Effect::Repaint],
        Command::Suspend => return vec![Effect::Suspend],
        Command::Up => moves::step(model, -1),
        Command::Down => moves::step(model, 1),
        Command::PageUp => moves::step(model, -moves::page(model)),
        Command::PageDown => moves::step(model, moves::page(model)),
        Command::Top => moves::step(model, -isize::MAX),
        Command::Bottom => moves::step(model, isize::MAX),
        Command::Next => moves::section(model, true),
        Command::Previous => moves::section(model, false),
        Command::Back => return views::back(model),
        Command::Open => return views::open(model),
        Command::Help => model.stack.push(Screen::Help(place, 0)),
        Command::ShowPools => views::root(model, Screen::Pools),
        Command::ShowServers => views::root(model, Screen::Servers),
        Command::ShowRuns => views::root(model, Screen::Runs),
        Command::Filter
        | Command::Sort
        | Command::Group
        | Command::Mark
        | Command::MarkAll
        | Command::ClearMarks
        | Command::ClearHidden
        | Command::ShowHidden => servers::perform(model, command),
    }
    Vec::new()
}

/// A paste is text where text is typed, and nothing anywhere else.
fn paste(model: &mut Model, text: &str) {
    if model.place() == Place::Text {
        servers::type_text(model, text);
    } else {
        model.notice = Some("a paste is ignored here: it is not a row of keys".to_owned());
    }
}
