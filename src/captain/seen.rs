//! What was only seen, gathered and written once a second without sync.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    fleet::{ClusterSeen, PoolName, RunId, ServerName, ServerSeen},
    plan::StepId,
    store::{
        KEPT_LINES, Store, StoreError,
        copies::{self, Copies},
        record::{CaptainSeen, Line, seen_key},
    },
};

/// Values that wait for the next write.
#[derive(Debug, Default)]
pub struct Writes {
    values: BTreeMap<String, Option<String>>,
    lines: BTreeMap<(RunId, StepId), VecDeque<Line>>,
}

impl Writes {
    /// A server was looked at.
    pub fn server(&mut self, name: &ServerName, seen: &ServerSeen) {
        self.put(seen_key::server(name), seen);
    }

    /// A cluster was heard.
    pub fn cluster(&mut self, name: &PoolName, seen: &ClusterSeen) {
        self.put(seen_key::pool(name), seen);
    }

    /// The captain speaks of itself.
    pub fn captain(&mut self, seen: &CaptainSeen) {
        self.put(seen_key::CAPTAIN.to_owned(), seen);
    }

    /// Where copies of the store were kept last.
    pub fn copies(&mut self, copies: Option<&Copies>) {
        if let Some(copies) = copies {
            self.put(copies::KEY.to_owned(), copies);
        }
    }

    /// A step said something.
    pub fn line(&mut self, run: RunId, step: StepId, at: Timestamp, text: String) {
        let lines = self.lines.entry((run, step)).or_default();
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(Line { at, text });
        let key = seen_key::lines(run, step);
        if let Ok(json) = serde_json::to_string(lines) {
            self.values.insert(key, Some(json));
        }
    }

    /// Writes all that waits.
    ///
    /// # Errors
    /// Those of the store.
    pub fn flush(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        store.see(&self.values)?;
        self.values.clear();
        Ok(())
    }

    /// A run has ended: its lines stay in the store and leave memory.
    pub fn ended(&mut self, run: RunId) {
        self.lines.retain(|(of, _), _| *of != run);
    }

    fn put<T: Serialize>(&mut self, key: String, value: &T) {
        // A value that cannot be written as JSON does not exist among these types.
        if let Ok(json) = serde_json::to_string(value) {
            self.values.insert(key, Some(json));
        }
    }
}
