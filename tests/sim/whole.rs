//! Whole runs, from the confirmation to the proof, with and without faults.

use pooldeck::{
    fleet::{Claim, Role},
    run::Outcome,
};

use crate::site::{Site, create, destroy, resize, story};

#[tokio::test(start_paused = true)]
async fn a_pool_is_created_grown_shrunk_and_destroyed_and_its_servers_are_spare_again() {
    let site = Site::new(24, 7);
    let captain = site.captain();
    for request in [
        create("fast", 16, 32),
        resize("fast", "+16"),
        resize("fast", "-16"),
        destroy("fast"),
    ] {
        let run = site.start(request).await;
        let outcome = site.ended(run).await;
        assert_eq!(outcome, Outcome::Succeeded, "{}", story(&site.run(run)));
        site.judge();
    }
    assert_eq!(site.pool("fast"), None);
    captain.abort();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_another_fleet_took_is_left_to_it_and_the_captain_goes_on() {
    let site = Site::new(24, 7);
    let captain = site.captain();
    let run = site.start(create("fast", 40, 64)).await;
    let plan = site.run(run).plan().clone();
    let mut workers = plan
        .effects
        .incoming
        .iter()
        .filter(|new| new.role == Role::Worker);
    let taken = workers.next_back().unwrap().server.clone();
    let theirs = Claim {
        fleet: "feedfeed".to_owned(),
        holder: "ops2 on jump2".to_owned(),
        at: "2026-11-21T12:40:00Z".to_owned(),
        ..Claim::default()
    };
    site.rack
        .machine(&taken, |machine| machine.disk.claim = Some(theirs.clone()));
    let outcome = site.ended(run).await;
    assert_eq!(outcome, Outcome::SucceededWithout(vec![taken.clone()]));
    assert!(site.run(run).left_out[&taken].contains("claimed by fleet feed"));
    assert_eq!(site.rack.claim(&taken), Some(theirs));
    assert!(!site.snapshot().fleet.debts.contains_key(&taken));
    assert!(!captain.is_finished());
    captain.abort();
}
