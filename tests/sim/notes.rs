//! What people say of pools, problems and servers that no run has to do: it is written down once, by the captain.

use jiff::SignedDuration;
use pooldeck::store::{
    note::{ProblemId, Say, Severity},
    record::{Answer, What},
};

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

#[tokio::test(start_paused = true)]
async fn a_problem_is_acknowledged_by_whoever_said_so_until_its_time_is_over() {
    let site = Site::new(18, 3);
    let captain = site.captain();
    let problem: ProblemId = "web/pods-wait".parse().unwrap();
    let say = |minutes: i64, why: &str| {
        site.ask(What::Say(Say::Acknowledge {
            problem: problem.clone(),
            severity: Severity::Warning,
            until: site.rack.clock.now() + SignedDuration::from_mins(minutes),
            why: why.to_owned(),
        }))
    };
    refused(&say(10, " ").await, "a reason is missing");
    refused(&say(-1, "known").await, "has gone");
    refused(&say(100 * 24 * 60, "known").await, "too far");
    let back = || What::Say(Say::Unacknowledge(problem.clone()));
    refused(&site.ask(back()).await, "is not acknowledged");
    assert!(matches!(say(10, "known").await, Answer::Done(_)));
    let known = site.snapshot().acknowledged[&problem].note.clone();
    assert_eq!(
        (known.by.as_str(), known.why.as_str()),
        ("ops1@jump1", "known")
    );
    assert!(matches!(site.ask(back()).await, Answer::Done(_)));
    assert!(site.snapshot().acknowledged.is_empty());
    assert!(matches!(say(10, "again").await, Answer::Done(_)));
    let over = site.snapshot().acknowledged[&problem].note.until;
    site.until("forgotten", |snapshot| {
        snapshot.acknowledged.is_empty().then_some(())
    })
    .await;
    assert!(over <= site.rack.clock.now(), "forgotten too early");
    captain.abort();
}
