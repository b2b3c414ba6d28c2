//! A captain's way to the rack: everything that is sent is judged, and waits while the captain is stopped.

use std::sync::Arc;

use pooldeck::{
    fleet::{Script, Server},
    sim::Rack,
    ssh::{Answer, ProbeText, Transport, TransportError, UnitName, UnitState},
};
use secrecy::SecretString;
use tokio::sync::watch;

use crate::watched::Watched;

/// The way of one captain.
pub struct Wire {
    pub rack: Rack,
    pub store: Arc<Watched>,
    pub stopped: watch::Receiver<bool>,
}

impl Wire {
    /// A process that was stopped neither sends nor hears.
    async fn awake(&self) {
        let mut stopped = self.stopped.clone();
        // Who stops it may be gone before it: then it is awake.
        drop(stopped.wait_for(|stopped| !*stopped).await);
    }

    async fn judged(&self, script: &Script) {
        self.awake().await;
        self.store.laws.told(script, &self.store.violations);
    }
}

impl Transport for Wire {
    async fn check(&self, server: &Server, script: &Script) -> Result<Answer, TransportError> {
        self.judged(script).await;
        let answer = self.rack.check(server, script).await;
        self.store.laws.asked(&server.name, script, &self.rack);
        self.awake().await;
        answer
    }
    async fn fetch(
        &self,
        server: &Server,
        script: &Script,
    ) -> Result<SecretString, TransportError> {
        self.judged(script).await;
        let secret = self.rack.fetch(server, script).await;
        self.awake().await;
        secret
    }
    async fn start(
        &self,
        server: &Server,
        unit: &UnitName,
        script: &Script,
    ) -> Result<(), TransportError> {
        self.judged(script).await;
        let started = self.rack.start(server, unit, script).await;
        self.store.look();
        self.awake().await;
        started
    }
    async fn follow(
        &self,
        server: &Server,
        unit: &UnitName,
        from: u64,
        line: &mut (dyn FnMut(String) + Send),
    ) -> Result<UnitState, TransportError> {
        self.awake().await;
        let state = self.rack.follow(server, unit, from, line).await;
        self.store.look();
        self.awake().await;
        state
    }
    async fn forget(&self, server: &Server, units: &[UnitName]) -> Result<(), TransportError> {
        self.awake().await;
        let forgotten = self.rack.forget(server, units).await;
        self.awake().await;
        forgotten
    }
    async fn probe(&self, server: &Server) -> Result<ProbeText, TransportError> {
        self.awake().await;
        let text = self.rack.probe(server).await;
        self.awake().await;
        text
    }
}
