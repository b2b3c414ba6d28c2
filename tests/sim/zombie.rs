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

use crate::site::{Site, create, story};

/// A way to the rack on which a command can be late.
struct Link {
    rack: Rack,
    /// Prepare is sent only when this is true.
    waits: Option<watch::Receiver<bool>>,
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
        if let (Some(open), "prepare") = (&self.waits, script.name) {
            open.clone().wait_for(|open| *open).await.unwrap();
        }
        self.rack.start(server, unit, script).await
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
        .collect()
}

/// A captain that is stopped between its commit and its command.
struct Zombie {
    stopped: Arc<Mutex<bool>>,
    waker: Arc<Mutex<Option<Waker>>>,
    task: JoinHandle<Result<Ending, StoreError>>,
}

impl Zombie {
    /// It acts as any other, but that its commands wait for the gate.
    fn begin(site: &Site, open: watch::Receiver<bool>) -> Self {
        let late = Arc::new(Link {
            rack: site.rack.clone(),
            waits: Some(open),
            lets: None,
        });
        let store: Arc<dyn Store> = site.store.clone();
        let mut acts = Box::pin(captain(
            store,
            late,
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

    /// Stops it once the beginning of prepare is committed, on servers that are claimed by then.
    async fn stop_at_work(&self, site: &Site, run: RunId) {
        let at_work = |(step, progress): (&Step, &Progress)| {
            step.action == Action::Prepare && progress.state == State::Running
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
    let zombie = Zombie::begin(&site, open);
    let run = site.start(create("fast", 4, 4)).await;
    zombie.stop_at_work(&site, run).await;

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
async fn a_late_command_that_was_refused_does_not_end_the_captain_that_finds_it() {
    let site = Site::new(18, 3);
    let (gate, open) = watch::channel(false);
    let zombie = Zombie::begin(&site, open);
    let run = site.start(create("fast", 4, 4)).await;
    zombie.stop_at_work(&site, run).await;

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
