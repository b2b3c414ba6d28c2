//! Which servers may be used: ticks by name, lines that are shown, and a `y` that writes them.

use crate::deck::{
    command::Command,
    effect::{Effect, Offered},
    model::{Model, Screen},
    offer::Draft,
    preview::DEAF,
    world::{Candidate, May},
};
use crate::fleet::{ServerName, inventory::offer::Lines};

/// Opens by itself in front of a fleet of which nothing is offered and nothing was made: it is the first question.
pub fn greet(model: &mut Model) {
    let world = &model.world;
    let first = !world.servers.is_empty() && world.offered == 0 && world.pools.is_empty();
    if first && matches!(model.stack[..], [Screen::Pools]) {
        open(model);
    }
}

/// Opens the question.
pub fn open(model: &mut Model) {
    let world = std::sync::Arc::clone(&model.world);
    model.offer.look(&world, model.now);
    let names = std::sync::Arc::clone(&model.offer.names);
    model.offer.list.refocus(&names);
    if !matches!(model.screen(), Screen::Offer) {
        model.stack.push(Screen::Offer);
    }
}

/// A new reading: rows follow, and what can no longer be ticked is not.
pub fn arrived(model: &mut Model) {
    if !model
        .stack
        .iter()
        .any(|screen| matches!(screen, Screen::Offer))
    {
        return;
    }
    let world = std::sync::Arc::clone(&model.world);
    let gone = model.offer.look(&world, model.now);
    let refused = |name: &ServerName| model.offer.row(name).is_none_or(|row| row.may != May::Is);
    let gone: Vec<&str> = gone
        .iter()
        .filter(|it| refused(it))
        .map(ServerName::as_str)
        .collect();
    if !gone.is_empty() {
        model.notice = Some(format!("no longer ticked, look why: {}", gone.join(" ")));
    }
}

/// Ticks what is under the cursor, or everything on which nothing was found; takes ticks away.
pub fn tick(model: &mut Model, command: Command) {
    let offer = &mut model.offer;
    match command {
        Command::MarkAll => {
            let free = offer.rows.iter().filter(|row| row.may == May::Offer);
            offer.ticked.extend(free.map(|row| row.name.clone()));
        }
        Command::ClearMarks => offer.ticked.clear(),
        _ => {
            let row = offer
                .list
                .selected()
                .and_then(|name| offer.row(name))
                .cloned();
            let Some(row) = row else { return };
            if row.may != May::Offer {
                model.notice = Some(refusal(model, &row));
                return;
            }
            if !offer.ticked.remove(&row.name) {
                offer.ticked.insert(row.name);
            }
            let names = std::sync::Arc::clone(&offer.names);
            offer.list.step(&names, 1);
        }
    }
}

/// Why a row cannot be ticked.
fn refusal(model: &Model, row: &Candidate) -> String {
    let Candidate { name, found, .. } = row;
    match row.may {
        May::Is => {
            let place = model.world.snapshot.fleet.servers.get(name);
            let place = place
                .map(|server| server.place.to_string())
                .unwrap_or_default();
            format!("{name} is offered already; only its file takes that back: {place}")
        }
        May::HostKey => format!("{name}: compare its host key first; Enter says how"),
        May::Sudo => format!("{name}: root's rights are missing; Enter says how"),
        May::Unseen => format!("{name} was not seen: nobody knows what runs on it; Enter says why"),
        _ => format!("{name} cannot be offered: {found}"),
    }
}

/// `w`: has the lines made, to be read first.
pub fn lines(model: &mut Model) -> Vec<Effect> {
    let names = model.offer.ticked.clone();
    if names.is_empty() {
        model.notice = Some("nothing is ticked: Space ticks, * ticks all free ones".to_owned());
        return Vec::new();
    }
    model.stack.push(Screen::Lines(Box::new(Draft {
        names: names.clone(),
        lines: None,
        came: None,
        asked: false,
        written: false,
        scroll: 0,
    })));
    vec![Effect::Compose(names)]
}

/// The lines came.
pub fn composed(model: &mut Model, lines: Result<Box<Lines>, String>) {
    let now = model.now;
    if let Some(Screen::Lines(draft)) = model.stack.last_mut()
        && draft.lines.is_none()
    {
        draft.lines = Some(lines);
        draft.came = Some(now);
    }
}

/// `y`: only lines that are on the screen.
pub fn agree(model: &mut Model) -> Vec<Effect> {
    let (read_only, now) = (model.read_only, model.now);
    let Some(Screen::Lines(draft)) = model.stack.last_mut() else {
        return Vec::new();
    };
    let (Some(Ok(lines)), false) = (&draft.lines, draft.asked) else {
        return Vec::new();
    };
    if draft
        .came
        .is_none_or(|came| now.duration_since(came) < DEAF)
    {
        return Vec::new();
    }
    let offered = Offered::new(read_only, draft.names.clone(), (**lines).clone());
    draft.asked = offered.is_some();
    if offered.is_none() {
        model.notice = Some("read only: nothing is written; copy the lines".to_owned());
    }
    offered.map(Effect::Write).into_iter().collect()
}

/// They are written, or not.
pub fn written(model: &mut Model, result: Result<Box<Lines>, String>) {
    model.notice = Some(match &result {
        Ok(lines) if lines.single.is_some() => {
            format!("written to {}; move the lines now", lines.file.display())
        }
        Ok(lines) => format!("written to {}; it is read now", lines.file.display()),
        Err(_) => "not written".to_owned(),
    });
    if let Some(Screen::Lines(draft)) = model.stack.last_mut() {
        draft.written = result.is_ok();
        draft.lines = Some(result);
    }
}
