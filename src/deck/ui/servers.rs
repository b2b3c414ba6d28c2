//! All servers: grouped, with marks that are names, and the marked ones always in sight.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    Look, grouped,
    table::{Cells, Column, Table, row},
    text,
};
use crate::deck::{
    command::Command,
    model::{Group, Model, Sort},
    world::{Light, ServerRow},
};

fn columns(longest: u16) -> [Column; 11] {
    [
        Column::text(" SERVER", longest + 1, 0),
        Column::text("POOL", 7, 1).growing(14),
        Column::text("ROLE", 7, 4),
        Column::text("STATE", 15, 0).growing(34),
        Column::number("CPUs", 4, 1),
        Column::number("LOAD", 5, 6),
        Column::number("GiB", 4, 1),
        Column::number("USED", 4, 7),
        Column::text("ZONE", 4, 5).growing(10),
        Column::text("OS", 8, 8).growing(12),
        Column::number("AGE", 3, 2),
    ]
}

/// Draws the list.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let columns = columns(model.world.longest);
    let table = Table::fit(&columns, area.width, 1);
    let strip = strip(model);
    let height = usize::from(area.height).saturating_sub(1 + strip.len());
    row(frame.buffer_mut(), area, 0, &table.heading(look), None);
    let shown = &model.servers.shown;
    let selected = model.servers.list.selected();
    let lines = grouped::lines(&model.servers, height);
    let position = lines.position(shown.len());
    for (y, line) in (1..).zip(lines) {
        let at = match line {
            grouped::Row::Head(words) => {
                let head = Line::styled(words, look.bold());
                row(frame.buffer_mut(), area, y, &head, None);
                continue;
            }
            grouped::Row::Server(at) => at,
        };
        let name = &shown[at];
        let Some(server) = model.world.server(name) else {
            continue;
        };
        let marked = model.servers.marks.contains(name);
        let line = table.line(cells(model, server, marked));
        let here = selected == Some(name);
        row(
            frame.buffer_mut(),
            area,
            y,
            &line,
            here.then(|| look.cursor()),
        );
    }
    if shown.is_empty() {
        let none = Line::styled("no server holds that text; Esc shows all", look.dim());
        row(frame.buffer_mut(), area, 1, &none, None);
    }
    let top = area
        .height
        .saturating_sub(u16::try_from(strip.len()).unwrap_or(0));
    for (y, line) in (top..).zip(&strip) {
        row(frame.buffer_mut(), area, y, line, None);
    }
    super::note(model, &position, area.height.saturating_sub(1), frame, area);
}

fn cells(model: &Model, server: &ServerRow, marked: bool) -> Cells {
    let look = model.look;
    let secondary = if server.light == Light::Off {
        look.dim()
    } else {
        Style::new()
    };
    let mark = if marked { "*" } else { " " };
    let unknown = || "-".to_owned();
    let capacity = server.capacity;
    let old = text::staleness(server.seen, model.now);
    let now = if old.is_empty() {
        secondary
    } else {
        look.dim()
    };
    vec![
        (
            format!("{mark}{}", server.name),
            if marked { look.bold() } else { secondary },
        ),
        (
            // What cannot be taken is not spare; its state says what it is.
            match &server.pool {
                Some(pool) => pool.to_string(),
                None if server.is_spare() => "spare".to_owned(),
                None => String::new(),
            },
            secondary,
        ),
        (
            server.role.map(|role| role.to_string()).unwrap_or_default(),
            secondary,
        ),
        (state(model, server), look.light(server.light)),
        (
            capacity.map_or_else(unknown, |it| it.cores.to_string()),
            secondary,
        ),
        (
            server
                .load
                .map_or_else(unknown, |load| format!("{load:.1}")),
            now,
        ),
        (
            capacity.map_or_else(unknown, |it| text::amount(it.memory.0, 1 << 30)),
            secondary,
        ),
        (
            server
                .used
                .map_or_else(unknown, |used| text::amount(used.0, 1 << 30)),
            now,
        ),
        (server.zone.clone().unwrap_or_default(), secondary),
        (server.os.clone(), secondary),
        (old, look.dim()),
    ]
}

/// Symbol, word and, where it is known, for how long.
pub fn state(model: &Model, server: &ServerRow) -> String {
    let since = server
        .since
        .filter(|_| server.light != Light::Off)
        .map(|since| format!(" {}", text::age(model.now.duration_since(since))))
        .unwrap_or_default();
    let until = server
        .maintenance
        .as_ref()
        .filter(|_| server.light == Light::Maintenance)
        .map(|it| text::moment(it.note.until, model.now, &model.zone))
        .map(|until| format!(" until {until}"));
    let how = until.unwrap_or(since);
    format!("{} {}{how}", server.light.symbol(), server.state)
}

/// The lines under the list: the marked servers by name, what the filter hides, how the list is ordered.
fn strip(model: &Model) -> Vec<Line<'static>> {
    let (look, servers) = (model.look, &model.servers);
    let mut lines = Vec::new();
    let hidden = model.hidden_marks();
    if !servers.marks.is_empty() {
        let hw = model.world.capacity(&servers.marks);
        let names: Vec<&str> = servers
            .marks
            .iter()
            .map(crate::fleet::ServerName::as_str)
            .collect();
        let few = names[..names.len().min(8)].join(" ");
        let more = if names.len() > 8 {
            format!(" +{}", names.len() - 8)
        } else {
            String::new()
        };
        lines.push(Line::from(vec![
            Span::styled(format!("marked {}: ", names.len()), look.bold()),
            Span::raw(format!("{few}{more}")),
            Span::styled(
                format!(
                    "   {} CPUs, {} GiB in all",
                    hw.cores,
                    text::amount(hw.memory.0, 1 << 30)
                ),
                look.dim(),
            ),
        ]));
    }
    if !hidden.is_empty() {
        let names: Vec<&str> = hidden.iter().take(6).map(|name| name.as_str()).collect();
        lines.push(Line::from(vec![
            Span::styled(
                format!(
                    "{} hidden by the filter: ",
                    text::count(hidden.len(), "mark")
                ),
                look.warn(),
            ),
            Span::raw(format!(
                "{}   {} show, {} clear them",
                names.join(" "),
                model.keys.word(Command::ShowHidden),
                model.keys.word(Command::ClearHidden)
            )),
        ]));
    }
    lines.push(order(look, model));
    lines
}

fn order(look: Look, model: &Model) -> Line<'static> {
    let by = match model.servers.sort {
        Sort::Name => "name",
        Sort::State => "state, worst first",
        Sort::Cpus => "CPUs",
        Sort::Memory => "memory",
        Sort::Load => "load",
    };
    let group = match model.servers.group {
        Group::Pool => "by pool, ",
        Group::Zone => "by zone, ",
        Group::None => "",
    };
    let filter = if model.servers.filter.is_empty() || model.servers.typing {
        String::new()
    } else {
        format!("   filter: {}", model.servers.filter)
    };
    let frozen = if model.servers.resort_due {
        "   order held while marks exist"
    } else {
        ""
    };
    Line::styled(format!("{group}by {by}{filter}{frozen}"), look.dim())
}
