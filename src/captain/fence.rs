//! The fence: before this captain acts, every server of an open run hears of its term, and what an older captain left running has ended.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::JoinSet, time::sleep};

use super::{door::Input, options::Options, state::State};
use crate::{
    fleet::{Script, Server, ServerName, Verb, script::exit},
    plan::On,
    run::Run,
    ssh::{Transport, UnitName, UnitState},
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
    open.flat_map(touched).collect()
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
        let Some(run) = run else { continue };
        let env = state.run_env(run, &options.holder, (options.clock)());
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
