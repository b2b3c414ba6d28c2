//! `pooldeck run answer`: what becomes of a server that a run waits for.
//! Must never override a budget whose name was not typed.

use serde_json::json;

use super::super::{Answer, Exit, Failure, Shell, args::Said, ask, confirm, follow, open, summon};
use crate::{
    fleet::{RunId, ServerName},
    run::{Reply, Word},
    store::{
        record::{self, What},
        snapshot::Snapshot,
    },
};

/// Asks the captain.
///
/// # Errors
/// [`Failure`].
pub fn answer(
    shell: &mut Shell<'_>,
    id: RunId,
    server: &ServerName,
    said: Said,
    budget: Option<&String>,
) -> Answer {
    shell.may_change()?;
    let opened = open::store(shell)?;
    follow::read(opened.store.as_ref(), id)?;
    let reply = match (said, budget) {
        (Said::KeepWaiting, None) => Reply::Wait,
        (Said::PutBack, None) => Reply::Back,
        (Said::Another, None) => Reply::Another,
        (Said::GoOnWithout, None) => Reply::Without,
        (Said::Evict, Some(budget)) => Reply::Force(budget.clone()),
        _ => {
            let why = "`--budget` belongs to `evict`, and to nothing else";
            return Err(Failure::Usage(format!("{why}\nhint: leave it out")));
        }
    };
    summon::captain(shell, &opened)?;
    let snapshot = Snapshot::read(opened.store.as_ref())?;
    let typed = if let Reply::Force(budget) = &reply {
        Some(force(shell, &snapshot, id, server, budget)?)
    } else {
        confirm::yes(shell, &format!("run {id}, {server}: {}", reply.words()))?;
        None
    };
    let words = reply.words();
    let word = Word {
        run: id,
        server: server.clone(),
        reply,
        typed,
    };
    match ask::ask(shell, &opened, What::Answer(word))? {
        record::Answer::Refused(why) => Err(Failure::Refused(why)),
        _ if shell.json() => {
            shell.document(&json!({ "run": { "id": id } }))?;
            Ok(Exit::Done)
        }
        _ => {
            shell.say(format!(
                "run {id}, {server}: {words}\nhint: `pooldeck run show {id} --wait` follows it"
            ))?;
            Ok(Exit::Done)
        }
    }
}

/// Says what breaks, and wants the name.
fn force(
    shell: &mut Shell<'_>,
    snapshot: &Snapshot,
    id: RunId,
    server: &ServerName,
    budget: &str,
) -> Result<String, Failure> {
    let run = snapshot.runs.get(&id);
    let Some((run, blockade)) = run.and_then(|run| Some((run, run.blockade(server)?))) else {
        return Err(Failure::Refused(format!(
            "no drain of {server} waits in run {id}\nhint: `pooldeck run show {id}` shows what it waits for"
        )));
    };
    for line in blockade.breaks(budget) {
        shell.note(line)?;
    }
    let reply = Reply::Force(budget.to_owned());
    let protected = snapshot.is_protected(run);
    let wanted = reply.wanted(run, protected).unwrap_or_default();
    confirm::name(shell, &wanted, "its budget says no to this")
}
