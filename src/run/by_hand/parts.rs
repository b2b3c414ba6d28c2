//! Steps put together by server: as much of one server as can be done before another's turn comes.
//! Must never put a step before one that it needs.

use super::{super::Run, Part, Task, ahead::is_before};
use crate::{
    fleet::{ServerName, Verb},
    plan::{Action, Step},
};

/// Parts in an order in which they can be done, each naming those that it waits for.
pub(super) fn parts(
    run: &Run,
    steps: &[(&Step, Verb)],
    task: impl Fn(&Step, Verb) -> Task,
) -> Vec<Part> {
    let mut left: Vec<&(&Step, Verb)> = steps.iter().collect();
    let mut parts: Vec<(Part, Vec<&(&Step, Verb)>)> = Vec::new();
    while !left.is_empty() {
        let free = |it: &&(&Step, Verb)| !left.iter().any(|other| comes_before(run, other, it));
        let now = parts.last().map(|(part, _)| &part.server);
        let same = left
            .iter()
            .position(|it| Some(&it.0.subject) == now && free(it));
        let at = same.or_else(|| left.iter().position(free)).unwrap_or(0);
        let next = left.remove(at);
        if same.is_none() {
            let number = parts.len() + 1;
            parts.push((part(run, &next.0.subject, number), Vec::new()));
        }
        let before = |(part, done): &(Part, Vec<&(&Step, Verb)>)| {
            let waits = done.iter().any(|other| comes_before(run, other, next));
            waits.then_some(part.number)
        };
        let waits: Vec<usize> = parts.iter().filter_map(before).collect();
        if let Some((part, done)) = parts.last_mut() {
            let number = part.number;
            part.after
                .extend(waits.into_iter().filter(|it| *it != number));
            part.after.sort_unstable();
            part.after.dedup();
            part.tasks.push(task(next.0, next.1));
            done.push(next);
        }
    }
    parts.into_iter().map(|(part, _)| part).collect()
}

/// A part of that server without tasks.
pub(super) fn part(run: &Run, server: &ServerName, number: usize) -> Part {
    let pool = run.plan().pool.as_ref();
    let member = pool.and_then(|pool| Some((pool, pool.members.get(server)?)));
    let what = member.map_or_else(String::new, |(pool, member)| {
        let role = member.role.word().replace('-', " ");
        format!("{role} of {} at {}", pool.name, member.address)
    });
    Part {
        number,
        server: server.clone(),
        what,
        after: Vec::new(),
        tasks: Vec::new(),
    }
}

/// True when `other` has to be done before `step` begins.
fn comes_before(run: &Run, other: &(&Step, Verb), step: &(&Step, Verb)) -> bool {
    let ((before, way), (after, verb)) = (other, step);
    match (*way, *verb) {
        (Verb::Undo, Verb::Undo) => is_before(run, before, after),
        // The proof comes when nobody is half in the pool any more; and one server goes one way at a time.
        (Verb::Undo, _) => after.action == Action::VerifyPool || before.subject == after.subject,
        (_, Verb::Undo) => false,
        _ => after.needs.contains(&before.id),
    }
}
