//! Moving: the same keys, the same meaning, on every list.

use super::{form, log, menu, palette, preview, question};
use crate::deck::{
    effect::Effect,
    model::{Model, Screen, Section},
};

/// How far a page is.
pub fn page(model: &Model) -> isize {
    isize::from(i16::try_from(model.rows.saturating_sub(6).max(1)).unwrap_or(1))
}

/// Moves the cursor of the list that has the focus, or scrolls what has no cursor.
pub fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    let (pools, problems, open) = (model.pool_names(), model.problem_keys(), model.open_runs());
    let members = match model.screen() {
        Screen::Pool(pool, _) => model.members(pool),
        _ => Vec::new(),
    };
    let acts = match model.screen() {
        Screen::History => model.act_keys(),
        _ => Vec::new(),
    };
    let world = std::sync::Arc::clone(&model.world);
    match model.stack.last_mut() {
        Some(Screen::Pools) => match model.home.section {
            Section::Pools => model.home.pools.step(&pools, by),
            Section::Problems => model.home.problems.step(&problems, by),
            Section::Runs => model.home.runs.step(&open, by),
        },
        Some(Screen::Pool(_, list)) => list.step(&members, by),
        Some(Screen::Servers) => model.servers.list.step(&model.servers.shown, by),
        Some(Screen::Offer) => {
            let names = std::sync::Arc::clone(&model.offer.names);
            model.offer.list.step(&names, by);
        }
        Some(Screen::Lines(it)) => it.scroll = it.scroll.saturating_add_signed(by).min(500),
        Some(Screen::Runs) => model.runs.step(&world.runs, by),
        Some(Screen::Problems) => model.home.problems.step(&problems, by),
        Some(Screen::History) => model.history.step(&acts, by),
        Some(Screen::Palette(it)) => palette::step(it, by),
        Some(Screen::Run(id, steps)) => {
            if let Some(run) = world.run(*id) {
                let rows: Vec<_> = run.plan().steps.iter().map(|step| step.id).collect();
                steps.step(&rows, by);
                return vec![Effect::Follow(steps.selected().map(|step| (*id, *step)))];
            }
        }
        Some(Screen::Log(_, _, at)) => log::step(at, model.printed.as_ref(), by),
        Some(Screen::Form(it)) => form::step(it, by),
        Some(Screen::Menu(it)) => menu::step(it, by),
        Some(Screen::Question(_)) => question::step(model, by),
        Some(Screen::Preview(it)) => {
            it.scroll = it.scroll.saturating_add_signed(by).min(500);
        }
        Some(Screen::Server(_, scroll) | Screen::Help(_, scroll)) => {
            *scroll = scroll.saturating_add_signed(by).min(500);
        }
        None => (),
    }
    Vec::new()
}

/// To the next list or field.
pub fn next(model: &mut Model, forward: bool) {
    match model.stack.last_mut() {
        Some(Screen::Pools) => section(model, forward),
        Some(Screen::Form(it)) => form::next(it, forward),
        Some(Screen::Preview(it)) => preview::next_field(it),
        Some(Screen::Palette(_)) => palette::complete(model),
        Some(Screen::Question(_)) => question::next(model, forward),
        _ => (),
    }
}

/// To the next list of home that has something in it.
fn section(model: &mut Model, forward: bool) {
    let (problems, open) = (model.problem_keys(), model.open_runs());
    let has = |section| match section {
        Section::Pools => true,
        Section::Problems => !problems.is_empty(),
        Section::Runs => !open.is_empty(),
    };
    let ring = [Section::Pools, Section::Problems, Section::Runs];
    let at = ring
        .iter()
        .position(|it| *it == model.home.section)
        .unwrap_or(0);
    let step = if forward { 1 } else { 2 };
    let next = (1..=3)
        .map(|n| ring[(at + n * step) % 3])
        .find(|it| has(*it));
    model.home.section = next.unwrap_or_default();
    model.home.problems.refocus(&problems);
    model.home.runs.refocus(&open);
}
