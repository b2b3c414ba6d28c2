//! The store: whether it is sound, for whom it lies there, and what room it has.

use super::{Area, Finding, Looked, World};
use crate::store::{
    FREE_TO_START,
    note::{ProblemId, Severity},
};

/// A log is written back at 4 MB. One of this size is held open by somebody who reads something old.
const LARGE_LOG: u64 = 64_000_000;
/// As the list of problems has it: somebody should look before nothing starts any more.
const NEARLY_FULL: u64 = 1_000_000_000;

pub(super) fn all(world: &World, looked: &Looked) -> Vec<Finding> {
    let place = &world.snapshot.place;
    let mut found = Vec::new();
    for said in &looked.wrong {
        found.push(Finding::new(
            Severity::Critical,
            (Area::Store, place),
            format!("its integrity check fails: {said}"),
            "stop the captain and keep the file; take the newest copy from a server (/var/lib/pooldeck/copy.db), and ask before anything runs",
        ));
    }
    for file in &looked.files {
        let (path, megabytes) = (file.path.display(), file.bytes / 1_000_000);
        if file.is_for_all() {
            found.push(Finding::new(
                Severity::Warning,
                (Area::Store, place),
                format!(
                    "everybody may read or write `{path}` (mode {:o})",
                    file.mode
                ),
                format!("look who changed it, then `chmod o-rwx {path}`"),
            ));
        }
        if file.is_log() && LARGE_LOG < file.bytes {
            found.push(Finding::new(
                Severity::Warning,
                (Area::Store, place),
                format!("its log `{path}` has {megabytes} MB: a process holds an old reading open"),
                format!("`fuser {path}` names who has it open; start that one again"),
            ));
        }
    }
    let said = world
        .problem(&ProblemId::of("fleet", "store full"))
        .is_some();
    if let Some(free) = looked.free.filter(|free| *free < NEARLY_FULL && !said) {
        let severity = if free < FREE_TO_START {
            Severity::Critical
        } else {
            Severity::Warning
        };
        found.push(Finding::new(
            severity,
            (Area::Store, place),
            format!("{} MB are free where it is", free / 1_000_000),
            format!(
                "free some space: below {} MB nothing new starts",
                FREE_TO_START / 1_000_000
            ),
        ));
    }
    found
}
