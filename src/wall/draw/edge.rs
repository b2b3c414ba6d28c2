//! The line with the clock: which room, who acts, how old the oldest thing is. The line with the page.

use jiff::SignedDuration;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    super::{
        model::{Condition, Model},
        turn,
    },
    put,
};
use crate::deck::{ui::text, world::Light};

/// Below this an age is only a digit that changes.
const FRESH: SignedDuration = SignedDuration::from_secs(20);
/// A host's longer name is cut: its beginning tells it from others.
const HOST: usize = 16;

/// Which page is shown and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// From 0.
    pub at: usize,
    /// How many there are.
    pub of: usize,
    /// Only pages with something that is down are shown.
    pub held: bool,
    /// Why the source says nothing stands there already.
    pub says_why: bool,
}

impl Page {
    /// The only one.
    pub const ONLY: Self = Self {
        at: 0,
        of: 1,
        held: false,
        says_why: false,
    };
}

/// Draws the line with the clock.
pub fn head(model: &Model, condition: Condition, buffer: &mut Buffer, area: Rect) {
    let look = model.look;
    let room = model.view.as_ref().and_then(|view| view.room.clone());
    let mut left = vec![Span::styled(
        room.unwrap_or_else(|| "pooldeck".to_owned()),
        look.bold(),
    )];
    let clock = text::clock(model.now, &model.zone);
    let mut right = captain(model, condition);
    right.push(Span::raw("  "));
    right.push(Span::styled(clock, look.bold()));
    let right = Line::from(right);
    let need = u16::try_from(right.width()).unwrap_or(area.width);
    let space = area.width.saturating_sub(need);
    let used: usize = left.iter().map(Span::width).sum();
    let room = usize::from(space).saturating_sub(used + 6);
    let counts = counts(model).into_iter().find(|it| it.len() <= room);
    left.extend(counts.map(|it| Span::styled(format!("   {it}"), look.dim())));
    put(
        buffer,
        Rect {
            width: space.saturating_sub(1),
            ..area
        },
        0,
        &Line::from(left),
    );
    let corner = Rect {
        x: area.x + space,
        width: need.min(area.width),
        ..area
    };
    put(buffer, corner, 0, &right);
}

/// How many servers there are, in more words and in fewer.
fn counts(model: &Model) -> Vec<String> {
    let Some(it) = model.view.as_ref().map(|view| view.servers) else {
        return Vec::new();
    };
    let unseen = match it.unseen {
        0 => String::new(),
        n => format!(", {n} not seen"),
    };
    let all = text::count(it.all, "server");
    vec![
        format!(
            "{} of {all} offered, {} spare{unseen}",
            it.offered, it.spare
        ),
        format!("{all}, {} spare{unseen}", it.spare),
        format!("{} spare{unseen}", it.spare),
    ]
}

/// Who acts, and how old the oldest thing on the wall is.
fn captain(model: &Model, condition: Condition) -> Vec<Span<'static>> {
    let look = model.look;
    let word = match condition {
        Condition::NoView(_) => "NO VIEW",
        Condition::NoNewView(_) => "NO NEW VIEW",
        Condition::NoCaptain(_) => "NO CAPTAIN",
        Condition::NothingSeen(_) => "NOTHING SEEN",
        Condition::Fine => "",
    };
    let captain = model.view.as_ref().and_then(|view| view.captain.as_ref());
    let mut spans = match captain {
        Some(captain) if word.is_empty() => vec![
            Span::styled("captain ", look.dim()),
            Span::raw(text::cut(&captain.host, HOST)),
            Span::raw(" "),
            Span::styled(Light::Ok.symbol(), look.light(Light::Ok)),
        ],
        _ => vec![Span::styled(word, look.alarm())],
    };
    if let Some(oldest) = model.oldest() {
        let (age, style) = if oldest < FRESH {
            (format!("< {}s", FRESH.as_secs()), look.dim())
        } else {
            (text::age(oldest), look.warn())
        };
        spans.push(Span::styled("  oldest ", look.dim()));
        spans.push(Span::styled(age, style));
    }
    spans
}

/// Draws the line with the page, and why the source says nothing while that is news.
pub fn foot(model: &Model, page: &Page, buffer: &mut Buffer, area: Rect) {
    let look = model.look;
    let mut words = format!("page {} of {}", page.at + 1, page.of);
    if page.held {
        words += ", held: something is down";
    } else if page.of > 1 {
        // A moment and no countdown: it costs no byte until it comes.
        let next = turn::next_page(model.now, model.page_seconds);
        words = format!("{words} until {}", text::clock(next, &model.zone));
    }
    let mut spans = vec![Span::styled(words, look.dim())];
    if let Some(trouble) = model.trouble.as_ref().filter(|_| !page.says_why) {
        let used: usize = spans.iter().map(Span::width).sum();
        let trouble = trouble.lines().next().unwrap_or_default();
        let room = usize::from(area.width).saturating_sub(used + 3);
        spans.push(Span::styled(
            format!("   {}", text::cut(trouble, room)),
            look.warn(),
        ));
    }
    put(buffer, area, 0, &Line::from(spans));
}
