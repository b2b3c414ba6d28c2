//! The servers of the resize dialog: ticked or not, and why.

use ratatui::style::Style;

use super::{
    table::{Cells, Column},
    text,
};
use crate::{
    deck::{
        form::{Form, Thought},
        model::Model,
        world::ServerRow,
    },
    fleet::{Role, ServerName},
};

/// The columns, for names of that length.
pub fn columns(longest: u16) -> [Column; 6] {
    [
        Column::text("    SERVER", longest + 4, 0),
        Column::text("NOW", 7, 1),
        Column::number("CPUs", 4, 0),
        Column::number("GiB", 4, 0),
        Column::text("ZONE", 5, 2),
        Column::text("WHY", 20, 0).growing(150),
    ]
}

/// One server.
pub fn cells(model: &Model, form: &Form, name: &ServerName) -> Cells {
    let look = model.look;
    let Some(server) = model.world.server(name) else {
        return vec![(name.to_string(), look.dim()); 6];
    };
    let member = form.workers.contains(name);
    let can = member || server.is_spare();
    let control = controls(form).any(|it| it == name);
    let mark = match (can, form.ticked.contains(name)) {
        _ if control => "[c]".to_owned(),
        (true, true) => "[x]".to_owned(),
        (true, false) => "[ ]".to_owned(),
        (false, _) => format!(" {} ", server.light.symbol()),
    };
    let changes = can && member != form.ticked.contains(name) || control;
    let style = match (can, changes) {
        (false, _) => look.dim(),
        (true, true) => look.bold(),
        (true, false) => Style::new(),
    };
    let size = server.capacity;
    let unknown = || "-".to_owned();
    vec![
        (format!("{mark} {name}"), style),
        (
            match &server.pool {
                Some(pool) => pool.to_string(),
                None if can => "spare".to_owned(),
                None => String::new(),
            },
            look.dim(),
        ),
        (size.map_or_else(unknown, |it| it.cores.to_string()), style),
        (
            size.map_or_else(unknown, |it| text::amount(it.memory.0, 1 << 30)),
            style,
        ),
        (server.zone.clone().unwrap_or_default(), style),
        (why(form, server, member), look.dim()),
    ]
}

fn controls(form: &Form) -> impl Iterator<Item = &ServerName> {
    let plan = match &form.thought {
        Thought::Plan(plan) if !form.by_hand => Some(plan),
        _ => None,
    };
    plan.into_iter()
        .flat_map(|plan| &plan.effects.incoming)
        .filter(|it| it.role == Role::ControlPlane)
        .map(|it| &it.server)
}

fn why(form: &Form, server: &ServerRow, member: bool) -> String {
    if let Thought::Plan(plan) = &form.thought
        && !form.by_hand
    {
        let effects = &plan.effects;
        let moved = effects.incoming.iter().chain(&effects.outgoing);
        let chosen = moved
            .filter(|it| it.server == server.name)
            .map(|it| &it.why);
        let left = effects
            .left_out
            .iter()
            .filter(|it| it.server == server.name)
            .map(|it| &it.why);
        if let Some(why) = chosen.chain(left).next() {
            return why.clone();
        }
    }
    let ticked = form.ticked.contains(&server.name);
    match (member, ticked) {
        (true, true) => String::new(),
        (true, false) => "leaves the pool".to_owned(),
        (false, true) => "joins by hand".to_owned(),
        (false, false) if server.is_spare() => String::new(),
        (false, false) => server.standing.to_string(),
    }
}
