//! What is wrong with a server. What somebody works on, or was never offered, is nobody's problem.

use super::{super::ServerRow, Light, Problem, Target};
use crate::{fleet::Standing, store::snapshot::Snapshot};

pub(super) fn of(snapshot: &Snapshot, row: &ServerRow) -> Option<Problem> {
    let target = Target::Server(row.name.clone());
    match (&row.standing, row.light) {
        (Standing::NotOffered, _) | (_, Light::Maintenance) => None,
        // Who worked on it has gone, or forgot it: nobody lifts the cordon but a person.
        (Standing::Member(_), _) if row.maintenance.is_some() && row.state == "cordoned" => {
            let text = format!(
                "its maintenance is over, still cordoned: `pooldeck server return {}`",
                row.name
            );
            let over = row.maintenance.as_ref().map(|it| it.note.until);
            let kind = "maintenance over";
            Some(Problem::new(row.light, target, kind, text).since(over))
        }
        (Standing::Leftovers(why), _) => {
            Some(Problem::new(Light::Apart, target, "leftovers", why.clone()))
        }
        (_, Light::Degraded | Light::Down) => {
            let pool = row
                .pool
                .as_ref()
                .map(|pool| format!(", of {pool}"))
                .unwrap_or_default();
            let text = format!("{}{pool}{}", row.state, row.way_out(snapshot));
            Some(Problem::new(row.light, target, &row.state, text).since(row.since))
        }
        _ => expectation(snapshot, row)
            .map(|text| Problem::new(Light::Degraded, target, "not as expected", text)),
    }
}

/// What the operator expects and what was found: a dead DIMM shows itself here.
fn expectation(snapshot: &Snapshot, row: &ServerRow) -> Option<String> {
    let expect = snapshot.fleet.servers.get(&row.name)?.expect;
    let found = row.capacity?;
    if let Some(cores) = expect.cores
        && cores != found.cores
    {
        return Some(format!("{} CPUs found, {cores} expected", found.cores));
    }
    let memory = expect.memory?;
    // The kernel keeps a few percent of the installed memory for itself.
    let short = found.memory.0 * 100 < memory.0 * 94;
    short.then(|| format!("{} found, {memory} expected", found.memory))
}
