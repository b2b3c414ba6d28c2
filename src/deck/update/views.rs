//! Going from screen to screen.

use crate::deck::{
    effect::Effect,
    list::List,
    model::{Model, Screen, Section},
    world::{self, Target},
};
use crate::fleet::RunId;

/// To a screen of the first level.
pub fn root(model: &mut Model, screen: Screen) {
    model.stack = match screen {
        Screen::Pools => vec![Screen::Pools],
        other => vec![Screen::Pools, other],
    };
    model.servers.list.refocus(&model.servers.shown);
    model.runs.refocus(&model.world.runs.clone());
}

/// One level back. At home it ends the deck, and says so once while a run is open.
pub fn back(model: &mut Model) -> Vec<Effect> {
    if matches!(model.screen(), Screen::Servers) {
        if model.servers.typing {
            model.servers.typing = false;
            return Vec::new();
        }
        if !model.servers.filter.is_empty() {
            super::servers::drop_filter(model);
            return Vec::new();
        }
    }
    let asks = match model.screen() {
        Screen::Preview(_) => true,
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
    vec![Effect::Quit]
}

/// Opens what is under the cursor.
pub fn open(model: &mut Model) -> Vec<Effect> {
    match model.screen() {
        Screen::Pools => open_at_home(model),
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
        Screen::Form(_) => super::form::enter(model),
        Screen::Menu(_) => super::menu::choose(model),
        Screen::Question(_) => super::question::enter(model),
        // The focus is on Cancel, or in the field: Enter never confirms.
        Screen::Preview(_) => back(model),
        Screen::Server(..) | Screen::Run(..) | Screen::Log(..) | Screen::Help(..) => Vec::new(),
    }
}

fn open_at_home(model: &mut Model) -> Vec<Effect> {
    let target = match model.home.section {
        Section::Pools => model.home.pools.selected().cloned().map(Target::Pool),
        Section::Problems => model.home.problems.selected().map(|(it, _)| it.clone()),
        Section::Runs => model.home.runs.selected().copied().map(Target::Run),
    };
    match target {
        Some(Target::Pool(pool)) => {
            let mut members = List::default();
            members.refocus(&model.members(&pool));
            model.stack.push(Screen::Pool(pool, members));
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
