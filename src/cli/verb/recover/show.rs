//! A recovery before and after it is written, as text and as JSON.
//! Must never show a number that no witness said.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::super::{
    document,
    table::{Align, table},
    words::gib,
};
use crate::store::recover::{Carried, Found, Recovery};

/// The preview.
pub fn lines(found: &Found, made: &Recovery) -> Vec<String> {
    let answered = found.servers.values().filter(|it| it.facts.is_ok()).count();
    let mut lines = vec![
        format!(
            "fleet {}: {answered} of {} servers answer",
            made.fleet,
            found.servers.len()
        ),
        match &made.copy {
            Some((server, revision)) => format!(
                "copy of the store: {server}, revision {revision}{}",
                kept(found)
            ),
            None => "copy of the store: none".to_owned(),
        },
        format!(
            "terms of captains were found up to {}; it goes on above {}, and runs are counted from {} on",
            made.found,
            made.epoch,
            made.run.0 + 1
        ),
    ];
    lines.extend(
        found
            .unread
            .iter()
            .map(|(name, why)| format!("a copy that cannot be read: {name}: {why}")),
    );
    lines.extend(
        made.alive
            .iter()
            .map(|why| format!("the last captain may still live: {why}")),
    );
    lines.extend(pools(made));
    section(
        &mut lines,
        "runs that were open:",
        made.runs.values().map(run),
    );
    section(
        &mut lines,
        "owe their cleaning, and are cleaned when a captain is there:",
        made.debts
            .iter()
            .map(|(name, debt)| format!("{name} to {}: {}", debt.pool, debt.why)),
    );
    section(
        &mut lines,
        "contradictions:",
        made.doubts
            .iter()
            .map(|it| format!("{}: {}; {}", it.about, it.what, it.so)),
    );
    section(
        &mut lines,
        "pools that cannot be made again:",
        made.lost.iter().map(|(name, why)| format!("{name}: {why}")),
    );
    section(
        &mut lines,
        "not known what they hold:",
        made.unseen
            .iter()
            .map(|(name, why)| format!("{name}: {why}")),
    );
    section(
        &mut lines,
        "not ours, and left alone:",
        made.not_ours
            .iter()
            .map(|(name, why)| format!("{name}: {why}")),
    );
    lines
}

/// How old the copy is, by its newest commit that has a time.
fn kept(found: &Found) -> String {
    let newest = newest(found);
    newest.map_or_else(String::new, |at| {
        format!(
            ", its last run moved at {}",
            at.strftime("%-d %b %H:%M UTC")
        )
    })
}

fn newest(found: &Found) -> Option<Timestamp> {
    let runs = &found.copy.as_ref()?.snapshot.runs;
    runs.values().map(|run| run.last).max()
}

fn pools(made: &Recovery) -> Vec<String> {
    if made.pools.is_empty() {
        return vec!["pools: none".to_owned()];
    }
    let heading = [
        ("POOL", Align::Left),
        ("VERSION", Align::Left),
        ("CPUs", Align::Right),
        ("GiB", Align::Right),
        ("ASKED FOR", Align::Left),
        ("LEARNT FROM", Align::Left),
    ];
    let rows: Vec<[String; 6]> = made
        .pools
        .values()
        .map(|it| {
            let (has, asked) = (it.pool.capacity(), it.pool.asked);
            let sized = if it.sized { ", what it has now" } else { "" };
            [
                it.pool.name.to_string(),
                it.pool.version.clone(),
                has.cores.to_string(),
                gib(has.memory),
                format!("{} CPUs, {} GiB{sized}", asked.cores, gib(asked.memory)),
                it.from.to_owned(),
            ]
        })
        .collect();
    let mut lines = vec![String::new()];
    lines.extend(table(heading, &rows));
    let heading = [
        ("SERVER", Align::Left),
        ("POOL", Align::Left),
        ("ROLE", Align::Left),
        ("LEARNT FROM", Align::Left),
    ];
    let rows: Vec<[String; 4]> = made
        .pools
        .values()
        .flat_map(|it| {
            it.pool.members.iter().map(|(name, member)| {
                [
                    name.to_string(),
                    it.pool.name.to_string(),
                    member.role.to_string(),
                    it.by.get(name).cloned().unwrap_or_default(),
                ]
            })
        })
        .collect();
    lines.push(String::new());
    lines.extend(table(heading, &rows));
    lines
}

fn run(it: &Carried) -> String {
    let (id, title) = (it.run.id(), &it.run.plan().effects.title);
    match &it.over {
        Some(why) => format!("{id} {title}: over, since {why}"),
        None => format!(
            "{id} {title}: held{}; `pooldeck run resume {id}` shows its rest, `pooldeck run cancel {id}` ends it",
            match it.behind {
                0 => String::new(),
                steps => format!(", {steps} of its steps were begun after the copy was made"),
            }
        ),
    }
}

fn section(lines: &mut Vec<String>, heading: &str, each: impl Iterator<Item = String>) {
    let each: Vec<String> = each.map(|line| format!("  {line}")).collect();
    if !each.is_empty() {
        lines.extend([String::new(), heading.to_owned()]);
        lines.extend(each);
    }
}

/// What is said once it is written.
pub fn done(made: &Recovery) -> Vec<String> {
    let (pools, debts) = (made.pools.len(), made.debts.len());
    let mut lines = vec![format!(
        "fleet {} has its store again: {pools} pools, {debts} servers that owe their cleaning",
        made.fleet.short()
    )];
    let held = made.runs.values().filter(|it| it.over.is_none());
    let held: Vec<String> = held
        .map(|it| format!("`pooldeck run resume {}`", it.run.id()))
        .collect();
    if !held.is_empty() {
        lines.push(format!("held: {}", held.join(", ")));
    }
    lines.push("hint: start the captain as before, or `pooldeck`; an older one is refused by every server that it tells".to_owned());
    lines
}

/// The same as one document.
pub fn document(
    found: &Found,
    made: &Recovery,
    blocked: &[(String, String)],
    written: bool,
) -> Value {
    let pools: Vec<Value> = made
        .pools
        .values()
        .map(|it| {
            let members: Vec<Value> = it
                .pool
                .members
                .iter()
                .map(|(name, member)| json!({ "server": name, "role": member.role, "learnt_from": it.by.get(name) }))
                .collect();
            json!({
                "name": it.pool.name,
                "version": it.pool.version,
                "capacity": document::capacity(it.pool.capacity()),
                "asked": document::capacity(it.pool.asked),
                "asked_is_what_it_has": it.sized,
                "learnt_from": it.from,
                "members": members,
            })
        })
        .collect();
    let runs: Vec<Value> = made
        .runs
        .values()
        .map(|it| json!({ "id": it.run.id(), "title": it.run.plan().effects.title, "over": it.over, "steps_behind": it.behind }))
        .collect();
    let debts: Vec<Value> = made
        .debts
        .iter()
        .map(|(name, debt)| json!({ "server": name, "pool": debt.pool, "run": debt.run, "why": debt.why }))
        .collect();
    let doubts: Vec<Value> = made
        .doubts
        .iter()
        .map(|it| json!({ "about": it.about, "what": it.what, "so": it.so }))
        .collect();
    let named = |all: &mut dyn Iterator<Item = (String, String)>| -> Vec<Value> {
        all.map(|(name, why)| json!({ "name": name, "why": why }))
            .collect()
    };
    json!({
        "written": written,
        "fleet": made.fleet,
        "copy": made.copy.as_ref().map(|(server, revision)| json!({ "server": server, "revision": revision, "last_event": newest(found) })),
        "unread_copies": named(&mut found.unread.iter().map(|(name, why)| (name.to_string(), why.clone()))),
        "epoch_found": made.found,
        "epoch_above": made.epoch,
        "run_above": made.run,
        "captain_may_live": made.alive,
        "pools": pools,
        "runs": runs,
        "debts": debts,
        "contradictions": doubts,
        "lost_pools": named(&mut made.lost.iter().map(|(name, why)| (name.to_string(), why.clone()))),
        "unseen": named(&mut made.unseen.iter().map(|(name, why)| (name.to_string(), why.clone()))),
        "not_ours": named(&mut made.not_ours.iter().map(|(name, why)| (name.to_string(), why.clone()))),
        "blocked": named(&mut blocked.iter().cloned()),
    })
}
