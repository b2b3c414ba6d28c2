//! The question for a few words, in a box over the screen that it is about.

use ratatui::{
    Frame,
    layout::{Constraint, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Block, Clear, Widget},
};

use super::text;
use crate::deck::{
    model::Model,
    question::{Field, Question},
};

/// A sentence is read best in lines of no more.
const WIDEST: u16 = 76;

/// Draws it.
pub fn draw(model: &Model, question: &Question, frame: &mut Frame, area: Rect) {
    let width = area.width.min(WIDEST);
    let room = usize::from(width.saturating_sub(4));
    let lines = content(model, question, room);
    let height = u16::try_from(lines.len() + 2).unwrap_or(area.height);
    let at = area.centered(
        Constraint::Length(width),
        Constraint::Length(height.min(area.height)),
    );
    Clear.render(at, frame.buffer_mut());
    let block = Block::bordered().border_style(model.look.focus());
    let inside = block.inner(at);
    block.render(at, frame.buffer_mut());
    let inside = Rect {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    // Where it does not fit, what is typed and how it ends count more than what it is about.
    let hidden = lines.len().saturating_sub(usize::from(inside.height));
    super::lines(model, &lines, hidden, frame, inside);
}

fn content(model: &Model, question: &Question, width: usize) -> Vec<Line<'static>> {
    let look = model.look;
    let said = |text: &str, style: Style| {
        let lines = text::wrap(text, width).into_iter();
        lines.map(move |line| Line::styled(line, style))
    };
    let mut lines: Vec<Line<'static>> =
        said(&text::sentence(&question.title), look.bold()).collect();
    lines.extend(said(&question.consequence, Style::new()));
    lines.push(Line::default());
    let labels = question.fields.iter().map(|field| field.label.len());
    let label = labels.max().unwrap_or(0) + 2;
    for (at, field) in question.fields.iter().enumerate() {
        lines.extend(words(model, field, at == question.focus, label, width));
    }
    lines.push(Line::default());
    for why in &question.refused {
        lines.extend(said(why, look.warn()));
    }
    lines.extend(end(model, question));
    lines
}

/// A field, and below it what it takes while it is typed, or what is wrong once it was left.
fn words(
    model: &Model,
    field: &Field,
    here: bool,
    label: usize,
    width: usize,
) -> Vec<Line<'static>> {
    let look = model.look;
    let room = width.saturating_sub(label + 4);
    let cursor = if here { "▏" } else { "" };
    let typed = tail(&format!("{}{cursor}", field.text), room);
    let style = if here { look.focus() } else { Style::new() };
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{:<label$}", field.label), look.dim()),
        Span::styled(format!("[ {typed:<room$} ]"), style),
    ])];
    let below = match field.trouble(model.now, &model.zone) {
        Some(why) if field.left && !here => Some((why, look.warn())),
        _ if here => Some((field.hint(model.now, &model.zone), look.dim())),
        _ => None,
    };
    if let Some((text, style)) = below {
        let indent = label + 2;
        let wrapped = text::wrap(&text, width.saturating_sub(indent).max(1));
        lines.extend(
            wrapped
                .into_iter()
                .map(|line| Line::styled(format!("{:indent$}{line}", ""), style)),
        );
    }
    lines
}

/// The end of what was typed, `…` in front of it when it has more than fits.
fn tail(text: &str, width: usize) -> String {
    let letters = text.chars().count();
    if letters <= width {
        return text.to_owned();
    }
    let kept = text.chars().skip(letters + 1 - width);
    std::iter::once('…').chain(kept).collect()
}

/// How it ends, or why it cannot.
fn end(model: &Model, question: &Question) -> Vec<Line<'static>> {
    let look = model.look;
    if let (Some(waiting), true) = (&model.waiting, question.asked) {
        let took = text::elapsed(model.now.duration_since(waiting.since));
        let text = format!("asked the captain, {took}: void after 60 s");
        return vec![Line::styled(text, look.focus())];
    }
    if model.read_only {
        let text = "read only: nothing can be asked here";
        return vec![Line::styled(text, look.dim())];
    }
    let mut lines = Vec::new();
    if model.world.no_captain_since(model.now).is_some() {
        let text = "no captain: nobody would take it, and it is void after 60 s";
        lines.push(Line::styled(text, look.warn()));
    }
    let at_end = question.field().is_none();
    let (cancel, say) = if at_end {
        (look.cursor(), " confirms")
    } else {
        (Style::new(), " confirms, after the last field")
    };
    lines.push(Line::from(vec![
        Span::styled("[ Cancel ]", cancel),
        Span::raw("   "),
        Span::styled("Y", look.bold()),
        Span::styled(say, if at_end { Style::new() } else { look.dim() }),
    ]));
    lines
}
