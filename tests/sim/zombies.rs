//! Captains that are stopped at any commit or command, and woken when another one is at work, or has long finished.
//! Whatever they still send and write is refused: by the store, and by the servers themselves.

use std::{
    future::{Future, pending, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use pooldeck::{
    captain::{Ending, captain},
    fleet::{Script, Server},
    sim::Rack,
    ssh::{Answer, ProbeText, Transport, TransportError, UnitName, UnitState},
    store::{Store, StoreError},
};
use secrecy::SecretString;
use tokio::{sync::watch, task::JoinHandle, time::sleep};

use crate::{
    crash::{tale::Tale, told},
    site::Site,
};

/// When it is stopped, counted from its beginning.
#[derive(Debug, Clone, Copy)]
enum Stop {
    Never,
    /// When that commit is written and nobody has heard of it.
    Commit(u64),
    /// When that command is to be sent: it is late.
    Command(u64),
}

/// A captain's way to the rack: nothing goes there and nothing comes back while it is stopped.
struct Sleeper {
    rack: Rack,
    stop: Stop,
    commands: AtomicU64,
    /// It was stopped once; nobody stops it again.
    slept: AtomicBool,
    awake: watch::Sender<bool>,
}

impl Sleeper {
    async fn is_awake(&self) {
        let mut awake = self.awake.subscribe();
        awake.wait_for(|awake| *awake).await.unwrap();
    }

    async fn pass<R>(&self, call: impl Future<Output = R>) -> R {
        let number = self.commands.fetch_add(1, Ordering::SeqCst);
        if matches!(self.stop, Stop::Command(at) if at == number) {
            self.awake.send_replace(false);
        }
        self.is_awake().await;
        let answer = call.await;
        self.is_awake().await;
        answer
    }
}

impl Transport for Sleeper {
    async fn check(&self, server: &Server, script: &Script) -> Result<Answer, TransportError> {
        self.pass(self.rack.check(server, script)).await
    }
    async fn fetch(
        &self,
        server: &Server,
        script: &Script,
    ) -> Result<SecretString, TransportError> {
        self.pass(self.rack.fetch(server, script)).await
    }
    async fn start(
        &self,
        server: &Server,
        unit: &UnitName,
        script: &Script,
    ) -> Result<(), TransportError> {
        self.pass(self.rack.start(server, unit, script)).await
    }
    async fn follow(
        &self,
        server: &Server,
        unit: &UnitName,
        from: u64,
        line: &mut (dyn FnMut(String) + Send),
    ) -> Result<UnitState, TransportError> {
        self.pass(self.rack.follow(server, unit, from, line)).await
    }
    async fn forget(&self, server: &Server, units: &[UnitName]) -> Result<(), TransportError> {
        self.pass(self.rack.forget(server, units)).await
    }
    async fn probe(&self, server: &Server) -> Result<ProbeText, TransportError> {
        self.is_awake().await;
        self.rack.probe(server).await
    }
}

/// A captain that stops then, with all that it has begun.
struct Zombie {
    sleeper: Arc<Sleeper>,
    task: JoinHandle<Result<Ending, StoreError>>,
}

impl Zombie {
    fn begin(site: &Site, stop: Stop) -> Self {
        let sleeper = Arc::new(Sleeper {
            rack: site.rack.clone(),
            stop,
            commands: AtomicU64::new(0),
            slept: AtomicBool::new(false),
            awake: watch::Sender::new(true),
        });
        let (store, rack, options) = (site.store.clone(), site.rack.clone(), site.options());
        let shared = Arc::clone(&sleeper);
        let task = tokio::spawn(async move {
            let (held, way) = (store.clone() as Arc<dyn Store>, Arc::clone(&shared));
            let mut acts = pin!(captain(held, way, Arc::new(rack), options));
            loop {
                shared.is_awake().await;
                // Until its end, or until it is stopped.
                let ended = poll_fn(|context| {
                    if !*shared.awake.borrow() {
                        return Poll::Ready(None);
                    }
                    let polled = acts.as_mut().poll(context);
                    let commits = store.commits.load(Ordering::SeqCst);
                    if matches!(shared.stop, Stop::Commit(at) if at < commits)
                        && !shared.slept.swap(true, Ordering::SeqCst)
                    {
                        shared.awake.send_replace(false);
                    }
                    polled.map(Some)
                });
                if let Some(ended) = ended.await {
                    return ended;
                }
            }
        });
        Self { sleeper, task }
    }

    async fn stopped(&self) {
        let mut awake = self.sleeper.awake.subscribe();
        awake.wait_for(|awake| !*awake).await.unwrap();
    }
}

/// What a history tells, with its commits and commands; `late` is how long after the next captain's begin the stopped one is
/// woken, none: when all is over.
async fn history(tale: Tale, stop: Stop, late: Option<Duration>) -> (String, u64, u64) {
    let site = tale.room().await;
    let zombie = Zombie::begin(&site, stop);
    let next = async {
        if !matches!(stop, Stop::Never) {
            zombie.stopped().await;
            site.captain();
            if let Some(late) = late {
                sleep(late).await;
                zombie.sleeper.awake.send_replace(true);
            }
        }
        pending::<()>().await;
    };
    let run = tokio::select! {
        run = tale.live(&site) => run,
        () = next => unreachable!("it waits for ever"),
    };
    sleep(Duration::from_secs(2)).await;
    let lived = (
        site.store.commits.load(Ordering::SeqCst),
        zombie.sleeper.commands.load(Ordering::SeqCst),
    );
    zombie.sleeper.awake.send_replace(true);
    sleep(Duration::from_mins(1)).await;
    site.judge();
    if !matches!(stop, Stop::Never) {
        let ending = zombie.task.await.unwrap();
        assert!(
            matches!(ending, Ok(Ending::Fenced(_))),
            "{stop:?}: {ending:?}"
        );
    }
    (told::told(&site, run, false), lived.0, lived.1)
}

/// Each history has a rack and a time of its own.
fn lived(tale: Tale, stop: Stop, late: Option<Duration>) -> (String, u64, u64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(history(tale, stop, late))
}

#[test]
fn stopped_anywhere_and_woken_late_a_captain_changes_nothing_any_more() {
    let mut tried = 0;
    for tale in [Tale::Create, Tale::Shrink] {
        let (meant, commits, commands) = lived(tale, Stop::Never, None);
        let stride = |all: u64| {
            if crate::crash::is_all() {
                1
            } else {
                all.div_ceil(4)
            }
        };
        let at = |all: u64| (0..all).step_by(usize::try_from(stride(all)).unwrap());
        let stops = at(commits).map(Stop::Commit);
        let stops = stops.chain(at(commands).map(Stop::Command));
        // The next captain has the lease after ten seconds, and is at work for the five after that.
        let lates = [None, Some(11), Some(13), Some(16)].map(|it| it.map(Duration::from_secs));
        for (stop, late) in stops.zip(lates.into_iter().cycle()) {
            let (told, ..) = lived(tale, stop, late);
            assert!(
                told == meant,
                "{tale:?} {stop:?} {late:?}:\n{meant}\n{told}"
            );
            tried += 1;
        }
    }
    println!("{tried} zombies");
}
