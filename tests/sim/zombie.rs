//! A captain that is stopped between its commit and its command, and woken when another has finished its work.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    time::Duration,
};

use pooldeck::{
    captain::{Ending, captain},
    fleet::{RunId, Script, Server},
    plan::{Action, Step},
    run::{Outcome, Progress, State},
    sim::Rack,
    ssh::{Answer, ProbeText, Transport, TransportError, UnitName, UnitState},
    store::{Store, StoreError},
};
use secrecy::SecretString;
use tokio::{sync::watch, task::JoinHandle};

use crate::site::{Site, create, destroy, story};

/// A way to the rack on which a command can be late.
struct Link {
    rack: Rack,
    /// That script is sent only when this is true.
    waits: Option<(&'static str, watch::Receiver<bool>)>,
    /// Whoever follows a unit lets the late ones arrive first.
    lets: Option<watch::Sender<bool>>,
}

impl Transport for Link {
    async fn check(&self, server: &Server, script: &Script) -> Result<Answer, TransportError> {
        self.rack.check(server, script).await
    }
    async fn fetch(
        &self,
        server: &Server,
        script: &Script,
    ) -> Result<SecretString, TransportError> {
        self.rack.fetch(server, script).await
    }
    async fn start(
        &self,
        server: &Server,
        unit: &UnitName,
        script: &Script,
    ) -> Result<(), TransportError> {
        let late = self.waits.as_ref();
        let Some((_, open)) = late.filter(|(late, _)| *late == script.name) else {
            return self.rack.start(server, unit, script).await;
        };
        // It is on its way: nobody who gives up here takes it back.
        let (rack, mut open) = (self.rack.clone(), open.clone());
        let (server, unit, script) = (server.clone(), unit.clone(), script.clone());
        let sent = tokio::spawn(async move {
            open.wait_for(|open| *open).await.unwrap();
            rack.start(&server, &unit, &script).await
        });
        sent.await.unwrap()
    }
    async fn follow(
        &self,
        server: &Server,
        unit: &UnitName,
        from: u64,
        line: &mut (dyn FnMut(String) + Send),
    ) -> Result<UnitState, TransportError> {
        if let (Some(gate), false) = (&self.lets, unit.0.contains("-fence-")) {
            gate.send_replace(true);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        self.rack.follow(server, unit, from, line).await
    }
    async fn forget(&self, server: &Server, units: &[UnitName]) -> Result<(), TransportError> {
        self.rack.forget(server, units).await
    }
    async fn probe(&self, server: &Server) -> Result<ProbeText, TransportError> {
        self.rack.probe(server).await
    }
}

/// All counters of the rack.
fn applied(site: &Site) -> Vec<String> {
    let servers = site.snapshot().fleet.servers.into_keys();
    servers
        .flat_map(|server| site.rack.applied(&server))
        // The text for a person is no step: whoever is captain takes it away when the run has ended.
        .filter(|line| !line.contains(" by-hand "))
        .collect()
}

/// A captain that is stopped between its commit and its command.
struct Zombie {
    stopped: Arc<Mutex<bool>>,
    waker: Arc<Mutex<Option<Waker>>>,
    task: JoinHandle<Result<Ending, StoreError>>,
}

impl Zombie {
    /// It acts as any other, but that the commands of one script wait for the gate.
    fn begin(site: &Site, late: &'static str, open: watch::Receiver<bool>) -> Self {
        let link = Arc::new(Link {
            rack: site.rack.clone(),
            waits: Some((late, open)),
            lets: None,
        });
        let store: Arc<dyn Store> = site.store.clone();
        let mut acts = Box::pin(captain(
            store,
            link,
            Arc::new(site.rack.clone()),
            site.options(),
        ));
        let (stopped, waker) = (
            Arc::new(Mutex::new(false)),
            Arc::new(Mutex::new(None::<Waker>)),
        );
        let (is_stopped, to_wake) = (stopped.clone(), waker.clone());
        let task = tokio::spawn(poll_fn(move |context| {
            *to_wake.lock().unwrap() = Some(context.waker().clone());
            if *is_stopped.lock().unwrap() {
                Poll::Pending
            } else {
                acts.as_mut().poll(context)
            }
        }));
        Self {
            stopped,
            waker,
            task,
        }
    }

    /// Stops it once the beginning of that action is committed.
    async fn stop_at(&self, action: Action, site: &Site, run: RunId) {
        let at_work = |(step, progress): (&Step, &Progress)| {
            step.action == action && progress.state == State::Running
        };
        site.until("begun", |snapshot| {
            let mut steps = snapshot.runs.get(&run)?.progress();
            steps.any(at_work).then_some(())
        })
        .await;
        *self.stopped.lock().unwrap() = true;
    }

    async fn wake(self) -> Ending {
        *self.stopped.lock().unwrap() = false;
        self.waker.lock().unwrap().take().unwrap().wake();
        self.task.await.unwrap().unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_captain_that_wakes_up_late_is_refused_by_the_servers_themselves() {
    let site = Site::new(18, 3);
    let (gate, open) = watch::channel(false);
    let zombie = Zombie::begin(&site, "prepare", open);
    let run = site.start(create("fast", 4, 4)).await;
    zombie.stop_at(Action::Prepare, &site, run).await;

    let next = site.captain();
    assert_eq!(
        site.ended(run).await,
        Outcome::Succeeded,
        "{}",
        story(&site.run(run))
    );
    let before = applied(&site);
    gate.send(true).unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(applied(&site), before, "its late commands were carried out");

    let ending = zombie.wake().await;
    assert!(matches!(ending, Ending::Fenced(_)), "{ending:?}");
    site.judge();
    next.abort();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_freed_meanwhile_is_not_claimed_by_a_captain_that_wakes_up_late() {
    let site = Site::new(18, 3);
    let (gate, open) = watch::channel(false);
    let zombie = Zombie::begin(&site, "claim", open);
    let run = site.start(create("fast", 4, 4)).await;
    zombie.stop_at(Action::Claim, &site, run).await;

    let next = site.captain();
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    let run = site.start(destroy("fast")).await;
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    gate.send(true).unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    site.judge();

    let ending = zombie.wake().await;
    assert!(matches!(ending, Ending::Fenced(_)), "{ending:?}");
    next.abort();
}

#[tokio::test(start_paused = true)]
async fn a_late_command_that_was_refused_does_not_end_the_captain_that_finds_it() {
    let site = Site::new(18, 3);
    let (gate, open) = watch::channel(false);
    let zombie = Zombie::begin(&site, "prepare", open);
    let run = site.start(create("fast", 4, 4)).await;
    zombie.stop_at(Action::Prepare, &site, run).await;

    let next = site.captain_by(Arc::new(Link {
        rack: site.rack.clone(),
        waits: None,
        lets: Some(gate),
    }));
    assert_eq!(
        site.ended(run).await,
        Outcome::Succeeded,
        "{}",
        story(&site.run(run))
    );
    assert!(!next.is_finished(), "it took itself for the older one");
    site.judge();
    next.abort();
}
