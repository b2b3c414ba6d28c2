//! A captain and a server are lost at once.

use pooldeck::{
    fleet::Role,
    plan::Action,
    run::{Outcome, State},
};

use crate::site::{Site, create, newcomer};

#[tokio::test(start_paused = true)]
async fn a_server_that_is_lost_with_the_captain_does_not_keep_its_run_open_for_ever() {
    let site = Site::new(18, 3);
    let first = site.captain();
    let run = site.start(create("fast", 4, 4)).await;
    let head = newcomer(&site.run(run), Role::ControlPlane);
    site.reaches(run, Action::Prepare, &head, &State::Running)
        .await;
    first.abort();
    site.rack.power_off(&head);

    let second = site.captain();
    let outcome = site.ended(run).await;
    assert!(
        matches!(outcome, Outcome::Failed(_) | Outcome::Stuck(_)),
        "{outcome:?}"
    );
    site.rack.power_on(&head);
    site.until("paid", |it| it.records[&head].debt.is_none().then_some(()))
        .await;
    second.abort();
}
