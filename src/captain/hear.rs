//! Hears what people ask: what needs no look is answered at once, a confirmation once its servers were seen anew.
//! Must never let an ask go unanswered.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{ask, note, owner::Owner, state::State, steer};
use crate::{
    cluster::ClusterApi,
    fleet::ServerName,
    ssh::Transport,
    store::{
        StoreError,
        record::{Answer, Ask, What},
    },
};

/// A confirmation does not wait longer for its probes; what is not seen by then is unknown.
const PROBE_PATIENCE: SignedDuration = SignedDuration::from_secs(10);

/// An ask that waits for its servers to be seen anew.
pub struct Waiting {
    /// Those that have not answered yet.
    pub unseen: BTreeSet<ServerName>,
    /// Since when.
    pub since: Timestamp,
}

impl<T: Transport, C: ClusterApi> Owner<T, C> {
    /// Answers one ask, or begins to look at the servers that it is about.
    ///
    /// # Errors
    /// Those of the store.
    pub fn hear(&mut self, key: &str, ask: &Ask, now: Timestamp) -> Result<(), StoreError> {
        let answered = |state: &mut State, text: Answer| ask::answer(state, key, ask, text);
        if ask::is_void(ask, now) && !self.waiting.contains_key(key) {
            let text = "no captain took it within 60 s, so it is void\nhint: ask again";
            return answered(&mut self.state, Answer::Refused(text.to_owned()));
        }
        match &ask.what {
            What::Confirm { .. } | What::Check(_) | What::Resume(_) => {
                self.hear_about_servers(key, ask, now)
            }
            What::Pause(run) | What::Cancel(run) | What::Rollback(run) => {
                match steer::steer(self.state.snapshot.runs.get(run), &ask.what, &ask.by) {
                    Ok(facts) => ask::carry(&mut self.state, *run, &facts, key, ask, now),
                    Err(why) => answered(&mut self.state, Answer::Refused(why)),
                }
            }
            What::Answer(word) => match steer::weigh(&self.state, word, &ask.by) {
                Ok(facts) => ask::carry(&mut self.state, word.run, &facts, key, ask, now),
                Err(why) => answered(&mut self.state, Answer::Refused(why)),
            },
            What::Trust(server) => {
                self.transport.retrust(server);
                if let Some(server) = self.state.snapshot.fleet.servers.get(server) {
                    self.observer.look_at(server, now);
                }
                answered(
                    &mut self.state,
                    Answer::Done(format!("{server} is tried again")),
                )
            }
            What::Forget(server) => {
                let answer = self.state.forget(server)?;
                answered(&mut self.state, answer)
            }
            What::Protect { pool, on, typed } => {
                note::protect(&mut self.state, key, ask, (pool, *on, typed.as_deref()))
            }
            What::Say(say) => note::say(&mut self.state, key, ask, say, now),
        }
    }

    /// Looks at the servers that it is about, then decides.
    fn hear_about_servers(
        &mut self,
        key: &str,
        ask: &Ask,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !self.waiting.contains_key(key) {
            let mut names = ask::touched(&self.state, ask);
            if names.is_empty() && matches!(ask.what, What::Check(_)) {
                names = self.state.snapshot.fleet.servers.keys().cloned().collect();
            }
            let servers = names
                .iter()
                .filter_map(|name| self.state.snapshot.fleet.servers.get(name));
            for server in servers {
                self.observer.look_at(server, now);
            }
            let known = names
                .into_iter()
                .filter(|name| self.state.snapshot.fleet.servers.contains_key(name));
            self.waiting.insert(
                key.to_owned(),
                Waiting {
                    unseen: known.collect(),
                    since: now,
                },
            );
        }
        let Some(waiting) = self.waiting.get(key) else {
            return Ok(());
        };
        if !waiting.unseen.is_empty() && now.duration_since(waiting.since) < PROBE_PATIENCE {
            return Ok(());
        }
        let site = self.site();
        let result = match (&ask.what, &self.holds_back) {
            (What::Confirm { .. }, Some(why)) => {
                let why = format!(
                    "nothing new starts: {why}\nhint: it goes on by itself when they are back"
                );
                ask::answer(&mut self.state, key, ask, Answer::Refused(why))
            }
            (What::Resume(_), _) => ask::resume(&mut self.state, key, ask, now),
            (What::Confirm { .. }, None) => ask::confirm(&mut self.state, &site, key, ask, now),
            _ => {
                let unseen: Vec<String> = waiting.unseen.iter().map(ToString::to_string).collect();
                let text = match (unseen.as_slice(), &ask.what) {
                    ([], What::Check(names)) if !names.is_empty() => {
                        let names: Vec<&str> = names.iter().map(ServerName::as_str).collect();
                        format!("looked at {}", names.join(", "))
                    }
                    ([], _) => "looked at all of them".to_owned(),
                    (some, _) => format!("no answer yet from {}", some.join(", ")),
                };
                ask::answer(&mut self.state, key, ask, Answer::Done(text))
            }
        };
        if !matches!(result, Err(StoreError::Conflict(_))) {
            self.waiting.remove(key);
        }
        self.pump();
        result
    }
}
