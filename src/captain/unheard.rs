//! A server that was lost before it heard of this captain: its steps wait as long as for any that is away, and not for ever.
//! Must never act on it: what an older captain began there may still be at work.

use jiff::{SignedDuration, Timestamp};

use super::{state::State, step::Work};
use crate::{
    fleet::{ServerName, TroubleKind, Verb},
    run::Fact,
    ssh::Transport,
};

impl<T: Transport> Work<T> {
    /// The server has been out of reach for longer than a step waits; whatever else keeps us away keeps only what goes forward.
    #[must_use]
    pub fn is_given_up(&self, state: &State, server: &ServerName, now: Timestamp) -> bool {
        let seen = state.snapshot.observed.servers.get(server);
        let Some(trouble) = seen.and_then(|seen| seen.trouble.as_ref()) else {
            return false;
        };
        let away = matches!(
            trouble.kind,
            TroubleKind::Unreachable | TroubleKind::Refused | TroubleKind::Disconnected
        );
        let ends = self.job.verb == Verb::Undo || self.ending;
        let most = SignedDuration::try_from(self.away).unwrap_or(SignedDuration::MAX);
        (away || ends) && most < now.duration_since(trouble.since)
    }

    /// Says that the job is not done, without having looked.
    pub async fn give_up(self, server: &ServerName) {
        let (step, attempt) = (self.step.id, self.job.attempt);
        let minutes = self.away.as_secs().div_ceil(60);
        let why = format!(
            "{server} was out of reach for more than {minutes} min, and may not be touched before it has heard of this captain\nhint: is it on, and is the network up?"
        );
        let executor = self.executor.as_ref().map(|it| it.name.clone());
        let began = Fact::UndoStarted {
            step,
            attempt,
            executor,
        };
        let facts = match self.job.verb {
            Verb::Undo if self.resumed => vec![Fact::UndoFailed { step, why }],
            Verb::Undo => vec![began, Fact::UndoFailed { step, why }],
            _ => vec![Fact::Failed { step, why }],
        };
        // Over: the captain has ended, and the next one decides anew.
        self.door.record(facts).await.ok();
    }
}
