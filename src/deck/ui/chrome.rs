//! One line above: where am I, who acts, what time it is. One line below: the keys that matter here.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use super::text;
use crate::deck::{
    command,
    model::{Model, Screen},
    world::Light,
};

/// Header, body and footer.
pub fn areas(area: Rect) -> [Rect; 3] {
    Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(area)
}

/// Where the person is.
fn place(model: &Model) -> String {
    match model.screen() {
        Screen::Pools => "Pools".to_owned(),
        Screen::Pool(name, _) => format!("Pools › {name}"),
        Screen::Servers => "Servers".to_owned(),
        Screen::Server(name, _) => format!("Servers › {name}"),
        Screen::Runs => "Runs".to_owned(),
        Screen::Run(id, _) => format!("Runs › {id}"),
        Screen::Help(..) => "Keys".to_owned(),
        Screen::Form(form) if form.pool.is_some() => "Resize".to_owned(),
        Screen::Form(_) => "New pool".to_owned(),
        Screen::Preview(_) => "Preview".to_owned(),
        Screen::Menu(_) => "Actions".to_owned(),
    }
}

/// How many of what are shown.
fn counts(model: &Model) -> String {
    let all = model.world.servers.len();
    match model.screen() {
        Screen::Servers if model.servers.shown.len() < all => {
            format!("{} of {all} shown", model.servers.shown.len())
        }
        Screen::Pools | Screen::Servers => {
            let offered = model.world.offered;
            format!("{offered} of {} offered", text::count(all, "server"))
        }
        _ => String::new(),
    }
}

/// Draws the line above.
pub fn header(model: &Model, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let mut left = vec![
        Span::styled("pooldeck", look.dim()),
        Span::styled(" › ", look.dim()),
        Span::styled(place(model), look.bold()),
    ];
    if model.read_only {
        left.push(Span::styled("  read only", look.warn()));
    }
    let right = captain(model);
    let right_width = u16::try_from(right.width())
        .unwrap_or(area.width)
        .min(area.width);
    let room = area.width - right_width;
    let counts = counts(model);
    let used: usize = left.iter().map(Span::width).sum();
    if !counts.is_empty() && used + counts.len() + 4 < usize::from(room) {
        left.push(Span::raw("   "));
        left.push(Span::raw(counts));
    }
    let buffer = frame.buffer_mut();
    buffer.set_line(area.x, area.y, &Line::from(left), room.saturating_sub(1));
    buffer.set_line(area.x + room, area.y, &right, right_width);
}

/// Who acts, or since when nobody does; and the clock.
fn captain(model: &Model) -> Line<'static> {
    let look = model.look;
    let clock = if model.slow {
        "slow link".to_owned()
    } else {
        text::clock(model.now, &model.zone)
    };
    if model.trouble.is_some() {
        return Line::from(vec![
            Span::styled("STORE NOT READ: nothing below is current ", look.alarm()),
            Span::raw(clock),
        ]);
    }
    let captain = match (
        model.world.no_captain_since(model.now),
        &model.world.snapshot.captain,
    ) {
        (None, Some(captain)) => {
            return Line::from(vec![
                Span::styled("captain ", look.dim()),
                Span::raw(captain.host.clone()),
                Span::raw(" "),
                Span::styled(Light::Ok.symbol(), look.light(Light::Ok)),
                Span::raw(format!("  {clock}")),
            ]);
        }
        (Some(Some(since)), _) => format!(
            "NO CAPTAIN since {}: nothing below is current ",
            text::moment(since, model.now, &model.zone)
        ),
        _ => "NO CAPTAIN yet: nothing below is current ".to_owned(),
    };
    Line::from(vec![Span::styled(captain, look.alarm()), Span::raw(clock)])
}

/// Draws the line below: a sentence for the person while there is one, else the keys.
pub fn footer(model: &Model, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let line = if let Some(notice) = &model.notice {
        Line::styled(text::cut(notice, usize::from(area.width)), look.focus())
    } else if matches!(model.screen(), Screen::Servers) && model.servers.typing {
        Line::from(vec![
            Span::styled("/", look.focus()),
            Span::raw(model.servers.filter.clone()),
            Span::styled("▏", look.focus()),
            Span::styled("   Enter keep  Esc back", look.dim()),
        ])
    } else {
        keys(model, usize::from(area.width))
    };
    frame
        .buffer_mut()
        .set_line(area.x, area.y, &line, area.width);
}

fn keys(model: &Model, width: usize) -> Line<'static> {
    let mut spans = Vec::new();
    let mut used = 0;
    for (key, word) in command::footer(&model.keys, model.place()) {
        let need = key.chars().count() + 1 + word.chars().count();
        if used + need > width {
            break;
        }
        used += need + 2;
        spans.push(Span::styled(key, model.look.bold()));
        spans.push(Span::styled(format!(" {word}  "), model.look.dim()));
    }
    Line::from(spans)
}
