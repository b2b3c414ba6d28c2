//! The servers' list: filter, order and marks. Marks are names; an order that people act on holds still.

use std::cmp::Reverse;

use crossterm::event::{KeyCode, KeyEvent};

use crate::deck::{
    command::Command,
    model::{Group, Model, Screen, Sort},
    world::ServerRow,
};
use crate::fleet::Standing;

/// Why the list is arranged anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The world changed by itself.
    World,
    /// A person wants it so.
    Person,
}

/// Does what a command means for the list.
pub fn perform(model: &mut Model, command: Command) {
    let servers = &mut model.servers;
    match command {
        Command::Filter => servers.typing = true,
        Command::Mark => toggle(model),
        Command::MarkAll => servers.marks.extend(servers.shown.iter().cloned()),
        Command::ClearMarks => {
            servers.marks.clear();
            arrange(model, Why::World);
        }
        Command::ShowHidden => drop_filter(model),
        Command::ClearHidden => {
            let shown: std::collections::BTreeSet<_> = servers.shown.iter().collect();
            servers.marks.retain(|mark| shown.contains(mark));
        }
        Command::Sort => {
            servers.sort = match servers.sort {
                Sort::Name => Sort::State,
                Sort::State => Sort::Cpus,
                Sort::Cpus => Sort::Memory,
                Sort::Memory => Sort::Load,
                Sort::Load => Sort::Name,
            };
            arrange(model, Why::Person);
        }
        Command::Group => {
            servers.group = match servers.group {
                Group::Pool => Group::Zone,
                Group::Zone => Group::None,
                Group::None => Group::Pool,
            };
            arrange(model, Why::Person);
        }
        _ => (),
    }
}

fn toggle(model: &mut Model) {
    let servers = &mut model.servers;
    let Some(name) = servers.list.selected().cloned() else {
        return;
    };
    if !servers.marks.remove(&name) {
        servers.marks.insert(name);
    }
    servers.list.step(&servers.shown, 1);
}

/// Shows only what holds `text`.
pub fn show_only(model: &mut Model, text: &str) {
    text.clone_into(&mut model.servers.filter);
    arrange(model, Why::Person);
}

/// Shows all again.
pub fn drop_filter(model: &mut Model) {
    show_only(model, "");
}

/// A key while the filter is typed.
pub fn type_key(model: &mut Model, key: &KeyEvent) {
    match key.code {
        KeyCode::Char(c) => model.servers.filter.push(c),
        KeyCode::Backspace => drop(model.servers.filter.pop()),
        _ => return,
    }
    arrange(model, Why::Person);
}

/// A paste while the filter is typed: its first line, as text.
pub fn type_text(model: &mut Model, text: &str) {
    let line = text.lines().next().unwrap_or_default();
    let plain = line.chars().filter(|c| !c.is_control());
    model.servers.filter.extend(plain);
    arrange(model, Why::Person);
}

/// Works out what is shown, in which order. While marks or a dialog exist the world may take rows away
/// and add some at the end, but never moves one.
pub fn arrange(model: &mut Model, why: Why) {
    let frozen = why == Why::World && (!model.servers.marks.is_empty() || in_dialog(model));
    let filter = model.servers.filter.to_lowercase();
    let mut rows: Vec<&ServerRow> = model
        .world
        .servers
        .iter()
        .filter(|row| filter.is_empty() || holds(row, &filter))
        .collect();
    let (group, sort) = (model.servers.group, model.servers.sort);
    rows.sort_by_cached_key(|row| (group_key(row, group), sort_key(row, sort)));
    let wanted: Vec<_> = rows.iter().map(|row| row.name.clone()).collect();
    if frozen {
        let new: std::collections::BTreeSet<_> = wanted.iter().cloned().collect();
        let mut kept: Vec<_> = model.servers.shown.drain(..).collect();
        kept.retain(|name| new.contains(name));
        let old: std::collections::BTreeSet<_> = kept.iter().cloned().collect();
        kept.extend(wanted.iter().filter(|name| !old.contains(*name)).cloned());
        model.servers.resort_due = kept != wanted;
        model.servers.shown = kept;
    } else {
        model.servers.resort_due = false;
        model.servers.shown = wanted;
    }
    model.servers.heads = heads(model);
    if why == Why::Person {
        model.servers.list.refocus(&model.servers.shown);
    }
}

/// Where another group begins than that of the row above.
fn heads(model: &Model) -> Vec<(usize, String)> {
    let mut heads: Vec<(usize, String)> = Vec::new();
    let mut last = None;
    for (at, name) in model.servers.shown.iter().enumerate() {
        let Some(row) = model.world.server(name) else {
            continue;
        };
        let key = group_key(row, model.servers.group);
        if last.as_ref() != Some(&key) {
            let word = match (model.servers.group, key.0, key.1.as_str()) {
                (Group::None, ..) => return Vec::new(),
                (Group::Zone, _, "") => "no zone".to_owned(),
                (Group::Zone, _, zone) => format!("zone {zone}"),
                (Group::Pool, 0, pool) => format!("pool {pool}"),
                (Group::Pool, 1, _) => "in no pool".to_owned(),
                (Group::Pool, ..) => "not offered".to_owned(),
            };
            heads.push((at, word));
            last = Some(key);
        }
    }
    heads
}

/// Puts the rows in order that could not be moved while something else was looked at, or marked.
pub fn catch_up(model: &mut Model) {
    let is_held = !model.servers.marks.is_empty() || in_dialog(model);
    if model.servers.resort_due && !is_held {
        arrange(model, Why::World);
    }
}

fn in_dialog(model: &Model) -> bool {
    !matches!(model.screen(), Screen::Pools | Screen::Servers)
}

fn holds(row: &ServerRow, filter: &str) -> bool {
    let pool = row.pool.as_ref().map_or("", crate::fleet::PoolName::as_str);
    let zone = row.zone.as_deref().unwrap_or_default();
    let spare = if row.is_spare() { "spare" } else { "" };
    [row.name.as_str(), pool, zone, spare, &row.os, &row.state]
        .iter()
        .any(|text| text.to_lowercase().contains(filter))
}

/// Pools by name, then what is spare, then what is not to be had.
fn group_key(row: &ServerRow, group: Group) -> (u8, String) {
    match (group, &row.pool, &row.standing) {
        (Group::None, ..) => (0, String::new()),
        (Group::Zone, ..) => (0, row.zone.clone().unwrap_or_default()),
        (Group::Pool, Some(pool), _) => (0, pool.to_string()),
        (Group::Pool, None, Standing::NotOffered) => (2, String::new()),
        (Group::Pool, None, _) => (1, String::new()),
    }
}

/// Ascending in what comes first; equal rows go by role and name.
fn sort_key(row: &ServerRow, sort: Sort) -> (Reverse<u64>, Option<crate::fleet::Role>, String) {
    let capacity = row.capacity.unwrap_or_default();
    let first = match sort {
        Sort::Name => 0,
        Sort::State => row.light as u64,
        Sort::Cpus => capacity.cores.into(),
        Sort::Memory => capacity.memory.0,
        Sort::Load => load_key(row.load),
    };
    (Reverse(first), row.role, row.name.to_string())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a load average is a small number that is not negative"
)]
fn load_key(load: Option<f64>) -> u64 {
    load.map_or(0, |load| (load.max(0.0) * 100.0) as u64 + 1)
}
