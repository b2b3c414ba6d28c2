//! One pool: its name, its state, and two numbers that can be read from far away. How old they are comes before what they are.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    super::{
        big,
        grid::{ABOVE, Grid, figure, height, width},
        model::Model,
        view::{Part, Pool, Pressure},
    },
    put,
};
use crate::deck::{
    ui::{Look, text},
    world::Light,
};

/// Three places.
const MOST: u64 = 999;

/// Draws the tiles of one page.
pub fn draw(model: &Model, pools: &[Pool], grid: Grid, buffer: &mut Buffer, area: Rect) {
    for (n, pool) in pools.iter().enumerate() {
        let cell = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let tile = Rect {
            x: area.x + cell(n % grid.columns) * width(grid.scale),
            y: area.y + cell(n / grid.columns) * (height(grid.scale) + 1),
            width: width(grid.scale),
            height: height(grid.scale),
        };
        one(model, pool, grid.scale, buffer, tile.intersection(area));
    }
}

fn one(model: &Model, pool: &Pool, scale: u16, buffer: &mut Buffer, area: Rect) {
    let look = model.look;
    let grey = model.stale(pool).is_some();
    let room = usize::from(area.width.saturating_sub(1));
    let style = |fresh: Style| if grey { look.dim() } else { fresh };
    let tag = pool.env.as_ref().map_or(0, |env| env.chars().count() + 1);
    let mut name = vec![Span::styled(
        text::cut(&pool.name, room.saturating_sub(tag)),
        style(look.bold()),
    )];
    name.extend(
        pool.env
            .iter()
            .map(|env| Span::styled(format!(" {env}"), style(look.warn()))),
    );
    put(buffer, area, 0, &Line::from(name));
    put(buffer, area, 1, &state(model, pool));
    let hidden = model.hides(pool);
    let shown = |part: Part| if hidden { Part::default() } else { part };
    let (cpu, memory) = (shown(pool.cpu_milli), shown(pool.memory_bytes));
    let (word, pressed) = pressure(look, memory);
    let labels = [("CPU %", cpu, Style::new()), (word, memory, pressed)];
    for ((label, part, fresh), n) in labels.into_iter().zip(0..) {
        let left = Rect {
            x: area.x + n * figure(scale),
            width: figure(scale),
            ..area
        };
        let left = left.intersection(area);
        let label_style = if fresh == Style::new() {
            look.dim()
        } else {
            fresh
        };
        put(buffer, left, 2, &Line::styled(label, style(label_style)));
        let digits = Rect {
            y: left.y + ABOVE,
            height: left.height.saturating_sub(ABOVE),
            ..left
        };
        let places = part.percent().map_or_else(
            || "  -".to_owned(),
            |percent| format!("{:>3}", percent.min(MOST)),
        );
        big::write(buffer, digits, &places, scale, style(fresh));
        if part.partial {
            // Some server's part is not known: the number is higher.
            let x = digits.x + big::width(3, scale);
            buffer.set_span(x, digits.y, &Span::styled("?", style(look.warn())), 1);
        }
    }
}

/// How it is, and how old that is when it is old. What is down stays an alarm.
pub fn state(model: &Model, pool: &Pool) -> Line<'static> {
    let look = model.look;
    let stale = model.stale(pool);
    let light = match stale {
        Some(_) if pool.light < Light::Down => look.dim(),
        _ => look.light(pool.light),
    };
    let mut spans = vec![Span::styled(
        format!("{} {}", pool.light.symbol(), pool.state),
        light,
    )];
    spans.extend(stale.map(|age| {
        let words = format!("  STALE {}", text::age(age));
        Span::styled(words, look.bold())
    }));
    Line::from(spans)
}

/// What the second number means, with a symbol and a word where it is too high.
fn pressure(look: Look, memory: Part) -> (&'static str, Style) {
    match memory.pressure() {
        Pressure::Full => ("mem % ✖ full", look.alarm()),
        Pressure::High => ("mem % ▲ high", look.warn()),
        Pressure::None => ("memory %", Style::new()),
    }
}
