//! The palette: typed, completed, done.

use crossterm::event::{KeyCode, KeyEvent};

use super::{menu, views};
use crate::deck::{
    effect::Effect,
    model::{Model, Screen},
    palette::{Leads, Palette},
};

/// Opens it on what is shown.
pub fn open(model: &mut Model) {
    let palette = Palette::on(model);
    model.stack.push(Screen::Palette(Box::new(palette)));
}

/// A key while it is open.
pub fn type_key(model: &mut Model, key: &KeyEvent) {
    edit(model, |typed| match key.code {
        KeyCode::Char(c) => typed.push(c),
        KeyCode::Backspace => drop(typed.pop()),
        _ => (),
    });
}

/// A paste: its first line, as text.
pub fn type_text(model: &mut Model, text: &str) {
    let line = text.lines().next().unwrap_or_default();
    edit(model, |typed| {
        typed.extend(line.chars().filter(|c| !c.is_control()));
    });
}

/// Takes over the words of what is chosen, so that more can be typed behind them.
pub fn complete(model: &mut Model) {
    edit_with(model, |palette| {
        if let Some(label) = palette.chosen().map(|it| it.label.clone()) {
            palette.typed = label;
        }
    });
}

fn edit(model: &mut Model, change: impl FnOnce(&mut String)) {
    edit_with(model, |palette| change(&mut palette.typed));
}

fn edit_with(model: &mut Model, change: impl FnOnce(&mut Palette)) {
    if let Some(Screen::Palette(palette)) = model.stack.last_mut() {
        change(palette);
        palette.search(&model.world);
    }
}

/// Moves among what is suggested.
pub fn step(palette: &mut Palette, by: isize) {
    let last = palette.found.len().saturating_sub(1);
    palette.cursor = palette.cursor.saturating_add_signed(by).min(last);
}

/// Enter: the same as the key, or the way to the name. What needs a confirmation still does.
pub fn perform(model: &mut Model) -> Vec<Effect> {
    let Some(Screen::Palette(palette)) = model.stack.last() else {
        return Vec::new();
    };
    let Some(chosen) = palette.chosen().cloned() else {
        model.notice = Some(format!("nothing is called `{}`", palette.typed));
        return Vec::new();
    };
    let below = palette.below;
    model.stack.pop();
    match chosen.leads {
        Leads::Command(command) => super::perform(model, below, command),
        Leads::Item(label) => menu::open_at(model, &label),
        Leads::Pool(name) => {
            views::show_pool(model, name);
            Vec::new()
        }
        Leads::Server(name) => {
            model.stack.push(Screen::Server(name, 0));
            Vec::new()
        }
        Leads::Run(id) => views::show_run(model, id),
    }
}
