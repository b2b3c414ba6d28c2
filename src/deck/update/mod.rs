//! From what happened to what is shown and wanted: `update(&mut Model, Msg) -> Vec<Effect>`.
//! Must never block, fail or look at a clock.

mod arrive;
mod ask;
mod form;
mod log;
mod menu;
mod moves;
mod preview;
mod question;
mod servers;
mod views;

use crossterm::event::KeyEvent;

pub use self::{arrive::arrive, menu::chosen};
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
            form::arrived(model);
            let mut effects = ask::listen(model);
            effects.extend(preview::look_again(model));
            return effects;
        }
        Msg::StoreTrouble(why) => model.trouble = Some(why),
        Msg::Planned { ticket, plan } => match model.screen() {
            Screen::Form(_) => form::planned(model, ticket, plan),
            _ => preview::planned(model, ticket, plan),
        },
        Msg::Asked(result) => ask::asked(model, result),
        Msg::Lines(run, step, lines) => log::arrived(model, run, step, lines),
        Msg::Dropped(frames) => model.dropped = frames,
    }
    Vec::new()
}

fn press(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    model.notice = None;
    if let Some(effects) = form::type_key(model, key) {
        return effects;
    }
    let place = model.place();
    match command::at(place, key) {
        Some(command) => perform(model, place, command),
        None if matches!(place, Place::Text | Place::Field) => {
            type_key(model, key);
            Vec::new()
        }
        None => {
            model.notice = Some("no such key here: ? shows the keys".to_owned());
            Vec::new()
        }
    }
}

fn type_key(model: &mut Model, key: &KeyEvent) {
    match model.screen() {
        Screen::Preview(_) => preview::type_key(model, key),
        Screen::Question(_) => question::type_key(model, key),
        Screen::Servers => servers::type_key(model, key),
        _ => (),
    }
}

/// Does what a command means at a place.
pub fn perform(model: &mut Model, place: Place, command: Command) -> Vec<Effect> {
    match command {
        Command::Quit => return vec![Effect::Quit],
        Command::Repaint => return vec![Effect::Repaint],
        Command::Suspend => return vec![Effect::Suspend],
        Command::Up => return moves::step(model, -1),
        Command::Down => return moves::step(model, 1),
        Command::PageUp => return moves::step(model, -moves::page(model)),
        Command::PageDown => return moves::step(model, moves::page(model)),
        Command::Top => return moves::step(model, -isize::MAX),
        Command::Bottom => return moves::step(model, isize::MAX),
        Command::Next => moves::next(model, true),
        Command::Previous => moves::next(model, false),
        Command::Back => return views::back(model),
        Command::Open => return views::open(model),
        Command::Resize => return menu::resize(model),
        Command::Actions => return menu::open(model),
        Command::Agree => return menu::agree(model),
        Command::Replan => return preview::again(model),
        Command::Confirm if matches!(model.screen(), Screen::Question(_)) => {
            return question::confirm(model);
        }
        Command::Confirm => return preview::confirm(model),
        Command::Log => log::open(model),
        Command::Help => model.stack.push(Screen::Help(place, 0)),
        Command::ShowPools => views::root(model, Screen::Pools),
        Command::ShowServers => views::root(model, Screen::Servers),
        Command::ShowRuns => views::root(model, Screen::Runs),
        Command::Mark | Command::More | Command::Less | Command::Suggest
            if matches!(model.screen(), Screen::Form(_)) =>
        {
            return form::perform(model, command);
        }
        Command::More | Command::Less | Command::Suggest => (),
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

/// A paste is text where a filter, a reason or a time is typed. A name that confirms is typed by hand, and anywhere else a paste
/// is not a row of keys.
fn paste(model: &mut Model, text: &str) {
    if matches!(model.screen(), Screen::Servers) && model.servers.typing {
        servers::type_text(model, text);
    } else if !question::paste(model, text) {
        model.notice = Some("a paste is ignored here: it is not a row of keys".to_owned());
    }
}
