//! The question for a few words: typed field by field, confirmed on its last line.

use crossterm::event::{KeyCode, KeyEvent};

use super::{ask, preview};
use crate::deck::{
    effect::Effect,
    model::{Model, Screen},
    question::{End, Kind, Question, Topic},
};

/// Opens it.
pub fn open(model: &mut Model, topic: Topic) -> Vec<Effect> {
    let question = Question::new(topic, &model.world, model.now);
    model.stack.push(Screen::Question(Box::new(question)));
    Vec::new()
}

/// The question that takes a step now; none while nobody can have read it, or once the captain was asked.
fn listening(model: &mut Model) -> Option<&mut Question> {
    let now = model.now;
    writing(model).filter(|it| !it.is_deaf(now))
}

/// The question that takes letters now: also the first ones, for of `12h` no `2h` must be left.
fn writing(model: &mut Model) -> Option<&mut Question> {
    match model.stack.last_mut() {
        Some(Screen::Question(it)) if !it.asked => Some(it),
        _ => None,
    }
}

/// A letter, or one less.
pub fn type_key(model: &mut Model, key: &KeyEvent) {
    let Some(question) = writing(model) else {
        return;
    };
    let at = question.focus;
    let Some(field) = question.fields.get_mut(at) else {
        return;
    };
    match key.code {
        KeyCode::Char(c) => field.push(c.encode_utf8(&mut [0; 4])),
        KeyCode::Backspace => drop(field.text.pop()),
        _ => (),
    }
}

/// A paste is text in a field, but never a name that is wanted typed. False when it was not taken.
pub fn paste(model: &mut Model, text: &str) -> bool {
    let Some(question) = listening(model) else {
        return false;
    };
    let at = question.focus;
    match question.fields.get_mut(at) {
        Some(field) if !matches!(field.kind, Kind::Name(_)) => {
            field.push(text);
            true
        }
        _ => false,
    }
}

/// Moves between the fields and the last line.
pub fn step(model: &mut Model, by: isize) {
    let now = model.now;
    if let Some(question) = listening(model) {
        question.go(question.focus.saturating_add_signed(by), now);
    }
}

/// To the next field, and round from the last line.
pub fn next(model: &mut Model, forward: bool) {
    let now = model.now;
    if let Some(question) = listening(model) {
        let stops = question.fields.len() + 1;
        let by = if forward { 1 } else { stops - 1 };
        question.go((question.focus + by) % stops, now);
    }
}

/// Enter: the next field, then the last line, whose focus is on Cancel, or on the preview that comes next. It never confirms.
pub fn enter(model: &mut Model) -> Vec<Effect> {
    let Some(question) = listening(model) else {
        return Vec::new();
    };
    let at_end = question.field().is_none();
    match (at_end, question.is_first_of_two()) {
        (true, true) => end(model),
        (true, false) => super::views::back(model),
        (false, _) => {
            step(model, 1);
            Vec::new()
        }
    }
}

/// `Y` on the last line.
pub fn confirm(model: &mut Model) -> Vec<Effect> {
    match listening(model) {
        Some(question) if question.field().is_none() => end(model),
        _ => Vec::new(),
    }
}

/// Asks, or opens the preview; or goes to the field that is not as it should be.
fn end(model: &mut Model) -> Vec<Effect> {
    let (now, zone) = (model.now, model.zone.clone());
    let Some(question) = listening(model) else {
        return Vec::new();
    };
    let what = match question.end(now, &zone) {
        Ok(End::Ask(what)) => what,
        Ok(End::Preview(request)) => return preview::open(model, *request),
        Err(wrong) => {
            for field in &mut question.fields {
                field.left = true;
            }
            question.go(wrong, now);
            model.notice = Some("not yet: see the field".to_owned());
            return Vec::new();
        }
    };
    let about = question.title.clone();
    let effects = ask::ask(model, what, &about);
    if let Some(Screen::Question(question)) = model.stack.last_mut() {
        question.asked = !effects.is_empty();
        question.refused.clear();
    }
    effects
}
