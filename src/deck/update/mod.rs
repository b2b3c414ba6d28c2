//! From what happened to what is shown and wanted: `update(&mut Model, Msg) -> Vec<Effect>`.
//! Must never block, fail or look at a clock.

mod arrive;
mod ask;
mod form;
mod log;
mod menu;
mod moves;
mod offer;
mod palette;
mod preview;
mod question;
mod servers;
mod take;
mod views;

use crossterm::event::{KeyEvent, KeyModifiers};

pub use self::{arrive::arrive, menu::chosen, offer::greet};
use super::{
    command::{self, Command, Place},
    effect::Effect,
    model::{Model, Screen},
    msg::Msg,
    taste::Taste,
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
            menu::arrived(model);
            offer::arrived(model);
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
        Msg::Printed(run, step, lines) => log::arrived(model, run, step, lines),
        Msg::Wheel(rows) => return moves::step(model, rows),
        Msg::Visited(Err(why)) => model.notice = Some(why.replace('\n', "  ")),
        Msg::Visited(Ok(())) => (),
        Msg::Taste(taste) => liked(model, *taste),
        Msg::Composed(lines) => offer::composed(model, lines),
        Msg::Written(lines) => offer::written(model, lines),
        Msg::Link { slow, dropped } => (model.slow, model.dropped) = (slow, dropped),
    }
    Vec::new()
}

fn press(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    let effects = answer(model, key);
    servers::catch_up(model);
    effects
}

fn answer(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    model.notice = None;
    if let Some(effects) = form::type_key(model, key) {
        return effects;
    }
    let place = model.place();
    match command::at(&model.keys, place, key) {
        Some(command) => perform(model, place, command),
        None if place.is_text() => {
            type_key(model, key);
            Vec::new()
        }
        None => {
            let help = model.keys.word(Command::Help);
            model.notice = Some(format!("no such key here: {help} shows the keys"));
            Vec::new()
        }
    }
}

/// What a person likes counts from now on; what is wrong with it is said, and what was stays.
fn liked(model: &mut Model, taste: Taste) {
    model.notice = match taste.mistakes.as_slice() {
        [] => Some("your theme and keys were read".to_owned()),
        [first, ..] => {
            let what = first.lines().next().unwrap_or_default();
            Some(format!(
                "{what}   {} says more",
                model.keys.word(Command::Help)
            ))
        }
    };
    model.look = taste.look.unwrap_or(model.look);
    model.mistakes = taste.mistakes;
    if let Some(keys) = taste.keys {
        model.keys = keys;
    }
}

fn type_key(model: &mut Model, key: &KeyEvent) {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return;
    }
    match model.screen() {
        Screen::Preview(_) => preview::type_key(model, key),
        Screen::Question(_) => question::type_key(model, key),
        Screen::Servers => servers::type_key(model, key),
        Screen::Palette(_) => palette::type_key(model, key),
        _ => (),
    }
}

/// Does what a command means at a place.
pub fn perform(model: &mut Model, place: Place, command: Command) -> Vec<Effect> {
    match command {
        Command::Quit => return vec![Effect::Quit],
        Command::Reload => return vec![Effect::Reload],
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
        Command::Close => return views::close(model),
        Command::Open => return views::open(model),
        Command::Resize => return menu::resize(model),
        Command::Actions => return menu::open(model),
        Command::Agree if place == Place::Lines => return offer::agree(model),
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
        Command::ShowProblems => views::root(model, Screen::Problems),
        Command::ShowHistory => views::root(model, Screen::History),
        Command::Palette => palette::open(model),
        Command::Copy => return take::copy(model),
        Command::Visit => return take::visit(model),
        Command::Mouse => return take::mouse(model),
        Command::Mark | Command::More | Command::Less | Command::Suggest
            if matches!(model.screen(), Screen::Form(_)) =>
        {
            return form::perform(model, command);
        }
        Command::More | Command::Less | Command::Suggest => (),
        Command::Offer => offer::open(model),
        Command::Lines => return offer::lines(model),
        Command::Mark | Command::MarkAll | Command::ClearMarks if place == Place::Offer => {
            offer::tick(model, command);
        }
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
    } else if matches!(model.screen(), Screen::Palette(_)) {
        palette::type_text(model, text);
    } else if !question::paste(model, text) {
        model.notice = Some("a paste is ignored here: it is not a row of keys".to_owned());
    }
}
