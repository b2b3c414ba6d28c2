//! One watch for each pool whose API can be reached; it begins again by itself for as long as the pool is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::mpsc, task::AbortHandle, task::JoinSet, time::sleep};

use super::{door::Input, state::State};
use crate::{
    cluster::ClusterApi,
    fleet::{Epoch, Pool, PoolName, Role, RunId, Script, Server, ServerName, Verb},
    plan::{Action, On, Request, script::RunEnv},
    run::State as StepState,
    ssh::Transport,
};

/// After a watch has ended, and while a pool has no API yet.
const AGAIN_EVERY: Duration = Duration::from_secs(3);

/// The watches that run.
pub struct Watches {
    tasks: JoinSet<()>,
    running: BTreeMap<PoolName, (Server, AbortHandle)>,
}

impl Watches {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tasks: JoinSet::new(),
            running: BTreeMap::new(),
        }
    }

    /// One watch for each pool, begun anew only when its API is elsewhere; none for pools that are gone.
    pub fn pump<T: Transport, C: ClusterApi>(
        &mut self,
        state: &State,
        transport: &Arc<T>,
        cluster: &Arc<C>,
        to: &mpsc::Sender<Input>,
    ) {
        while self.tasks.try_join_next().is_some() {}
        let pools = &state.snapshot.fleet.pools;
        self.running.retain(|name, (watched, task)| {
            let pool = pools.get(name);
            let current = pool
                .and_then(|pool| first_control_plane(state, pool))
                .as_ref()
                == Some(watched);
            if !current {
                task.abort();
            }
            current
        });
        for pool in pools.values().filter(|pool| has_api(state, pool)) {
            if self.running.contains_key(&pool.name) {
                continue;
            }
            let Some(control_plane) = first_control_plane(state, pool) else {
                continue;
            };
            let watch = watch(
                Arc::clone(transport),
                Arc::clone(cluster),
                pool.clone(),
                control_plane.clone(),
                kubeconfig(state, pool, &control_plane.name),
                to.clone(),
            );
            let task = self.tasks.spawn(watch);
            self.running
                .insert(pool.name.clone(), (control_plane, task));
        }
    }
}

impl Default for Watches {
    fn default() -> Self {
        Self::new()
    }
}

/// A pool that is being made has no API before its first control plane stands: to ask earlier costs that server a login every three
/// seconds, and leaves a trouble behind that is none.
fn has_api(state: &State, pool: &Pool) -> bool {
    let runs = state.snapshot.runs.values();
    let mut makes = runs.filter(|run| {
        let request = &run.plan().request;
        run.is_open() && matches!(request, Request::Create(wish) if wish.pool == pool.name)
    });
    makes.all(|run| {
        run.progress().any(|(step, progress)| {
            step.action == Action::Init && progress.state == StepState::Proved
        })
    })
}

fn first_control_plane(state: &State, pool: &Pool) -> Option<Server> {
    let (name, _) = pool.with_role(Role::ControlPlane).next()?;
    state.snapshot.fleet.servers.get(name).cloned()
}

/// What fetches the pool's kubeconfig.
fn kubeconfig(state: &State, pool: &Pool, control_plane: &ServerName) -> Script {
    let env = RunEnv {
        fleet: state.snapshot.fleet.id.clone(),
        epoch: Epoch(state.epoch.0),
        store: state.snapshot.place.clone(),
        holder: String::new(),
        run: RunId(0),
        pool: Some(pool.name.clone()),
        now: Timestamp::UNIX_EPOCH,
        left_out: BTreeSet::new(),
        put_back: BTreeSet::new(),
        overridden: std::collections::BTreeMap::new(),
    };
    let script = env
        .script("kubeconfig", Verb::Fetch, control_plane, On::Executor)
        .with("POOLDECK_STEP", &"kubeconfig");
    state.meant_for(script, control_plane)
}

async fn watch<T: Transport, C: ClusterApi>(
    transport: Arc<T>,
    cluster: Arc<C>,
    pool: Pool,
    control_plane: Server,
    script: Script,
    to: mpsc::Sender<Input>,
) {
    loop {
        let why = match transport.fetch(&control_plane, &script).await {
            Ok(kubeconfig) => {
                let name = pool.name.clone();
                let mut seen = |seen| {
                    drop(to.try_send(Input::Cluster {
                        pool: name.clone(),
                        seen,
                    }));
                };
                cluster
                    .watch(&pool, &control_plane, kubeconfig, &mut seen)
                    .await
            }
            Err(error) => error.text,
        };
        let lost = Input::ClusterLost {
            pool: pool.name.clone(),
            why,
        };
        if to.send(lost).await.is_err() {
            return;
        }
        sleep(AGAIN_EVERY).await;
    }
}
