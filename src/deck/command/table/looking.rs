//! What goes from screen to screen, arranges what is shown, and takes it elsewhere.

use super::{C, Entry, P, ch, entry};

const COPIED: &[P] = &[
    P::Pools,
    P::Pool,
    P::Servers,
    P::Server,
    P::Runs,
    P::Run,
    P::Problems,
    P::History,
    P::Preview,
];

/// Its part of the table.
pub const LOOKING: &[Entry] = &[
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
    entry(C::ShowRuns, "runs", &[ch('3')], P::VIEWS, "all runs").foot(&[(P::History, "runs")]),
    entry(
        C::ShowProblems,
        "problems",
        &[ch('4')],
        P::VIEWS,
        "everything that is wrong, worst first",
    ),
    entry(
        C::ShowHistory,
        "history",
        &[ch('5')],
        P::VIEWS,
        "who did what, and how it ended",
    ),
    entry(
        C::Palette,
        "find",
        &[ch(':')],
        P::VIEWS,
        "any command, pool, server or run, by typing its name",
    )
    .foot(&[
        (P::Pools, "find"),
        (P::Pool, "find"),
        (P::Servers, "find"),
        (P::Server, "find"),
        (P::Runs, "find"),
        (P::Problems, "find"),
        (P::History, "find"),
    ]),
    entry(
        C::Visit,
        "k9s",
        &[ch('o')],
        &[P::Pools, P::Pool, P::Servers, P::Server, P::Runs, P::Run],
        "k9s on this pool, else a shell with kubectl",
    )
    .foot(&[(P::Pool, "k9s")]),
    entry(
        C::Copy,
        "copy",
        &[ch('c')],
        COPIED,
        "what is selected, into the terminal's clipboard",
    )
    .foot(&[(P::Preview, "copy the command")]),
    entry(
        C::Mouse,
        "mouse",
        &[ch('m')],
        P::VIEWS,
        "the wheel for the deck, or the mouse for the terminal",
    ),
    entry(
        C::Offer,
        "offer",
        &[ch('O')],
        P::VIEWS,
        "which servers may be used at all",
    ),
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
        &[P::Servers, P::Offer],
        "mark all servers that are shown",
    )
    .foot(&[(P::Offer, "all free")]),
    entry(
        C::ClearMarks,
        "clear marks",
        &[ch('C')],
        &[P::Servers, P::Offer],
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
        &[ch('H')],
        &[P::Servers],
        "take the marks away that the filter hides",
    ),
];
