//! What is ahead: which steps are still to be done or taken back, in an order in which they can be.
//! Must never list what is proved and stays, nor forget what nobody will carry on.

use super::super::{Fate, Run, State};
use crate::{
    fleet::Verb,
    plan::{Action, Step, Undo},
};

/// What is taken back comes first: nothing of it waits for anything that goes forward.
pub(super) fn ahead(run: &Run) -> Vec<(&Step, Verb)> {
    let mut stands: Vec<&Step> = run
        .progress()
        .filter(|(step, _)| run.fate(&step.subject) == Fate::Back && is_to_be_undone(run, step))
        .map(|(step, _)| step)
        .collect();
    let mut ahead = Vec::new();
    while !stands.is_empty() {
        let free = |step: &&Step| !stands.iter().any(|other| is_before(run, other, step));
        // The order has no circle; were there one, the last step would be as good as any.
        let at = stands.iter().rposition(free).unwrap_or(stands.len() - 1);
        ahead.push((stands.remove(at), Verb::Undo));
    }
    let forward = run
        .progress()
        .filter(|(step, progress)| progress.state != State::Proved && goes_on(run, step));
    ahead.extend(forward.map(|(step, _)| (step, Verb::Apply)));
    ahead
}

/// True when `other` is to be taken back before `step`.
pub(super) fn is_before(run: &Run, other: &Step, step: &Step) -> bool {
    other.id != step.id && run.goes_before(other, step)
}

/// True for a step that is to be done yet. A server that was left out on its way out is finished by somebody, else it owes; and a
/// member that stays wants its routes and its proof, also where the run itself goes on without it.
fn goes_on(run: &Run, step: &Step) -> bool {
    let is_of_members = matches!(step.action, Action::Routes | Action::VerifyPool);
    let stays = run.role_of_newcomer(&step.subject).is_none() && run.unwinding.is_none();
    match run.fate(&step.subject) {
        Fate::Forward | Fate::Halted => true,
        Fate::Back => is_of_members && stays,
    }
}

/// As the captain decides it, and also what is at work just now or could not be taken back: a person has to see to that.
fn is_to_be_undone(run: &Run, step: &Step) -> bool {
    let by_join = step.action == Action::AwaitReady && run.has_begun_to_join(&step.subject);
    let Some(progress) = run.of(step.id).filter(|_| step.action.undo() == Undo::Undo) else {
        return false;
    };
    match progress.state {
        State::Undone => false,
        State::Waiting => by_join,
        _ => by_join || progress.changes,
    }
}
