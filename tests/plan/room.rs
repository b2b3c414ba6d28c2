//! Fixtures: a room of servers, each described by adjectives.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pooldeck::{
    fleet::{
        Access, Bytes, Capacity, Claim, ClusterSeen, Debt, Facts, Fleet, FleetId, MachineId,
        NodeSeen, Observed, Place, PoolName, RunId, Server, ServerName, ServerSeen, Sources,
        Trouble, TroubleKind,
    },
    plan::{Create, Destroy, IfBlocked, Plan, PlanError, Request, Resize, Site, plan},
};

/// A server of the room and what a probe found on it.
#[derive(Clone)]
pub struct Fixture {
    pub server: Server,
    pub seen: ServerSeen,
    pub debt: Option<Debt>,
}

pub fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub fn name(text: &str) -> ServerName {
    text.parse().unwrap()
}

pub fn pool(text: &str) -> PoolName {
    text.parse().unwrap()
}

/// A spare server of 8 CPUs and 32 GiB; the digits of its name make its address.
pub fn server(text: &str) -> Fixture {
    let number: u32 = text
        .chars()
        .filter(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap();
    let address = format!("10.77.{}.{}", number / 250, number % 250 + 1);
    Fixture {
        server: Server {
            name: name(text),
            access: Access {
                host: address.clone(),
                port: None,
                user: None,
                key_file: None,
                sudo: false,
            },
            offered: true,
            zone: None,
            labels: BTreeMap::new(),
            expect: pooldeck::fleet::Expect::default(),
            node_address: None,
            sources: Sources::default(),
            place: Place::default(),
        },
        seen: ServerSeen {
            tried: Some(now()),
            seen: Some(now()),
            facts: Some(Facts {
                hostname: text.to_owned(),
                machine: Some(MachineId(format!("{number:032x}"))),
                capacity: Capacity::new(8, Bytes::gib(32)),
                os: "debian12".to_owned(),
                arch: "x86_64".to_owned(),
                cgroup: 2,
                root: true,
                resolves_itself: true,
                ssh_address: address.parse().ok(),
                addresses: vec![format!("{address}/16")],
                routes: vec!["10.77.0.0/16".to_owned()],
                ..Facts::default()
            }),
            ..ServerSeen::default()
        },
        debt: None,
    }
}

impl Fixture {
    fn facts(mut self, edit: impl FnOnce(&mut Facts)) -> Self {
        edit(self.seen.facts.as_mut().unwrap());
        self
    }
    pub fn size(self, cores: u32, gib: u64) -> Self {
        self.facts(|facts| facts.capacity = Capacity::new(cores, Bytes::gib(gib)))
    }
    pub fn memory(self, bytes: u64) -> Self {
        self.facts(|facts| facts.capacity.memory = Bytes(bytes))
    }
    pub fn zone(mut self, zone: &str) -> Self {
        self.server.zone = Some(zone.to_owned());
        self
    }
    pub fn not_offered(mut self) -> Self {
        self.server.offered = false;
        self
    }
    pub fn unreachable(mut self) -> Self {
        self.seen.trouble = Some(Trouble {
            kind: TroubleKind::Unreachable,
            text: "timeout".to_owned(),
            since: now(),
        });
        self
    }
    pub fn serving(self, what: &str) -> Self {
        self.facts(|facts| facts.listeners.push(what.to_owned()))
    }
    pub fn of_cluster(self, url: &str) -> Self {
        self.facts(|facts| facts.cluster = Some(url.to_owned()))
    }
    pub fn claimed_by(self, fleet: &str) -> Self {
        self.facts(|facts| {
            facts.claim = Some(Claim {
                fleet: fleet.to_owned(),
                holder: "ops1 on jump1".to_owned(),
                pool: "old".to_owned(),
                at: "2026-11-20T12:40:00Z".to_owned(),
                ..Claim::default()
            });
        })
    }
    pub fn owing(mut self, to: &str) -> Self {
        let machine = self.seen.facts.as_ref().unwrap().machine.clone().unwrap();
        self.debt = Some(Debt {
            pool: pool(to),
            machine,
            run: RunId(7),
            since: now(),
            why: "left unproved".to_owned(),
            slot: None,
        });
        self
    }
    pub fn system(self, os: &str) -> Self {
        self.facts(|facts| os.clone_into(&mut facts.os))
    }
    pub fn arch(self, arch: &str) -> Self {
        self.facts(|facts| arch.clone_into(&mut facts.arch))
    }
    pub fn at(self, address: &str) -> Self {
        self.facts(|facts| {
            facts.addresses = vec![address.to_owned()];
            facts.ssh_address = address.split('/').next().unwrap().parse().ok();
        })
    }
    pub fn routing(self, route: &str) -> Self {
        self.facts(|facts| facts.routes.push(route.to_owned()))
    }
    pub fn clock(self, ahead: f64) -> Self {
        self.facts(|facts| facts.clock_ahead = ahead)
    }
    pub fn old_cgroups(self) -> Self {
        self.facts(|facts| facts.cgroup = 1)
    }
}

/// The fleet, what was seen of it, and the captain's place.
#[derive(Debug, Clone)]
pub struct Room {
    pub fleet: Fleet,
    pub observed: Observed,
    pub site: Site,
}

pub fn room(all: impl IntoIterator<Item = Fixture>) -> Room {
    let mut room = Room {
        fleet: Fleet::empty(FleetId("91c2aabbccddeeff".to_owned())),
        observed: Observed::default(),
        site: Site {
            machine: Some(MachineId("captain".to_owned())),
            networks: vec!["10.77.0.1/16".to_owned()],
            ..Site::default()
        },
    };
    for it in all {
        room.add(it);
    }
    room
}

impl Room {
    pub fn add(&mut self, it: Fixture) {
        let name = it.server.name.clone();
        if let Some(debt) = it.debt {
            self.fleet.debts.insert(name.clone(), debt);
        }
        self.observed.servers.insert(name.clone(), it.seen);
        self.fleet.servers.insert(name, it.server);
    }

    pub fn plan(&self, request: &Request) -> Result<Plan, PlanError> {
        plan(&self.fleet, &self.observed, request, now(), &self.site)
    }

    /// The world after the plan was carried out and seen again.
    pub fn done(mut self, plan: &Plan) -> Self {
        if let Some(before) = &plan.pool {
            self.fleet.pools.remove(&before.name);
            self.observed.pools.remove(&before.name);
        }
        for server in plan.subjects() {
            *self.fleet.generations.entry(server.clone()).or_default() += 1;
        }
        if let Some(mut after) = plan.pool_after() {
            after.generation += 1;
            let node = |(name, member): (&ServerName, &pooldeck::fleet::Member)| {
                let node = NodeSeen {
                    ready: true,
                    version: after.version.clone(),
                    machine: member.machine.0.clone(),
                    pods: 5,
                    ..NodeSeen::default()
                };
                (name.to_string(), node)
            };
            let seen = ClusterSeen {
                seen: Some(now()),
                nodes: after.members.iter().map(node).collect(),
                ..ClusterSeen::default()
            };
            self.observed.pools.insert(after.name.clone(), seen);
            self.fleet.pools.insert(after.name.clone(), after);
        }
        self
    }

    /// With a pool made by hand from these workers, the first server being its control plane.
    pub fn pool(self, text: &str, control_plane: &str, workers: &[&str]) -> Self {
        let mut only = self.clone();
        let wanted = |server: &ServerName| {
            server.as_str() == control_plane || workers.contains(&server.as_str())
        };
        only.fleet.servers.retain(|server, _| wanted(server));
        let mut wish = create(text, 0, 0);
        wish.servers = workers.iter().map(|it| name(it)).collect();
        let plan = only.plan(&Request::Create(wish)).unwrap();
        self.done(&plan)
    }
}

pub fn create(text: &str, cores: u32, gib: u64) -> Create {
    Create {
        pool: pool(text),
        asked: Capacity::new(cores, Bytes::gib(gib)),
        control_planes: 1,
        version: None,
        servers: BTreeSet::new(),
        pod_cidr: None,
        service_cidr: None,
        sources: None,
        accept_less: false,
    }
}

pub fn resize(text: &str, cores: &str, memory: &str) -> Resize {
    Resize {
        pool: pool(text),
        cores: (!cores.is_empty()).then(|| cores.parse().unwrap()),
        memory: (!memory.is_empty()).then(|| memory.parse().unwrap()),
        add: BTreeSet::new(),
        remove: BTreeSet::new(),
        shrink: false,
        accept_less: false,
        if_blocked: IfBlocked::default(),
    }
}

pub fn destroy(text: &str, without_drain: bool) -> Request {
    Request::Destroy(Destroy {
        pool: pool(text),
        without_drain,
    })
}
