//! The preview: planned, watched, confirmed.

use crossterm::event::{KeyCode, KeyEvent};

use super::ask;
use crate::deck::{
    effect::Effect,
    model::{Model, Screen},
    preview::Preview,
};
use crate::{
    plan::{Plan, Request, compare},
    store::record::What,
};

/// Asks the planner; the answer comes with this ticket.
pub fn think(model: &mut Model, request: Request) -> (u64, Vec<Effect>) {
    model.ticket += 1;
    let effect = Effect::Plan {
        ticket: model.ticket,
        request: Box::new(request),
    };
    (model.ticket, vec![effect])
}

/// Opens the preview of a request.
pub fn open(model: &mut Model, request: Request) -> Vec<Effect> {
    let (ticket, effects) = think(model, request.clone());
    let preview = Preview::new(request, ticket, model.now);
    model.stack.push(Screen::Preview(Box::new(preview)));
    effects
}

/// The planner's answer, when it is about the preview.
pub fn planned(model: &mut Model, ticket: u64, plan: Result<Box<Plan>, String>) {
    let now = model.now;
    let Some(Screen::Preview(preview)) = model.stack.last_mut() else {
        return;
    };
    if preview.check == Some(ticket) {
        preview.check = None;
        let Some(read) = preview.ready() else { return };
        let worse = match plan {
            Ok(plan) => compare::worse(read, &plan),
            Err(why) => why.lines().map(str::to_owned).collect(),
        };
        // What the captain refused stays refused until somebody plans again.
        if preview.stale.is_empty() && !worse.is_empty() {
            preview.stale = worse;
            preview.changed = now;
            preview.typed.clear();
        }
    } else if preview.ticket == ticket {
        preview.differs = match (preview.ready(), &plan) {
            (Some(read), Ok(new)) => compare::worse(read, new),
            _ => Vec::new(),
        };
        preview.stale.clear();
        preview.typed.clear();
        preview.plan = Some(plan);
        (preview.planned, preview.changed) = (now, now);
    }
}

/// The world moved: does the plan that is read still hold?
pub fn look_again(model: &mut Model) -> Vec<Effect> {
    let request = match model.screen() {
        Screen::Preview(preview) if preview.check.is_none() && preview.ready().is_some() => {
            preview.request.clone()
        }
        _ => return Vec::new(),
    };
    let (ticket, effects) = think(model, request);
    if let Some(Screen::Preview(preview)) = model.stack.last_mut() {
        preview.check = Some(ticket);
    }
    effects
}

/// Plans again on what is known now.
pub fn again(model: &mut Model) -> Vec<Effect> {
    let Screen::Preview(preview) = model.screen() else {
        return Vec::new();
    };
    let (ticket, effects) = think(model, preview.request.clone());
    if let Some(Screen::Preview(preview)) = model.stack.last_mut() {
        preview.ticket = ticket;
        preview.check = None;
    }
    effects
}

/// `Y`: asks the captain to do exactly what was read.
pub fn confirm(model: &mut Model) -> Vec<Effect> {
    let Screen::Preview(preview) = model.screen() else {
        return Vec::new();
    };
    let deaf = preview.is_deaf(model.now);
    let Some((plan, typed)) = preview.confirmed(model.now) else {
        if !deaf {
            let wanted = preview.name_wanted().filter(|name| *name != preview.typed);
            model.notice = Some(wanted.map_or_else(
                || "not confirmed".to_owned(),
                |name| format!("not confirmed: type {name} first, Tab goes to its field"),
            ));
        }
        return Vec::new();
    };
    let about = plan.effects.title.clone();
    let what = What::Confirm {
        plan: Box::new(plan.clone()),
        typed,
    };
    let effects = ask::ask(model, what, &about);
    if let (Some(Screen::Preview(preview)), false) = (model.stack.last_mut(), effects.is_empty()) {
        preview.asked = true;
    }
    effects
}

/// To the field for the name, or back to Cancel.
pub fn next_field(preview: &mut Preview) {
    preview.in_field = !preview.in_field && preview.name_wanted().is_some();
}

/// A letter of the name.
pub fn type_key(model: &mut Model, key: &KeyEvent) {
    let now = model.now;
    let Some(Screen::Preview(preview)) = model.stack.last_mut() else {
        return;
    };
    if preview.is_deaf(now) {
        return;
    }
    match key.code {
        KeyCode::Char(c) => preview.typed.push(c),
        KeyCode::Backspace => drop(preview.typed.pop()),
        _ => (),
    }
}
