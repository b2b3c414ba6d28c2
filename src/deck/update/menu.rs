//! The action menu and `R`: what they open, and for which servers.

use std::collections::BTreeSet;

use super::{ask, form, preview, question, take};
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

/// Opens what the item with this label leads to: its dialog or its preview, or the menu at an item that wants its `y`. Another one
/// would do another thing, so without it nothing opens.
pub fn open_at(model: &mut Model, label: &str) -> Vec<Effect> {
    let depth = model.stack.len();
    let effects = open(model);
    if let Some(Screen::Menu(menu)) = model.stack.last_mut() {
        if let Some(at) = menu.items.iter().position(|item| item.label == label) {
            menu.cursor = Some(at);
            if !matches!(menu.items[at].does, Does::Ask(_)) {
                return choose(model);
            }
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

/// `R`: opens the resize dialog of the pool that is meant: that of the problem or the run under the cursor, too.
pub fn resize(model: &mut Model) -> Vec<Effect> {
    if hidden(model) {
        return Vec::new();
    }
    if let Screen::Pools | Screen::Pool(..) | Screen::Problems = model.screen() {
        let Some(pool) = take::pool(model) else {
            model.notice = Some(no_pool(model));
            return Vec::new();
        };
        return form::open(model, Form::resize(&model.world, &pool));
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

/// Why there is no pool to resize.
fn no_pool(model: &Model) -> String {
    match model.target() {
        Some(Target::Server(name)) => format!("{name} is in no pool: nothing to resize"),
        Some(Target::Run(id)) => format!("the pool of run {id} is not there: nothing to resize"),
        Some(Target::Pool(name)) => format!("{name} is not there any more: nothing to resize"),
        Some(Target::Fleet) => "this is about no pool: nothing to resize".to_owned(),
        None => "there is no pool yet: `A` makes one".to_owned(),
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
