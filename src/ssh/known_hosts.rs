//! Host keys that the operator trusts: shown, added to their own known_hosts, imported from another.
//! Must never replace or remove an entry: a key that changed is for a person to remove.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// What an addition did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// Entries that are new now.
    pub added: usize,
    /// Entries that stood there before.
    pub known: usize,
    /// Names whose entry has another key of the same type: left alone.
    pub differ: Vec<String>,
    /// Lines (from 1) that are no entries.
    pub unreadable: Vec<usize>,
}

/// One line of a known_hosts file, as sshd(8) describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry<'a> {
    /// `@cert-authority` or `@revoked`.
    marker: &'a str,
    names: &'a str,
    kind: &'a str,
    key: &'a str,
}

impl<'a> Entry<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace().peekable();
        let marker = words.next_if(|word| word.starts_with('@')).unwrap_or("");
        let entry = Self {
            marker,
            names: words.next()?,
            kind: words.next()?,
            key: words.next()?,
        };
        let is_known = ["", "@cert-authority", "@revoked"].contains(&marker);
        let is_kind = ["ssh-", "ecdsa-", "sk-"]
            .iter()
            .any(|kind| entry.kind.starts_with(kind));
        // The length of the type's name, in base64, always begins so.
        let is_key = entry.key.starts_with("AAAA")
            && entry
                .key
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || b"+/=".contains(&c));
        (is_known && is_kind && is_key).then_some(entry)
    }

    /// True when both are about one name, in the clear, and have keys of one type that are not the same.
    fn contradicts(&self, other: &Self) -> bool {
        let shares = |name: &str| other.names.split(',').any(|one| one == name);
        self.marker.is_empty()
            && other.marker.is_empty()
            && self.kind == other.kind
            && self.key != other.key
            && self.names.split(',').any(shares)
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.marker, self.names, self.kind, self.key)
            == (other.marker, other.names, other.kind, other.key)
    }
}

/// Adds the entries of `text` that are new to the file, in one write at its end. A file that is not there is made
/// with mode 0600, its directory with 0700.
///
/// # Errors
/// When it cannot be read or written; then nothing was added.
pub fn add(text: &str, into: &Path) -> io::Result<Added> {
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", into.display()));
    if let Some(folder) = into.parent().filter(|folder| !folder.exists()) {
        let mut maker = fs::DirBuilder::new();
        maker
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(named)?;
    }
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(into)
        .map_err(named)?;
    file.lock().map_err(named)?;
    let mut old = String::new();
    file.seek(SeekFrom::Start(0)).map_err(named)?;
    file.read_to_string(&mut old).map_err(named)?;
    let (new, added) = compare(&old, text);
    if !new.is_empty() {
        let gap = if old.is_empty() || old.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        file.write_all(format!("{gap}{new}").as_bytes())
            .map_err(named)?;
        file.sync_all().map_err(named)?;
    }
    Ok(added)
}

/// The names of a line, in the clear.
pub fn names(line: &str) -> impl Iterator<Item = &str> {
    let entry = Entry::read(line);
    entry.into_iter().flat_map(|entry| entry.names.split(','))
}

/// What adding `line` comes to where `there` stands for its names already (as `ssh-keygen -F` finds it, hashed or not): it is known,
/// or another key of its type is. None: it may be added.
#[must_use]
pub fn judge(line: &str, there: &str) -> Option<Added> {
    let new = Entry::read(line)?;
    let mut same_kind = there
        .lines()
        .filter_map(Entry::read)
        .filter(|old| old.marker.is_empty() && old.kind == new.kind)
        .peekable();
    same_kind.peek()?;
    Some(if same_kind.all(|old| old.key == new.key) {
        Added {
            known: 1,
            ..Added::default()
        }
    } else {
        Added {
            differ: vec![new.names.to_owned()],
            ..Added::default()
        }
    })
}

/// The lines of `text` that `old` lacks and does not contradict.
fn compare(old: &str, text: &str) -> (String, Added) {
    let mut there: Vec<Entry> = old.lines().filter_map(Entry::read).collect();
    let both = old.lines().chain(text.lines()).filter_map(Entry::read);
    let revoked: Vec<&str> = both
        .filter(|entry| entry.marker == "@revoked")
        .map(|entry| entry.key)
        .collect();
    let (mut new, mut done) = (String::new(), Added::default());
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some(entry) = Entry::read(line) else {
            done.unreadable.push(number + 1);
            continue;
        };
        if there.iter().any(|one| one.is_same(&entry)) {
            done.known += 1;
        } else if entry.marker.is_empty()
            && (revoked.contains(&entry.key) || entry.names.contains(['*', '?']))
            || there.iter().any(|one| one.contradicts(&entry))
        {
            // Revoked, for everybody, or another key than the one that stands there: for a person to see to.
            done.differ.push(entry.names.to_owned());
        } else {
            new.extend([line, "\n"]);
            there.push(entry);
            done.added += 1;
        }
    }
    (new, done)
}

/// The first of the files that `ssh -G` names for a host: where the operator's ssh itself would add a key.
pub(super) fn first_file(settings: &str, home: &Path) -> Option<PathBuf> {
    let line = settings
        .lines()
        .find_map(|line| line.strip_prefix("userknownhostsfile "))?;
    let file = line
        .split_whitespace()
        .next()
        .filter(|file| *file != "none")?;
    Some(match file.strip_prefix("~/") {
        Some(below) => home.join(below),
        None => PathBuf::from(file),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const OLD: &str = "s01,10.0.0.1 ssh-ed25519 AAAAone\n|1|abc=|def= ssh-ed25519 AAAAhash\n";

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("known_hosts");
        fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn what_is_new_goes_to_the_end_and_what_is_known_is_not_doubled() {
        let (_dir, path) = file(OLD.trim_end());
        let text =
            format!("# a comment\n\n{OLD}s02 ssh-ed25519 AAAAtwo\n@revoked * ssh-rsa AAAAbad\n");
        let added = add(&text, &path).unwrap();
        assert_eq!((added.added, added.known), (2, 2));
        let wanted = format!("{OLD}s02 ssh-ed25519 AAAAtwo\n@revoked * ssh-rsa AAAAbad\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), wanted);
        assert_eq!(add(&text, &path).unwrap().added, 0, "twice is once");
    }

    #[test]
    fn a_key_that_differs_is_named_and_nothing_is_replaced() {
        let (_dir, path) = file(OLD);
        let text = "10.0.0.1 ssh-ed25519 AAAAother\n10.0.0.1 ecdsa-sha2-nistp256 AAAAmore\n";
        let added = add(text, &path).unwrap();
        assert_eq!(
            (added.differ, added.added),
            (vec!["10.0.0.1".to_owned()], 1)
        );
        assert!(!fs::read_to_string(&path).unwrap().contains("AAAAother"));
    }

    #[test]
    fn a_revoked_key_and_a_name_for_everybody_are_left_to_a_person() {
        let (_dir, path) = file("@revoked * ssh-ed25519 AAAAgone\n");
        let text = "s01 ssh-ed25519 AAAAgone\n*.lab ssh-ed25519 AAAAall\ns02 ssh-ed25519 AAAAtwo\n@revoked * ssh-ed25519 AAAAtwo\n";
        let added = add(text, &path).unwrap();
        assert_eq!(added.differ, ["s01", "*.lab", "s02"]);
        let now = fs::read_to_string(&path).unwrap();
        let revoked = "@revoked * ssh-ed25519 AAAAgone\n@revoked * ssh-ed25519 AAAAtwo\n";
        assert_eq!(now, revoked, "what is revoked is the only news");
    }

    #[test]
    fn a_line_that_is_no_entry_is_named_by_its_number() {
        let (_dir, path) = file("");
        let text = "s01 ssh-ed25519 AAAAone\nnonsense\ns02 ssh-ed25519 not-base64!\n@other s03 ssh-rsa AAAAx\n";
        let added = add(text, &path).unwrap();
        assert_eq!((added.added, added.unreadable), (1, vec![2, 3, 4]));
    }

    #[test]
    fn a_file_that_is_not_there_is_made_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".ssh/known_hosts");
        add("s01 ssh-ed25519 AAAAone\n", &path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn the_operators_file_is_the_first_that_ssh_names() {
        let settings = "user ops\nuserknownhostsfile ~/.ssh/fleet /etc/other\n";
        let found = first_file(settings, Path::new("/home/ops"));
        assert_eq!(found, Some(PathBuf::from("/home/ops/.ssh/fleet")));
        assert_eq!(
            first_file("userknownhostsfile none\n", Path::new("/")),
            None
        );
    }
}
