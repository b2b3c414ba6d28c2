//! A theme file: roles of the screen to colours and attributes.
//! Must never let the cursor's row look like any other: what it shows is what keys act on.

use std::path::Path;

use ratatui::style::{Color, Modifier, Style};

use crate::{
    deck::ui::{Role, Theme},
    fleet::{
        Place,
        inventory::{Problem, Setting, nearest, settings},
    },
};

const COLOURS: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

const ATTRIBUTES: [(&str, Modifier); 6] = [
    ("plain", Modifier::empty()),
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
];

/// Reads a theme file. `from` is what it overrides unless it names another set as its `base`.
///
/// # Errors
/// Every mistake; nothing of the file counts then.
pub fn theme(file: &Path, text: &str, from: Theme) -> Result<Theme, Vec<Problem>> {
    let found = settings(file, text)?;
    let mut problems = lost_colours(text, &found);
    let (base, roles): (Vec<&Setting>, Vec<&Setting>) =
        found.iter().partition(|it| it.name == "base");
    let mut theme = from;
    for setting in base {
        match Theme::named(&setting.values[0].0) {
            Some(named) => theme = named,
            None => problems.push(no_such("set of colours", &setting.values[0], &set_names())),
        }
    }
    let mut cursor = None;
    for setting in roles {
        let role = Role::ALL
            .into_iter()
            .find(|role| role.word() == setting.name);
        let Some(role) = role else {
            let names = Role::ALL.map(Role::word).into_iter().chain(["base"]);
            problems.push(no_such(
                "role of the screen",
                &(setting.name.clone(), setting.place.clone()),
                &names.collect::<Vec<_>>(),
            ));
            continue;
        };
        if role == Role::Cursor {
            cursor = Some(setting.place.clone());
        }
        match style(setting) {
            Ok(style) => theme = theme.with(role, style),
            Err(problem) => problems.push(problem),
        }
    }
    if let (Some(place), Err(why)) = (cursor, shown(&theme)) {
        problems.push(Problem {
            place,
            text: why.to_owned(),
            hint: "give `cursor` `reverse`, `underline`, or two colours: `[black, on, yellow]`"
                .to_owned(),
        });
    }
    if problems.is_empty() {
        Ok(theme)
    } else {
        problems.sort();
        Err(problems)
    }
}

fn set_names() -> Vec<&'static str> {
    Theme::NAMED.iter().map(|(name, _)| *name).collect()
}

/// `red`, `bold red`, `[bold, red, on, "#202020"]`: the role looks so and not otherwise.
fn style(setting: &Setting) -> Result<Style, Problem> {
    let mut style = Style::new();
    let mut ground = false;
    for (value, place) in &setting.values {
        for word in value.split_whitespace() {
            let attribute = ATTRIBUTES.iter().find(|(name, _)| *name == word);
            if word == "on" {
                ground = true;
            } else if let Some((_, modifier)) = attribute {
                style = style.add_modifier(*modifier);
            } else if let Some(colour) = colour(word) {
                style = if ground {
                    style.bg(colour)
                } else {
                    style.fg(colour)
                };
            } else {
                let names = COLOURS.iter().map(|(name, _)| *name);
                let names = names.chain(ATTRIBUTES.iter().map(|(name, _)| *name));
                let wrong = (word.to_owned(), place.clone());
                return Err(no_such(
                    "colour or attribute",
                    &wrong,
                    &names.collect::<Vec<_>>(),
                ));
            }
        }
    }
    match (style.fg, style.bg) {
        (Some(fg), Some(bg)) if fg == bg => Err(Problem {
            place: setting.place.clone(),
            text: format!("`{}` has the colour of its background", setting.name),
            hint: "nobody can read that; choose two colours".to_owned(),
        }),
        _ => Ok(style),
    }
}

/// One of the sixteen by name, one of 256 by number, `#rrggbb`.
fn colour(word: &str) -> Option<Color> {
    if let Some((_, colour)) = COLOURS.iter().find(|(name, _)| *name == word) {
        return Some(*colour);
    }
    if let Some(hex) = word.strip_prefix('#') {
        let plain = hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit());
        let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok();
        return plain.then(|| Some(Color::Rgb(part(0)?, part(2)?, part(4)?)))?;
    }
    word.parse().ok().map(Color::Indexed)
}

/// Whether the cursor's row differs from every other, and its text from its background.
fn shown(theme: &Theme) -> Result<(), &'static str> {
    let cursor = theme.style(Role::Cursor);
    let ground = cursor.bg.is_some_and(|bg| bg != Color::Reset);
    let marks = Modifier::REVERSED.union(Modifier::UNDERLINED);
    if !ground && !cursor.add_modifier.intersects(marks) {
        return Err("the cursor's row would not differ from the others");
    }
    if ground && cursor.fg.is_none_or(|fg| fg == Color::Reset) {
        return Err("the cursor's row has a background and no colour for its text");
    }
    let others = Role::ALL.into_iter().filter(|role| *role != Role::Cursor);
    for role in others {
        if theme.style(role) == cursor {
            return Err("something else looks like the cursor's row");
        }
    }
    Ok(())
}

/// A colour behind `#` is a comment to YAML unless it is in quotes: it would be lost without a word.
fn lost_colours(text: &str, found: &[Setting]) -> Vec<Problem> {
    let is_colour = |word: &str| word.starts_with('#') && colour(word).is_some();
    let lost = |setting: &Setting| {
        let line = text
            .lines()
            .nth(usize::try_from(setting.place.line).ok()?.checked_sub(1)?)?;
        let word = line
            .split([' ', ',', '[', ']'])
            .find(|word| is_colour(word))?;
        let kept = setting.values.iter().any(|(value, _)| value.contains(word));
        (!kept).then(|| Problem {
            place: setting.place.clone(),
            text: format!("`{word}` is a comment here"),
            hint: format!("write \"{word}\", in quotes"),
        })
    };
    found.iter().filter_map(lost).collect()
}

fn no_such(what: &str, (word, place): &(String, Place), names: &[&str]) -> Problem {
    let hint = nearest(word, names.iter().copied()).map_or_else(
        || format!("there are {}", names.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Problem {
        place: place.clone(),
        text: format!("`{word}` is no {what}"),
        hint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Theme, Vec<String>> {
        let said = |all: Vec<Problem>| all.iter().map(ToString::to_string).collect();
        theme(Path::new("theme.yaml"), text, Theme::PALETTE).map_err(said)
    }

    fn refused(text: &str) -> String {
        read(text).unwrap_err().join("\n")
    }

    #[test]
    fn a_theme_file_overrides_only_what_it_names() {
        let mine =
            read("base: dark\nok: bold 28\ndown: [\"#ff5f5f\", on, bright-white]\n").unwrap();
        let wanted = Theme::DARK
            .with(
                Role::Ok,
                Style::new()
                    .fg(Color::Indexed(28))
                    .add_modifier(Modifier::BOLD),
            )
            .with(
                Role::Down,
                Style::new().fg(Color::Rgb(255, 95, 95)).bg(Color::White),
            );
        assert_eq!(mine, wanted);
        assert_eq!(read(""), Ok(Theme::PALETTE));
    }

    #[test]
    fn mistakes_are_said_with_line_and_column_and_what_was_probably_meant() {
        assert_eq!(
            refused("ok: gren\nwarm: red\nbase: darc\n"),
            "theme.yaml:1:5: `gren` is no colour or attribute\nhint: did you mean `green`?\n\
             theme.yaml:2:1: `warm` is no role of the screen\nhint: did you mean `warn`?\n\
             theme.yaml:3:7: `darc` is no set of colours\nhint: did you mean `dark`?"
        );
        assert!(refused("ok: 256").contains("1:5"));
        assert!(refused("warn: red on red").contains("colour of its background"));
    }

    #[test]
    fn a_colour_that_yaml_takes_for_a_comment_is_not_lost_silently() {
        assert!(refused("ok: bold #00ff00").contains("`#00ff00` is a comment here"));
        assert!(refused("ok: #00ff00").contains("wants quotes"));
        assert!(read("ok: \"bold #00ff00\"").is_ok());
    }

    #[test]
    fn a_cursors_row_that_would_not_differ_is_refused() {
        for bad in [
            "cursor: plain",
            "cursor: bold",
            "cursor: yellow",
            "cursor: on yellow",
            "cursor: on default",
            "cursor: black on default",
            "cursor: reverse\nok: reverse",
        ] {
            assert!(refused(bad).contains("cursor's row"), "{bad}");
        }
        for good in [
            "cursor: reverse",
            "cursor: black on yellow",
            "cursor: underline bold",
        ] {
            assert!(read(good).is_ok(), "{good}");
        }
    }
}
