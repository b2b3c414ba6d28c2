//! What must hold of every recovery, whatever was found.

use ipnet::Ipv4Net;
use proptest::prelude::*;

use super::*;
use crate::fleet::{Access, Bytes, Capacity, Claim, Expect, Facts, Place, Role, Server, Sources};

const FLEET: &str = "91c2aabbccddeeff";

/// One server as chance has it.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is drawn by itself")]
struct Drawn {
    answers: bool,
    /// 0 nobody's, 1 and 2 ours for web and lab, 3 another fleet's.
    claim: u8,
    head: bool,
    kubelet: bool,
    files: bool,
    /// 0 none, 1 web's, 2 lab's.
    node: u8,
    range: bool,
    epoch: u64,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let words = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (
        prop::bool::weighted(0.8),
        0_u8..4,
        0_u8..3,
        1_u64..3000,
        words,
    )
        .prop_map(
            |(answers, claim, node, epoch, (head, kubelet, files, range))| Drawn {
                answers,
                claim,
                head,
                kubelet,
                files,
                node,
                range,
                epoch,
            },
        )
}

fn pool_name(number: u8) -> &'static str {
    ["", "web", "lab"][usize::from(number % 3)]
}

fn name(n: usize) -> ServerName {
    format!("s{n:02}").parse().unwrap()
}

fn server(n: usize) -> Server {
    Server {
        name: name(n),
        access: Access {
            host: format!("s{n:02}"),
            port: None,
            user: None,
            key_file: None,
            sudo: false,
        },
        offered: true,
        zone: None,
        labels: BTreeMap::new(),
        expect: Expect::default(),
        node_address: None,
        sources: Sources::default(),
        place: Place::default(),
    }
}

fn witness(n: usize, it: &Drawn) -> Witness {
    let marks = [(it.kubelet, "kubelet-running"), (it.files, "admin.conf")];
    let claim = Claim {
        fleet: if it.claim == 3 { "07d1" } else { FLEET }.to_owned(),
        pool: pool_name(it.claim).to_owned(),
        role: if it.head {
            Role::ControlPlane
        } else {
            Role::Worker
        }
        .word()
        .to_owned(),
        server: name(n).to_string(),
        run: "12".to_owned(),
        epoch: it.epoch,
        ..Claim::default()
    };
    let facts = Facts {
        machine: Some(MachineId(format!("m{n}"))),
        capacity: Capacity::new(4, Bytes(8 << 30)),
        kubernetes: marks
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, mark)| (*mark).to_owned())
            .collect(),
        claim: (it.claim != 0).then_some(claim),
        ..Facts::default()
    };
    Witness {
        server: server(n),
        facts: if it.answers {
            Ok(facts)
        } else {
            Err("no ssh".to_owned())
        },
        knows: Knows::default(),
    }
}

/// What the API of that pool says: the nodes that chance put there, each with a range of its own or none.
fn told(all: &[Drawn], pool: u8) -> Told {
    let pods: Ipv4Net = format!("10.{pool}.0.0/16").parse().unwrap();
    let nodes = all.iter().enumerate().filter(|(_, it)| it.node == pool);
    let nodes = nodes.map(|(n, it)| NodeTold {
        name: name(n),
        machine: MachineId(format!("m{n}")),
        pods: it
            .range
            .then(|| format!("10.{pool}.{n}.0/24").parse().unwrap()),
        address: format!("10.20.0.{n}").parse().unwrap(),
        role: if it.head {
            Role::ControlPlane
        } else {
            Role::Worker
        },
        capacity: Capacity::new(4, Bytes(8 << 30)),
    });
    Told {
        cluster: format!("uid-{pool}"),
        endpoint: format!("{}.pooldeck.internal:6443", pool_name(pool)),
        version: "v1.33.13".to_owned(),
        pods,
        services: "10.200.0.0/16".parse().unwrap(),
        nodes: nodes.collect(),
    }
}

fn found(all: &[Drawn], apis: [bool; 2]) -> Found {
    let heads = all
        .iter()
        .enumerate()
        .filter(|(_, it)| it.answers && it.head && (it.claim == 1 || it.claim == 2));
    let told = heads.map(|(n, it)| {
        let answers = it.files && apis[usize::from(it.claim - 1)];
        let silent = || "the API does not answer".to_owned();
        (
            name(n),
            answers.then(|| told(all, it.claim)).ok_or_else(silent),
        )
    });
    Found {
        at: Timestamp::from_second(1_800_000_000).unwrap(),
        fleet: FleetId(FLEET.to_owned()),
        servers: all
            .iter()
            .enumerate()
            .map(|(n, it)| (name(n), witness(n, it)))
            .collect(),
        copy: None,
        unread: Vec::new(),
        told: told.collect(),
    }
}

proptest! {
    #[test]
    fn whatever_is_found_no_server_is_lost_in_two_pools_or_cleaned_for_want_of_knowledge(
        all in prop::collection::vec(drawn(), 1..7),
        apis in any::<[bool; 2]>(),
    ) {
        let found = found(&all, apis);
        let made = recover(&found);
        prop_assert_eq!(format!("{made:?}"), format!("{:?}", recover(&found)));
        let members: Vec<&ServerName> = made.pools.values().flat_map(|it| it.pool.members.keys()).collect();
        let once: BTreeSet<&ServerName> = members.iter().copied().collect();
        prop_assert_eq!(members.len(), once.len(), "in two pools");
        let doubted: BTreeSet<&str> = made.doubts.iter().map(|it| it.about.as_str()).collect();
        let heard = |pool: u8| found.told.values().flatten().any(|told| told.cluster == format!("uid-{pool}"));
        let silent = all.iter().any(|it| !it.answers);
        for (n, it) in all.iter().enumerate() {
            let name = name(n);
            let (is_member, owes) = (once.contains(&name), made.debts.contains_key(&name));
            prop_assert!(!(is_member && owes), "{name} is in a pool and owes");
            let ours = it.answers && (it.claim == 1 || it.claim == 2);
            let known = is_member || owes || doubted.contains(name.as_str());
            prop_assert!(!ours || known, "{name} is claimed and nobody says what becomes of it");
            prop_assert!(!owes || ours, "{name} owes and nobody saw a claim of ours on it");
            prop_assert!(!(is_member && it.claim == 3 && it.answers), "{name} is another fleet's");
            if ours && !heard(it.claim) {
                prop_assert!(!is_member, "{name} is in a pool that nobody heard");
                let head = all.iter().any(|other| other.answers && other.head && other.claim == it.claim);
                let stands = all.iter().any(|other| other.answers && other.head && other.claim == it.claim && other.files);
                let may_live = stands || (!head && silent) || (it.kubelet && !it.head);
                prop_assert!(!(owes && may_live), "{name} would be cleaned, and its pool may live");
            }
            if !it.answers {
                let named = made.unseen.contains_key(&name);
                prop_assert!(is_member || named, "{name} does not answer and is forgotten");
                prop_assert!(!is_member || heard(it.node), "{name} is a member by nobody's word");
            }
            prop_assert!(!ours || it.epoch < made.epoch.0);
        }
        for remade in made.pools.values() {
            prop_assert!(remade.pool.with_role(Role::ControlPlane).next().is_some());
            prop_assert!(remade.pool.protected && remade.sized);
            prop_assert_eq!(remade.pool.asked, remade.pool.capacity());
        }
    }
}

#[test]
fn between_two_fleets_a_person_decides_and_an_unread_claim_is_no_fleet() {
    let all = |fleets: &[&str]| -> BTreeMap<ServerName, Witness> {
        let each = fleets.iter().enumerate().map(|(n, fleet)| {
            let claim = Claim {
                fleet: (*fleet).to_owned(),
                ..Claim::default()
            };
            let facts = Facts {
                claim: Some(claim),
                ..Facts::default()
            };
            let knows = Knows::default();
            (
                name(n),
                Witness {
                    server: server(n),
                    facts: Ok(facts),
                    knows,
                },
            )
        });
        each.collect()
    };
    let chosen = |fleets: &[&str], named| choose(&all(fleets), named).map(|fleet| fleet.0);
    assert_eq!(chosen(&["91c2", "91c2", ""], None), Ok("91c2".to_owned()));
    assert_eq!(
        chosen(&["91c2", "07d1"], Some("07d1")),
        Ok("07d1".to_owned())
    );
    let two = chosen(&["91c2", "91c2", "07d1"], None).unwrap_err();
    assert!(
        two.contains("07d1 holds 1, 91c2 holds 2") && two.contains("--fleet"),
        "{two}"
    );
    assert!(
        chosen(&["", ""], None)
            .unwrap_err()
            .contains("nothing to recover")
    );
    assert!(
        chosen(&["91c2"], Some("ffff"))
            .unwrap_err()
            .contains("91c2 holds 1")
    );
}
