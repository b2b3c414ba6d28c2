//! The action menu and `R`: what they open, and for which servers.

use std::collections::BTreeSet;

use super::{ask, form, preview, question};
use crate::deck::{
    command::Command,
    effect::Effect,
    form::Form,
    menu::{Does, Menu},
    model::{Model, Screen},
    world::Target,
};
use crate::fleet::{PoolName, ServerName};

/// The servers that an action is about: the marked ones, else the one under the cursor.
#[must_use]
pub fn chosen(model: &Model) -> BTreeSet<ServerName> {
    match model.screen() {
        Screen::Server(name, _) => BTreeSet::from([name.clone()]),
        Screen::Servers if model.servers.marks.is_empty() => {
            model.servers.list.selected().cloned().into_iter().collect()
        }
        Screen::Servers => model.servers.marks.clone(),
        _ => BTreeSet::new(),
    }
}

/// What nobody sees is not acted on.
fn hidden(model: &mut Model) -> bool {
    let blocked = matches!(model.screen(), Screen::Servers) && !model.hidden_marks().is_empty();
    if blocked {
        model.notice = Some(format!(
            "some marks are hidden by the filter: {} shows them, {} clears them",
            model.keys.word(Command::ShowHidden),
            model.keys.word(Command::ClearHidden)
        ));
    }
    blocked
}

/// Opens the menu at the item with this label; another one would do another thing, so without it nothing opens.
pub fn open_at(model: &mut Model, label: &str) -> Vec<Effect> {
    let depth = model.stack.len();
    let effects = open(model);
    if let Some(Screen::Menu(menu)) = model.stack.last_mut() {
        if let Some(at) = menu.items.iter().position(|item| item.label == label) {
            menu.cursor = Some(at);
        } else {
            model.stack.truncate(depth);
            model.notice = Some(format!("`{label}` is not possible any more"));
        }
    }
    effects
}

/// `A`: opens the menu.
pub fn open(model: &mut Model) -> Vec<Effect> {
    if hidden(model) {
        return Vec::new();
    }
    let menu = Menu::of(model);
    model.stack.push(Screen::Menu(Box::new(menu)));
    Vec::new()
}

/// `R`: opens the resize dialog of the pool that is meant, or asks which.
pub fn resize(model: &mut Model) -> Vec<Effect> {
    if hidden(model) {
        return Vec::new();
    }
    if let Screen::Pools | Screen::Pool(..) = model.screen() {
        return match model.target() {
            Some(Target::Pool(pool)) if model.world.pool(&pool).is_some() => {
                form::open(model, Form::resize(&model.world, &pool))
            }
            _ => open(model),
        };
    }
    let chosen = chosen(model);
    let world = std::sync::Arc::clone(&model.world);
    let rows: Vec<_> = chosen
        .iter()
        .filter_map(|name| world.server(name))
        .collect();
    let pools: BTreeSet<&PoolName> = rows.iter().filter_map(|row| row.pool.as_ref()).collect();
    let odd = rows
        .iter()
        .find(|row| row.pool.is_none() && !row.is_spare());
    if let Some(odd) = odd {
        model.notice = Some(format!("{} cannot be taken: {}", odd.name, odd.standing));
        return Vec::new();
    }
    match pools.into_iter().collect::<Vec<_>>()[..] {
        [] if rows.is_empty() => {
            model.notice = Some("select a server or mark some".to_owned());
            Vec::new()
        }
        [] => {
            let menu = Menu::where_to(&world, &chosen);
            model.stack.push(Screen::Menu(Box::new(menu)));
            Vec::new()
        }
        // One server under the cursor only says which pool; marks say which servers come and go.
        [pool] if model.servers.marks.is_empty() => form::open(model, Form::resize(&world, pool)),
        [pool] => form::open(model, Form::resize(&world, pool).with(&chosen, &world)),
        _ => {
            model.notice = Some("marks of more than one pool: resize one at a time".to_owned());
            Vec::new()
        }
    }
}

/// A new reading: what the menu offers is what can be done now.
pub fn arrived(model: &mut Model) {
    if !matches!(model.screen(), Screen::Menu(menu) if menu.follows) {
        return;
    }
    let Some(Screen::Menu(old)) = model.stack.pop() else {
        return;
    };
    let (menu, gone) = old.renewed(Menu::of(model), model.now);
    model.stack.push(Screen::Menu(Box::new(menu)));
    if gone && let Some(item) = old.chosen() {
        model.notice = Some(format!("`{}` is not possible any more", item.label));
    }
}

/// Enter: opens a dialog at once; what would change something waits for `y`.
pub fn choose(model: &mut Model) -> Vec<Effect> {
    let world = std::sync::Arc::clone(&model.world);
    let now = model.now;
    let Some(Screen::Menu(menu)) = model.stack.last_mut() else {
        return Vec::new();
    };
    if menu.is_deaf(now) {
        return Vec::new();
    }
    let Some(item) = menu.chosen().cloned() else {
        return Vec::new();
    };
    match item.does {
        Does::Ask(_) => {
            menu.armed = true;
            // The `y` answers what was seen, not what was typed ahead.
            menu.changed = now;
            Vec::new()
        }
        Does::Resize(pool, chosen) => {
            model.stack.pop();
            form::open(model, Form::resize(&world, &pool).with(&chosen, &world))
        }
        Does::Create(chosen) => {
            model.stack.pop();
            form::open(model, Form::create(&world).with(&chosen, &world))
        }
        Does::Preview(request) => {
            model.stack.pop();
            preview::open(model, *request)
        }
        Does::Question(topic) => {
            model.stack.pop();
            question::open(model, topic)
        }
    }
}

/// `y`: only what was chosen with Enter before.
pub fn agree(model: &mut Model) -> Vec<Effect> {
    let Some(Screen::Menu(menu)) = model.stack.last() else {
        return Vec::new();
    };
    if menu.is_deaf(model.now) {
        return Vec::new();
    }
    let item = menu.chosen().cloned();
    let (Some(item), true) = (item, menu.armed) else {
        model.notice = Some("choose with Enter first".to_owned());
        return Vec::new();
    };
    let Does::Ask(what) = item.does else {
        return Vec::new();
    };
    model.stack.pop();
    ask::ask(model, what, &item.label)
}

/// Moves in the menu; what was chosen is not chosen any more.
pub fn step(menu: &mut Menu, by: isize) {
    menu.armed = false;
    let last = menu.items.len().saturating_sub(1);
    // From what is gone the first move goes to the top: no row slides under a hand.
    let to = menu
        .cursor
        .map_or(0, |at| at.saturating_add_signed(by).min(last));
    menu.cursor = Some(to);
}
