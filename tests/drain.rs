//! The drain script against a kubectl of a few lines: what it says of budgets, and whom it deletes where one was overridden.

#![expect(clippy::unwrap_used, reason = "a test that fails by it says so")]

use std::{
    io::Write,
    process::{Command, Stdio},
};

use pooldeck::run::Kept;

/// An API in which db/pg and db/all keep pg-1, db/pg keeps pg-2, and nobody keeps shop-1.
const API: &str = r#"
k() {
    case "$*" in
        "create --raw "*) body=$(cat)
            case $body in
                *shop-1*) return 0 ;;
                *busy-1*) echo "Error from server (TooManyRequests): the server has received too many requests"; return 1 ;;
            esac
            echo "Error from server (TooManyRequests): Cannot evict pod as it would violate the pod's disruption budget."
            return 1 ;;
        "delete --raw "*) echo "$* $(cat)" >>"$LOG" ;;
        "get pdb "*) printf 'pg 1 2 app=pg,\nall 1 2 tier in (db),\n' ;;
        "get pod "*"app=pg "*pg-[12]*) echo pod/x ;;
        "get pod "*"tier in (db) "*pg-1*) echo pod/x ;;
    esac
}
"#;

/// What the script says of these pods, and what it deletes.
fn drain(overridden: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("deleted");
    let script = [
        include_str!("../assets/steps/lib.sh"),
        include_str!("../assets/steps/leave.sh"),
        include_str!("../assets/steps/drain.sh"),
        API,
        "printf '%s\\n' 'db pg-1 u1 evict StatefulSet pg' 'db pg-2 u2 evict StatefulSet pg' \
         'web shop-1 u3 evict ReplicaSet shop-5d9f' 'web busy-1 u4 evict ReplicaSet busy' | evict_all",
    ];
    let mut shell = Command::new("sh")
        .env("LOG", &log)
        .env("POOLDECK_OVERRIDE", overridden)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = shell.stdin.take().unwrap();
    input.write_all(script.join("\n").as_bytes()).unwrap();
    drop(input);
    let output = shell.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let deleted = std::fs::read_to_string(log).unwrap_or_default();
    (String::from_utf8(said).unwrap(), deleted)
}

#[test]
fn a_budgets_no_is_said_in_words_that_are_read_and_nothing_is_deleted() {
    let (said, deleted) = drain("");
    assert_eq!(deleted, "");
    let kept = Kept::read(&said);
    let all: Vec<(&str, &str, &str)> = kept
        .iter()
        .map(|it| (it.pod.as_str(), it.budget.as_str(), it.owner.as_str()))
        .collect();
    let owner = "StatefulSet pg";
    assert_eq!(
        all,
        [
            ("db/pg-1", "db/pg", owner),
            ("db/pg-1", "db/all", owner),
            ("db/pg-2", "db/pg", owner)
        ],
        "{said}"
    );
    assert_eq!((kept[0].ready, kept[0].all), (1, 2));
    assert!(said.contains("web/shop-1 evicted"), "{said}");
    assert!(
        said.contains("web/busy-1 not evicted: the API server is busy"),
        "{said}"
    );
}

#[test]
fn a_pod_is_deleted_only_where_every_budget_that_keeps_it_was_overridden() {
    let (said, deleted) = drain("db/pg");
    assert_eq!(
        deleted,
        "delete --raw /api/v1/namespaces/db/pods/pg-2 -f - \
         {\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"preconditions\":{\"uid\":\"u2\"}}\n"
    );
    assert!(
        said.contains("db/pg-2 deleted, for a person overrode"),
        "{said}"
    );
    assert!(
        said.contains("db/pg-1 not evicted: the disruption budget db/all"),
        "{said}"
    );
    let (_, both) = drain("db/all db/pg");
    assert_eq!(both.lines().count(), 2, "{both}");
    // A name that only looks like it, and a busy API server, override nothing.
    for other in ["db/pg2 db/p", "web/busy *"] {
        assert_eq!(drain(other).1, "", "{other}");
    }
}
