//! The inventory's files: which ones there are, in which order, and where to look for them.
//! Must never write one.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Problem,
    value::Problems,
    vars::Vars,
    yaml::{self, At, Node, Value},
};

/// Bytes of one inventory file: far beyond any room.
const LARGEST: u64 = 64_000_000;

/// Where an inventory is: `--inventory`, `POOLDECK_INVENTORY`, `./inventory`, the XDG configuration
/// folder, in that order. The first two are taken at their word; the others only where they exist.
#[must_use]
pub fn find(
    flag: Option<&Path>,
    env: impl Fn(&str) -> Option<OsString>,
    cwd: &Path,
) -> Option<PathBuf> {
    let set = |name: &str| {
        env(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(said) = flag
        .map(Path::to_owned)
        .or_else(|| set("POOLDECK_INVENTORY"))
    {
        return Some(said);
    }
    let config = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    [
        Some(cwd.to_owned()),
        config.map(|config| config.join("pooldeck")),
    ]
    .into_iter()
    .flatten()
    .map(|folder| folder.join("inventory"))
    .find(|place| place.exists())
}

/// The YAML files below a folder, in Ansible's order; a file stands for itself.
pub(super) fn hosts(place: &Path, problems: &mut Problems) -> Vec<PathBuf> {
    let mut files = Vec::new();
    if place.is_file() {
        files.push(place.to_owned());
        return files;
    }
    if let Err(error) = walk(place, &mut files, is_inventory) {
        problems.push(unreadable(place, &error));
    } else if files.is_empty() {
        problems.push(Problem::new(
            &At::file(&Arc::from(place)),
            "no file here ends in `.yaml` or `.yml`",
            "write the servers into `hosts.yaml` in this folder; pooldeck reads YAML inventories only",
        ));
    }
    files
}

/// `group_vars/` or `host_vars/`: what each group or host that has files there gets from them.
pub(super) fn vars<'n>(
    folder: &Path,
    names: impl Iterator<Item = &'n String>,
    read: &mut Vec<PathBuf>,
    problems: &mut Problems,
) -> BTreeMap<String, Vars> {
    let mut found = BTreeMap::new();
    if !folder.is_dir() {
        return found;
    }
    for name in names {
        let mut files = Vec::new();
        // Ansible's order, and it stops at the first that is there.
        let candidate = ["", ".yml", ".yaml", ".json"]
            .map(|ending| folder.join(format!("{name}{ending}")))
            .into_iter()
            .find(|path| path.exists());
        match candidate {
            Some(path) if path.is_dir() => {
                if let Err(error) = walk(&path, &mut files, is_vars) {
                    problems.push(unreadable(&path, &error));
                }
            }
            Some(path) => files.push(path),
            None => continue,
        }
        let mut vars = Vars::default();
        for file in files {
            if let Some(Node { at, value }) = load(&file, problems) {
                match value {
                    Value::Map(entries) => vars.overlay(&Vars::of(&entries, problems)),
                    Value::Scalar { text, plain: true } if text.is_empty() => (),
                    _ => problems.push(Problem::new(
                        &at,
                        "a file of variables must be a mapping",
                        "write one `name: value` a line",
                    )),
                }
            }
            read.push(file);
        }
        found.insert(name.clone(), vars);
    }
    found
}

/// A pipe or a device would be read for ever.
fn regular(file: &Path) -> io::Result<()> {
    let found = file.metadata()?;
    let why = match (found.is_file(), found.len() <= LARGEST) {
        (true, true) => return Ok(()),
        (false, _) => "it is no file",
        (true, false) => "it is larger than 64 MB",
    };
    Err(io::Error::other(why))
}

/// Reads and parses one file; none when it is empty, encrypted or broken.
pub(super) fn load(file: &Path, problems: &mut Problems) -> Option<Node> {
    let text = match regular(file).and_then(|()| fs::read_to_string(file)) {
        Ok(text) => text,
        Err(error) => {
            problems.push(unreadable(file, &error));
            return None;
        }
    };
    yaml::parse(&Arc::from(file), &text)
        .map_err(|problem| problems.push(problem))
        .ok()
        .flatten()
}

fn walk(
    folder: &Path,
    files: &mut Vec<PathBuf>,
    wanted: fn(&str, &Path) -> bool,
) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || name.ends_with('~') || !wanted(&name, &path) {
            continue;
        }
        if path.is_dir() {
            walk(&path, files, wanted)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn is_inventory(name: &str, path: &Path) -> bool {
    if path.is_dir() {
        return !matches!(name, "group_vars" | "host_vars" | "vars_plugins");
    }
    let ending = path.extension().and_then(|ending| ending.to_str());
    matches!(ending, Some("yaml" | "yml")) && !name.contains(".pooldeck")
}

fn is_vars(_: &str, path: &Path) -> bool {
    match path.extension().and_then(|ending| ending.to_str()) {
        None => true,
        Some(ending) => !path.is_dir() && matches!(ending, "yml" | "yaml" | "json"),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let hint = if error.kind() == io::ErrorKind::NotFound {
        "name an inventory with `--inventory DIR`, or try `pooldeck demo` without one"
    } else {
        "look at the path and its rights; the text must be UTF-8"
    };
    Problem::new(
        &At::file(&Arc::from(path)),
        format!("cannot be read: {error}"),
        hint,
    )
}
