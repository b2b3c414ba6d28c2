//! Host keys: a file of them that is imported, and lines that ssh prints.

use std::fs;

use pooldeck::ssh::known_hosts::{add, judge, names};
use tempfile::TempDir;

use super::text;

thread_local! {
    static FOLDER: Option<TempDir> = TempDir::with_prefix("pooldeck-known-hosts-").ok();
}

/// The part before a line `---` is the operator's file, the rest is added to it: nothing that stood there goes, nothing is added twice.
pub fn known_hosts(data: &[u8]) {
    let text = text(data);
    let (old, new) = text.split_once("\n---\n").unwrap_or(("", &text));
    FOLDER.with(|folder| {
        let folder = folder.as_ref().expect("a folder for temporary files");
        let file = folder.path().join("known_hosts");
        fs::write(&file, old).expect("room for a temporary file");
        let first = add(new, &file).expect("a file of ours");
        let after = fs::read_to_string(&file).expect("a file of ours");
        assert!(after.starts_with(old), "what stood there stays");
        let second = add(new, &file).expect("a file of ours");
        assert_eq!(second.added, 0, "twice: {first:?} {second:?}");
        assert_eq!(second.known, first.added + first.known);
        assert_eq!(
            (second.differ, second.unreadable),
            (first.differ, first.unreadable)
        );
        assert_eq!(fs::read_to_string(&file).ok(), Some(after));
    });
    for line in new.lines() {
        let named = names(line).count();
        let judged = judge(line, old);
        assert!(judged.is_none() || 0 < named, "{line}");
        if let Some(itself) = judge(line, line) {
            assert!(itself.known == 1 && itself.differ.is_empty(), "{line}");
        }
    }
}
