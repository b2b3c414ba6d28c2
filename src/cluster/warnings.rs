//! Warnings among a cluster's events: gathered by reason and object, the newest few. Pure.
//! Must never keep as many as a cluster can make: one that crashes in a loop makes thousands.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Event;
use kube::runtime::watcher;

use crate::fleet::cluster::Warning;

/// A person reads no more.
const SHOWN: usize = 20;
/// More reasons and objects than these push the oldest out: at some 300 bytes each they stay below 100 kB.
const KEPT: usize = 256;
/// What is older is history; the API itself forgets it then.
const RECENT: SignedDuration = SignedDuration::from_hours(1);
/// Letters of a message.
const LONGEST: usize = 160;

/// Reason and object.
type Key = (String, String);

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    now: BTreeMap<Key, Warning>,
    coming: BTreeMap<Key, Warning>,
    whole: bool,
}

impl Warnings {
    /// Takes an event in; true when something new was said.
    pub(super) fn apply(&mut self, event: watcher::Event<Event>) -> bool {
        match event {
            watcher::Event::Apply(event) => read(&event).is_some_and(|it| put(&mut self.now, it)),
            watcher::Event::InitApply(event) => {
                if let Some(warning) = read(&event) {
                    put(&mut self.coming, warning);
                }
                false
            }
            watcher::Event::Init => {
                self.coming.clear();
                false
            }
            watcher::Event::InitDone => {
                self.now = std::mem::take(&mut self.coming);
                self.whole = true;
                true
            }
            // The API forgets events by their age; so do we.
            watcher::Event::Delete(_) => false,
        }
    }

    /// The newest of the last hour, the newest first; none until the first list is complete.
    pub(super) fn recent(&self, now: Timestamp) -> Option<Vec<Warning>> {
        if !self.whole {
            return None;
        }
        let recent = |it: &&Warning| now.duration_since(it.last) < RECENT;
        let mut all: Vec<&Warning> = self.now.values().filter(recent).collect();
        all.sort_by(|a, b| (b.last, &a.object).cmp(&(a.last, &b.object)));
        Some(all.into_iter().take(SHOWN).cloned().collect())
    }
}

/// Adds to what has the same reason and object. True when it is newer than what was known.
fn put(all: &mut BTreeMap<Key, Warning>, it: Warning) -> bool {
    let key = (it.reason.clone(), it.object.clone());
    if let Some(known) = all.get_mut(&key) {
        if it.last <= known.last {
            return false;
        }
        *known = Warning {
            count: it.count.max(known.count + 1),
            ..it
        };
        return true;
    }
    all.insert(key, it);
    if all.len() > KEPT {
        let oldest = all.iter().min_by_key(|(_, it)| it.last);
        let oldest = oldest.map(|(key, _)| key.clone());
        all.remove(&oldest.unwrap_or_default());
    }
    true
}

fn read(event: &Event) -> Option<Warning> {
    let series = event.series.as_ref();
    let times = [
        series.and_then(|series| series.last_observed_time.as_ref().map(|time| time.0)),
        event.last_timestamp.as_ref().map(|time| time.0),
        event.event_time.as_ref().map(|time| time.0),
    ];
    let object = &event.involved_object;
    let name = object.name.as_deref().unwrap_or_default();
    let place = match object.namespace.as_deref() {
        Some(namespace) if !namespace.is_empty() => format!("{namespace}/{name}"),
        _ => name.to_owned(),
    };
    let kind = object.kind.as_deref().unwrap_or_default().to_lowercase();
    let plain = |text: &str| -> String {
        let letters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        letters.take(LONGEST).collect()
    };
    let count = series.and_then(|it| it.count).or(event.count).unwrap_or(1);
    (event.type_.as_deref() == Some("Warning")).then_some(())?;
    Some(Warning {
        reason: plain(event.reason.as_deref().unwrap_or_default()),
        object: plain(&format!("{kind} {place}")),
        message: plain(event.message.as_deref().unwrap_or_default()),
        count: u64::try_from(count).unwrap_or(1),
        last: times.into_iter().flatten().max()?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(reason: &str, object: &str, minute: u32, count: i32) -> Event {
        serde_json::from_value(json!({
            "metadata": {"name": format!("{object}.{minute}"), "namespace": "shop"},
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": object},
            "reason": reason, "type": "Warning", "message": "back-off\nrestarting", "count": count,
            "lastTimestamp": format!("2026-11-21T12:{minute:02}:00Z"),
        }))
        .unwrap()
    }

    fn at(minute: u32) -> Timestamp {
        format!("2026-11-21T12:{minute:02}:00Z").parse().unwrap()
    }

    #[test]
    fn nothing_is_known_before_the_first_list_is_complete() {
        let mut warnings = Warnings::default();
        warnings.apply(watcher::Event::Init);
        warnings.apply(watcher::Event::InitApply(event("BackOff", "api-1", 1, 1)));
        assert_eq!(warnings.recent(at(2)), None);
        assert!(warnings.apply(watcher::Event::InitDone));
        assert_eq!(warnings.recent(at(2)).unwrap().len(), 1);
    }

    #[test]
    fn one_reason_of_one_object_is_one_line_with_its_count_and_old_ones_go() {
        let mut warnings = Warnings::default();
        warnings.apply(watcher::Event::InitDone);
        for (minute, count) in [(1, 1), (3, 7), (2, 2)] {
            warnings.apply(watcher::Event::Apply(event(
                "BackOff", "api-1", minute, count,
            )));
        }
        warnings.apply(watcher::Event::Apply(event("Unhealthy", "api-2", 30, 1)));
        let all = warnings.recent(at(40)).unwrap();
        let lines: Vec<_> = all
            .iter()
            .map(|it| (&*it.reason, &*it.object, it.count))
            .collect();
        assert_eq!(
            lines,
            [
                ("Unhealthy", "pod shop/api-2", 1),
                ("BackOff", "pod shop/api-1", 7)
            ]
        );
        assert_eq!(all[1].message, "back-off restarting");
        let later = at(40) + SignedDuration::from_mins(25);
        assert_eq!(warnings.recent(later).unwrap().len(), 1, "an hour old");
    }

    #[test]
    fn a_cluster_that_warns_of_everything_costs_no_memory() {
        let mut warnings = Warnings::default();
        warnings.apply(watcher::Event::InitDone);
        for n in 0..5000 {
            warnings.apply(watcher::Event::Apply(event(
                "BackOff",
                &format!("api-{n}"),
                n % 60,
                1,
            )));
        }
        assert_eq!(warnings.now.len(), KEPT);
        assert_eq!(warnings.recent(at(59)).unwrap().len(), SHOWN);
    }

    #[test]
    fn what_is_no_warning_is_left_out() {
        let mut normal = event("Pulled", "api-1", 1, 1);
        normal.type_ = Some("Normal".to_owned());
        let mut warnings = Warnings::default();
        assert!(!warnings.apply(watcher::Event::Apply(normal)));
    }
}
