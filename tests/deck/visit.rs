//! The deck lends its terminal to k9s and takes it back; and what it sends to the terminal itself.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::pty::{self, Pty};

/// A folder with a k9s that shows what it was given, waits for a line, and bears an interrupt.
fn with_k9s() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let k9s = folder.path().join("k9s");
    let script = "#!/bin/sh\ntrap 'echo INTERRUPTED' INT\ncat \"$KUBECONFIG\"\nstat -c 'mode %a' \"$KUBECONFIG\"\n\
        echo \"file $KUBECONFIG\" >\"$XDG_RUNTIME_DIR/told\"\necho READY\n\
        while ! read -r line; do :; done\necho \"heard $line\" >\"$XDG_RUNTIME_DIR/heard\"\n";
    fs::write(&k9s, script).unwrap();
    fs::set_permissions(&k9s, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn deck(folder: &tempfile::TempDir) -> portable_pty::CommandBuilder {
    let mut command = pty::deck("visit");
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", folder.path().display()));
    command.env("XDG_RUNTIME_DIR", folder.path());
    command
}

fn files(folder: &tempfile::TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.to_string_lossy().contains("kubeconfig"))
        .collect()
}

#[test]
fn k9s_has_the_terminal_and_every_key_until_it_ends_and_no_kubeconfig_stays() {
    let folder = with_k9s();
    let mut pty = Pty::start(deck(&folder));
    pty.until("PROBLEMS");
    pty.press("o");
    pty.until("READY");
    let screen = pty.screen().contents();
    assert!(screen.contains("kubeconfig of batch"), "{screen}");
    assert!(screen.contains("mode 600"), "{screen}");
    assert!(pty.is_cooked(), "k9s got a raw terminal");
    pty.press("\x03");
    pty.until("INTERRUPTED");
    pty.press("all of it\n");
    pty.until("PROBLEMS");
    let heard = fs::read_to_string(folder.path().join("heard")).unwrap();
    assert_eq!(heard.trim(), "heard all of it");
    assert_eq!(files(&folder), Vec::<PathBuf>::new());
    pty.press("2");
    pty.until("ZONE");
    pty.press("qq");
    assert!(pty.ended().0.success());
    pty.assert_restored();
}

#[test]
fn a_terminal_that_vanishes_during_a_visit_leaves_no_kubeconfig() {
    let folder = with_k9s();
    let mut pty = Pty::start(deck(&folder));
    pty.until("PROBLEMS");
    pty.press("o");
    pty.until("READY");
    assert_eq!(files(&folder).len(), 1);
    pty.signal("HUP");
    let (status, _) = pty.ended();
    assert!(!status.success());
    assert_eq!(files(&folder), Vec::<PathBuf>::new());
}

#[test]
fn a_kubeconfig_that_cannot_be_fetched_is_a_sentence_in_the_deck() {
    let folder = with_k9s();
    let mut command = deck(&folder);
    command.env("DECK_KUBECONFIG", "echo error: nobody answers >&2; exit 1");
    let mut pty = Pty::start(command);
    pty.until("PROBLEMS");
    pty.press("o");
    pty.until("error: nobody answers");
    pty.press("q");
    assert!(pty.ended().0.success());
    pty.assert_restored();
}

#[test]
fn a_copy_goes_to_the_terminal_as_osc_52_and_the_mouse_is_asked_for_only_by_m() {
    let mut pty = Pty::start(pty::deck("room"));
    pty.until("PROBLEMS");
    let written = |pty: &Pty| String::from_utf8_lossy(&pty.bytes()).into_owned();
    assert!(!written(&pty).contains("\x1b[?1000h"));
    pty.press("c");
    pty.until("clipboard (OSC 52): batch");
    // The base64 of `batch`.
    assert!(written(&pty).contains("\x1b]52;c;YmF0Y2g=\x07"));
    pty.press("m");
    pty.until("the wheel moves here");
    assert!(written(&pty).contains("\x1b[?1000h\x1b[?1006h"));
    // One notch down: three rows, and a click that means nothing.
    pty.press("2");
    pty.until("ZONE");
    pty.press("\x1b[<65;10;10M\x1b[<0;10;10M\x1b[<0;10;10m");
    std::thread::sleep(std::time::Duration::from_millis(300));
    pty.press("\r");
    pty.until("Servers › s15");
    pty.press("qqq");
    assert!(pty.ended().0.success());
    pty.assert_restored();
    assert!(written(&pty).contains("\x1b[?1006l\x1b[?1000l\x1b[?2004l"));
}
