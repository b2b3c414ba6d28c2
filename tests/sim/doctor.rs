//! The doctor on a whole room: it has nothing to say after any run that went well, and each fault that is planted has its name.

use std::{collections::BTreeSet, time::Duration};

use jiff::SignedDuration;
use pooldeck::{
    deck::{
        World,
        doctor::{Finding, Looked, findings},
    },
    fleet::{Claim, MachineId, NodeSeen, ServerName},
    run::Outcome,
    ssh::UnitName,
    store::{
        Lease, Store,
        copies::Copies,
        look::OnDisk,
        note::{ProblemId, Severity},
        record::{Answer, Stop},
        snapshot::Snapshot,
    },
};

use crate::{
    maintenance::{maintain, setting_aside},
    site::{Site, create, destroy, resize, story},
};

fn look(site: &Site, snapshot: Snapshot, looked: &Looked) -> Vec<Finding> {
    let now = site.rack.clock.now();
    findings(&World::of(snapshot, now), looked, now)
}

fn looked(site: &Site) -> Looked {
    Looked {
        copies: Copies::read(site.store.as_ref()).unwrap(),
        wrong: site.store.examine().unwrap(),
        ..Looked::default()
    }
}

/// What the doctor says once everything was seen anew.
async fn says(site: &Site) -> Vec<Finding> {
    tokio::time::sleep(Duration::from_secs(90)).await;
    look(site, site.snapshot(), &looked(site))
}

#[tokio::test(start_paused = true)]
async fn the_doctor_has_nothing_to_say_before_during_and_after_every_kind_of_run() {
    let site = Site::new(24, 7);
    let captain = site.captain();
    assert_eq!(says(&site).await, [], "before");
    let requests = [
        create("fast", 16, 32),
        resize("fast", "+16"),
        resize("fast", "-16"),
        destroy("fast"),
        setting_aside(&site).1,
    ];
    for request in requests {
        let name = format!("{request:?}");
        let run = site.start(request).await;
        let outcome = loop {
            let snapshot = site.snapshot();
            let outcome = snapshot.runs[&run].outcome.clone();
            let found = look(&site, snapshot, &looked(&site));
            assert_eq!(found, [], "during {name}");
            if let Some(outcome) = outcome {
                break outcome;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
        assert_eq!(says(&site).await, [], "after {name}");
    }
    let spare = free(&site.snapshot());
    assert!(matches!(maintain(&site, &spare, 60).await, Answer::Done(_)));
    assert_eq!(says(&site).await, [], "in maintenance");
    captain.abort();
}

/// An offered server in no pool that is clean.
fn free(snapshot: &Snapshot) -> ServerName {
    let clean = |name: &&ServerName| {
        let seen = &snapshot.observed.servers[*name];
        let facts = seen.facts.as_ref().filter(|_| seen.trouble.is_none());
        let empty = facts.is_some_and(|it| {
            it.listeners.is_empty() && it.kubernetes.is_empty() && it.clock_ahead < 1.0
        });
        empty && snapshot.offers(name) && snapshot.fleet.pool_of(name).is_none()
    };
    snapshot.fleet.servers.keys().find(clean).unwrap().clone()
}

fn a_member(snapshot: &Snapshot) -> ServerName {
    let pool = snapshot.fleet.pools.values().next().unwrap();
    pool.members.keys().next().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_stray_unit_and_an_unexplained_claim_in_the_rack_are_named() {
    let site = Site::new(24, 7);
    let captain = site.captain();
    assert_eq!(says(&site).await, []);
    let snapshot = site.snapshot();
    let (fleet, spare) = (snapshot.fleet.id.0.clone(), free(&snapshot));
    let unit = pooldeck::ssh::unit_name(&snapshot.fleet.id, 812, 3, 1, "apply");
    let plant = |server: &ServerName, unit: UnitName| {
        let at = site.rack.clock.now();
        let boot = |machine: &mut pooldeck::sim::machine::Machine| {
            let left = pooldeck::sim::unit::Unit::new(1, true, at);
            machine.boot.units.insert(unit, left);
        };
        site.rack.machine(server, boot).unwrap();
    };
    plant(&spare, unit.clone());
    let unit_found = says(&site).await;
    assert_eq!(unit_found.len(), 1, "{unit_found:?}");
    assert!(unit_found[0].text.contains(&unit.0) && unit_found[0].subject == spare.as_str());
    assert!(
        unit_found[0]
            .text
            .contains("run 812, which this store does not know"),
        "{unit_found:?}"
    );
    site.rack
        .machine(&spare, |machine| machine.boot.units.clear());

    let mut servers = snapshot.fleet.servers.values();
    let unoffered = servers.find(|server| !server.offered).unwrap().name.clone();
    let claim = Claim {
        fleet,
        pool: "web".to_owned(),
        run: "3".to_owned(),
        ..Claim::default()
    };
    site.rack.machine(&unoffered, |machine| {
        machine.disk.claim = Some(claim.clone());
    });
    let found = says(&site).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].subject.as_str(), found[0].severity),
        (unoffered.as_str(), Severity::Critical)
    );
    assert!(found[0].text.contains("our claim of pool web"), "{found:?}");
    captain.abort();
}

type Plant = fn(&mut Snapshot, &mut Looked);

/// Each fault by itself in a room that is well: what is planted, of whom it is said, and a word of it.
const FAULTS: [(&str, Plant); 22] = [
    ("no server has a copy of the store", |it, looked| {
        looked.copies = None;
        it.runs
            .values_mut()
            .for_each(|run| run.last -= SignedDuration::from_mins(20));
    }),
    ("integrity check fails: row 3", |_, it| {
        it.wrong.push("row 3".to_owned());
    }),
    ("everybody may read or write `/x`", |_, it| {
        it.files.push(file("/x", 1, 0o644));
    }),
    ("log `/x-wal` has 70 MB", |_, it| {
        it.files.push(file("/x-wal", 70_000_000, 0o600));
    }),
    ("900 MB are free", |_, it| it.free = Some(900_000_000)),
    ("cannot be read: hosts.yaml:3:1", |_, it| {
        it.inventory
            .push("hosts.yaml:3:1: a tab\nhint: no".to_owned());
    }),
    ("nobody holds the lease", |it, _| {
        lease(it).age = Duration::from_secs(11);
    }),
    ("has not said a word", |it, _| it.captain = None),
    ("has been silent for 360", |it, _| said(it, -3600)),
    ("s ahead of this clock", |it, _| said(it, 3600)),
    ("said stop", |it, _| {
        let (by, at) = ("ops1".to_owned(), it.captain.as_ref().unwrap().at);
        it.stop = Some(Stop { by, at, all: false });
    }),
    ("were not looked at for five minutes", |it, _| {
        let (name, at) = (a_member(it), it.captain.as_ref().unwrap().at);
        it.listed.read = Some(at - SignedDuration::from_mins(30));
        it.observed.servers.get_mut(&name).unwrap().tried = None;
    }),
    ("its API was not asked", |it, _| {
        let at = it.captain.as_ref().unwrap().at;
        it.listed.read = Some(at - SignedDuration::from_mins(30));
        let pool = it.observed.pools.values_mut().next().unwrap();
        (pool.seen, pool.tried) = (None, None);
    }),
    ("carries no claim", |it, _| {
        facts(it, a_member, |it| it.claim = None);
    }),
    ("its claim says other", |it, _| {
        facts(it, a_member, |it| {
            it.claim.as_mut().unwrap().pool = String::from("other");
        });
    }),
    ("claimed by fleet feed", |it, _| {
        facts(it, a_member, |it| {
            it.claim.as_mut().unwrap().fleet = String::from("feedfeed");
        });
    }),
    ("is of epoch 99", |it, _| {
        facts(it, a_member, |it| it.claim.as_mut().unwrap().epoch = 99);
    }),
    ("has a node `stranger`", |it, _| {
        let pool = it.observed.pools.values_mut().next().unwrap();
        let node = NodeSeen {
            ready: true,
            ..NodeSeen::default()
        };
        pool.nodes.insert("stranger".to_owned(), node);
    }),
    ("no node", |it, _| {
        let name = a_member(it);
        let pool = it.fleet.pool_of(&name).unwrap().name.clone();
        it.observed
            .pools
            .get_mut(&pool)
            .unwrap()
            .nodes
            .remove(name.as_str());
    }),
    ("traces of a pool are on it: hosts", |it, _| {
        facts(it, free, |it| it.marks.push("hosts".to_owned()));
    }),
    ("its machine-id is m", |it, _| {
        facts(it, a_member, |it| {
            it.machine = Some(MachineId("m".to_owned()));
        });
    }),
    ("its clock is 7 s behind", |it, _| {
        facts(it, a_member, |it| it.clock_ahead = -7.2);
    }),
];

fn file(path: &str, bytes: u64, mode: u32) -> OnDisk {
    OnDisk {
        path: path.into(),
        bytes,
        mode,
    }
}

fn lease(snapshot: &mut Snapshot) -> &mut Lease {
    snapshot.lease.as_mut().unwrap()
}

fn said(snapshot: &mut Snapshot, seconds: i64) {
    let captain = snapshot.captain.as_mut().unwrap();
    captain.at += SignedDuration::from_secs(seconds);
}

fn facts(
    snapshot: &mut Snapshot,
    of: fn(&Snapshot) -> ServerName,
    change: fn(&mut pooldeck::fleet::Facts),
) {
    let seen = snapshot.observed.servers.get_mut(&of(snapshot)).unwrap();
    change(seen.facts.as_mut().unwrap());
}

#[tokio::test(start_paused = true)]
async fn each_fault_is_found_once_with_something_to_do_and_a_healthy_room_has_none() {
    let site = Site::new(24, 7);
    let captain = site.captain();
    let run = site.start(resize("batch", "+4")).await;
    assert_eq!(site.ended(run).await, Outcome::Succeeded);
    assert_eq!(says(&site).await, []);
    let (healthy, well) = (site.snapshot(), looked(&site));
    for (text, plant) in FAULTS {
        let (mut snapshot, mut looked) = (healthy.clone(), well.clone());
        plant(&mut snapshot, &mut looked);
        let found = look(&site, snapshot, &looked);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].text.contains(text), "{text}: {found:?}");
        assert!(
            found[0].todo.len() > 10 && found[0].todo.matches('`').count().is_multiple_of(2),
            "{found:?}"
        );
    }
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn twins_debts_and_a_captain_with_a_wrong_clock_are_told_as_what_they_are() {
    let site = Site::new(24, 7);
    let captain = site.captain();
    assert_eq!(says(&site).await, []);
    let mut snapshot = site.snapshot();
    let (own, other) = (a_member(&snapshot), free(&snapshot));
    snapshot.fleet.twins.insert(other, own.clone());
    let found = look(&site, snapshot, &looked(&site));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0]
            .text
            .contains(&format!("the same machine as {own}")),
        "{found:?}"
    );

    let mut snapshot = site.snapshot();
    for seen in snapshot.observed.servers.values_mut() {
        seen.facts
            .iter_mut()
            .for_each(|facts| facts.clock_ahead = 20.0);
    }
    let found = look(&site, snapshot, &looked(&site));
    let subjects: BTreeSet<&str> = found.iter().map(|it| it.subject.as_str()).collect();
    assert_eq!(subjects, BTreeSet::from(["captain"]), "{found:?}");
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_nobody_carries_on_and_one_that_waits_for_a_person_have_their_commands() {
    let site = Site::new(24, 7);
    let captain = site.captain();
    let run = site.start(create("fast", 16, 32)).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    captain.abort();
    tokio::time::sleep(Duration::from_mins(1)).await;
    let found = look(&site, site.snapshot(), &looked(&site));
    let said = |text: &str| {
        found
            .iter()
            .any(|it| it.text.contains(text) || it.todo.contains(text))
    };
    assert!(
        said("nobody holds the lease") && said("nothing has happened in it"),
        "{found:?}"
    );
    assert!(said(&format!("pooldeck run resume {run}")), "{found:?}");

    // More than ten minutes later a captain asks first.
    tokio::time::sleep(Duration::from_mins(15)).await;
    let captain = site.captain();
    let found = says(&site).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].text.contains("stood still"), "{found:?}");
    assert!(
        found[0]
            .todo
            .contains(&format!("pooldeck run resume {run}")),
        "{found:?}"
    );
    let mut known = site.snapshot();
    let id = ProblemId::of(&format!("run {run}"), "paused");
    let note = pooldeck::fleet::Note::new(
        "ops1",
        site.rack.clock.now(),
        site.rack.clock.now() + SignedDuration::from_hours(1),
        "known",
    )
    .unwrap();
    known.acknowledged.insert(
        id,
        pooldeck::store::note::Acknowledged {
            severity: Severity::Critical,
            note,
        },
    );
    assert_eq!(look(&site, known, &looked(&site)), []);
    captain.abort();
}
