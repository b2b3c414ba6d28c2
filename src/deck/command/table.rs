//! The lines of the command table, in the order of the footers and of the help.

use crossterm::event::KeyCode;

use super::{Command as C, Entry, Place as P, ch, ctrl, entry, key};

const DIALOGS: &[P] = &[P::Resize, P::Create];
const FIELDS: &[P] = P::FIELDS;

/// Every command there is.
pub const TABLE: &[Entry] = &[
    entry(
        C::Mark,
        "mark",
        &[ch(' ')],
        &[P::Servers, P::Resize, P::Create],
        "mark a server, tick it in a dialog",
    )
    .foot(&[
        (P::Servers, "mark"),
        (P::Resize, "toggle"),
        (P::Create, "toggle"),
    ]),
    entry(C::More, "more", &[ch('+')], DIALOGS, "ask for a step more")
        .foot(&[(P::Resize, "more"), (P::Create, "more")]),
    entry(C::Less, "less", &[ch('-')], DIALOGS, "ask for a step less")
        .foot(&[(P::Resize, "less"), (P::Create, "less")]),
    entry(
        C::Suggest,
        "suggestion",
        &[ch('=')],
        DIALOGS,
        "the servers that fit the numbers best",
    )
    .foot(&[(P::Resize, "suggestion"), (P::Create, "suggestion")]),
    entry(
        C::Confirm,
        "confirm",
        &[ch('Y')],
        &[P::Preview, P::Text, P::Question],
        "say yes to what is shown; Enter never does",
    )
    .foot(&[(P::Question, "confirm")]),
    entry(
        C::Agree,
        "agree",
        &[ch('y')],
        &[P::Menu],
        "say yes to the action that is shown",
    ),
    entry(
        C::Open,
        "open",
        &[key(KeyCode::Enter)],
        &P::ALL,
        "open it; in a dialog, the next step",
    )
    .foot(&[
        (P::Pools, "open"),
        (P::Pool, "server"),
        (P::Servers, "open"),
        (P::Runs, "open"),
        (P::Resize, "preview"),
        (P::Create, "preview"),
        (P::Menu, "choose"),
        (P::Text, "done"),
    ]),
    entry(
        C::Resize,
        "resize",
        &[ch('R')],
        &[P::Pools, P::Pool, P::Servers, P::Server],
        "another size for a pool: by numbers or servers",
    )
    .foot(&[
        (P::Pools, "resize"),
        (P::Pool, "resize"),
        (P::Servers, "resize"),
    ]),
    entry(
        C::Actions,
        "actions",
        &[ch('A')],
        &[P::Pools, P::Pool, P::Servers, P::Server, P::Runs, P::Run],
        "the menu of everything that changes something",
    )
    .foot(&[
        (P::Pools, "actions"),
        (P::Pool, "actions"),
        (P::Servers, "actions"),
        (P::Server, "actions"),
        (P::Runs, "actions"),
        (P::Run, "answer, pause, cancel …"),
    ]),
    entry(
        C::Log,
        "log",
        &[ch('l')],
        &[P::Run],
        "all that the step printed",
    )
    .foot(&[(P::Run, "whole log")]),
    entry(
        C::Replan,
        "plan again",
        &[ch('r')],
        &[P::Preview],
        "plan again on what is known now",
    )
    .foot(&[(P::Preview, "plan again")]),
    entry(
        C::Next,
        "next",
        &[key(KeyCode::Tab)],
        FIELDS,
        "next list, next field",
    )
    .foot(&[
        (P::Pools, "next list"),
        (P::Preview, "next field"),
        (P::Field, "next field"),
        (P::Question, "first field"),
    ]),
    entry(
        C::Previous,
        "previous",
        &[key(KeyCode::BackTab)],
        FIELDS,
        "list or field before",
    ),
    entry(
        C::Sort,
        "sort",
        &[ch('s')],
        &[P::Servers],
        "sort by the next column",
    )
    .foot(&[(P::Servers, "sort")]),
    entry(
        C::Group,
        "group",
        &[ch('v')],
        &[P::Servers],
        "group by pool, by zone, not at all",
    )
    .foot(&[(P::Servers, "group")]),
    entry(
        C::ShowPools,
        "pools",
        &[ch('1')],
        P::VIEWS,
        "home: pools, problems, runs",
    )
    .foot(&[(P::Servers, "pools"), (P::Runs, "pools")]),
    entry(
        C::ShowServers,
        "servers",
        &[ch('2')],
        P::VIEWS,
        "all servers",
    )
    .foot(&[(P::Pools, "servers"), (P::Runs, "servers")]),
    entry(C::ShowRuns, "runs", &[ch('3')], P::VIEWS, "all runs").foot(&[(P::Pools, "runs")]),
    entry(
        C::Filter,
        "filter",
        &[ch('/')],
        &[P::Servers],
        "show only what holds a text",
    )
    .foot(&[(P::Servers, "filter")]),
    entry(
        C::MarkAll,
        "mark all",
        &[ch('*')],
        &[P::Servers],
        "mark all servers that are shown",
    ),
    entry(
        C::ClearMarks,
        "clear marks",
        &[ch('C')],
        &[P::Servers],
        "take all marks away",
    ),
    entry(
        C::ShowHidden,
        "show hidden",
        &[ch('h')],
        &[P::Servers],
        "drop the filter, so that every mark is shown",
    ),
    entry(
        C::ClearHidden,
        "clear hidden",
        &[ch('c')],
        &[P::Servers],
        "take the marks away that the filter hides",
    ),
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
        &[key(KeyCode::Esc), ch('q'), key(KeyCode::Backspace)],
        &P::ALL,
        "one level back; at home, leave",
    )
    .foot(&[
        (P::Pool, "back"),
        (P::Servers, "back"),
        (P::Server, "back"),
        (P::Runs, "back"),
        (P::Run, "back"),
        (P::Log, "back"),
        (P::Help, "back"),
        (P::Resize, "back"),
        (P::Create, "back"),
        (P::Preview, "back"),
        (P::Menu, "back"),
        (P::Text, "back"),
        (P::Field, "back"),
        (P::Question, "back"),
    ]),
    entry(
        C::Help,
        "help",
        &[ch('?')],
        P::NOT_TEXT,
        "the keys of this screen",
    )
    .foot(&[(P::Pools, "help"), (P::Servers, "help"), (P::Runs, "help")]),
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
    )
    .foot(&[(P::Pools, "quit")]),
];
