//! Leaves on each server that a run holds how a person finishes it without pooldeck, and takes the text away when the run has ended.
//! Must never hold up anything, nor write to a server that we do not hold or that somebody works on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::task::JoinSet;

use super::{options::Options, state::State};
use crate::{
    fleet::{Script, Server, ServerName, Verb, script::exit},
    plan::{On, script::RunEnv},
    run::Run,
    ssh::{Transport, UnitName, UnitState},
};

/// Anew at this pace while a run moves on: an older text lists more than is left, and each step's `done when` tells.
const RENEW: SignedDuration = SignedDuration::from_secs(60);
/// When it stands still nothing will be newer, and a person may be on the way.
const STILL: SignedDuration = SignedDuration::from_secs(5);
/// What could not be written, or removed, is tried again.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// At once: the steps' own connections come first.
const AT_ONCE: usize = 8;

/// What lies on servers, as far as is known without looking.
#[derive(Debug, Default)]
pub struct Texts {
    tasks: JoinSet<(ServerName, Option<String>, bool)>,
    at_work: BTreeSet<ServerName>,
    /// What was written last, or that it was removed.
    left: BTreeMap<ServerName, Option<String>>,
    tried: BTreeMap<ServerName, Timestamp>,
    number: u64,
}

/// What is to lie on a server.
struct Wanted<'a> {
    run: &'a Run,
    stamp: String,
    pace: SignedDuration,
    owes: bool,
}

impl Texts {
    /// Writes and removes what it is time for.
    pub fn pump<T: Transport>(
        &mut self,
        state: &State,
        transport: &Arc<T>,
        options: &Options,
        now: Timestamp,
    ) {
        while let Some(done) = self.tasks.try_join_next() {
            if let Ok((server, stamp, well)) = done {
                self.at_work.remove(&server);
                if well {
                    self.left.insert(server, stamp);
                }
            }
        }
        let wanted = wanted(state);
        let observed = &state.snapshot.observed.servers;
        let listed = observed
            .iter()
            .filter(|(_, seen)| seen.trouble.is_none())
            .filter_map(|(name, seen)| Some((name, seen.facts.as_ref()?)));
        let ours = listed.filter(|(_, facts)| {
            let claim = facts.claim.as_ref();
            claim.is_some_and(|claim| claim.is_of(&state.snapshot.fleet.id))
        });
        let mut due = Vec::new();
        for (name, facts) in ours {
            let lies = self.left.get(name).unwrap_or(&facts.by_hand).as_ref();
            let since = self.tried.get(name).map(|at| now.duration_since(*at));
            let is_time = |pace| since.is_none_or(|since| pace <= since);
            let wish = wanted.get(name);
            let is_due = match (wish, lies) {
                (None, None) => false,
                (None, Some(_)) => is_time(AGAIN_AFTER),
                (Some(_), None) => is_time(STILL),
                (Some(wish), Some(lies)) => *lies != wish.stamp && is_time(wish.pace),
            };
            let is_free = !self.at_work.contains(name)
                && state.snapshot.fleet.maintenance(name, now).is_none();
            if is_due && is_free {
                due.push((name, wish));
            }
        }
        // Who is held no more has nothing of ours that we would have to remember.
        self.left
            .retain(|name, lies| lies.is_some() || wanted.contains_key(name));
        due.truncate(AT_ONCE.saturating_sub(self.at_work.len()));
        for (name, wish) in due {
            if let Some(server) = state.snapshot.fleet.servers.get(name) {
                self.begin(state, transport, options, server, wish, now);
            }
        }
    }

    fn begin<T: Transport>(
        &mut self,
        state: &State,
        transport: &Arc<T>,
        options: &Options,
        server: &Server,
        wish: Option<&Wanted<'_>>,
        now: Timestamp,
    ) {
        self.number += 1;
        let name = server.name.clone();
        let fleet = &state.snapshot.fleet;
        let unit = UnitName(format!(
            "pooldeck-{}-by-hand-{}-{}",
            fleet.id, state.epoch, self.number
        ));
        let script = script(state, options, server, wish, now);
        let stamp = wish.map(|wish| wish.stamp.clone());
        self.tried.insert(name.clone(), now);
        self.at_work.insert(name.clone());
        let (transport, server) = (Arc::clone(transport), server.clone());
        self.tasks.spawn(async move {
            let ended = transport.run(&server, &unit, &script, &mut |_| ()).await;
            drop(transport.forget(&server, &[unit]).await);
            let well = matches!(ended, Ok(UnitState::Finished { code: exit::OK, .. }));
            (name, stamp, well)
        });
    }
}

/// What is to lie where: on those whom an open run holds the run's, on those who owe what is owed.
fn wanted(state: &State) -> BTreeMap<ServerName, Wanted<'_>> {
    let (runs, fleet) = (&state.snapshot.runs, &state.snapshot.fleet);
    let owing = fleet.debts.iter().filter_map(|(name, debt)| {
        let wish = wish(runs.get(&debt.run)?, true);
        Some((name.clone(), wish))
    });
    let mut wanted: BTreeMap<_, _> = owing.collect();
    for run in runs.values().filter(|run| run.is_open()) {
        let held = run.held_servers();
        wanted.extend(held.into_iter().map(|name| (name, wish(run, false))));
    }
    wanted
}

fn wish(run: &Run, owes: bool) -> Wanted<'_> {
    let stands_still = run.paused.is_some() || !run.is_open();
    Wanted {
        run,
        stamp: run.by_hand_stamp(),
        pace: if stands_still { STILL } else { RENEW },
        owes,
    }
}

fn script(
    state: &State,
    options: &Options,
    server: &Server,
    wish: Option<&Wanted<'_>>,
    now: Timestamp,
) -> Script {
    let snapshot = &state.snapshot;
    let last = || snapshot.runs.values().next_back();
    let Some(run) = wish.map(|wish| wish.run).or_else(last) else {
        return Script::new("keep-by-hand", Verb::Undo);
    };
    let verb = wish.map_or(Verb::Undo, |_| Verb::Apply);
    let env: RunEnv = state.run_env(run, &options.holder, now);
    // It changes nothing that a step looks at, so it waits for none: like what an executor does.
    let mut script = env
        .script("keep-by-hand", verb, &server.name, On::Executor)
        .with("POOLDECK_STEP", &"by-hand");
    if let Some(wish) = wish {
        let text = wish.run.by_hand(&snapshot.fleet).text(Some(&server.name));
        script = script.with("POOLDECK_STAMP", &wish.stamp);
        script.secret = Some(SecretString::from(text));
        if wish.owes {
            script = script.with("POOLDECK_OWES", &"1");
        }
    }
    state.meant_for(script, &server.name)
}
