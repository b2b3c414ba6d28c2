//! The fence: before this captain acts, every server of an open run hears of its term, and what an older captain left running has ended.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::mpsc, task::JoinSet, time::sleep};

use super::{
    door::Input,
    options::Options,
    state::{State, json},
};
use crate::{
    fleet::{RunId, Script, Server, ServerName, Verb, script::exit},
    plan::{On, script::RunEnv},
    run::Run,
    ssh::{Transport, UnitName, UnitState},
    store::{Commit, StoreError, recover::RECOVERED},
};

/// A server that cannot be reached is asked again at this pace; its steps wait meanwhile.
const AGAIN_EVERY: Duration = Duration::from_secs(3);

/// Servers that must hear of a new term: those of open runs, executors included, that something was begun on.
#[must_use]
pub fn to_fence(state: &State) -> BTreeSet<ServerName> {
    let open = state
        .snapshot
        .runs
        .values()
        .filter(|run| run.is_open() && run.events > 0);
    // A store that was made again: nobody knows what its last captain had begun, nor whether it still lives.
    let recovered = state.snapshot.recovered.iter();
    let untold = recovered.flat_map(|it| it.untold.iter().cloned());
    open.flat_map(touched).chain(untold).collect()
}

/// A server has heard of the term: one that a captain of the lost store may have worked on waits no more.
///
/// # Errors
/// Those of the store.
pub fn told(state: &mut State, server: &ServerName) -> Result<(), StoreError> {
    let recovered = state.snapshot.recovered.clone();
    let Some(mut recovered) = recovered.filter(|it| it.untold.contains(server)) else {
        return Ok(());
    };
    recovered.untold.remove(server);
    let mut commit = Commit::default();
    commit
        .writes
        .insert(RECOVERED.to_owned(), Some(json(&recovered)?));
    state.commit(commit)
}

fn touched(run: &Run) -> Vec<ServerName> {
    let begun = run
        .progress()
        .filter(|(_, progress)| progress.began.is_some());
    let subjects = begun.map(|(step, _)| step.subject.clone());
    subjects
        .chain(run.plan().executors.iter().cloned())
        .collect()
}

/// Tells each of them, for as long as it takes; each that has heard is reported.
pub fn fence<T: Transport>(
    tasks: &mut JoinSet<()>,
    transport: &Arc<T>,
    state: &State,
    options: &Options,
    names: &BTreeSet<ServerName>,
    to: &mpsc::Sender<Input>,
) {
    for name in names {
        let Some(server) = state.snapshot.fleet.servers.get(name).cloned() else {
            continue;
        };
        let run = state
            .snapshot
            .runs
            .values()
            .find(|run| run.is_open() && touched(run).contains(name));
        let now = (options.clock)();
        let env = match run {
            Some(run) => state.run_env(run, &options.holder, now),
            None => without_run(state, name, &options.holder, now),
        };
        let (transport, to) = (Arc::clone(transport), to.clone());
        // A fence belongs to no step: it stands in the counters as itself.
        let script = env
            .script("fence", Verb::Apply, name, On::Subject)
            .with("POOLDECK_STEP", &"fence");
        let script = state.meant_for(script, name);
        let unit = UnitName(format!("pooldeck-{}-fence-{}", env.fleet, env.epoch));
        tasks.spawn(async move {
            loop {
                let done = tell(transport.as_ref(), &server, &unit, &script, &to).await;
                let input = Input::Fence {
                    server: server.name.clone(),
                    done,
                };
                if to.send(input).await.is_err() || done {
                    return;
                }
                sleep(AGAIN_EVERY).await;
            }
        });
    }
}

/// For a server that no open run names.
fn without_run(state: &State, server: &ServerName, holder: &str, now: Timestamp) -> RunEnv {
    let snapshot = &state.snapshot;
    let fleet = &snapshot.fleet;
    let debt = fleet.debts.get(server);
    let member = fleet.pool_of(server).map(|pool| pool.name.clone());
    let last = snapshot.runs.keys().last().copied();
    RunEnv {
        fleet: fleet.id.clone(),
        epoch: state.epoch,
        store: snapshot.place.clone(),
        holder: holder.to_owned(),
        run: debt.map(|debt| debt.run).or(last).unwrap_or(RunId(0)),
        pool: member.or_else(|| debt.map(|debt| debt.pool.clone())),
        now,
        left_out: BTreeSet::new(),
        put_back: BTreeSet::new(),
        overridden: BTreeMap::new(),
    }
}

async fn tell<T: Transport>(
    transport: &T,
    server: &Server,
    unit: &UnitName,
    script: &Script,
    to: &mpsc::Sender<Input>,
) -> bool {
    let mut said = String::new();
    let mut line = |text: String| {
        if said.is_empty() {
            said = text;
        }
    };
    match transport.run(server, unit, script, &mut line).await {
        Ok(UnitState::Finished {
            code: exit::FENCED, ..
        }) => {
            let (server, why) = (server.name.clone(), said);
            drop(to.send(Input::Fenced { server, why }).await);
            false
        }
        Err(_) => false,
        // Another fleet's by now, or another machine: nothing of ours works there, and each of our steps will hear so for itself.
        Ok(UnitState::Finished {
            code: exit::FOREIGN | exit::STRANGER,
            ..
        }) => {
            drop(transport.forget(server, std::slice::from_ref(unit)).await);
            true
        }
        Ok(UnitState::Finished { .. } | UnitState::Absent) => {
            let check = Script {
                verb: Verb::Check,
                ..script.clone()
            };
            let checked = transport.check(server, &check).await;
            drop(transport.forget(server, std::slice::from_ref(unit)).await);
            checked.is_ok_and(|answer| answer.code == exit::OK)
        }
    }
}
