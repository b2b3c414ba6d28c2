//! What people say of pools, problems and servers that no run has to do: it is written down once, by the captain.

use pooldeck::store::record::{Answer, What};

use crate::site::Site;

fn refused(answer: &Answer, why: &str) {
    assert!(
        matches!(answer, Answer::Refused(text) if text.contains(why)),
        "{answer:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_protection_goes_only_with_the_name_that_was_typed() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let protect = |pool: &str, on: bool, typed: Option<&str>| {
        site.ask(What::Protect {
            pool: pool.parse().unwrap(),
            on,
            typed: typed.map(str::to_owned),
        })
    };
    let is = || site.pool("web").unwrap().protected;
    assert!(is());
    refused(&protect("web", false, None).await, "has to be typed");
    refused(&protect("web", false, Some("lab")).await, "has to be typed");
    assert!(is(), "a wrong name took it away");
    let done = protect("web", false, Some("web")).await;
    assert!(matches!(done, Answer::Done(_)), "{done:?}");
    assert!(!is());
    assert!(matches!(protect("web", true, None).await, Answer::Done(_)));
    assert!(is());
    refused(&protect("nowhere", true, None).await, "there is no pool");
    captain.abort();
}
