//! `pooldeck server maintain` and `return`: a server that people work on, until when and why.

use super::{
    super::{Answer, Failure, Shell, ask, open, summon},
    server::none,
};
use crate::{
    fleet::{Note, ServerName},
    store::note::Say,
};

/// Leaves a server alone until then.
///
/// # Errors
/// [`Failure`].
pub(super) fn begin(shell: &mut Shell<'_>, name: &ServerName, until: &str, why: &str) -> Answer {
    shell.may_change()?;
    let until = shell.until(until)?;
    let note = Note::new("", shell.now(), until, why).map_err(Failure::Usage)?;
    let opened = open::store(shell)?;
    summon::captain(shell, &opened)?;
    summon::knowledge(shell, &opened)?;
    open::read(shell, &opened)?
        .server(name)
        .ok_or_else(|| none(name))?;
    let (server, why) = (name.clone(), note.why);
    ask::say(shell, &opened, Say::Maintain { server, until, why })
}

/// Nobody works on it any more.
///
/// # Errors
/// [`Failure`].
pub(super) fn end(shell: &mut Shell<'_>, name: &ServerName) -> Answer {
    shell.may_change()?;
    let opened = open::store(shell)?;
    summon::captain(shell, &opened)?;
    ask::say(shell, &opened, Say::EndMaintenance(name.clone()))
}
