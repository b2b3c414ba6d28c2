//! What a server says for the day on which the store is lost: the scripts themselves, run by a shell in a folder of its own.

#![expect(clippy::unwrap_used, reason = "a test that fails by it says so")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use base64::{Engine, engine::general_purpose::STANDARD};
use pooldeck::{
    fleet::{RunId, Script, Verb},
    ssh::scripts,
    store::recover::{Knows, Told},
};

const FLEET: &str = "91c2aabbccddeeff";

/// A server's own folder, with what a captain left in it.
fn server() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put(
        "claim",
        &format!("fleet={FLEET}\nepoch=7\npool=web\nserver=s02\n"),
    );
    put("epoch", &format!("{FLEET} 9\n"));
    put("copy.of", &format!("{FLEET} 412\n"));
    put(
        "applied",
        "3 1 apply\n12 fence apply\n12 7 apply\n4 2 undo\n",
    );
    folder
}

/// What the script prints there, and how it ends.
fn run(folder: &Path, script: &Script) -> (String, i32) {
    let text = scripts::text(scripts::file, script).unwrap();
    let text = text
        .replace("/var/lib/pooldeck", &folder.display().to_string())
        .replace("/etc/kubernetes", &folder.display().to_string())
        .replace(
            "PATH=/usr/local/sbin",
            &format!("PATH={}:/usr/local/sbin", folder.display()),
        );
    let mut shell = Command::new("sh");
    let output = shell
        .args(["-c", &text, "sh", script.verb.word()])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (said, output.status.code().unwrap_or(-1))
}

/// Everything in the folder, to see that a look changes nothing.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_server_says_what_it_has_heard_keeps_and_counted_and_changes_nothing() {
    let folder = server();
    let before = files(folder.path());
    let (said, code) = run(folder.path(), &Script::new("witness", Verb::Check));
    assert_eq!(code, 0, "{said}");
    let knows = Knows::read(&said);
    assert_eq!(knows.heard, Some((FLEET.to_owned(), 9)));
    assert_eq!(knows.copy, Some((FLEET.to_owned(), 412)));
    assert_eq!(knows.last, 12);
    assert!(knows.touched.unwrap() < 60);
    let steps: Vec<(RunId, u32)> = knows.applied.iter().map(|it| (it.0, it.1)).collect();
    assert_eq!(steps, [(RunId(3), 1), (RunId(12), 7), (RunId(4), 2)]);
    assert_eq!(files(folder.path()), before);

    let (said, code) = run(
        tempfile::tempdir().unwrap().path(),
        &Script::new("witness", Verb::Check),
    );
    assert_eq!((Knows::read(&said), code), (Knows::default(), 0));
}

#[test]
fn a_copy_comes_page_by_page_and_only_for_its_own_fleet_and_no_older_term() {
    let folder = server();
    let copy: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
    fs::write(folder.path().join("copy.db"), &copy).unwrap();
    let page = |fleet: &str, epoch: u64, from: usize| {
        let script = Script::new("fetch-copy", Verb::Fetch)
            .with("POOLDECK_FLEET", &fleet)
            .with("POOLDECK_EPOCH", &epoch)
            .with("POOLDECK_FROM", &from)
            .with("POOLDECK_COUNT", &60_000);
        run(folder.path(), &script)
    };
    let mut all = Vec::new();
    for _ in 0..2 {
        let (said, code) = page(FLEET, 9, all.len());
        assert_eq!(code, 0);
        let (head, text) = said.split_once('\n').unwrap();
        assert_eq!(head, format!("{FLEET} 412 100000"));
        all.extend(STANDARD.decode(text).unwrap());
    }
    assert_eq!(all, copy);
    assert_eq!(page("07d1aabbccddeeff", 9, 0).1, 78);
    assert_eq!(page(FLEET, 6, 0).1, 79);
}

#[test]
fn a_control_plane_says_how_its_pool_was_made_and_an_api_that_is_silent_says_nothing() {
    let folder = server();
    fs::write(folder.path().join("admin.conf"), "x").unwrap();
    let kubectl = folder.path().join("kubectl");
    let api = "#!/bin/sh\ncase \"$*\" in\n\
        *'get namespace'*) printf 7f3a ;;\n\
        *'get configmap'*) printf 'apiServer:\n  certSANs:\n  - web.pooldeck.internal\ncontrolPlaneEndpoint: web.pooldeck.internal:6443\nkubernetesVersion: \"v1.33.13\"\nnetworking:\n  podSubnet: 10.100.0.0/16\n  serviceSubnet: 10.200.0.0/16\n' ;;\n\
        *'get nodes'*) printf 'node s01 aa 10.100.0.0/24 10.0.0.11 control-plane 4 4028296Ki\n' ;;\n\
        esac\n";
    let serve = |text: &str| {
        fs::write(&kubectl, text).unwrap();
        fs::set_permissions(&kubectl, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let script = Script::new("describe-pool", Verb::Fetch)
        .with("POOLDECK_FLEET", &FLEET)
        .with("POOLDECK_EPOCH", &9);
    serve(api);
    let (said, code) = run(folder.path(), &script);
    assert_eq!(code, 0, "{said}");
    let told = Told::read(&said, &"web".parse().unwrap()).unwrap();
    assert_eq!((told.version.as_str(), told.nodes.len()), ("v1.33.13", 1));
    serve("#!/bin/sh\nexit 1\n");
    assert_ne!(run(folder.path(), &script).1, 0);
}
