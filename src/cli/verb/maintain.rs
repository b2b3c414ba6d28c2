//! `pooldeck server maintain` and `return`: a server that people work on, until when and why.
//! Must never empty a pool's member without its preview.

use super::{
    super::{Answer, Exit, Failure, Shell, ask, confirm, open, summon},
    server::none,
};
use crate::{
    deck::world::ServerRow,
    fleet::{Note, ServerName},
    plan::{Maintain, Request, Return},
    store::note::Say,
};

/// Leaves a server alone until then: a member by a plan, every other one by a word.
///
/// # Errors
/// [`Failure`].
pub(super) fn begin(shell: &mut Shell<'_>, name: &ServerName, until: &str, why: &str) -> Answer {
    let until = shell.until(until)?;
    let note = Note::new("", shell.now(), until, why).map_err(Failure::Usage)?;
    let (server, why) = (name.clone(), note.why);
    let row = row(shell, name)?;
    let set_aside = row.maintenance.is_some_and(|it| it.run.is_some());
    match row.pool.filter(|_| !set_aside) {
        Some(pool) => {
            let wish = Maintain {
                pool,
                server,
                until,
                why,
            };
            confirm::request(shell, &Request::Maintain(wish))
        }
        None => say(shell, Say::Maintain { server, until, why }),
    }
}

/// Nobody works on it any more.
///
/// # Errors
/// [`Failure`].
pub(super) fn end(shell: &mut Shell<'_>, name: &ServerName) -> Answer {
    let server = name.clone();
    match row(shell, name)?.pool {
        Some(pool) => confirm::request(shell, &Request::Return(Return { pool, server })),
        None => say(shell, Say::EndMaintenance(server)),
    }
}

fn row(shell: &mut Shell<'_>, name: &ServerName) -> Result<ServerRow, Failure> {
    let opened = open::store(shell)?;
    if !shell.common.read_only {
        summon::captain(shell, &opened)?;
        summon::knowledge(shell, &opened)?;
    }
    let world = open::read(shell, &opened)?;
    world.server(name).cloned().ok_or_else(|| none(name))
}

/// A word has no plan, but `--plan-only` changes nothing all the same.
fn say(shell: &mut Shell<'_>, say: Say) -> Answer {
    if shell.common.plan_only {
        shell.note("there is no plan: no server is touched, it is only written down")?;
        return Ok(Exit::Done);
    }
    shell.may_change()?;
    let opened = open::store(shell)?;
    ask::say(shell, &opened, say)
}
