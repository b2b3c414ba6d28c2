//! Colours and symbols: the terminal's own palette, or none; line drawing, or ASCII.
//! Must never let colour alone say anything: state is always a symbol and a word, too.

use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier, Style},
};

use crate::deck::world::Light;

/// How the deck looks on this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The terminal's palette is used. False under `NO_COLOR`: reverse, bold and dim only.
    pub colour: bool,
    /// Only ASCII is drawn.
    pub ascii: bool,
}

impl Look {
    /// What the environment asks for: `NO_COLOR` as <https://no-color.org> has it, ASCII where the locale is not UTF-8.
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
            colour: set("NO_COLOR").is_none(),
            ascii: !utf8,
        }
    }

    const fn fg(self, colour: Color) -> Style {
        if self.colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    /// Of a state.
    #[must_use]
    pub const fn light(self, light: Light) -> Style {
        match light {
            Light::Ok => self.fg(Color::Green),
            Light::Changing | Light::Degraded => self.fg(Color::Yellow),
            Light::Down => self.fg(Color::Red).add_modifier(Modifier::BOLD),
            Light::Maintenance | Light::Unknown | Light::Apart => Style::new(),
            Light::Off => self.dim(),
        }
    }

    /// What is secondary.
    #[must_use]
    pub const fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What was asked for.
    #[must_use]
    pub const fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The row that keys act on.
    #[must_use]
    pub const fn cursor(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Where the focus is.
    #[must_use]
    pub const fn focus(self) -> Style {
        self.fg(Color::Blue).add_modifier(Modifier::BOLD)
    }

    /// Something to be seen before all else.
    #[must_use]
    pub const fn alarm(self) -> Style {
        self.fg(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// Something to be careful with.
    #[must_use]
    pub const fn warn(self) -> Style {
        self.fg(Color::Yellow)
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
            "■" => "=",
            "·" | "…" | "░" => ".",
            "→" | "›" | "≥" => ">",
            "‹" => "<",
            "↑" => "^",
            "↓" | "▾" => "v",
            "─" | "–" => "-",
            "│" | "▏" => "|",
            "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" | "▓" | "✓" => {
                "+"
            }
            "█" => "#",
            _ => "?",
        };
        cell.set_symbol(twin);
    }
}
