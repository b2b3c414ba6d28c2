//! Why this server: one sentence for each that comes or goes.
//! Must never be a code: people decide by it.

use super::{
    select::{self, Choice},
    words,
};
use crate::fleet::{Bytes, Capacity, ServerName};

/// Why a server comes. `workers` are all that are in the pool afterwards.
pub(super) fn comes(workers: &[Choice<'_>], name: &ServerName, asked: Capacity) -> String {
    let Some(it) = workers.iter().find(|it| it.name == name) else {
        return "picked by hand".to_owned();
    };
    let others = workers.iter().filter(|other| !other.member).count();
    let total = select::total(workers);
    // Of what was left open nothing is over.
    let over = match asked.asked() {
        (Some(_), Some(_)) => total.less(asked),
        (Some(_), None) => Capacity::new(total.less(asked).cores, Bytes(0)),
        (None, _) => Capacity::new(0, total.less(asked).memory),
    };
    let fit = if others == 1 {
        format!("the closest fit: {} over", words::amount(over))
    } else {
        format!(
            "one of {}, the fewest that do; {} over",
            words::count(others, "server"),
            words::amount(over)
        )
    };
    let alone = |zone: &str| {
        let of = |it: &&Choice<'_>| it.zone == Some(zone);
        workers.iter().filter(of).count() == 1
    };
    match it.zone {
        Some(zone) if workers.len() > 1 && alone(zone) => {
            format!("{fit}; the only one in zone {zone}")
        }
        _ => fit,
    }
}

/// Why a server goes. `workers` are all that stay.
pub(super) fn goes(workers: &[Choice<'_>], gone: usize) -> String {
    let rest = words::size(select::total(workers));
    if gone == 1 {
        format!("without it the pool keeps {rest}")
    } else {
        format!(
            "one of {}, the fewest whose going leaves what was asked: {rest}",
            words::count(gone, "server")
        )
    }
}
