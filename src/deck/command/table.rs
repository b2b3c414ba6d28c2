//! The lines of the command table, in the order of the footers and of the help.

mod looking;
mod moving;

use crossterm::event::KeyCode;

use self::{looking::LOOKING, moving::MOVING};
use super::{Command as C, Entry, Place as P, ch, entry, key};

/// Every command there is.
pub const TABLE: &[Entry] = &joined::<{ ACTING.len() + LOOKING.len() + MOVING.len() }>();

const DIALOGS: &[P] = &[P::Resize, P::Create];
const FIELDS: &[P] = &[
    P::Pools,
    P::Run,
    P::Resize,
    P::Create,
    P::Preview,
    P::Palette,
    P::Text,
    P::Field,
    P::Question,
];

/// What marks, asks, opens and plans.
const ACTING: &[Entry] = &[
    entry(
        C::Mark,
        "mark",
        &[ch(' ')],
        &[P::Servers, P::Resize, P::Create, P::Offer],
        "mark a server, tick it in a dialog",
    )
    .foot(&[
        (P::Servers, "mark"),
        (P::Offer, "tick"),
        (P::Resize, "tick"),
        (P::Create, "tick"),
    ]),
    entry(C::More, "more", &[ch('+')], DIALOGS, "one server more")
        .foot(&[(P::Resize, "more"), (P::Create, "more")]),
    entry(C::Less, "less", &[ch('-')], DIALOGS, "one server less")
        .foot(&[(P::Resize, "less"), (P::Create, "less")]),
    entry(
        C::Suggest,
        "suggestion",
        &[ch('=')],
        DIALOGS,
        "the servers that fit the numbers best",
    )
    .foot(&[(P::Resize, "best"), (P::Create, "best")]),
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
        &[P::Menu, P::Lines],
        "say yes to what is shown",
    )
    .foot(&[(P::Lines, "write them")]),
    entry(
        C::Lines,
        "lines",
        &[ch('w')],
        &[P::Offer],
        "the lines that offer what is ticked",
    )
    .foot(&[(P::Offer, "lines")]),
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
        (P::Offer, "why"),
        (P::Runs, "open"),
        (P::Problems, "open"),
        (P::History, "open"),
        (P::Resize, "preview"),
        (P::Create, "preview"),
        (P::Menu, "choose"),
        (P::Palette, "do it"),
        (P::Text, "done"),
    ]),
    entry(
        C::Resize,
        "resize",
        &[ch('R')],
        &[P::Pools, P::Pool, P::Servers, P::Server, P::Problems],
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
        &[
            P::Pools,
            P::Pool,
            P::Servers,
            P::Server,
            P::Runs,
            P::Run,
            P::Problems,
        ],
        "the menu of everything that changes something",
    )
    .foot(&[
        (P::Problems, "actions"),
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
        (P::Pools, "list"),
        (P::Preview, "next field"),
        (P::Palette, "complete"),
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
];

/// The three parts as one.
const fn joined<const N: usize>() -> [Entry; N] {
    let parts = [ACTING, LOOKING, MOVING];
    let mut all = [ACTING[0]; N];
    let (mut part, mut at, mut to) = (0, 0, 0);
    while part < parts.len() {
        while at < parts[part].len() {
            all[to] = parts[part][at];
            (at, to) = (at + 1, to + 1);
        }
        (part, at) = (part + 1, 0);
    }
    all
}
