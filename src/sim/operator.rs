//! The demo's own operator: lets things happen, so that there is something to see. Signs everything as what it is.
//! Must never do what a person at the deck could not do.

use std::{sync::Arc, time::Duration};

use super::{prng::Prng, rack::Rack};
use crate::{
    fleet::{Bytes, Capacity, Change, PoolName, Role, ServerName},
    plan::{Confirm, IfBlocked, Plan, Request, Resize, Site, plan},
    run::Outcome,
    sim::cluster::Owner,
    store::{
        Commit, Store, StoreError,
        record::{Answer, Ask, CaptainSeen, What, key},
        snapshot::Snapshot,
    },
};

/// Who asks, on every run of its own.
const BY: &str = "simulated operator";
/// The pool that it makes larger and smaller.
const POOL: &str = "batch";
/// A demo's first run begins after that: time to look around.
const FIRST: Duration = Duration::from_secs(20);

/// Lets things happen until the demo ends, or its store does.
pub async fn operate(rack: Rack, store: Arc<dyn Store>, seed: u64) {
    let resizing = resize_in_turns(&rack, store.as_ref());
    let wear = wear(&rack, store.as_ref(), Prng::new(seed));
    let work = work(&rack, Prng::new(seed ^ 0xff));
    tokio::join!(resizing, wear, work);
}

/// Makes the pool larger by a server, and smaller again.
async fn resize_in_turns(rack: &Rack, store: &dyn Store) {
    rack.clock.work(FIRST).await;
    for turn in 0_u64.. {
        let Ok(Some(size)) = a_worker(store) else {
            rack.clock.work(Duration::from_secs(30)).await;
            continue;
        };
        let cores = if turn % 2 == 0 {
            Change::More(size.cores)
        } else {
            Change::Less(size.cores)
        };
        if resize(rack, store, cores).await.is_err() {
            return;
        }
        rack.clock.work(Duration::from_secs(90)).await;
    }
}

/// The size of one of the pool's workers.
fn a_worker(store: &dyn Store) -> Result<Option<Capacity>, StoreError> {
    let snapshot = Snapshot::read(store)?;
    let pool = snapshot.fleet.pools.get(POOL);
    let mut sizes = pool
        .into_iter()
        .flat_map(|pool| pool.with_role(Role::Worker));
    Ok(sizes.next().map(|(_, member)| member.capacity))
}

async fn resize(
    rack: &Rack,
    store: &dyn Store,
    cores: Change<u32>,
) -> Result<Option<Outcome>, StoreError> {
    let Ok(pool) = POOL.parse::<PoolName>() else {
        return Ok(None);
    };
    let request = Request::Resize(Resize {
        pool,
        cores: Some(cores),
        memory: None,
        add: std::collections::BTreeSet::new(),
        remove: std::collections::BTreeSet::new(),
        shrink: true,
        accept_less: false,
        if_blocked: IfBlocked::Back,
    });
    let snapshot = Snapshot::read(store)?;
    let site = snapshot
        .captain
        .as_ref()
        .map_or_else(Site::default, CaptainSeen::site);
    let planned = plan(
        &snapshot.fleet,
        &snapshot.observed,
        &request,
        rack.clock.now(),
        &site,
    );
    match planned {
        Ok(plan) if !plan.is_empty() => confirm(rack, store, plan).await,
        // Somebody else works on it, or there is nothing to take: later.
        _ => Ok(None),
    }
}

/// Confirms a plan as a person would, and waits for the run's end.
async fn confirm(
    rack: &Rack,
    store: &dyn Store,
    plan: Plan,
) -> Result<Option<Outcome>, StoreError> {
    let typed = match &plan.effects.confirm {
        Confirm::Yes => None,
        Confirm::TypeName { name, .. } => Some(name.clone()),
    };
    let name = key::ask(&format!("demo-{}", rack.clock.now().as_millisecond()));
    let ask = Ask {
        by: BY.to_owned(),
        at: rack.clock.now(),
        what: What::Confirm {
            plan: Box::new(plan),
            typed,
        },
        answer: None,
    };
    let text =
        serde_json::to_string(&ask).map_err(|error| StoreError::Broken(error.to_string()))?;
    let mut commit = Commit::default();
    commit.reads.insert(name.clone(), 0);
    commit.writes.insert(name.clone(), Some(text));
    store.commit(&commit)?;
    loop {
        rack.clock.work(Duration::from_secs(1)).await;
        let snapshot = Snapshot::read(store)?;
        let answer = snapshot.asks.get(&name).and_then(|ask| ask.answer.clone());
        let run = match answer {
            Some(Answer::Run(run)) => snapshot.runs.get(&run),
            Some(_) => return Ok(None),
            None => continue,
        };
        if let Some(outcome) = run.and_then(|run| run.outcome.clone()) {
            return Ok(Some(outcome));
        }
    }
}

/// Now and then a server that nobody uses goes away and comes back.
async fn wear(rack: &Rack, store: &dyn Store, mut prng: Prng) {
    loop {
        rack.clock
            .work(Duration::from_secs(prng.between(45, 100)))
            .await;
        let Ok(spare) = spare(rack, store) else {
            return;
        };
        let chosen = spare.get(usize::try_from(prng.below(spare.len() as u64)).unwrap_or(0));
        if let Some(server) = chosen {
            rack.power_off(server);
            rack.clock
                .work(Duration::from_secs(prng.between(15, 40)))
                .await;
            rack.power_on(server);
        }
    }
}

/// Servers in no pool and no run that have power.
fn spare(rack: &Rack, store: &dyn Store) -> Result<Vec<ServerName>, StoreError> {
    let fleet = Snapshot::read(store)?.fleet;
    let free = fleet.servers.keys().filter(|server| {
        fleet.pool_of(server).is_none()
            && !fleet.busy.contains_key(*server)
            && rack.machine(server, |machine| machine.power) == Some(true)
    });
    Ok(free.cloned().collect())
}

/// Work comes and goes: a Deployment of the largest pool breathes.
async fn work(rack: &Rack, mut prng: Prng) {
    loop {
        rack.clock
            .work(Duration::from_secs(prng.between(6, 15)))
            .await;
        let more = prng.chance(50);
        rack.cluster("web", |cluster| {
            let each = cluster
                .pods
                .iter()
                .find(|pod| pod.set == "shop/frontend")
                .map(|pod| pod.millicores);
            match each {
                Some(each) if more => {
                    cluster.want("shop/frontend", Owner::Deployment, each, Bytes(1 << 30));
                }
                _ => cluster.scale_down("shop/frontend", 4),
            }
        });
    }
}
