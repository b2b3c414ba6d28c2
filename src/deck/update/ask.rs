//! Asking the captain, and hearing its answer.

use crate::deck::{
    effect::{Asked, Effect},
    model::{Model, Screen, Waiting},
};
use crate::store::record::{ANSWERED_WITHIN, Answer, What};

/// Asks. One question at a time, so that every answer is read.
pub fn ask(model: &mut Model, what: What, about: &str) -> Vec<Effect> {
    if model.waiting.is_some() {
        model.notice = Some("still waiting for the captain's last answer".to_owned());
        return Vec::new();
    }
    let Some(asked) = Asked::new(model.read_only, what) else {
        model.notice = Some("read only: nothing can be asked here".to_owned());
        return Vec::new();
    };
    model.waiting = Some(Waiting {
        key: None,
        since: model.now,
        about: about.to_owned(),
    });
    vec![Effect::Ask(asked)]
}

/// It stands in the store, or does not.
pub fn asked(model: &mut Model, result: Result<String, String>) {
    match result {
        Ok(key) => {
            if let Some(waiting) = &mut model.waiting {
                waiting.key = Some(key);
            }
        }
        Err(why) => {
            model.waiting = None;
            refused(model, &why);
        }
    }
}

/// Looks whether the captain has answered.
pub fn listen(model: &mut Model) -> Vec<Effect> {
    let Some(waiting) = model.waiting.clone() else {
        return Vec::new();
    };
    let answer = waiting
        .key
        .as_ref()
        .and_then(|key| model.world.snapshot.asks.get(key))
        .and_then(|ask| ask.answer.clone());
    match answer {
        Some(Answer::Run(id)) if model.world.run(id).is_some() => {
            model.waiting = None;
            // What was asked elsewhere, from a menu, takes nobody out of what is being done meanwhile.
            let here = match model.screen() {
                Screen::Preview(preview) => preview.asked,
                Screen::Question(question) => question.asked,
                Screen::Form(_) | Screen::Menu(_) | Screen::Palette(_) => false,
                _ => true,
            };
            if !here {
                model.notice = Some(format!("{}: accepted", waiting.about));
                return Vec::new();
            }
            leave_dialogs(model);
            model.servers.marks.clear();
            model.notice = Some(format!("accepted: run {id} does it"));
            super::views::show_run(model, id)
        }
        // The run itself comes with the next reading.
        Some(Answer::Run(_)) => Vec::new(),
        Some(Answer::Done(text)) => {
            model.waiting = None;
            let text = text.replace('\n', "  ");
            // Whoever has just typed the words knows what the answer is about.
            if matches!(model.screen(), Screen::Question(question) if question.asked) {
                model.stack.pop();
                model.notice = Some(text);
            } else {
                model.notice = Some(format!("{}: {text}", waiting.about));
            }
            Vec::new()
        }
        Some(Answer::Refused(why)) => {
            model.waiting = None;
            refused(model, &why);
            Vec::new()
        }
        None => {
            if model.now.duration_since(waiting.since) > ANSWERED_WITHIN {
                model.waiting = None;
                refused(model, "no captain answered within 75 s: it is void");
            }
            Vec::new()
        }
    }
}

/// A preview and a question show the reason in their own place, everything else in the bottom line.
fn refused(model: &mut Model, why: &str) {
    let now = model.now;
    let lines = why.lines().map(str::to_owned).collect();
    match model.stack.last_mut() {
        Some(Screen::Preview(preview)) if preview.asked => {
            preview.asked = false;
            preview.stale = lines;
            preview.changed = now;
        }
        Some(Screen::Question(question)) if question.asked => {
            question.asked = false;
            question.refused = lines;
            question.changed = now;
        }
        _ => model.notice = Some(why.replace('\n', "  ")),
    }
}

fn leave_dialogs(model: &mut Model) {
    model.stack.retain(|screen| {
        !matches!(
            screen,
            Screen::Form(_) | Screen::Preview(_) | Screen::Menu(_) | Screen::Question(_)
        )
    });
}
