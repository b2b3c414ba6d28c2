//! Two stores with one fleet's servers: the claims refuse the second one by name, whenever it comes.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use pooldeck::{
    fleet::{BootId, FleetId, Role, RunId, ServerName, Verb},
    plan::{Action, Confirm, Plan, Request},
    run::{Outcome, State},
    sim::Lie,
    store::{
        machine::Moment,
        memory::Memory,
        record::{Answer, What},
    },
};
use tokio::time::sleep;

use crate::{
    crash::told,
    site::{Site, create, newcomer, story},
    watched::Watched,
};

/// A store of its own, with the same servers in its inventory, and a captain of its own.
fn second(first: &Site) -> Site {
    let clock = first.rack.clock;
    let moment = move || Moment {
        boot: BootId("virtual".to_owned()),
        since: Duration::from_millis(clock.now().as_millisecond().unsigned_abs()),
    };
    let inner = Memory::with(FleetId("5ec02dffeeddccbb".to_owned()), Arc::new(moment));
    // What its own claims are to its own store is looked at as in any room.
    let store = Watched::new(inner, first.rack.clone(), BTreeSet::new());
    Site {
        rack: first.rack.clone(),
        store: Arc::new(store),
        away: first.away,
        room: first.room.clone(),
    }
}

/// The same servers, asked for by name.
fn these(servers: &BTreeSet<ServerName>) -> Request {
    let Request::Create(mut wish) = create("other", 4, 4) else {
        unreachable!()
    };
    wish.servers.clone_from(servers);
    Request::Create(wish)
}

fn comes(plan: &Plan) -> BTreeSet<ServerName> {
    let incoming = plan.effects.incoming.iter();
    incoming.map(|it| it.server.clone()).collect()
}

async fn confirm(site: &Site, plan: Plan) -> Answer {
    assert_eq!(plan.effects.confirm, Confirm::Yes);
    let plan = Box::new(plan);
    site.ask(What::Confirm { plan, typed: None }).await
}

/// A refusal that names whose the servers are: the first fleet, and its captain.
fn names_the_first(why: &str) {
    assert!(why.contains("claimed by fleet 91c2"), "{why}");
    assert!(why.contains("ops1 on jump1"), "{why}");
}

/// Two sites, and the plan of each for the same servers while nobody has them.
async fn both() -> (Site, Site, Plan, Plan) {
    let first = Site::new(18, 3);
    let other = second(&first);
    first.captain();
    other.captain();
    let plan = first.plan(&create("fast", 4, 4)).await.unwrap();
    let same = other.plan(&create("other", 4, 4)).await.unwrap();
    assert_eq!(comes(&same), comes(&plan));
    (first, other, plan, same)
}

async fn accepted(site: &Site, plan: Plan) -> RunId {
    match confirm(site, plan).await {
        Answer::Run(run) => run,
        other => panic!("{other:?}"),
    }
}

/// The first one's run ends well, and nothing of it changes while the second one's captain goes on.
async fn is_the_firsts_alone(first: &Site, run: RunId, other: &Site) {
    assert_eq!(
        first.ended(run).await,
        Outcome::Succeeded,
        "{}",
        story(&first.run(run))
    );
    let before = told::told(first, run, false);
    sleep(Duration::from_mins(20)).await;
    assert_eq!(told::told(first, run, false), before);
    first.judge();
    assert_eq!(
        *other.store.violations.lock().unwrap(),
        Vec::<String>::new()
    );
    let snapshot = other.snapshot();
    assert_eq!(
        snapshot.fleet.pools.len(),
        0,
        "the second one has a pool of nobody"
    );
    assert_eq!(
        snapshot.fleet.debts.len(),
        0,
        "the second one owes for what it never had"
    );
    assert_eq!(snapshot.fleet.busy.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_planned_before_the_first_took_them_is_refused_at_the_confirmation() {
    let (first, other, plan, same) = both().await;
    let run = accepted(&first, plan).await;
    let server = newcomer(&first.run(run), Role::Worker);
    first
        .reaches(run, Action::Claim, &server, &State::Proved)
        .await;
    match confirm(&other, same).await {
        Answer::Refused(why) => names_the_first(&why),
        answer => panic!("{answer:?}"),
    }
    assert_eq!(other.snapshot().runs.len(), 0);
    is_the_firsts_alone(&first, run, &other).await;
}

#[tokio::test(start_paused = true)]
async fn who_comes_second_to_a_server_in_the_middle_of_its_run_is_refused_by_its_claim() {
    let (first, other, plan, same) = both().await;
    // The second one has looked already when the first one comes.
    for server in comes(&plan) {
        let late = Lie::Takes(90);
        first.rack.spoil(&server, "claim", Verb::Check, late, 1);
    }
    let late = accepted(&other, same).await;
    sleep(Duration::from_secs(20)).await;
    let run = accepted(&first, plan).await;
    match other.ended(late).await {
        Outcome::Failed(why) => names_the_first(&why),
        outcome => panic!("{outcome:?}: {}", story(&other.run(late))),
    }
    is_the_firsts_alone(&first, run, &other).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_first_one_holds_is_no_candidate_of_the_second_and_named_as_the_firsts() {
    let (first, other, plan, _) = both().await;
    let servers = comes(&plan);
    let run = accepted(&first, plan).await;
    assert_eq!(first.ended(run).await, Outcome::Succeeded);
    sleep(Duration::from_secs(30)).await;
    let worker = newcomer(&first.run(run), Role::Worker);
    let why = other
        .plan(&these(&[worker].into()))
        .await
        .unwrap_err()
        .to_string();
    names_the_first(&why);
    let fit = other.plan(&create("other", 4, 4)).await;
    let taken = fit.as_ref().map(comes).unwrap_or_default();
    assert!(taken.is_disjoint(&servers), "{taken:?}");
    is_the_firsts_alone(&first, run, &other).await;
}
