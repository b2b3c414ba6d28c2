//! Below the servers of the resize dialog: what the planner says, and how the zones and the pool would stand.

use std::collections::BTreeSet;

use ratatui::text::{Line, Span};

use super::text;
use crate::{
    deck::{
        form::{Form, Thought},
        model::Model,
    },
    fleet::{Bytes, Capacity, ServerName},
};

/// More than these would leave no room for servers on a small terminal.
const MOST: usize = 4;

/// The lines, the most important first.
pub fn notes(model: &Model, form: &Form, width: usize) -> Vec<Line<'static>> {
    let look = model.look;
    let mut notes = Vec::new();
    let mut warn = |words: &str| {
        let lines = words.lines().flat_map(|line| text::wrap(line, width));
        notes.extend(lines.map(|line| Line::styled(line, look.warn())));
    };
    if let (Some(run), Some(pool)) = (form.in_the_way(&model.world), &form.pool) {
        warn(&format!(
            "run {run} is at work on {pool}: no other size before it ends; Enter shows it"
        ));
    }
    match &form.thought {
        _ if form.by_hand => notes.push(Line::from(vec![
            Span::raw("ticked by hand: the numbers do not count   "),
            Span::styled("=", look.bold()),
            Span::raw(" goes back to them"),
        ])),
        Thought::Refused(why) => warn(why),
        Thought::Plan(plan) => {
            let nobody = plan.effects.nobody_goes.as_ref();
            let nobody = nobody.and_then(|why| why.lines().next());
            nobody.into_iter().for_each(&mut warn);
            notes.extend(plan.effects.offer.as_ref().map(|offer| {
                Line::from(vec![
                    Span::styled(offer.text.clone(), look.warn()),
                    Span::styled("   =", look.bold()),
                    Span::raw(if form.less {
                        " takes the full set"
                    } else {
                        " takes these"
                    }),
                ])
            }));
        }
        Thought::None | Thought::Asked => (),
    }
    notes.truncate(MOST - 1);
    notes.extend(zones(model, form, width));
    notes
}

/// `zones  a 3   b 3   c 2 → 3`, and whether what pods asked for still fits without the largest server.
fn zones(model: &Model, form: &Form, width: usize) -> Vec<Line<'static>> {
    let world = &model.world;
    let (before, after) = (world.zones(&form.workers), world.zones(&form.ticked));
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let zones = all.iter().map(|zone| {
        let count = |all: &std::collections::BTreeMap<String, usize>| all.get(*zone).copied();
        let (was, is) = (count(&before).unwrap_or(0), count(&after).unwrap_or(0));
        let name = if zone.is_empty() { "none" } else { zone };
        if was == is {
            format!("{name} {is}")
        } else {
            format!("{name} {was} → {is}")
        }
    });
    let zones = zones.collect::<Vec<_>>().join("   ");
    let zones = if all.len() > 1 { zones } else { String::new() };
    let survives = survives(model, form).unwrap_or_default();
    let mut lines = Vec::new();
    if !zones.is_empty() {
        lines.push(Line::from(vec![
            Span::styled("zones  ", model.look.dim()),
            Span::raw(zones),
        ]));
    }
    if !survives.is_empty() {
        let room = width.saturating_sub(survives.chars().count());
        match lines.last_mut() {
            Some(line) if line.width() + 3 <= room => {
                line.push_span(Span::raw(format!("   {survives}")));
            }
            _ => lines.push(Line::raw(survives)),
        }
    }
    lines
}

/// Whether what pods asked for fits without the largest worker; nothing where that is not known.
fn survives(model: &Model, form: &Form) -> Option<String> {
    let pool = form.pool.as_ref()?;
    let row = model.world.pool(pool)?;
    let (cpus, memory) = (row.cpus.req?, row.memory.req?);
    if cpus.partial || memory.partial || form.ticked.is_empty() {
        return None;
    }
    let cluster = model.world.snapshot.observed.pools.get(pool)?;
    let max = |name: &ServerName| -> Option<(u64, u64)> {
        let node = cluster.nodes.get(name.as_str());
        let of_node = node.map(|node| (node.max_millicores, node.max_memory.0));
        let of_hardware = |it: Capacity| (u64::from(it.cores) * 1000, it.memory.0);
        of_node.or_else(|| form.size(&model.world, name).map(of_hardware))
    };
    let all: Vec<(u64, u64)> = form.ticked.iter().map(max).collect::<Option<_>>()?;
    let left = |part: fn(&(u64, u64)) -> u64| {
        let largest = all.iter().map(part).max().unwrap_or(0);
        all.iter().map(part).sum::<u64>().saturating_sub(largest)
    };
    let short_cpus = cpus.value.saturating_sub(left(|it| it.0));
    let short_memory = memory.value.saturating_sub(left(|it| it.1));
    Some(match (short_cpus, short_memory) {
        (0, 0) => "survives the loss of its largest".to_owned(),
        (0, bytes) => format!("without its largest {} short", Bytes(bytes)),
        (cpus, _) => format!(
            "without its largest {} CPUs short",
            text::amount(cpus, 1000)
        ),
    })
}
