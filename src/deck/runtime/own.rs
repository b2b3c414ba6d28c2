//! The person's own files: where they lie, whether they changed, what they say.
//! Must never write one.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use crate::{
    deck::{
        Look, Theme,
        command::Keys,
        taste::{Taste, keys, theme},
    },
    fleet::inventory::Problem,
};

/// Two looks at two files cost microseconds; a person who saves one looks up a second later.
const PAUSE: Duration = Duration::from_secs(1);

/// When a file was written and how long it is; none where there is no file.
type Stamp = Option<(SystemTime, u64)>;

/// Where a theme and keys come from.
#[derive(Debug)]
pub struct Own {
    /// What counts where no file says otherwise.
    look: Look,
    theme: Option<PathBuf>,
    /// It was named, so it has to be there.
    named: bool,
    keys: Option<PathBuf>,
    stamps: [Stamp; 2],
    looked: Instant,
    mistake: Option<String>,
}

impl Own {
    /// What `chosen` names, a set of colours or a file, else what the environment wants, else
    /// `~/.config/pooldeck/theme.yaml`; and `keys.yaml` beside it.
    pub fn new(
        look: Look,
        chosen: Option<&str>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let folder = set("XDG_CONFIG_HOME")
            .filter(|path| path.starts_with('/'))
            .map(PathBuf::from)
            .or_else(|| set("HOME").map(|home| Path::new(&home).join(".config")))
            .map(|folder| folder.join("pooldeck"));
        let mut own = Self {
            look,
            theme: None,
            named: false,
            keys: folder.as_ref().map(|folder| folder.join("keys.yaml")),
            stamps: [None; 2],
            looked: Instant::now(),
            mistake: None,
        };
        let wanted = chosen.map(str::to_owned).or_else(|| set("POOLDECK_THEME"));
        match wanted {
            None if look.theme == Theme::MONO => (),
            None => own.theme = folder.map(|folder| folder.join("theme.yaml")),
            Some(wanted) => match Theme::of_name(&wanted) {
                Ok(Some(theme)) => own.look.theme = theme,
                Ok(None) => (own.theme, own.named) = (Some(PathBuf::from(wanted)), true),
                Err(why) => own.mistake = Some(why),
            },
        }
        own.stamps = own.now();
        own
    }

    /// What the files say.
    pub fn read(&mut self) -> Taste {
        self.stamps = self.now();
        let mut taste = Taste {
            mistakes: self.mistake.clone().into_iter().collect(),
            ..Taste::default()
        };
        let base = self.look;
        let found = read(
            self.theme.as_deref(),
            self.named,
            base.theme,
            |file, text| theme(file, text, base.theme),
            &mut taste.mistakes,
        );
        taste.look = found.map(|theme| Look { theme, ..base });
        let file = self.keys.as_deref();
        taste.keys = read(file, false, Keys::default(), keys, &mut taste.mistakes);
        taste
    }

    /// True when one of the files is another since it was read. Looks once a second.
    pub fn changed(&mut self) -> bool {
        if self.looked.elapsed() < PAUSE {
            return false;
        }
        self.looked = Instant::now();
        self.now() != self.stamps
    }

    fn now(&self) -> [Stamp; 2] {
        [&self.theme, &self.keys].map(|file| {
            let about = fs::metadata(file.as_ref()?).ok()?;
            Some((about.modified().ok()?, about.len()))
        })
    }
}

/// Nobody writes more by hand.
const LARGEST: u64 = 64 << 10;

/// Its text. Never waits for one: a pipe has a reader and no end.
fn text_of(file: &Path) -> io::Result<String> {
    let about = fs::metadata(file)?;
    if !about.is_file() || LARGEST < about.len() {
        let why = format!("no file of at most {} kB", LARGEST >> 10);
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    let mut text = String::new();
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(file)?;
    file.take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// One file: what it says, `or` where there is no file; nothing at all where it has a mistake.
fn read<T>(
    file: Option<&Path>,
    named: bool,
    or: T,
    meaning: impl Fn(&Path, &str) -> Result<T, Vec<Problem>>,
    mistakes: &mut Vec<String>,
) -> Option<T> {
    let Some(file) = file else { return Some(or) };
    let found = match text_of(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !named => Ok(or),
        Err(error) => Err(vec![format!("{}: {error}", file.display())]),
        // The name is enough for a line at the bottom: the folder is always the same, or was named.
        Ok(text) => meaning(Path::new(file.file_name().unwrap_or_default()), &text)
            .map_err(|all| all.iter().map(ToString::to_string).collect()),
    };
    found.map_err(|said| mistakes.extend(said)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look {
        theme: Theme::PALETTE,
        ascii: false,
    };

    /// A folder with these files, and what is read with this environment.
    fn own(
        files: &[(&str, &str)],
        chosen: Option<&str>,
        with: &[(&str, &str)],
    ) -> (tempfile::TempDir, Own) {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("pooldeck");
        fs::create_dir(&folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
        let config = home.path().display().to_string();
        let environment = |name: &str| match name {
            "XDG_CONFIG_HOME" => Some(config.clone()),
            name => with
                .iter()
                .find(|(it, _)| *it == name)
                .map(|(_, value)| (*value).to_owned()),
        };
        let look = match Look::of(environment).theme {
            Theme::MONO => Look {
                theme: Theme::MONO,
                ..LOOK
            },
            _ => LOOK,
        };
        let own = Own::new(look, chosen, environment);
        (home, own)
    }

    #[test]
    fn what_is_named_counts_before_the_environment_and_that_before_the_file() {
        let file = [("theme.yaml", "base: dark")];
        let theme = |chosen, with: &[(&str, &str)]| {
            let (_home, mut own) = own(&file, chosen, with);
            own.read().look.map(|look| look.theme)
        };
        assert_eq!(theme(None, &[]), Some(Theme::DARK));
        assert_eq!(theme(None, &[("NO_COLOR", "1")]), Some(Theme::MONO));
        let light = [("POOLDECK_THEME", "light"), ("NO_COLOR", "1")];
        assert_eq!(theme(None, &light), Some(Theme::LIGHT));
        assert_eq!(
            theme(Some("colour-blind"), &light),
            Some(Theme::COLOUR_BLIND)
        );
    }

    #[test]
    fn a_file_with_a_mistake_leaves_what_was_and_the_other_file_counts_all_the_same() {
        let files = [("theme.yaml", "ok: gren"), ("keys.yaml", "confirm: W")];
        let (_home, mut own) = own(&files, None, &[]);
        let taste = own.read();
        assert_eq!(taste.look, None);
        assert!(taste.keys.is_some_and(|keys| keys != Keys::default()));
        assert!(
            taste.mistakes[0].starts_with("theme.yaml:1:5: "),
            "{:?}",
            taste.mistakes
        );
    }

    #[test]
    fn a_file_that_was_named_and_is_not_there_is_a_mistake_and_an_unknown_name_is_one() {
        let (_home, mut own) = own(&[], Some("/nowhere/mine.yaml"), &[]);
        assert!(own.read().mistakes[0].starts_with("/nowhere/mine.yaml: "));
        let (_home, mut own) = self::own(&[], None, &[("POOLDECK_THEME", "darc")]);
        assert!(own.read().mistakes[0].contains("did you mean `dark`"));
        assert_eq!(own.read().look, Some(LOOK));
    }

    #[test]
    fn a_file_that_comes_changes_or_goes_is_seen_within_a_second_or_two() {
        let (home, mut own) = own(&[], None, &[]);
        let later = |own: &mut Own| {
            own.looked = Instant::now().checked_sub(PAUSE).unwrap();
            own.changed()
        };
        assert!(!later(&mut own));
        let file = home.path().join("pooldeck/theme.yaml");
        for text in ["base: dark", "base: light"] {
            fs::write(&file, text).unwrap();
            assert!(later(&mut own), "{text}");
            own.read();
            assert!(!later(&mut own), "{text}");
        }
        fs::remove_file(&file).unwrap();
        assert!(later(&mut own));
        assert_eq!(own.read().look, Some(LOOK));
    }

    #[test]
    fn a_file_that_is_none_or_too_large_is_a_mistake_and_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let large = folder.path().join("large");
        fs::write(&large, vec![b'#'; 70_000]).unwrap();
        for file in [&pipe, &large, &folder.path().to_path_buf()] {
            let why = text_of(file).unwrap_err().to_string();
            assert!(why.contains("no file of at most 64 kB"), "{why}");
        }
    }
}
