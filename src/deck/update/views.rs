//! Going from screen to screen.

use crate::deck::{
    effect::Effect,
    list::List,
    model::{Model, Screen},
    world::{self, Target},
};
use crate::fleet::{PoolName, RunId};

/// To a screen of the first level.
pub fn root(model: &mut Model, screen: Screen) {
    model.stack = match screen {
        Screen::Pools => vec![Screen::Pools],
        other => vec![Screen::Pools, other],
    };
    model.servers.list.refocus(&model.servers.shown);
    model.runs.refocus(&model.world.runs.clone());
    model.home.problems.refocus(&model.problem_keys());
    model.history.refocus(&model.act_keys());
}

/// One level back; at home, out of the deck. What runs goes on.
pub fn close(model: &mut Model) -> Vec<Effect> {
    if model.stack.len() > 1 {
        back(model)
    } else {
        vec![Effect::Quit]
    }
}

/// One level back. At home there is none: Esc is pressed too often to end anything.
pub fn back(model: &mut Model) -> Vec<Effect> {
    if matches!(model.screen(), Screen::Servers) {
        model.servers.typing = false;
        if !model.servers.filter.is_empty() {
            super::servers::drop_filter(model);
            return Vec::new();
        }
    }
    let asks = match model.screen() {
        Screen::Preview(preview) => preview.asked,
        Screen::Question(question) => question.asked,
        _ => false,
    };
    if model.waiting.is_some() && asks {
        // It is asked and cannot be taken back by looking away: its run can be cancelled.
        model.notice = Some("the captain was asked: its answer comes here".to_owned());
        return Vec::new();
    }
    match model.stack.last_mut() {
        Some(Screen::Preview(preview)) if preview.in_field => {
            preview.in_field = false;
            return Vec::new();
        }
        Some(Screen::Menu(menu)) if menu.armed => {
            menu.armed = false;
            return Vec::new();
        }
        _ => (),
    }
    if model.stack.len() > 1 {
        let left = model.stack.pop();
        let followed = matches!(left, Some(Screen::Run(..)));
        return followed
            .then_some(Effect::Follow(None))
            .into_iter()
            .collect();
    }
    model.notice = Some("this is home: q leaves the deck".to_owned());
    Vec::new()
}

/// Opens what is under the cursor.
pub fn open(model: &mut Model) -> Vec<Effect> {
    match model.screen() {
        Screen::Pools | Screen::Problems | Screen::History => {
            let target = model.target();
            show(model, target)
        }
        Screen::Pool(_, members) => {
            if let Some(name) = members.selected().cloned() {
                model.stack.push(Screen::Server(name, 0));
            }
            Vec::new()
        }
        Screen::Servers if model.servers.typing => {
            model.servers.typing = false;
            Vec::new()
        }
        Screen::Servers => {
            if let Some(name) = model.servers.list.selected().cloned() {
                model.stack.push(Screen::Server(name, 0));
            }
            Vec::new()
        }
        Screen::Runs => match model.runs.selected().copied() {
            Some(id) => show_run(model, id),
            None => Vec::new(),
        },
        Screen::Palette(_) => super::palette::perform(model),
        Screen::Offer => {
            if let Some(name) = model.offer.list.selected().cloned() {
                model.stack.push(Screen::Server(name, 0));
            }
            Vec::new()
        }
        Screen::Form(_) => super::form::enter(model),
        Screen::Menu(_) => super::menu::choose(model),
        Screen::Question(_) => super::question::enter(model),
        // The focus is on Cancel, or in the field: Enter never confirms.
        Screen::Preview(_) => back(model),
        Screen::Server(..)
        | Screen::Run(..)
        | Screen::Log(..)
        | Screen::Help(..)
        | Screen::Lines(_) => Vec::new(),
    }
}

fn show(model: &mut Model, target: Option<Target>) -> Vec<Effect> {
    match target {
        Some(Target::Pool(pool)) => {
            show_pool(model, pool);
            Vec::new()
        }
        Some(Target::Server(server)) => {
            model.stack.push(Screen::Server(server, 0));
            Vec::new()
        }
        Some(Target::Run(run)) => show_run(model, run),
        Some(Target::Fleet) | None => Vec::new(),
    }
}

/// Opens a pool at its first member.
pub fn show_pool(model: &mut Model, pool: PoolName) {
    let mut members = List::default();
    members.refocus(&model.members(&pool));
    model.stack.push(Screen::Pool(pool, members));
}

/// Opens a run at the step that is at work, and follows its output. One that is shown already stays as it is looked at.
pub fn show_run(model: &mut Model, id: RunId) -> Vec<Effect> {
    if matches!(model.screen(), Screen::Run(shown, _) if *shown == id) {
        return Vec::new();
    }
    let Some(run) = model.world.run(id) else {
        return Vec::new();
    };
    let mut steps = List::default();
    let step = world::current(run).or_else(|| run.plan().steps.first().map(|step| step.id));
    if let Some(step) = step {
        steps.select(step);
    }
    model.stack.push(Screen::Run(id, steps));
    vec![Effect::Follow(step.map(|step| (id, step)))]
}
