//! The one table of commands: keys, footer, help and palette are all made of it.
//! Must never hold a key that changes the world by itself: `A` and `R` open what can.

mod keys;
mod place;
mod table;

pub use self::{keys::Keys, place::Place, table::TABLE};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a person can want. One meaning each, wherever it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// One up.
    Up,
    /// One down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    Top,
    /// To the last.
    Bottom,
    /// Open what is under the cursor; in a dialog, the next step.
    Open,
    /// One level back.
    Back,
    /// One level back; at home, leave the deck.
    Close,
    /// Next list or field.
    Next,
    /// List or field before.
    Previous,
    /// Mark, or tick, what is under the cursor.
    Mark,
    /// Mark all that are shown.
    MarkAll,
    /// Take all marks away.
    ClearMarks,
    /// Take the marks away that the filter hides.
    ClearHidden,
    /// Drop the filter, so that all marks are shown.
    ShowHidden,
    /// Type a filter.
    Filter,
    /// Sort by the next column.
    Sort,
    /// Group by pool, by zone, not at all.
    Group,
    /// The dialog for another size.
    Resize,
    /// The menu of everything that changes something.
    Actions,
    /// Home.
    ShowPools,
    /// The servers.
    ShowServers,
    /// The runs.
    ShowRuns,
    /// Everything that is wrong.
    ShowProblems,
    /// Who did what.
    ShowHistory,
    /// Every command and everything that has a name, by typing.
    Palette,
    /// What stands under the cursor, into the terminal's clipboard.
    Copy,
    /// k9s, or a shell with kubectl, on the pool that is meant.
    Visit,
    /// The mouse to the deck, or back to the terminal.
    Mouse,
    /// All that the step under the cursor printed.
    Log,
    /// A step more.
    More,
    /// A step less.
    Less,
    /// The set that fits best.
    Suggest,
    /// Plan again.
    Replan,
    /// Say yes to the plan that is shown.
    Confirm,
    /// Say yes to the action, or the lines, that are shown.
    Agree,
    /// Which servers may be used.
    Offer,
    /// The lines that offer the ticked servers.
    Lines,
    /// The keys.
    Help,
    /// Read the person's theme and keys again.
    Reload,
    /// Draw all anew.
    Repaint,
    /// Leave the terminal to the shell for a while.
    Suspend,
    /// End the deck; what runs goes on.
    Quit,
}

/// A key as the terminal sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// With Ctrl.
    pub ctrl: bool,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// What it does.
    pub command: Command,
    /// Its name for the palette and the help.
    pub name: &'static str,
    /// What happens, in a few words.
    pub help: &'static str,
    /// Its keys, the first is the one that is shown.
    pub keys: &'static [Key],
    /// Where it means something.
    pub on: &'static [Place],
    /// Where the line at the bottom names it, and how.
    pub foot: &'static [(Place, &'static str)],
}

const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

const fn ch(c: char) -> Key {
    key(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Key {
    Key {
        code: KeyCode::Char(c),
        ctrl: true,
    }
}

const fn entry(
    command: Command,
    name: &'static str,
    keys: &'static [Key],
    on: &'static [Place],
    help: &'static str,
) -> Entry {
    Entry {
        command,
        name,
        help,
        keys,
        on,
        foot: &[],
    }
}

impl Entry {
    const fn foot(mut self, foot: &'static [(Place, &'static str)]) -> Self {
        self.foot = foot;
        self
    }
}

/// The command that a key means at a place. Where a line of text has the focus, letters are text;
/// only where a name is typed a capital `Y`, which no name has, still confirms.
#[must_use]
pub fn at(keys: &Keys, place: Place, event: &KeyEvent) -> Option<Command> {
    let pressed = Key {
        code: event.code,
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
    };
    let edits = matches!(pressed.code, KeyCode::Char(_) | KeyCode::Backspace) && !pressed.ctrl;
    TABLE
        .iter()
        .find(|entry| entry.on.contains(&place) && keys.of(entry).contains(&pressed))
        .map(|entry| entry.command)
        .filter(|command| match place {
            Place::Text => !edits || *command == Command::Confirm,
            place => !place.is_text() || !edits,
        })
}

/// What the bottom line says at a place: key and word, the most wanted first.
pub fn footer(keys: &Keys, place: Place) -> impl Iterator<Item = (String, &'static str)> {
    TABLE.iter().filter_map(move |entry| {
        let (_, word) = entry.foot.iter().find(|(on, _)| *on == place)?;
        Some((keys.of(entry).first()?.to_string(), *word))
    })
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::BackTab => f.write_str("Shift-Tab"),
            other => write!(f, "{other}"),
        }
    }
}
