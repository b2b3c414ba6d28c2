//! A store that is made again for a fleet whose own was lost.

use std::collections::BTreeMap;

use pooldeck::{
    fleet::{Epoch, FleetId},
    store::{Lost, StoreError},
};

use crate::{Bench, put};

pub fn a_lost_fleets_store_is_made_again_whole_and_under_no_captains_hands(bench: &Bench) {
    let (one, other) = (bench.store(), bench.store());
    one.commit(&put("a", "old")).unwrap();
    one.see(&BTreeMap::from([(
        "server/s01".to_owned(),
        Some("x".to_owned()),
    )]))
    .unwrap();
    let lost = Lost {
        fleet: FleetId("91c2aabbccddeeff".to_owned()),
        epoch: Epoch(1000),
        facts: BTreeMap::from([("b".to_owned(), "new".to_owned())]),
    };
    let epoch = one.campaign("somebody").unwrap().unwrap();
    let read = one.revision().unwrap();
    assert!(matches!(
        other.adopt(read, &lost),
        Err(StoreError::Fenced { .. })
    ));
    one.resign(epoch).unwrap();
    let old = other.adopt(read - 1, &lost);
    assert!(matches!(old, Err(StoreError::Conflict(_))), "{old:?}");
    assert_eq!(one.list("").unwrap().len(), 1);
    other.adopt(read, &lost).unwrap();
    assert_eq!(one.fleet(), lost.fleet);
    let facts: Vec<String> = one.list("").unwrap().into_keys().collect();
    assert_eq!(facts, ["b"]);
    assert_eq!(one.seen("").unwrap(), BTreeMap::new());
    assert!(read < one.revision().unwrap());
    // Whoever had a term here before has none any more.
    assert!(one.renew(epoch).is_err());
    assert_eq!(one.campaign("next").unwrap(), Some(Epoch(1001)));
}
