//! Whole runs, from the confirmation to the proof, with and without faults.

use pooldeck::run::Outcome;

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
