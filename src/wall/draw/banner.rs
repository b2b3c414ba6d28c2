//! What comes before any value: nobody acts, nothing is seen, or no view comes. The largest thing on the wall, and below it, grey, what was
//! known last, for a quarter of an hour.

use jiff::Timestamp;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    super::{
        big,
        model::{Condition, Model},
        view::{Part, Pool},
    },
    edge::Page,
    put, tile,
};
use crate::deck::ui::text;

/// Larger letters are for nobody.
const LARGEST: u16 = 6;

/// Draws it.
pub fn draw(model: &Model, condition: Condition, buffer: &mut Buffer, area: Rect) -> Page {
    let (word, since, sentence) = words(condition);
    let since = since.map_or_else(
        || "YET".to_owned(),
        |at| {
            let at = at.checked_add(model.ahead).unwrap_or(at);
            let moment = text::moment(at, model.now, &model.zone);
            format!("SINCE {}", moment.to_uppercase())
        },
    );
    let pools = model.view.iter().flat_map(|view| &view.pools);
    let pools: Vec<&Pool> = pools.filter(|pool| !model.hides(pool)).collect();
    let wrapped = |text: &str| text::wrap(text, usize::from(area.width.max(1)));
    let why: Vec<String> = model
        .trouble
        .iter()
        .flat_map(|why| why.lines())
        .flat_map(wrapped)
        .collect();
    let below = 2 + why.len() + pools.len().min(usize::from(area.height / 4));
    let below = u16::try_from(below).unwrap_or(u16::MAX);
    let said = wrapped(&format!("{word} {}: {sentence}", since.to_lowercase()));
    // Below the letters the same is said in a line: since when is large only where that line has its place, too. Why it is so has
    // another place, in the last line of the wall.
    let least = u16::try_from(said.len()).unwrap_or(u16::MAX);
    let tall = |(scale, lines): &(u16, Vec<String>)| {
        u16::try_from(lines.len()).unwrap_or(u16::MAX) * (big::ROWS + 1) * scale
    };
    let whole = letters(&format!("{word} {since}"), area, below);
    let fits = tall(&whole).saturating_add(least) <= area.height;
    let chosen = if fits {
        whole
    } else {
        letters(word, area, below)
    };
    let letters = tall(&chosen);
    let (scale, lines) = chosen;
    let mut y = u16::from(letters + below < area.height);
    for line in &lines {
        let at = Rect {
            y: area.y + y,
            height: area.height.saturating_sub(y),
            ..area
        };
        big::write(
            buffer,
            at.intersection(area),
            line,
            scale,
            model.look.alarm(),
        );
        y += (big::ROWS + 1) * scale;
    }
    for line in said {
        put(buffer, area, y, &Line::styled(line, model.look.alarm()));
        y += 1;
    }
    for line in why {
        put(buffer, area, y, &Line::raw(line));
        y += 1;
    }
    let page = Page {
        says_why: y <= area.height,
        ..Page::ONLY
    };
    for (n, pool) in pools.iter().enumerate() {
        let left = pools.len() - n;
        if y + 1 == area.height && left > 1 {
            let more = format!("and {}", text::count(left, "pool more"));
            put(buffer, area, y, &Line::styled(more, model.look.dim()));
            break;
        }
        put(buffer, area, y, &last_known(model, pool));
        y += 1;
    }
    page
}

fn words(condition: Condition) -> (&'static str, Option<Timestamp>, &'static str) {
    match condition {
        Condition::NoView(since) => ("NO VIEW", since, "nothing is known of the room"),
        Condition::NoNewView(at) => (
            "NO NEW VIEW",
            Some(at),
            "its captain is gone, or cannot write it; nothing below is current",
        ),
        Condition::NoCaptain(since) => ("NO CAPTAIN", since, "nothing below is current"),
        Condition::NothingSeen(at) => ("NOTHING SEEN", Some(at), "the captain reaches no pool"),
        Condition::Fine => ("", None, ""),
    }
}

/// The largest letters in which the text fits above what stands below it, and its lines.
fn letters(words: &str, area: Rect, below: u16) -> (u16, Vec<String>) {
    let broken = |scale: u16| {
        let letters = (area.width + scale) / (big::COLUMNS * scale);
        (scale, text::wrap(words, usize::from(letters.max(1))))
    };
    let room = area.height.saturating_sub(below + 1);
    let fits = |(scale, lines): &(u16, Vec<String>)| {
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let whole = lines.iter().all(|line| {
            line.split(' ')
                .all(|word| words.split(' ').any(|it| it == word))
        });
        whole && rows.saturating_mul((big::ROWS + 1) * scale) <= room
    };
    let mut all = (1..=LARGEST).rev().map(broken);
    all.find(fits).unwrap_or_else(|| broken(1))
}

/// One pool as it was seen last, in one grey row.
fn last_known(model: &Model, pool: &Pool) -> Line<'static> {
    let percent = |part: Part| {
        let mark = if part.partial { "?" } else { "" };
        let percent = part.percent().map(|percent| format!("{percent}{mark}"));
        percent.unwrap_or_else(|| "-".to_owned())
    };
    let (cpu, memory) = (percent(pool.cpu_milli), percent(pool.memory_bytes));
    let name = text::cut(&pool.name, 16);
    let mut spans = vec![Span::raw(format!(
        "{name:<16} CPU {cpu:>4} %   memory {memory:>4} %   "
    ))];
    spans.extend(tile::state(model, pool));
    Line::from(spans).style(model.look.dim())
}
