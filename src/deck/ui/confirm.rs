//! What stands below a preview: the command line that does the same, and how the plan is confirmed.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::text;
use crate::{
    deck::{command::Command, equivalent::command_line, model::Model, preview::Preview},
    plan::{Confirm, Plan},
};

/// What stands below: the command line, and how it is confirmed, or why it cannot be.
pub fn foot(model: &Model, preview: &Preview, plan: &Plan, width: usize) -> Vec<Line<'static>> {
    let look = model.look;
    let mut lines = vec![Line::default()];
    let command = command_line(plan);
    lines.extend(
        text::wrap(&command, width)
            .into_iter()
            .map(|line| Line::styled(line, look.dim())),
    );
    lines.push(Line::default());
    if !preview.stale.is_empty() {
        let text = format!("CHANGED since this preview: {}", preview.stale.join("; "));
        let wrapped = text::wrap(&text, width);
        lines.extend(
            wrapped
                .into_iter()
                .map(|line| Line::styled(line, look.warn())),
        );
        lines.push(Line::from(vec![
            Span::styled(model.keys.word(Command::Replan), look.bold()),
            Span::raw(" plans again; until then this cannot be confirmed"),
        ]));
        return lines;
    }
    if let Some(waiting) = model.waiting.as_ref().filter(|_| preview.asked) {
        let took = text::elapsed(model.now.duration_since(waiting.since));
        lines.push(Line::styled(
            format!("asked the captain, {took}: void after 60 s"),
            look.focus(),
        ));
        return lines;
    }
    if model.read_only {
        lines.push(Line::styled(
            "read only: this plan cannot be confirmed here",
            look.dim(),
        ));
        return lines;
    }
    if model.world.no_captain_since(model.now).is_some() {
        lines.push(Line::styled(
            "no captain: nobody would take it, and it is void after 60 s",
            look.warn(),
        ));
    }
    lines.extend(confirm(model, preview, plan, width));
    lines
}

fn confirm(model: &Model, preview: &Preview, plan: &Plan, width: usize) -> Vec<Line<'static>> {
    let look = model.look;
    let yes = model.keys.word(Command::Confirm);
    let cancel = Span::styled(
        "[ Cancel ]",
        if preview.in_field {
            Style::new()
        } else {
            look.cursor()
        },
    );
    match &plan.effects.confirm {
        Confirm::Yes => vec![Line::from(vec![
            cancel,
            Span::raw("   "),
            Span::styled(yes, look.bold()),
            Span::raw(format!(" confirms: {}", plan.effects.title)),
        ])],
        Confirm::TypeName { name, why } => {
            let cursor = if preview.in_field { "▏" } else { "" };
            let style = if preview.in_field {
                look.focus()
            } else {
                Style::new()
            };
            let why = text::wrap(why, width).into_iter();
            let mut lines: Vec<_> = why.map(|line| Line::styled(line, look.warn())).collect();
            lines.push(Line::from(vec![
                cancel,
                Span::raw("   type "),
                Span::styled(name.clone(), look.bold()),
                Span::raw(" "),
                Span::styled(
                    format!("[ {:<10} ]", format!("{}{cursor}", preview.typed)),
                    style,
                ),
                Span::raw(" then "),
                Span::styled(yes, look.bold()),
                Span::styled(
                    format!("   {} goes to the field", model.keys.word(Command::Next)),
                    look.dim(),
                ),
            ]));
            lines
        }
    }
}
