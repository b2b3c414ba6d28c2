//! Colours and symbols: a theme; line drawing, or ASCII.
//! Must never let colour alone say anything: state is always a symbol and a word, too.

use ratatui::{buffer::Buffer, style::Style};

use super::{role::Role, theme::Theme};
use crate::deck::world::Light;

/// How the deck looks on this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Colours and attributes.
    pub theme: Theme,
    /// Only ASCII is drawn.
    pub ascii: bool,
}

impl Look {
    /// What the environment asks for: no colour under `NO_COLOR` as <https://no-color.org> has it, ASCII where the
    /// locale is not UTF-8.
    #[must_use]
    pub fn of(environment: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let locale = set("LC_ALL")
            .or_else(|| set("LC_CTYPE"))
            .or_else(|| set("LANG"));
        let utf8 = locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        Self {
            theme: match set("NO_COLOR") {
                None => Theme::PALETTE,
                Some(_) => Theme::MONO,
            },
            ascii: !utf8,
        }
    }

    /// Of a state.
    #[must_use]
    pub const fn light(self, light: Light) -> Style {
        self.theme.style(match light {
            Light::Ok => Role::Ok,
            Light::Changing => Role::Changing,
            Light::Degraded => Role::Degraded,
            Light::Down => Role::Down,
            Light::Maintenance => Role::Maintenance,
            Light::Unknown => Role::Unknown,
            Light::Apart => Role::Apart,
            Light::Off => Role::Dim,
        })
    }

    /// What is secondary.
    #[must_use]
    pub const fn dim(self) -> Style {
        self.theme.style(Role::Dim)
    }

    /// What was asked for.
    #[must_use]
    pub const fn bold(self) -> Style {
        self.theme.style(Role::Strong)
    }

    /// The row that keys act on.
    #[must_use]
    pub const fn cursor(self) -> Style {
        self.theme.style(Role::Cursor)
    }

    /// Where the focus is.
    #[must_use]
    pub const fn focus(self) -> Style {
        self.theme.style(Role::Focus)
    }

    /// Something to be seen before all else.
    #[must_use]
    pub const fn alarm(self) -> Style {
        self.theme.style(Role::Alarm)
    }

    /// Something to be careful with.
    #[must_use]
    pub const fn warn(self) -> Style {
        self.theme.style(Role::Warn)
    }
}

/// Replaces what is not ASCII by its twin, one cell for one cell.
pub fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let twin = match cell.symbol() {
            symbol if symbol.is_ascii() => continue,
            "●" => "o",
            "◐" => "~",
            "▲" => "!",
            "✖" => "X",
            "■" | "▄" | "▅" => "=",
            "·" | "…" | "░" | "▂" => ".",
            "→" | "›" | "≥" => ">",
            "‹" => "<",
            "↑" => "^",
            "↓" | "▾" => "v",
            "─" | "–" => "-",
            "│" | "▏" => "|",
            "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" | "▓" | "✓" => {
                "+"
            }
            "▁" => "_",
            "▃" => ":",
            "▆" => "*",
            "▇" => "%",
            "█" => "#",
            _ => "?",
        };
        cell.set_symbol(twin);
    }
}
