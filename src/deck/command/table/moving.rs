//! What moves, goes back and leaves.

use crossterm::event::KeyCode;

use super::{super::ctrl, C, Entry, P, ch, entry, key};

/// Its part of the table.
pub const MOVING: &[Entry] = &[
    entry(C::Up, "up", &[key(KeyCode::Up), ch('k')], &P::ALL, "one up"),
    entry(
        C::Down,
        "down",
        &[key(KeyCode::Down), ch('j')],
        &P::ALL,
        "one down",
    )
    .foot(&[(P::Help, "down"), (P::Run, "step"), (P::Log, "line")]),
    entry(
        C::PageUp,
        "page up",
        &[key(KeyCode::PageUp)],
        &P::ALL,
        "a page up",
    ),
    entry(
        C::PageDown,
        "page down",
        &[key(KeyCode::PageDown)],
        &P::ALL,
        "a page down",
    )
    .foot(&[(P::Help, "page")]),
    entry(
        C::Top,
        "top",
        &[ch('g'), key(KeyCode::Home)],
        P::NOT_TEXT,
        "to the first",
    ),
    entry(
        C::Bottom,
        "bottom",
        &[ch('G'), key(KeyCode::End)],
        P::NOT_TEXT,
        "to the last; in a log, follow it",
    )
    .foot(&[(P::Log, "follow")]),
    entry(
        C::Back,
        "back",
        &[key(KeyCode::Esc), key(KeyCode::Backspace)],
        &P::ALL,
        "one level back",
    )
    .foot(&[
        (P::Pool, "back"),
        (P::Servers, "back"),
        (P::Server, "back"),
        (P::Runs, "back"),
        (P::Run, "back"),
        (P::Log, "back"),
        (P::Problems, "back"),
        (P::History, "back"),
        (P::Help, "back"),
        (P::Resize, "back"),
        (P::Create, "back"),
        (P::Preview, "back"),
        (P::Menu, "back"),
        (P::Palette, "back"),
        (P::Text, "back"),
        (P::Field, "back"),
        (P::Question, "back"),
        (P::Offer, "back"),
        (P::Lines, "back"),
    ]),
    entry(
        C::Close,
        "close",
        &[ch('q')],
        P::NOT_TEXT,
        "one level back; at home, leave the deck",
    )
    .foot(&[(P::Pools, "leave")]),
    entry(
        C::Help,
        "help",
        &[ch('?')],
        P::NOT_TEXT,
        "the keys of this screen",
    )
    .foot(&[
        (P::Pools, "help"),
        (P::Pool, "help"),
        (P::Servers, "help"),
        (P::Server, "help"),
        (P::Runs, "help"),
        (P::Run, "help"),
        (P::Problems, "help"),
        (P::History, "help"),
        (P::Resize, "help"),
        (P::Create, "help"),
        (P::Preview, "help"),
    ]),
    entry(
        C::Reload,
        "reload",
        &[],
        P::NOT_TEXT,
        "read your theme and keys again, as happens by itself",
    ),
    entry(
        C::Repaint,
        "repaint",
        &[ctrl('l')],
        &P::ALL,
        "draw all anew",
    ),
    entry(
        C::Suspend,
        "suspend",
        &[ctrl('z')],
        &P::ALL,
        "back to the shell for a while; `fg` returns",
    ),
    entry(
        C::Quit,
        "quit",
        &[ctrl('c')],
        &P::ALL,
        "leave the deck; what runs goes on",
    ),
];
