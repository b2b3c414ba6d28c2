//! The first hour: what an inventory is, and what a first pool could be.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::text;
use crate::{
    deck::{command::Command, model::Model, world::ServerRow},
    fleet::Capacity,
};

/// Where there is no server at all.
pub fn no_inventory(model: &Model, frame: &mut Frame, area: Rect) {
    let look = model.look;
    let mut said = vec![
        Line::default(),
        Line::styled("No servers yet.", look.bold()),
        Line::default(),
    ];
    let width = usize::from(area.width);
    let what = "An inventory is a YAML file, or a folder of them, that names your servers and how to reach them; \
        Ansible reads the same. Only servers with `pooldeck_use: true` are ever used. \
        Point at it with `pooldeck --inventory DIR`.";
    said.extend(text::wrap(what, width).into_iter().map(Line::raw));
    said.push(Line::default());
    said.push(Line::from(vec![
        Span::raw("Without hardware: "),
        Span::styled("pooldeck demo", look.bold()),
        Span::raw(" opens a living simulated room."),
    ]));
    for problem in &model.world.snapshot.listed.problems {
        said.push(Line::default());
        said.extend(
            problem
                .lines()
                .map(|line| Line::styled(line.to_owned(), look.warn())),
        );
    }
    super::lines(model, &said, 0, frame, area);
}

/// Where servers are offered and no pool is made: how many there are and what a first pool could be.
/// Answers how many rows it used.
pub fn no_pool(model: &Model, frame: &mut Frame, area: Rect) -> u16 {
    let look = model.look;
    let spares: Vec<&ServerRow> = model.world.spares().collect();
    let mut said = vec![Line::default(), Line::styled("No pool yet.", look.bold())];
    if let Some((control, workers)) = first_pool(&spares) {
        let hw: Capacity = workers.iter().filter_map(|row| row.capacity).sum();
        let names: Vec<&str> = workers.iter().map(|row| row.name.as_str()).collect();
        let what = format!(
            "A first one could be: {} as control plane, the smallest that is fit, and {} to work: \
             {} CPUs and {} GiB for pods.",
            control.name,
            names.join(" "),
            hw.cores,
            text::amount(hw.memory.0, 1 << 30)
        );
        let wrapped = text::wrap(&what, usize::from(area.width));
        said.extend(wrapped.into_iter().map(Line::raw));
        said.push(Line::from(vec![
            Span::styled(model.keys.word(Command::Actions), look.bold()),
            Span::raw(" opens the menu; choose `new pool`. Nothing changes before you confirm."),
        ]));
    } else if model.world.offered == 0 {
        said.push(Line::from(vec![
            Span::raw("None of your servers is offered, so nothing is touched. "),
            Span::styled("O", look.bold()),
            Span::raw(" asks which may be used."),
        ]));
    } else {
        said.push(Line::raw(format!(
            "{}; a pool wants two: one to control, one to work.",
            text::spares(&model.world)
        )));
    }
    super::lines(model, &said, 0, frame, area);
    u16::try_from(said.len()).unwrap_or(area.height)
}

/// The smallest fit server as control plane (two CPUs and 2 GiB are what kubeadm wants) and up to three workers.
fn first_pool<'a>(spares: &[&'a ServerRow]) -> Option<(&'a ServerRow, Vec<&'a ServerRow>)> {
    let size = |row: &ServerRow| {
        row.capacity
            .map(|it| (it.cores, it.memory.0))
            .unwrap_or_default()
    };
    let control = spares
        .iter()
        .filter(|row| size(row).0 >= 2 && size(row).1 >= 2 << 30)
        .min_by_key(|row| (size(row), row.name.clone()))?;
    let others = spares.iter().filter(|row| row.name != control.name);
    let workers: Vec<&ServerRow> = others.take(3).copied().collect();
    (!workers.is_empty()).then_some((*control, workers))
}
