//! The resize dialog: numbers ask the planner, Space ticks by hand, the totals follow both.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{preview, views};
use crate::deck::{
    command::Command,
    effect::Effect,
    form::{Form, Spot, Thought},
    model::{Model, Screen},
};
use crate::{fleet::ServerName, plan::Plan};

fn form(model: &mut Model) -> Option<&mut Form> {
    match model.stack.last_mut() {
        Some(Screen::Form(form)) => Some(form),
        _ => None,
    }
}

/// A new reading: the dialog of a pool whose workers changed meanwhile begins anew, since what was typed was about another size; else its
/// list follows, and what can no longer be ticked is not.
pub fn arrived(model: &mut Model) {
    let world = std::sync::Arc::clone(&model.world);
    let Some(it) = form(model) else { return };
    if let Some(pool) = it.pool.clone() {
        let fresh = Form::resize(&world, &pool);
        if fresh.workers != it.workers {
            *it = fresh;
            model.notice = Some(format!(
                "{pool} changed meanwhile: look again, and ask anew"
            ));
            return;
        }
    }
    it.order(&world);
    let there = |name: &ServerName| it.rows.contains(name);
    let gone: Vec<ServerName> = it.ticked.iter().filter(|it| !there(it)).cloned().collect();
    for name in &gone {
        it.ticked.remove(name);
    }
    if !gone.is_empty() {
        let names: Vec<&str> = gone.iter().map(ServerName::as_str).collect();
        model.notice = Some(format!(
            "no longer ticked, because taken: {}",
            names.join(" ")
        ));
    }
}

/// Opens the dialog, and asks for a suggestion where there is something to suggest for.
pub fn open(model: &mut Model, form: Form) -> Vec<Effect> {
    model.stack.push(Screen::Form(Box::new(form)));
    Vec::new()
}

/// Moves between fields and servers.
pub fn step(form: &mut Form, by: isize) {
    let spots = form.spots();
    let at = spots
        .iter()
        .position(|spot| *spot == form.cursor)
        .unwrap_or(0);
    let to = at.saturating_add_signed(by).min(spots.len() - 1);
    form.cursor = spots[to].clone();
}

/// Jumps from field to field and to the list.
pub fn next(form: &mut Form, forward: bool) {
    let first = form.rows.first().cloned().map(Spot::Server);
    let name = form.pool.is_none().then_some(Spot::Name);
    let ring: Vec<Spot> = name
        .into_iter()
        .chain([Spot::Cores, Spot::Memory])
        .chain(first)
        .collect();
    let at = match &form.cursor {
        Spot::Server(_) => ring.len() - 1,
        spot => ring.iter().position(|it| it == spot).unwrap_or(0),
    };
    let step = if forward { 1 } else { ring.len() - 1 };
    form.cursor = ring[(at + step) % ring.len()].clone();
}

/// True when a key is text for the field under the cursor; then it was taken in.
pub fn type_key(model: &mut Model, key: &KeyEvent) -> Option<Vec<Effect>> {
    let form = form(model)?;
    // Ctrl-C is no letter of a name.
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return None;
    }
    let numbers = matches!(form.cursor, Spot::Cores | Spot::Memory);
    let text = match form.cursor {
        Spot::Name => &mut form.name,
        Spot::Cores => &mut form.cores,
        Spot::Memory => &mut form.memory,
        Spot::Server(_) => return None,
    };
    match key.code {
        // Six digits are a million CPUs; a longer number is a slip.
        KeyCode::Char(c) if numbers && c.is_ascii_digit() && text.len() < 6 => text.push(c),
        KeyCode::Char(c) if !numbers && !c.is_control() && text.len() < 63 => text.push(c),
        KeyCode::Backspace if !text.is_empty() => drop(text.pop()),
        _ => return None,
    }
    Some(if numbers { ask(model) } else { Vec::new() })
}

/// Does what a command means in the dialog.
pub fn perform(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Mark => toggle(model),
        Command::More => return change(model, true),
        Command::Less => return change(model, false),
        Command::Suggest => return suggest(model),
        _ => (),
    }
    Vec::new()
}

/// Enter: the next field from the name, else the preview; the run, where one is in the way.
pub fn enter(model: &mut Model) -> Vec<Effect> {
    let world = std::sync::Arc::clone(&model.world);
    let Some(form) = form(model) else {
        return Vec::new();
    };
    if form.cursor == Spot::Name {
        form.cursor = Spot::Cores;
        return Vec::new();
    }
    if let Some(run) = form.in_the_way(&world) {
        return views::show_run(model, run);
    }
    match form.request(&world) {
        Ok(request) => preview::open(model, request),
        Err(why) => {
            model.notice = Some(why);
            Vec::new()
        }
    }
}

fn toggle(model: &mut Model) {
    let world = std::sync::Arc::clone(&model.world);
    let Some(form) = form(model) else { return };
    let Spot::Server(name) = form.cursor.clone() else {
        model.notice = Some("Space ticks a server: go down to the list".to_owned());
        return;
    };
    let can = form.workers.contains(&name)
        || world
            .server(&name)
            .is_some_and(crate::deck::world::ServerRow::is_spare);
    if !can {
        let why = world.server(&name).map(|row| row.standing.to_string());
        model.notice = Some(format!(
            "{name} cannot be taken: {}",
            why.unwrap_or_default()
        ));
        return;
    }
    if !form.ticked.remove(&name) {
        form.ticked.insert(name);
    }
    form.by_hand = true;
}

/// `+` and `-` act on what is under the cursor: a number by the size of one server, a server by its tick.
fn change(model: &mut Model, more: bool) -> Vec<Effect> {
    let world = std::sync::Arc::clone(&model.world);
    let Some(form) = form(model) else {
        return Vec::new();
    };
    let (memory, name) = match form.cursor.clone() {
        Spot::Cores => (false, None),
        Spot::Memory => (true, None),
        Spot::Server(name) => (false, Some(name)),
        Spot::Name => return Vec::new(),
    };
    if let Some(name) = name {
        if form.ticked.contains(&name) != more {
            toggle(model);
        }
        return Vec::new();
    }
    let from = if form.by_hand {
        form.would_be(&world)
    } else {
        form.asked(&world)
    };
    let step = form.one_server(&world);
    // Rounded so that a step less lets one server go, and a step more needs no second one.
    let (now, step) = match (memory, more) {
        (false, _) => (from.cores.into(), step.cores.into()),
        (true, true) => (from.memory.0 >> 30, step.memory.0 >> 30),
        (true, false) => (from.memory.0 >> 30, step.memory.0.div_ceil(1 << 30)),
    };
    let to = if more {
        now + step.max(1)
    } else {
        now.saturating_sub(step.max(1)).max(1)
    };
    let field = if memory {
        &mut form.memory
    } else {
        &mut form.cores
    };
    *field = to.to_string();
    ask(model)
}

/// The numbers changed: they count again, and the planner says with which servers.
fn ask(model: &mut Model) -> Vec<Effect> {
    let world = std::sync::Arc::clone(&model.world);
    let Some(form) = form(model) else {
        return Vec::new();
    };
    form.by_hand = false;
    form.less = false;
    form.order(&world);
    question(model)
}

fn question(model: &mut Model) -> Vec<Effect> {
    let world = std::sync::Arc::clone(&model.world);
    let Some(it) = form(model) else {
        return Vec::new();
    };
    let Ok(request) = it.question(&world) else {
        it.thought = Thought::None;
        it.ticked.clone_from(&it.workers);
        return Vec::new();
    };
    let (ticket, effects) = preview::think(model, request);
    if let Some(form) = form(model) {
        form.ticket = ticket;
        form.thought = Thought::Asked;
    }
    effects
}

/// `=`: the planner's set; once more: the one that is a little short, when there is one.
fn suggest(model: &mut Model) -> Vec<Effect> {
    let Some(form) = form(model) else {
        return Vec::new();
    };
    if form.by_hand {
        form.by_hand = false;
        return question(model);
    }
    let offer = matches!(&form.thought, Thought::Plan(plan) if plan.effects.offer.is_some());
    if offer || form.less {
        form.less = !form.less;
        return question(model);
    }
    question(model)
}

/// The planner's answer, when it is about the dialog: the suggestion is taken unless somebody ticks by hand.
pub fn planned(model: &mut Model, ticket: u64, plan: Result<Box<Plan>, String>) {
    let Some(form) = form(model).filter(|form| form.ticket == ticket) else {
        return;
    };
    match plan {
        Ok(plan) => {
            form.thought = Thought::Plan(plan);
            if !form.by_hand {
                form.suggest();
            }
        }
        Err(why) => form.thought = Thought::Refused(why),
    }
}
