//! What is tried: one request each in a small room, from its confirmation to its end, and what people say in between.

use std::time::Duration;

use pooldeck::{
    fleet::{Bytes, Claim, Debt, Role, RunId, ServerName},
    plan::{Action, Request, Return},
    run::{Outcome, Reply, Run, State, Word},
    sim::{Clock, fleet, machine::Prepared},
    store::{
        Commit, Store,
        record::{ServerRecord, What, key},
    },
};
use tokio::time::sleep;

use crate::{
    crash::without_one,
    maintenance::setting_aside,
    site::{Site, create, destroy, newcomer, resize, story},
};

/// One history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tale {
    Create,
    Grow,
    Shrink,
    Destroy,
    Maintain,
    Return,
    /// A debt that the captain pays by itself.
    Clean,
    /// A create that a person ends half-way.
    Cancelled,
    /// A pool that was to grow and is put back.
    RolledBack,
    /// A create that a person pauses, and goes on with half a minute later.
    Paused,
    /// A drain that a budget holds up, until a person says by which name it is forced.
    Answered,
    /// About sixty servers of a hundred.
    Large,
}

/// Every request, undisturbed by people.
pub const REQUESTS: [Tale; 7] = [
    Tale::Create,
    Tale::Grow,
    Tale::Shrink,
    Tale::Destroy,
    Tale::Maintain,
    Tale::Return,
    Tale::Clean,
];

/// What people say to a run that is open.
pub const STEERED: [Tale; 4] = [
    Tale::Cancelled,
    Tale::RolledBack,
    Tale::Paused,
    Tale::Answered,
];

/// A room with `small` and `large` servers that are spare, and a pool `web` of one and two more unless it is to be empty.
fn room(servers: usize, small: usize, large: usize, web: bool) -> Site {
    let clock = Clock::starting("2026-01-05T09:00:00Z".parse().unwrap(), 1);
    let mut room = fleet::make(servers, 3, clock).unwrap();
    let (heads, hands) = (room.small.clone(), room.large.clone());
    let (head, pair) = if web { (1, 2) } else { (0, 0) };
    let kept = |name: &ServerName| {
        heads[..head + small].contains(name) || hands[..pair + large].contains(name)
    };
    room.listed.retain(|name, _| kept(name));
    room.rack
        .with(|world| world.machines.retain(|name, _| kept(name)));
    room.small.truncate(head);
    room.large.truncate(pair);
    let site = Site::in_room(room);
    // Half of its pods, so that one worker can do without the other.
    site.rack.cluster("web", |cluster| {
        cluster.pods.retain(|pod| pod.set != "shop/frontend");
    });
    site
}

/// The spare server of that room which owes to a pool that is gone.
fn owes(site: &Site) -> ServerName {
    let snapshot = site.snapshot();
    let servers: Vec<ServerName> = site
        .rack
        .with(|world| world.machines.keys().cloned().collect());
    let mut spare = servers.into_iter();
    let server = spare.find(|name| snapshot.fleet.pool_of(name).is_none());
    let server = server.unwrap();
    let now = site.rack.clock.now();
    let machine = site.rack.machine(&server, |machine| {
        machine.disk.claim = Some(Claim {
            fleet: snapshot.fleet.id.0.clone(),
            pool: "old".to_owned(),
            role: "worker".to_owned(),
            server: server.to_string(),
            run: "0".to_owned(),
            ..Claim::default()
        });
        machine.disk.prepared = Some(Prepared {
            version: "v1.33.13".to_owned(),
            endpoint: String::new(),
            role: "worker".to_owned(),
        });
        machine.hardware.machine.clone()
    });
    let debt = Debt {
        pool: "old".parse().unwrap(),
        machine: machine.clone().unwrap(),
        run: RunId(0),
        since: now,
        why: "it was lost".to_owned(),
        slot: None,
    };
    let record = ServerRecord {
        machine,
        debt: Some(debt),
        ..ServerRecord::default()
    };
    let mut commit = Commit::default();
    let value = serde_json::to_string(&record).unwrap();
    commit.writes.insert(key::server(&server), Some(value));
    site.store.commit(&commit).unwrap();
    server
}

impl Tale {
    /// Its room, as it is before the first captain that is to be killed.
    pub async fn room(self) -> Site {
        let site = match self {
            Self::Create | Self::Cancelled | Self::Paused => room(12, 1, 2, true),
            Self::Grow | Self::RolledBack => room(12, 0, 2, true),
            Self::Clean => room(12, 0, 1, true),
            Self::Large => room(120, 10, 90, false),
            _ => room(12, 0, 0, true),
        };
        match self {
            Self::Clean => drop(owes(&site)),
            Self::Return => {
                let captain = site.captain();
                let run = site.start(setting_aside(&site).1).await;
                assert_eq!(site.ended(run).await, Outcome::Succeeded);
                captain.abort();
            }
            // Its last pods have nowhere to go.
            Self::Destroy => drop(site.rack.cluster("web", |cluster| cluster.budgets.clear())),
            Self::Answered => {
                let each = (10, Bytes(1 << 20));
                site.rack.deploy("web", "db/hold", 2, Some(2), each);
                let Request::Resize(wish) = without_one(&site, "web") else {
                    unreachable!()
                };
                let leaves = wish.remove.first().map(ToString::to_string);
                site.rack.cluster("web", |cluster| {
                    let held = cluster.pods.iter_mut().filter(|pod| pod.set == "db/hold");
                    held.for_each(|pod| pod.node.clone_from(&leaves));
                });
            }
            _ => (),
        }
        site
    }

    fn request(self, site: &Site) -> Request {
        match self {
            Self::Create | Self::Cancelled | Self::Paused => create("fast", 4, 4),
            Self::Grow | Self::RolledBack => resize("web", "+4"),
            Self::Shrink | Self::Answered => without_one(site, "web"),
            Self::Destroy => destroy("web"),
            Self::Maintain => setting_aside(site).1,
            Self::Return => {
                let (server, _) = setting_aside(site);
                let pool = "web".parse().unwrap();
                Request::Return(Return { pool, server })
            }
            Self::Large => create("fast", 1_400, 2_000),
            Self::Clean => unreachable!("nobody asks for it"),
        }
    }

    /// From the confirmation to the end.
    pub async fn live(self, site: &Site) -> RunId {
        let run = if self == Self::Clean {
            site.until("paid", |snapshot| snapshot.runs.keys().next().copied())
                .await
        } else {
            confirmed(site, &self.request(site)).await
        };
        self.steer(site, run).await;
        let outcome = site.ended(run).await;
        let meant = match self {
            Self::Cancelled => Outcome::Cancelled,
            Self::RolledBack => Outcome::RolledBack,
            _ => Outcome::Succeeded,
        };
        assert_eq!(outcome, meant, "{}", story(&site.run(run)));
        run
    }

    /// What people say to it meanwhile.
    async fn steer(self, site: &Site, run: RunId) {
        match self {
            Self::Cancelled => {
                half_way(site, run).await;
                site.ask(What::Cancel(run)).await;
            }
            Self::RolledBack => {
                half_way(site, run).await;
                site.ask(What::Rollback(run)).await;
            }
            Self::Paused => {
                half_way(site, run).await;
                site.ask(What::Pause(run)).await;
                sleep(Duration::from_secs(30)).await;
                assert!(site.run(run).paused.is_some(), "it went on by itself");
                site.ask(What::Resume(run)).await;
            }
            Self::Answered => {
                let leaves = site.run(run).plan().effects.outgoing[0].server.clone();
                site.until("blocked", |snapshot| {
                    snapshot.runs[&run].blockade(&leaves).map(|_| ())
                })
                .await;
                let word = Word {
                    run,
                    server: leaves,
                    reply: Reply::Force("db/hold".to_owned()),
                    typed: Some("web db/hold".to_owned()),
                };
                site.ask(What::Answer(word)).await;
            }
            _ => (),
        }
    }

    /// Whether what was done before the end depends on when people spoke.
    pub const fn ends_early(self) -> bool {
        matches!(self, Self::Cancelled | Self::RolledBack)
    }
}

/// The run of a request, which is asked for again where the world was not ready for it, as people do.
async fn confirmed(site: &Site, request: &Request) -> RunId {
    let listed = |servers: usize| (servers > 0).then_some(());
    site.until("listed", |snapshot| listed(snapshot.fleet.servers.len()))
        .await;
    for _ in 0..6 {
        match site.try_start(request).await {
            Ok(run) => return run,
            Err(why) => {
                let again = ["changed since the preview", "it is tried again"];
                assert!(again.iter().any(|it| why.contains(it)), "{why}");
                sleep(Duration::from_secs(3)).await;
            }
        }
    }
    panic!("the world was never ready for it");
}

/// A newcomer is prepared.
async fn half_way(site: &Site, run: RunId) {
    let server = newcomer(&site.run(run), Role::Worker);
    let prepared = |run: &Run| {
        let mut steps = run.progress();
        steps.any(|(step, at)| {
            (step.action, &step.subject) == (Action::Prepare, &server) && at.state == State::Proved
        })
    };
    site.until("half-way", |snapshot| {
        prepared(&snapshot.runs[&run]).then_some(())
    })
    .await;
}
