//! One line above: where am I, who acts, what time it is. One line below: the keys that matter here.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
};

use super::text;
use crate::deck::{
    command::{self, Command},
    model::{Model, Screen},
    world::Light,
};

/// Keys that stay on every width: back, and help.
const LAST: usize = 2;

/// Header, body and footer, which is as high as what it has to say: nothing is said over a row of the body.
pub fn areas(model: &Model, area: Rect) -> [Rect; 3] {
    let below = notice(model, area.width).len().max(1);
    Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(u16::try_from(below).unwrap_or(1)),
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
        Screen::Problems => "Problems".to_owned(),
        Screen::History => "History".to_owned(),
        Screen::Log(id, ..) => format!("Runs › {id} › log"),
        Screen::Help(..) => "Keys".to_owned(),
        Screen::Form(form) if form.pool.is_some() => "Resize".to_owned(),
        Screen::Form(_) => "New pool".to_owned(),
        Screen::Preview(_) => "Preview".to_owned(),
        Screen::Menu(_) | Screen::Question(_) => "Actions".to_owned(),
        Screen::Palette(_) => "Find".to_owned(),
        Screen::Offer => "Offer".to_owned(),
        Screen::Lines(_) => "Offer › lines".to_owned(),
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
            format!("{offered} of {all} offered")
        }
        Screen::Offer if model.world.offered == 0 && model.world.pools.is_empty() => {
            "nothing is touched yet".to_owned()
        }
        Screen::Offer => format!("{} of {all} offered", model.world.offered),
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
                Span::styled(oldest(model), look.dim()),
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

/// How old the oldest knowledge is; nothing while all of it is fresh.
fn oldest(model: &Model) -> String {
    let Some(at) = model.world.oldest else {
        return String::new();
    };
    match text::staleness(Some(at), model.now) {
        fresh if fresh.is_empty() => fresh,
        age => format!("  oldest {age}"),
    }
}

/// What a notice is wrapped to at most; more of it is cut, with a mark.
const NOTICE: usize = 4;

/// The sentence for the person, in whole words.
fn notice(model: &Model, width: u16) -> Vec<String> {
    let words = model.notice.iter();
    let mut lines: Vec<String> = words
        .flat_map(|words| text::wrap(words, width.into()))
        .collect();
    if lines.len() > NOTICE {
        lines.truncate(NOTICE);
        let last = format!("{} …", lines[NOTICE - 1]);
        lines[NOTICE - 1] = text::cut(&last, width.into());
    }
    lines
}

/// Draws what stands below: a sentence for the person while there is one, else the keys.
pub fn footer(model: &Model, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let notice = notice(model, area.width);
    let lines = if !notice.is_empty() {
        let line = |words| Line::styled(words, look.focus());
        notice.into_iter().map(line).collect()
    } else if matches!(model.screen(), Screen::Servers) && model.servers.typing {
        vec![Line::from(vec![
            Span::styled("/", look.focus()),
            Span::raw(model.servers.filter.clone()),
            Span::styled("▏", look.focus()),
            Span::styled("   Enter keep  Esc back", look.dim()),
        ])]
    } else {
        vec![keys(model, usize::from(area.width))]
    };
    for (y, line) in (area.y..area.bottom()).zip(&lines) {
        frame.buffer_mut().set_line(area.x, y, line, area.width);
    }
}

/// Key and word, the most wanted first.
fn wanted(model: &Model) -> Vec<(String, String)> {
    let word = |command| model.keys.word(command);
    let keys = |all: &[(String, &str)]| {
        let own = |(key, word): &(String, &str)| (key.clone(), (*word).to_owned());
        all.iter().map(own).collect()
    };
    let of_place: Vec<(String, &str)> = command::footer(&model.keys, model.place()).collect();
    match model.screen() {
        Screen::Menu(menu) if menu.armed => keys(&[
            (word(Command::Agree), "does it now"),
            (word(Command::Back), "keeps things as they are"),
        ]),
        Screen::Question(it) if it.is_first_of_two() && it.field().is_none() => keys(&[
            (word(Command::Open), "preview"),
            (word(Command::Next), "first field"),
            (word(Command::Back), "back"),
        ]),
        Screen::Form(form) => match form.in_the_way(&model.world) {
            None => keys(&of_place),
            Some(run) => {
                let shows = |(key, word): (String, &str)| match word {
                    "preview" => (key, format!("run {run}")),
                    word => (key, word.to_owned()),
                };
                of_place.into_iter().map(shows).collect()
            }
        },
        _ => keys(&of_place),
    }
}

fn keys(model: &Model, width: usize) -> Line<'static> {
    let mut spans = Vec::new();
    let mut keys = wanted(model);
    let enter = model.keys.word(Command::Open);
    let need = |(key, word): &(String, String)| key.chars().count() + word.chars().count() + 3;
    // The last ones lead back and to the help, which names all the others, and Enter goes on: what gives way stands before them.
    while keys.iter().map(need).sum::<usize>() > width + 2 {
        let others = keys.len().saturating_sub(LAST);
        let Some(at) = (0..others).rev().find(|at| keys[*at].0 != enter) else {
            break;
        };
        keys.remove(at);
    }
    for (key, word) in keys {
        spans.push(Span::styled(key, model.look.bold()));
        spans.push(Span::styled(format!(" {word}  "), model.look.dim()));
    }
    Line::from(spans)
}
