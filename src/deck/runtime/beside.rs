//! Writes the lines that offer servers, in a file of their own beside the operator's.
//! Must never touch a file of the operator's, and never write other lines than those that were read.

use std::{io, path::Path};

use crate::{
    deck::effect::Offered,
    fleet::inventory::offer::{Lines, compose},
    store::whole::{self, Kept},
};

/// Writes them, whole or not at all.
///
/// # Errors
/// For people: what changed since they were read, or why they cannot be written.
pub fn write(place: &Path, offered: &Offered) -> Result<Lines, String> {
    let lines = compose(place, offered.names())?;
    if lines != *offered.lines() {
        return Err(
            "the inventory changed since these lines were made: nothing was written\nhint: go back, and `w` makes them anew"
                .to_owned(),
        );
    }
    let named = |error: io::Error| {
        format!(
            "`{}` cannot be written: {error}\nhint: `pooldeck inventory offer NAME…` prints the lines, to be put there by hand",
            lines.file.display()
        )
    };
    let kept = Kept {
        // A captain may be another user; there is no secret in it.
        mode: 0o644,
        group: None,
        replaces: lines.before.is_some(),
        lasts: true,
    };
    whole::put(&lines.file, lines.text.as_bytes(), kept).map_err(named)?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::PathBuf};

    use super::*;
    use crate::fleet::{ServerName, inventory};

    const HOSTS: &str =
        "all:\n  hosts:\n    s01: { ansible_host: 10.0.0.1 }\n    s02:\n    \"7\":\n";

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("hosts.yaml"), HOSTS).unwrap();
        let place = folder.path().to_owned();
        (folder, place)
    }

    fn names(all: &[&str]) -> BTreeSet<ServerName> {
        all.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn offer(place: &Path, all: &[&str]) -> Result<Lines, String> {
        let lines = compose(place, &names(all))?;
        write(place, &Offered::new(false, names(all), lines).unwrap())
    }

    fn offered(place: &Path) -> Vec<String> {
        let read = inventory::read(place).unwrap();
        let offered = read.servers.values().filter(|it| it.offered);
        offered.map(|it| it.name.to_string()).collect()
    }

    #[test]
    fn what_was_read_is_written_and_the_inventory_offers_it() {
        let (_folder, place) = folder();
        offer(&place, &["s02", "7"]).unwrap();
        assert_eq!(offered(&place), ["7", "s02"]);
        offer(&place, &["s01"]).unwrap();
        assert_eq!(
            offered(&place),
            ["7", "s01", "s02"],
            "what was offered stays offered"
        );
        assert_eq!(fs::read_to_string(place.join("hosts.yaml")).unwrap(), HOSTS);
    }

    #[test]
    fn a_file_that_somebody_edited_is_left_alone() {
        let (_folder, place) = folder();
        let first = offer(&place, &["s01"]).unwrap().file;
        let edited = format!("{}# mine\n", fs::read_to_string(&first).unwrap());
        fs::write(&first, &edited).unwrap();
        let second = offer(&place, &["s02"]).unwrap();
        assert_eq!(fs::read_to_string(&first).unwrap(), edited);
        assert_eq!(second.left_alone.as_ref(), Some(&first));
        assert_ne!(second.file, first);
        assert_eq!(offered(&place), ["s01", "s02"]);
    }

    #[test]
    fn other_lines_than_those_that_were_read_are_never_written() {
        let (_folder, place) = folder();
        let lines = compose(&place, &names(&["s01"])).unwrap();
        let read = Offered::new(false, names(&["s01"]), lines).unwrap();
        offer(&place, &["s02"]).unwrap();
        let why = write(&place, &read).unwrap_err();
        assert!(why.contains("nothing was written"), "{why}");
        assert_eq!(offered(&place), ["s02"]);
    }

    #[test]
    fn lines_that_the_inventory_contradicts_are_not_made() {
        let (_folder, place) = folder();
        let no = "all:\n  hosts:\n    s01: { pooldeck_use: false }\n    s02:\n";
        fs::write(place.join("hosts.yaml"), no).unwrap();
        let why = compose(&place, &names(&["s01"])).unwrap_err();
        assert!(why.contains("described twice"), "{why}");
        fs::create_dir(place.join("host_vars")).unwrap();
        fs::write(place.join("host_vars/s02.yaml"), "pooldeck_use: false\n").unwrap();
        let why = compose(&place, &names(&["s02"])).unwrap_err();
        assert!(why.contains("still not be offered"), "{why}");
    }

    #[test]
    fn beside_a_single_file_the_lines_say_that_they_are_not_read_there() {
        let (_folder, place) = folder();
        let file = place.join("hosts.yaml");
        let lines = offer(&file, &["s01"]).unwrap();
        assert_eq!(lines.single.as_deref(), Some(&*file));
        assert_eq!(offered(&file), Vec::<String>::new());
        assert_eq!(offered(&place), ["s01"], "and are a fragment all the same");
    }
}
