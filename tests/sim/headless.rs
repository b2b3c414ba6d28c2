//! The end of a pool whose control plane is gone already, called back too late.

use std::time::Duration;

use pooldeck::{
    fleet::Role,
    plan::{Action, Destroy, Request},
    run::{Outcome, State},
    store::record::What,
};

use crate::site::Site;

#[tokio::test(start_paused = true)]
async fn nobody_stays_in_a_pool_whose_control_plane_has_left_however_late_its_end_is_called_back() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    site.until("seen", |it| (it.observed.pools.len() == 3).then_some(()))
        .await;
    let pool = site.pool("lab").unwrap();
    let one = |role| pool.with_role(role).next().unwrap().0.clone();
    let (head, hand) = (one(Role::ControlPlane), one(Role::Worker));
    site.rack.power_off(&hand);
    let run = site
        .start(Request::Destroy(Destroy {
            pool: pool.name.clone(),
            without_drain: true,
        }))
        .await;
    site.reaches(run, Action::StopKubelet, &head, &State::Proved)
        .await;

    site.ask(What::Rollback(run)).await;
    assert_eq!(site.ended(run).await, Outcome::Cancelled);
    assert_eq!(site.pool("lab"), None, "a pool without a control plane");
    let debt = site.snapshot().records[&hand].debt.clone();
    assert!(
        debt.is_some(),
        "{hand} is neither in a pool nor does it owe"
    );

    site.rack.power_on(&hand);
    site.until("paid", |it| it.records[&hand].debt.is_none().then_some(()))
        .await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    site.judge();
    captain.abort();
}
