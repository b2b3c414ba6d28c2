//! A room, its store, and captains that come and go; what must hold is looked at after every commit.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use pooldeck::{
    captain::{Ending, Options, Source, captain},
    fleet::{BootId, FleetId, Pool, PoolName, Role, RunId, ServerName},
    plan::{Action, Confirm, Plan, PlanError, Request, Site as Place, plan},
    run::{Outcome, Run, State},
    sim::{Clock, Rack, fleet, furnish},
    ssh::Transport,
    store::{
        Commit, Store, StoreError,
        machine::Moment,
        memory::Memory,
        record::{Answer, Ask, What, key},
        snapshot::Snapshot,
    },
};
use tokio::task::JoinHandle;

pub use crate::request::{create, destroy, resize};
use crate::{laws::Law, watched::Watched};

/// A room with its store.
pub struct Site {
    pub rack: Rack,
    pub store: Arc<Watched>,
    /// So long a server may be out of reach: shorter than in ordinary use, so that histories end.
    pub away: Duration,
    /// What its captain is told of.
    pub room: fleet::Room,
}

impl Site {
    /// A furnished room: three pools, odd servers, some spare.
    pub fn new(servers: usize, seed: u64) -> Self {
        let clock = Clock::starting("2026-01-05T09:00:00Z".parse().unwrap(), 1);
        Self::in_room(fleet::make(servers, seed, clock).unwrap())
    }

    /// That room, furnished as far as it goes.
    pub fn in_room(room: fleet::Room) -> Self {
        Self::furnished(room, |room, store| furnish::furnish(room, store).unwrap())
    }

    /// A room with what is put into it.
    pub fn furnished<R>(
        mut room: fleet::Room,
        put: impl FnOnce(&mut fleet::Room, &Memory) -> R,
    ) -> Self {
        let clock = room.rack.clock;
        let inner = empty("91c2aabbccddeeff", clock);
        put(&mut room, &inner);
        let odd = |name: &ServerName| {
            let strangers = room
                .rack
                .machine(name, |machine| machine.strangers.clone())
                .unwrap();
            !strangers.listeners.is_empty() || strangers.cluster.is_some()
        };
        let never = room
            .listed
            .values()
            .filter(|server| !server.offered || odd(&server.name));
        let never = never.map(|server| server.name.clone()).collect();
        let store = Watched::new(inner, room.rack.clone(), never);
        Self {
            rack: room.rack.clone(),
            store: Arc::new(store),
            away: Duration::from_mins(3),
            room,
        }
    }

    /// The machine with the store is lost: a new one, with a store of nothing and another fleet's id.
    pub fn lose_the_store(&mut self) {
        let inner = empty("0f0f0f0f0f0f0f0f", self.rack.clock);
        let never = self.store.never.clone();
        self.store = Arc::new(Watched::new(inner, self.rack.clone(), never));
    }

    /// The same room with another store: that of somebody else who works there.
    pub fn beside(other: &Self, store: Arc<Watched>) -> Self {
        Self {
            rack: other.rack.clone(),
            store,
            away: other.away,
            room: other.room.clone(),
        }
    }

    /// A captain on the rack itself.
    pub fn captain(&self) -> JoinHandle<Result<Ending, StoreError>> {
        self.captain_by(Arc::new(self.rack.clone()))
    }

    /// A captain that reaches the rack in another way.
    pub fn captain_by<T: Transport>(
        &self,
        transport: Arc<T>,
    ) -> JoinHandle<Result<Ending, StoreError>> {
        let store: Arc<dyn Store> = self.store.clone();
        tokio::spawn(captain(
            store,
            transport,
            Arc::new(self.rack.clone()),
            self.options(),
        ))
    }

    /// Captains one after the other: a new one whenever the last was killed.
    pub fn captains(&self) -> JoinHandle<()> {
        let store = Arc::clone(&self.store);
        let (rack, options) = (Arc::new(self.rack.clone()), self.options());
        tokio::spawn(async move {
            loop {
                let shared: Arc<dyn Store> = store.clone();
                let ended = captain(
                    shared,
                    Arc::clone(&rack),
                    Arc::clone(&rack),
                    options.clone(),
                )
                .await;
                let killed = store.dead.swap(false, Ordering::SeqCst);
                store.must(Law::Captain, killed, || {
                    format!("a captain ended by itself: {ended:?}")
                });
                *store.dies.lock().unwrap() = None;
            }
        })
    }

    pub fn options(&self) -> Options {
        let clock = self.rack.clock;
        Options {
            source: Source::Fixed(self.room.listed.clone()),
            holder: "ops1 on jump1".to_owned(),
            host: "jump1".to_owned(),
            networks: Vec::new(),
            machine: None,
            until_idle: false,
            forwarded_agent: false,
            probe_every: Duration::from_secs(2),
            idle_after: Duration::from_mins(1),
            away: self.away,
            clock: Arc::new(move || clock.now()),
        }
    }

    pub fn snapshot(&self) -> Snapshot {
        self.store.snapshot()
    }

    pub fn pool(&self, name: &str) -> Option<Pool> {
        self.snapshot().fleet.pools.remove(name)
    }

    pub fn run(&self, id: RunId) -> Run {
        self.snapshot().runs.remove(&id).unwrap()
    }

    /// Waits until it is so, at most half an hour of the rack's time.
    pub async fn until<R>(&self, what: &str, mut look: impl FnMut(&Snapshot) -> Option<R>) -> R {
        for _ in 0..900 {
            assert_eq!(*self.store.violations.lock().unwrap(), Vec::<String>::new());
            if let Some(found) = look(&self.snapshot()) {
                return found;
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        let snapshot = self.snapshot();
        let runs: Vec<String> = snapshot.runs.values().map(story).collect();
        panic!(
            "never {what}: {} {:?}",
            runs.join("\n"),
            snapshot
                .asks
                .values()
                .map(|ask| &ask.answer)
                .collect::<Vec<_>>()
        );
    }

    /// The plan for a request, once all is known that it needs.
    pub async fn plan(&self, request: &Request) -> Result<Plan, PlanError> {
        let ready = self.until("seen", |snapshot| {
            let pools = snapshot.fleet.pools.keys();
            let heard = |pool: &&PoolName| {
                snapshot
                    .observed
                    .pools
                    .get(*pool)
                    .is_some_and(|it| it.trouble.is_none())
            };
            let all = snapshot.observed.servers.len() == snapshot.fleet.servers.len();
            (pools.clone().all(|pool| heard(&pool)) && all).then(|| snapshot.clone())
        });
        let it = ready.await;
        let now = self.rack.clock.now();
        plan(&it.fleet, &it.observed, request, now, &Place::default())
    }

    /// Confirms a request: its run, or why not.
    pub async fn try_start(&self, request: &Request) -> Result<RunId, String> {
        let plan = self
            .plan(request)
            .await
            .map_err(|error| error.to_string())?;
        let typed = match &plan.effects.confirm {
            Confirm::Yes => None,
            Confirm::TypeName { name, .. } => Some(name.clone()),
        };
        match self
            .ask(What::Confirm {
                plan: Box::new(plan),
                typed,
            })
            .await
        {
            Answer::Run(run) => Ok(run),
            other => Err(format!("{other:?}")),
        }
    }

    /// Confirms a request and returns its run; what changed since the preview is previewed again, as people do.
    pub async fn start(&self, request: Request) -> RunId {
        for _ in 0..6 {
            match self.try_start(&request).await {
                Ok(run) => return run,
                Err(why) if why.contains("changed since the preview") => {
                    tokio::time::sleep(Duration::from_secs(3)).await;
                }
                Err(why) => panic!("{why}"),
            }
        }
        panic!("it changed with every preview");
    }

    /// Asks the captain and waits for its answer.
    pub async fn ask(&self, what: What) -> Answer {
        let name = key::ask(&format!("test-{}", self.snapshot().asks.len()));
        let ask = Ask {
            by: "ops1@jump1".to_owned(),
            at: self.rack.clock.now(),
            what,
            answer: None,
        };
        let mut commit = Commit::default();
        commit
            .writes
            .insert(name.clone(), Some(serde_json::to_string(&ask).unwrap()));
        self.store.commit(&commit).unwrap();
        self.until("answered", |snapshot| {
            snapshot.asks.get(&name)?.answer.clone()
        })
        .await
    }

    /// Waits for a run's end.
    pub async fn ended(&self, run: RunId) -> Outcome {
        self.until("ended", |snapshot| snapshot.runs.get(&run)?.outcome.clone())
            .await
    }

    /// Waits until that step of a run stands so.
    pub async fn reaches(&self, run: RunId, action: Action, server: &ServerName, wanted: &State) {
        self.until("there", |snapshot| {
            (state(&snapshot.runs[&run], action, server) == *wanted).then_some(())
        })
        .await;
    }

    /// Waits until the run waits for a person to see to that server; why.
    pub async fn held(&self, run: RunId, server: &ServerName) -> String {
        self.until("held", |snapshot| {
            let run = &snapshot.runs[&run];
            let held = run.held.contains(server);
            held.then(|| run.parked[server].clone())
        })
        .await
    }

    /// What must hold when nothing is open: claims, nodes and pools say the same, and what is free is clean.
    pub fn judge(&self) {
        assert_eq!(*self.store.violations.lock().unwrap(), Vec::<String>::new());
        let snapshot = self.snapshot();
        let open = snapshot.runs.values().any(Run::is_open);
        assert!(!open, "a run is open");
        let claims = self.rack.claims();
        for pool in snapshot.fleet.pools.values() {
            let members: BTreeSet<String> = pool.members.keys().map(ToString::to_string).collect();
            assert_eq!(
                self.rack.nodes(pool.name.as_str()),
                Some(members),
                "nodes of {}",
                pool.name
            );
            for member in pool.members.keys() {
                assert_eq!(
                    claims.get(member).map(|claim| claim.pool.as_str()),
                    Some(pool.name.as_str()),
                    "{member}"
                );
            }
        }
        for (name, server) in &snapshot.fleet.servers {
            let record = snapshot.records.get(name).cloned().unwrap_or_default();
            assert_eq!(
                record.busy, None,
                "{name} is busy with a run that has ended"
            );
            let free = snapshot.fleet.pool_of(name).is_none() && record.debt.is_none();
            if free && server.offered && !self.store.never.contains(name) {
                assert_eq!(
                    self.rack.traces(name),
                    Vec::<String>::new(),
                    "{name} is free and not clean"
                );
                assert_eq!(claims.get(name), None, "{name} is free and claimed");
            }
        }
    }
}

fn empty(fleet: &str, clock: Clock) -> Memory {
    let moment = move || Moment {
        boot: BootId("virtual".to_owned()),
        since: Duration::from_millis(clock.now().as_millisecond().unsigned_abs()),
    };
    Memory::with(FleetId(fleet.to_owned()), Arc::new(moment))
}

/// Where a server's step of that action stands.
pub fn state(run: &Run, action: Action, server: &ServerName) -> State {
    let mut steps = run.progress();
    let found = steps.find(|(step, _)| step.action == action && step.subject == *server);
    found.unwrap().1.state.clone()
}

/// The first server that comes with the run in that role.
pub fn newcomer(run: &Run, role: Role) -> ServerName {
    let mut moves = run.plan().effects.incoming.iter();
    moves.find(|it| it.role == role).unwrap().server.clone()
}

/// A run in a few lines, for failures.
pub fn story(run: &Run) -> String {
    let steps = run.progress().map(|(step, progress)| {
        format!(
            "  {} {} {} {:?} attempt {}",
            step.id.0,
            step.subject,
            step.action.script(),
            progress.state,
            progress.attempt
        )
    });
    let steps: Vec<String> = steps.collect();
    format!(
        "{}: {:?} parked {:?} unwinding {:?}\n{}",
        run.plan().effects.title,
        run.outcome,
        run.parked,
        run.unwinding,
        steps.join("\n")
    )
}
