//! A captain that is stopped between its commit and its command, and woken when another has finished its work.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    time::Duration,
};

use pooldeck::{
    captain::{Ending, captain},
    fleet::{Script, Server},
    run::{Outcome, State},
    sim::Rack,
    ssh::{Answer, ProbeText, Transport, TransportError, UnitName, UnitState},
    store::Store,
};
use secrecy::SecretString;
use tokio::sync::watch;

use crate::site::{Site, create, story};

/// A rack to which commands go only while the gate is open.
struct Gate {
    rack: Rack,
    open: watch::Receiver<bool>,
}

impl Transport for Gate {
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
        self.open.clone().wait_for(|open| *open).await.unwrap();
        self.rack.start(server, unit, script).await
    }
    async fn follow(
        &self,
        server: &Server,
        unit: &UnitName,
        from: u64,
        line: &mut (dyn FnMut(String) + Send),
    ) -> Result<UnitState, TransportError> {
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

#[tokio::test(start_paused = true)]
async fn a_captain_that_wakes_up_late_is_refused_by_the_servers_themselves() {
    let site = Site::new(18, 3);
    let (gate, open) = watch::channel(false);
    let (stopped, waker) = (
        Arc::new(Mutex::new(false)),
        Arc::new(Mutex::new(None::<Waker>)),
    );
    let late = Arc::new(Gate {
        rack: site.rack.clone(),
        open,
    });
    let store: Arc<dyn Store> = site.store.clone();
    let mut acts = Box::pin(captain(
        store,
        late,
        Arc::new(site.rack.clone()),
        site.options(),
    ));
    let (is_stopped, to_wake) = (stopped.clone(), waker.clone());
    let zombie = tokio::spawn(poll_fn(move |context| {
        *to_wake.lock().unwrap() = Some(context.waker().clone());
        if *is_stopped.lock().unwrap() {
            Poll::Pending
        } else {
            acts.as_mut().poll(context)
        }
    }));

    let run = site.start(create("fast", 4, 4)).await;
    site.until("begun", |snapshot| {
        let at_work = |step: &pooldeck::run::Progress| step.state == State::Running;
        snapshot
            .runs
            .get(&run)?
            .steps
            .iter()
            .any(at_work)
            .then_some(())
    })
    .await;
    *stopped.lock().unwrap() = true;

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

    *stopped.lock().unwrap() = false;
    waker.lock().unwrap().take().unwrap().wake();
    let ending = zombie.await.unwrap().unwrap();
    assert!(matches!(ending, Ending::Fenced(_)), "{ending:?}");
    site.judge();
    next.abort();
}
