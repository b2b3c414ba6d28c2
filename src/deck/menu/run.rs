//! What can be done about a run: first what it waits for, then what goes for all of it.

use super::{Does, Item, item, names};
use crate::{
    deck::{question::Topic, world::World},
    fleet::{RunId, ServerName, TroubleKind},
    run::{Blockade, Reply, Run, State, Word, block::budgets},
    store::record::What,
};

/// What the menu of a run is about.
pub fn title(world: &World, id: RunId, looked_at: Option<&ServerName>) -> String {
    let run = world.run(id);
    let waits = run.and_then(|run| blockade(run, looked_at));
    waits.map_or_else(
        || format!("run {id}"),
        |it| format!("run {id}: what becomes of {}?", it.server),
    )
}

/// The drain that is answered: of the server that is looked at, else the first.
fn blockade<'a>(run: &'a Run, looked_at: Option<&ServerName>) -> Option<Blockade<'a>> {
    let blockade = looked_at.and_then(|server| run.blockade(server));
    blockade.or_else(|| run.blockades().next())
}

/// The menu of a run. Where more than one drain waits, the answers are about the server that is looked at, else about the first.
pub fn run(world: &World, id: RunId, looked_at: Option<&ServerName>) -> Vec<Item> {
    let Some(run) = world.run(id).filter(|run| run.is_open()) else {
        return Vec::new();
    };
    let mut items = blockade(run, looked_at).map_or_else(Vec::new, |it| answers(run, &it));
    let stuck = run.plan().subjects().into_iter();
    items.extend(stuck.filter_map(|server| without(world, run, server)));
    if run.paused.is_some() || !run.parked.is_empty() {
        items.push(item(
            format!("resume run {id}: {}", ahead(run)),
            Does::Ask(What::Resume(id)),
        ));
    }
    if run.paused.is_none() {
        items.push(item(
            format!("pause run {id}: start nothing new"),
            Does::Ask(What::Pause(id)),
        ));
    }
    if run.unwinding.is_none() {
        items.push(item(
            format!("cancel run {id}: undo each server, or finish it where it is past its line"),
            Does::Ask(What::Cancel(id)),
        ));
        items.push(item(
            format!("roll run {id} back: undo what it changed"),
            Does::Ask(What::Rollback(id)),
        ));
    }
    items
}

fn answer(run: &Run, server: &ServerName, reply: Reply) -> Does {
    Does::Ask(What::Answer(Word {
        run: run.id(),
        server: server.clone(),
        reply,
        typed: None,
    }))
}

/// What a drain that waits can be answered.
fn answers(run: &Run, it: &Blockade<'_>) -> Vec<Item> {
    let server = it.server;
    let mut items = vec![item(
        format!("keep waiting for {server}: whole time again, then a person"),
        answer(run, server, Reply::Wait),
    )];
    if run.can_stay(server) {
        items.push(item(
            format!("put {server} back: uncordon it, the rest goes on"),
            answer(run, server, Reply::Back),
        ));
    }
    if run.can_stay(server) && run.can_name_another() {
        items.push(item(
            format!("put {server} back; at its end the run names another that would do"),
            answer(run, server, Reply::Another),
        ));
    }
    for budget in budgets(it.kept) {
        let topic = Topic::Force {
            run: run.id(),
            server: server.clone(),
            budget: budget.to_owned(),
        };
        items.push(item(
            format!("evict by force what {budget} keeps on {server} …"),
            Does::Question(topic),
        ));
    }
    items
}

/// Going on without a newcomer that is waited for.
fn without(world: &World, run: &Run, server: &ServerName) -> Option<Item> {
    let seen = world.snapshot.observed.servers.get(server);
    let away = seen.and_then(|seen| seen.trouble.as_ref());
    let tried = |(step, progress): (&crate::plan::Step, &crate::run::Progress)| {
        step.subject == *server && matches!(progress.state, State::Retrying { .. })
    };
    let waited_for = run.parked.contains_key(server)
        || away.is_some_and(|it| it.kind != TroubleKind::Unreadable)
        || run.progress().any(tried);
    (waited_for && run.can_go_without(server)).then(|| {
        item(
            format!("go on without {server}: what was begun on it is taken back"),
            answer(run, server, Reply::Without),
        )
    })
}

/// What a run would go on with, in a few words.
fn ahead(run: &Run) -> String {
    let servers = run.ahead().into_iter().map(|(server, _)| server).collect();
    format!("steps of {} are ahead", names(&servers))
}
