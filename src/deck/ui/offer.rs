//! Which of the listed servers may be used: how far SSH gets, what was found, and the lines that offer the ticked ones.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    table::{Cells, Column, Table, position, row},
    text,
};
use crate::deck::{
    list::window,
    model::Model,
    offer::Draft,
    world::{Candidate, May},
};

fn columns(longest: u16) -> [Column; 6] {
    [
        Column::text("    SERVER", longest + 4, 0),
        Column::number("CPUs", 4, 2),
        Column::number("GiB", 4, 2),
        Column::text("SSH", 14, 0),
        Column::text("SUDO", 7, 1),
        Column::text("FOUND ON IT", 16, 0).growing(150),
    ]
}

/// Draws the question.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect) {
    let (look, offer) = (model.look, &model.offer);
    let rows = &offer.rows;
    let servers = text::count(rows.len(), "server");
    let question = Line::styled(
        format!("Which of your {servers} may pooldeck use?"),
        look.bold(),
    );
    row(frame.buffer_mut(), area, 0, &question, None);
    let columns = columns(model.world.longest);
    let table = Table::fit(&columns, area.width, 1);
    row(frame.buffer_mut(), area, 1, &table.heading(look), None);
    let sums = sums(model, usize::from(area.width));
    let below = u16::try_from(sums.len()).unwrap_or(0);
    let height = usize::from(area.height.saturating_sub(2 + below));
    let first = window(offer.list.row(&offer.names), height, rows.len());
    for (y, it) in (2..).zip(rows.iter().skip(first).take(height)) {
        let here = offer.list.selected() == Some(&it.name);
        let line = table.line(cells(model, it));
        row(
            frame.buffer_mut(),
            area,
            y,
            &line,
            here.then(|| look.cursor()),
        );
    }
    let top = area.height.saturating_sub(below);
    for (y, line) in (top..).zip(&sums) {
        row(frame.buffer_mut(), area, y, line, None);
    }
    let shown = position(first, height, rows.len());
    super::note(model, &shown, area.height.saturating_sub(1), frame, area);
}

fn cells(model: &Model, it: &Candidate) -> Cells {
    let look = model.look;
    let ticked = model.offer.ticked.contains(&it.name);
    let mark = match it.may {
        May::Offer if ticked => "[x]".to_owned(),
        May::Offer => "[ ]".to_owned(),
        May::Is => " ✓ ".to_owned(),
        _ => format!(" {} ", it.light.symbol()),
    };
    let style = match it.may {
        May::Offer if ticked => look.bold(),
        May::Offer => Style::new(),
        May::HostKey | May::Sudo | May::Unseen => look.light(it.light),
        _ => look.dim(),
    };
    let size = it.capacity;
    let unknown = || "-".to_owned();
    vec![
        (format!("{mark} {}", it.name), style),
        (size.map_or_else(unknown, |it| it.cores.to_string()), style),
        (
            size.map_or_else(unknown, |it| text::amount(it.memory.0, 1 << 30)),
            style,
        ),
        (it.ssh.to_owned(), style),
        (it.sudo.to_owned(), style),
        (it.found.clone(), style),
    ]
}

/// What is ticked and what is not to be had; what is to be done before more can be said.
fn sums(model: &Model, width: usize) -> Vec<Line<'static>> {
    let (look, offer) = (model.look, &model.offer);
    let hw = offer.ticked_hardware();
    let part = |may, words: &str| match offer.count(may) {
        0 => None,
        n => Some(format!("{n} {words}")),
    };
    let apart = [
        part(May::Offer, "free"),
        part(May::Is, "offered already"),
        part(May::InUse, "in use"),
        part(May::NotOurs, "not ours"),
        part(May::No, "unfit"),
    ];
    let apart: Vec<String> = apart.into_iter().flatten().collect();
    let todo = [
        part(May::HostKey, "host key"),
        part(May::Sudo, "sudo"),
        part(May::Unseen, "not seen"),
    ];
    let todo: Vec<String> = todo.into_iter().flatten().collect();
    let all = offer.rows.iter().filter(|row| row.may.is_to_do()).count();
    let ticked = format!(
        "{} ticked: {} CPUs, {} GiB",
        offer.ticked.len(),
        hw.cores,
        text::amount(hw.memory.0, 1 << 30)
    );
    let apart = apart.join("   ");
    let room = ticked.chars().count() + 3 + apart.chars().count() <= width;
    let ticked = Span::styled(ticked, look.bold());
    let mut lines = if room {
        vec![Line::from(vec![ticked, Span::raw(format!("   {apart}"))])]
    } else {
        vec![Line::from(ticked), Line::raw(apart)]
    };
    lines.push(if todo.is_empty() {
        Line::default()
    } else {
        Line::from(vec![
            Span::styled(format!("{all} to do: "), look.warn()),
            Span::raw(todo.join(", ")),
        ])
    });
    lines
}

/// Draws the lines before they are written, and after.
pub fn lines(model: &Model, draft: &Draft, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let width = usize::from(area.width);
    let mut said = Vec::new();
    let mut say = |text: &str, style: Style| {
        let lines = text.lines().flat_map(|line| text::wrap(line, width));
        said.extend(lines.map(|line| Line::styled(line, style)));
    };
    match &draft.lines {
        None => say("The inventory is read once more …", look.dim()),
        Some(Err(why)) => say(why, look.warn()),
        Some(Ok(lines)) => {
            let file = lines.file.display();
            let what = match (draft.written, &lines.before) {
                (true, _) => format!("Written to {file}:"),
                (false, Some(_)) => format!("{file} would be written anew, with these lines:"),
                (false, None) => format!("{file} would be a new file of these lines:"),
            };
            say(&what, look.bold());
            if let Some(edited) = &lines.left_alone {
                say(
                    &format!("{} was edited and is left alone.", edited.display()),
                    look.warn(),
                );
            }
            if let Some(single) = &lines.single {
                let single = format!(
                    "Your inventory is the one file {}: this one beside it is not read. Add the `pooldeck_use: true` of each \
                     server where it stands there, or name the folder with `--inventory`.",
                    single.display()
                );
                say(&single, look.warn());
            }
            // As they are: a line of YAML that is broken is another one.
            said.push(Line::default());
            said.extend(lines.text.lines().map(|line| Line::raw(line.to_owned())));
        }
    }
    super::lines(model, &said, draft.scroll, frame, area);
}
