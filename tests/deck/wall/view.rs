//! The view: what may hang there, how it is written, and what is said of a file that is none.

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use pooldeck::{
    deck::{World, world::Light},
    fleet::{MachineId, Sources, Trouble, TroubleKind},
    store::{Store, memory::Memory, record::key, snapshot::Snapshot},
    wall::{
        View,
        hang::{Hook, hang},
        source::{Feed, Reader},
        view::FORMAT,
    },
};

use super::{hear, shows, text, view};
use crate::room7::{self, ago, name};

/// A word that must never hang on a wall, and looks like a word.
fn canary(of: &str) -> String {
    format!("canary{of}")
}

/// The room with a canary in each field that says how to reach a server, and in all that a server says of itself.
fn room_of_canaries() -> World {
    let mut snapshot = Snapshot::read(&room7::store()).unwrap();
    let all = [&mut snapshot.listed.servers, &mut snapshot.fleet.servers];
    for server in all
        .into_iter()
        .flat_map(std::collections::BTreeMap::values_mut)
    {
        server.access.host = canary("host");
        server.access.user = Some(canary("user"));
        server.access.key_file = Some(format!("/home/{}/key", canary("key")).into());
        server.place.file = canary("file").into();
        server.node_address = Some("203.0.113.77".parse().unwrap());
        server.labels.insert(canary("label"), canary("value"));
        server.sources = Sources {
            version: Some(canary("version")),
            packages: Some(format!("https://{}/deb", canary("packages"))),
            packages_key: Some(canary("packageskey")),
            images: Some(canary("images")),
            plain_http: true,
        };
    }
    for (at, seen) in snapshot.observed.servers.values_mut().enumerate() {
        seen.host_key = Some(canary("hostkey"));
        let facts = seen.facts.get_or_insert_default();
        facts.hostname = canary("hostname");
        facts.machine = Some(MachineId(canary("machine")));
        facts.cluster = Some(canary("cluster"));
        facts.addresses = vec!["203.0.113.78/24".to_owned()];
        facts.listeners = vec![canary("listener")];
        if at % 2 == 0 {
            seen.trouble = Some(Trouble {
                kind: TroubleKind::Unreachable,
                text: everything(),
                since: ago(40),
            });
        }
    }
    for cluster in snapshot.observed.pools.values_mut() {
        cluster.trouble = Some(everything());
    }
    snapshot.listed.problems = vec![everything()];
    if let Some(captain) = &mut snapshot.captain {
        captain.holder = format!("{} on jump1", canary("holder"));
        captain.networks = vec!["203.0.113.0/24".to_owned()];
        captain.machine = Some(MachineId(canary("captain")));
        captain.holds_back = Some(everything());
        captain.uncopied = Some(everything());
        captain.store_free = Some(pooldeck::fleet::Bytes(1_000_000));
    }
    snapshot.place = format!("/var/lib/{}/pooldeck.db", canary("place"));
    for run in snapshot.runs.values_mut() {
        run.parked.insert(name("s15"), everything());
        run.record.by = format!("ops1@jump1 from {}", "203.0.113.79");
        run.record.plan.effects.title = format!("grow batch, {}", everything());
    }
    World::of(snapshot, room7::now())
}

/// A sentence that says all of it at once, in one line, as errors do.
fn everything() -> String {
    let words = [
        "host",
        "user",
        "file",
        "packageskey",
        "images",
        "hostkey",
        "hostname",
        "machine",
        "cluster",
    ];
    let words: Vec<String> = words.map(canary).into();
    format!(
        "no answer from {user}@{host}:22 ({all}) at `/home/{key}/key`, [203.0.113.77]:22, 203.0.113.78/24, fe80::203:0:113:77, https://{packages}/deb, run `ssh -i x {user}`",
        all = words.join(" "),
        user = canary("user"),
        host = canary("host"),
        key = canary("key"),
        packages = canary("packages"),
    )
}

#[test]
fn nothing_that_leads_to_a_server_hangs_on_the_wall() {
    let view = View::of(&room_of_canaries(), room7::now(), None);
    let text = serde_json::to_string(&view).unwrap();
    assert!(view.problems.len() > 10 && !view.runs.is_empty());
    for secret in ["canary", "203.0.113", "fe80", "ssh -i", "key`"] {
        let at = text.find(secret);
        let around = at.map(|at| &text[at.saturating_sub(80)..(at + 60).min(text.len())]);
        assert!(at.is_none(), "`{secret}`: {around:?}");
    }
    assert!(
        text.contains("ops1@jump1") && text.contains("no answer from"),
        "{text}"
    );
}

#[test]
fn what_people_may_read_is_read_as_it_is() {
    let world = room7::world();
    let view = view();
    let pools = |light| view.pools.iter().filter(move |pool| pool.light == light);
    assert_eq!(pools(Light::Degraded).next().unwrap().name, "lab");
    let has_no_path = |problem: &&pooldeck::deck::world::Problem| !problem.text.contains("`/");
    for problem in world.problems.iter().filter(has_no_path) {
        let hangs = view
            .problems
            .iter()
            .any(|it| problem.text.starts_with(&it.text));
        assert!(hangs, "{}", problem.text);
    }
    assert_eq!(view.runs[0].title, "grow batch by 2 servers");
    assert_eq!(
        (view.runs[0].by.as_str(), view.runs[0].phase.as_str()),
        ("ops1@jump1", "join s15")
    );
}

#[test]
fn the_walls_numbers_are_the_decks() {
    let world = room7::world();
    for pool in view().pools {
        let row = world.pool(&pool.name.parse().unwrap()).unwrap();
        let value = |figure: Option<pooldeck::deck::world::Figure>| figure.map(|it| it.value);
        assert_eq!(
            (pool.cpu_milli.used, pool.cpu_milli.max),
            (value(row.cpus.used), value(row.cpus.max))
        );
        assert_eq!(
            (pool.memory_bytes.used, pool.memory_bytes.max),
            (value(row.memory.used), value(row.memory.max))
        );
        assert_eq!((pool.light, pool.state.as_str()), (row.light, row.state));
    }
}

#[test]
fn a_view_of_this_release_can_be_read_by_every_later_one() {
    let golden = include_str!("view-1.json");
    if std::env::var("POOLDECK_GOLDEN").is_ok_and(|it| it == "write") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deck/wall/view-1.json");
        fs::write(path, serde_json::to_string_pretty(&view()).unwrap() + "\n").unwrap();
        return;
    }
    let view = View::read(golden).unwrap();
    assert_eq!(view, self::view());
    let text = serde_json::to_string_pretty(&view).unwrap() + "\n";
    assert_eq!(
        golden, text,
        "a format is additive: a later release writes more, and this file stays"
    );
}

#[test]
fn a_later_release_may_say_more_and_use_words_that_are_new() {
    let mut later: serde_json::Value = serde_json::from_str(include_str!("view-1.json")).unwrap();
    later["mood"] = "good".into();
    later["pools"][0]["light"] = "haunted".into();
    later.as_object_mut().unwrap().remove("servers");
    let view = View::read(&later.to_string()).unwrap();
    assert_eq!(view.pools[0].light, Light::Unknown);
    later["format"] = (FORMAT + 1).into();
    let why = View::read(&later.to_string()).unwrap_err();
    assert_eq!(
        why,
        "the view has format 2 and this pooldeck knows 1\nhint: use the captain's version of pooldeck here, too"
    );
}

#[test]
fn a_file_that_is_no_view_is_a_sentence_on_the_wall_and_the_last_view_stays() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("room.wall.json");
    let whole = include_str!("view-1.json");
    let mut reader = Reader::new(file.clone());
    assert_eq!(reader.look(), None);
    assert!(
        reader
            .trouble
            .as_ref()
            .unwrap()
            .contains("hint: is a captain there?")
    );
    // Every way to cut it off, and things that are not it.
    let cuts = (0..whole.trim_end().len())
        .step_by(29)
        .map(|at| whole[..at].to_owned());
    let others = [
        "null",
        "[]",
        "{\"format\":\"x\"}",
        "\u{0}\u{1}",
        "{\"format\":1}",
    ];
    for text in cuts.chain(others.map(str::to_owned)) {
        drop(fs::remove_file(&file));
        fs::write(&file, &text).unwrap();
        assert_eq!(reader.look(), None, "{text}");
        let trouble = reader.trouble.clone().unwrap();
        assert!(trouble.contains("what was read is "), "{trouble}");
        let mut model = shows(view());
        hear(&mut model, None, Some(&trouble));
        assert!(model.view.is_some() && self::text(&model, 80, 24).contains("what was read"));
    }
    fs::write(&file, vec![b'x'; (1 << 20) + 1]).unwrap();
    assert_eq!(reader.look(), None);
    assert!(
        reader
            .trouble
            .as_ref()
            .unwrap()
            .contains("larger than any view")
    );
    fs::remove_file(&file).unwrap();
    fs::write(&file, whole).unwrap();
    assert_eq!(reader.look(), Some(view()));
    assert_eq!((reader.trouble.clone(), reader.look()), (None, None));
    assert!(Reader::new(dir.path().to_owned()).look().is_none());
}

#[test]
fn a_line_of_the_feed_is_one_line() {
    let feed = Feed {
        sent: room7::now(),
        view: Some(view()),
        trouble: None,
    };
    let line = serde_json::to_string(&feed).unwrap();
    assert!(!line.contains('\n'));
    assert_eq!(serde_json::from_str::<Feed>(&line).unwrap(), feed);
    let beat: Feed = serde_json::from_str("{\"sent\":\"2026-11-21T12:41:07Z\"}").unwrap();
    assert_eq!((beat.view, beat.trouble), (None, None));
}

#[test]
fn the_view_is_renamed_into_place_for_its_group_to_read_and_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let hook = Hook {
        file: dir.path().join("view.json"),
        group: Some(rustix::process::getegid().as_raw()),
        room: None,
    };
    hook.put(&view()).unwrap();
    let first = fs::File::open(&hook.file).unwrap();
    hook.put(&view()).unwrap();
    let mode = fs::metadata(&hook.file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
    // Whoever had opened the first one reads that to its end.
    let old: View = serde_json::from_reader(first).unwrap();
    assert_eq!(old, view());
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        1,
        "nothing else is left"
    );
    let nowhere = Hook {
        file: dir.path().join("not/there.json"),
        ..hook
    };
    assert!(nowhere.put(&view()).is_err());
}

#[test]
fn a_view_hangs_before_the_captain_acts_and_nobody_writes_it_after_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let hook = Hook {
        file: dir.path().join("view.json"),
        group: None,
        room: Some("room7".to_owned()),
    };
    let store: Arc<Memory> = Arc::new(room7::store());
    let hanging = hang(
        Arc::clone(&store) as Arc<dyn Store>,
        hook.clone(),
        room7::now,
    )
    .unwrap();
    let text = fs::read_to_string(&hook.file).unwrap();
    assert_eq!(View::read(&text).unwrap(), view());
    let before = store.revision().unwrap();
    drop(hanging);
    assert_eq!(store.revision().unwrap(), before);
    assert!(store.get(key::STOP).unwrap().is_none());
    assert_eq!(fs::read_to_string(&hook.file).unwrap(), text);
}
