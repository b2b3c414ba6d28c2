//! Units of ours on servers that belong to no open run.

use jiff::SignedDuration;

use super::{Area, Finding};
use crate::{
    fleet::{RunId, ServerName},
    store::{note::Severity, snapshot::Snapshot},
};

/// A unit is cleared away once its result is stored; a run's last ones within seconds of its end.
const CLEARED_BY: SignedDuration = SignedDuration::from_mins(1);

pub(super) fn all(snapshot: &Snapshot) -> Vec<Finding> {
    let servers = snapshot.observed.servers.iter();
    let well = servers.filter(|(_, seen)| seen.trouble.is_none());
    let found = well.flat_map(|(name, seen)| {
        let units = seen.facts.iter().flat_map(|facts| &facts.units);
        let at = seen.seen.unwrap_or_default();
        units.filter_map(move |unit| stray(snapshot, name, unit, at))
    });
    found.collect()
}

fn stray(
    snapshot: &Snapshot,
    name: &ServerName,
    line: &str,
    seen: jiff::Timestamp,
) -> Option<Finding> {
    let (unit, state) = line.split_once(' ').unwrap_or((line, "unknown"));
    let (fleet, run) = read(unit)?;
    let about = if fleet == snapshot.fleet.id.0 {
        match snapshot.runs.get(&run) {
            None => format!("of run {run}, which this store does not know,"),
            Some(known) if known.is_open() || seen.duration_since(known.last) < CLEARED_BY => {
                return None;
            }
            Some(_) => format!("of run {run}, which has ended,"),
        }
    } else {
        // On a server of another fleet its own units are at home.
        snapshot.fleet.pool_of(name)?;
        format!("of another fleet, {fleet},")
    };
    let severity = if state.ends_with("/running") {
        Severity::Critical
    } else {
        Severity::Warning
    };
    Some(Finding::new(
        severity,
        (Area::Servers, name.as_str()),
        format!("a unit {about} is left on it, {state}: {unit}"),
        format!(
            "`systemctl status {unit}` on it says what it does; `systemctl stop {unit}` ends it and clears it away"
        ),
    ))
}

/// The fleet and the run in `pooldeck-FLEET-RUN-STEP-ATTEMPT-VERB.service`; none for the network's unit, a copy's and a fence's.
fn read(unit: &str) -> Option<(&str, RunId)> {
    let name = unit.strip_suffix(".service").unwrap_or(unit);
    let mut words = name.strip_prefix("pooldeck-")?.rsplitn(5, '-');
    let (_verb, attempt, step, run) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let fleet = words.next()?;
    let numbers = [attempt, step, run].map(str::parse::<u64>);
    let [Ok(_), Ok(_), Ok(run)] = numbers else {
        return None;
    };
    Some((fleet, RunId(run)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steps_unit_is_told_from_all_others() {
        assert_eq!(
            read("pooldeck-91c2-12-7-1-apply.service"),
            Some(("91c2", RunId(12)))
        );
        for other in [
            "pooldeck-network.service",
            "pooldeck-91c2-copy-812.service",
            "pooldeck-91c2-fence-5.service",
            "ssh.service",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
