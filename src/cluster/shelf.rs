//! What a watch has shown so far, folded from its events.
//! Must never show half of a new beginning: what was not seen between its first and its last event is gone, all at once.

use std::collections::BTreeMap;

use kube::{Resource, ResourceExt, runtime::watcher::Event};

/// Pieces by namespace and name.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    now: BTreeMap<String, T>,
    coming: BTreeMap<String, T>,
    whole: bool,
}

impl<T: PartialEq> Shelf<T> {
    /// Nothing seen yet.
    pub(super) const fn new() -> Self {
        Self {
            now: BTreeMap::new(),
            coming: BTreeMap::new(),
            whole: false,
        }
    }

    /// What there is; none until the first list is complete.
    pub(super) fn all(&self) -> Option<&BTreeMap<String, T>> {
        self.whole.then_some(&self.now)
    }

    /// Takes an event in; true when what there is has changed.
    pub(super) fn apply<K: Resource>(&mut self, event: Event<K>, read: fn(&K) -> T) -> bool {
        match event {
            Event::Apply(object) => {
                let piece = read(&object);
                if self.now.get(&name(&object)) == Some(&piece) {
                    return false;
                }
                self.now.insert(name(&object), piece);
                true
            }
            Event::Delete(object) => self.now.remove(&name(&object)).is_some(),
            Event::Init => {
                self.coming.clear();
                false
            }
            Event::InitApply(object) => {
                self.coming.insert(name(&object), read(&object));
                false
            }
            Event::InitDone => {
                let coming = std::mem::take(&mut self.coming);
                let changed = !self.whole || coming != self.now;
                self.now = coming;
                self.whole = true;
                changed
            }
        }
    }
}

fn name(object: &impl Resource) -> String {
    match object.namespace() {
        Some(namespace) => format!("{namespace}/{}", object.name_any()),
        None => object.name_any(),
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Node;

    use super::*;

    fn node(name: &str, cordoned: bool) -> Node {
        let json =
            serde_json::json!({"metadata": {"name": name}, "spec": {"unschedulable": cordoned}});
        serde_json::from_value(json).unwrap()
    }

    fn cordoned(node: &Node) -> bool {
        node.spec
            .as_ref()
            .is_some_and(|spec| spec.unschedulable == Some(true))
    }

    fn shelf(events: Vec<Event<Node>>) -> (Shelf<bool>, Vec<bool>) {
        let mut shelf = Shelf::new();
        let changed = events
            .into_iter()
            .map(|event| shelf.apply(event, cordoned))
            .collect();
        (shelf, changed)
    }

    #[test]
    fn nothing_is_shown_before_the_first_list_is_complete() {
        let (shelf, _) = shelf(vec![Event::Init, Event::InitApply(node("a", false))]);
        assert!(shelf.all().is_none());
    }

    #[test]
    fn what_a_new_list_does_not_hold_is_gone() {
        let (shelf, changed) = shelf(vec![
            Event::Init,
            Event::InitApply(node("a", false)),
            Event::InitApply(node("b", false)),
            Event::InitDone,
            Event::Init,
            Event::InitApply(node("b", false)),
            Event::InitDone,
        ]);
        assert_eq!(changed, [false, false, false, true, false, false, true]);
        assert_eq!(shelf.all().unwrap().keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn an_event_that_changes_nothing_for_us_is_no_change() {
        let (shelf, changed) = shelf(vec![
            Event::Init,
            Event::InitApply(node("a", false)),
            Event::InitDone,
            Event::Apply(node("a", false)),
            Event::Apply(node("a", true)),
            Event::Delete(node("a", true)),
            Event::Delete(node("a", true)),
        ]);
        assert_eq!(changed[2..], [true, false, true, true, false]);
        assert!(shelf.all().unwrap().is_empty());
    }
}
