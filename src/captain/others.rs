//! Somebody else at work on a server of an open run: a reboot that we did not ask for, a cordon that we set and they lifted.
//! Must never work on beside them: the server's steps wait for a person.

use crate::{
    fleet::{ClusterSeen, Facts, ServerName},
    plan::Action,
    run::{Fact, Fate, Run, State},
};

/// What a person does before the run goes on.
const FIND_OUT: &str = "find out who works on it";

/// The server was rebooted while the run was at it; no step of ours does that.
#[must_use]
pub fn rebooted(run: &Run, server: &ServerName, before: &Facts, now: &Facts) -> Option<Fact> {
    let again = before.machine == now.machine
        && before.boot.is_some()
        && now.boot.is_some()
        && before.boot != now.boot;
    let at_it = run.progress().any(|(step, progress)| {
        let left = !matches!(progress.state, State::Proved | State::Waiting);
        step.subject == *server && (left || progress.state == State::Proved && progress.changes)
    });
    let ahead = run.progress().any(|(step, progress)| {
        step.subject == *server && !matches!(progress.state, State::Proved | State::Failed { .. })
    });
    // A server that is given up is not worked on: that it boots is for its node's last step to judge.
    let ours = !run.is_given_up(server);
    (again && at_it && ahead && ours).then_some(())?;
    held(run, server, "was rebooted", FIND_OUT)
}

/// Servers whose node takes pods again although the run cordoned it and has not taken that back.
#[must_use]
pub fn uncordoned(run: &Run, before: &ClusterSeen, now: &ClusterSeen) -> Vec<Fact> {
    let is_cordoned = |seen: &ClusterSeen, server: &ServerName| {
        seen.nodes.get(server.as_str()).map(|node| node.cordoned)
    };
    let cordons = run.progress().filter(|(step, progress)| {
        step.action == Action::Cordon && progress.state == State::Proved
    });
    cordons
        .map(|(step, _)| &step.subject)
        .filter(|server| is_cordoned(before, server) == Some(true))
        .filter(|server| is_cordoned(now, server) == Some(false))
        .filter_map(|server| held(run, server, "was uncordoned by somebody else", FIND_OUT))
        .collect()
}

/// The operator took the offer of a newcomer back while it is no node yet.
#[must_use]
pub fn withdrawn(run: &Run, server: &ServerName) -> Option<Fact> {
    let comes = run
        .plan()
        .effects
        .incoming
        .iter()
        .any(|it| it.server == *server);
    (comes && !run.has_come(server)).then_some(())?;
    held(
        run,
        server,
        "was withdrawn in the inventory",
        "offer it again there",
    )
}

/// Its steps wait, where they still go forward and nobody waits for it already.
fn held(run: &Run, server: &ServerName, what: &str, first: &str) -> Option<Fact> {
    let goes_on = run.is_open() && run.unwinding.is_none() && run.fate(server) == Fate::Forward;
    if !goes_on || run.held.contains(server) {
        return None;
    }
    let id = run.id();
    let end = if run.has_left(server) {
        "finishes what is past its line"
    } else {
        "takes it back"
    };
    let why = format!(
        "it {what} while run {id} worked on it\nhint: {first}, then `pooldeck run resume {id}`; `pooldeck run cancel {id}` {end}"
    );
    let server = server.clone();
    Some(Fact::Held { server, why })
}
