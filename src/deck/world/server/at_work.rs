//! What open runs do with their servers now, as a word or two.

use std::collections::HashMap;

use crate::{
    deck::world::Light,
    fleet::ServerName,
    plan::Action,
    run::{Fate, State},
    store::snapshot::Snapshot,
};

/// What an open run does with a server now.
pub type AtWork<'a> = HashMap<&'a ServerName, (Light, String)>;

/// What open runs do with their servers now; the latest step that was begun counts.
pub fn at_work(snapshot: &Snapshot) -> AtWork<'_> {
    let mut all = HashMap::new();
    for run in snapshot.runs.values().filter(|run| run.is_open()) {
        // Between two of its steps a server still comes, or goes, or is emptied.
        let effects = &run.plan().effects;
        let begun = |server: &ServerName| {
            run.progress()
                .any(|(step, progress)| step.subject == *server && progress.began.is_some())
        };
        let comes = effects.incoming.iter().map(|it| &it.server);
        let comes = comes.filter(|it| begun(it) && !run.has_come(it));
        all.extend(comes.map(|it| (it, (Light::Changing, "joining".to_owned()))));
        let goes = effects.outgoing.iter().map(|it| &it.server);
        let aside = run.plan().request.set_aside().filter(|it| begun(it));
        all.extend(aside.map(|it| (it, (Light::Changing, "changing".to_owned()))));
        let goes = goes.filter(|it| begun(it) && run.fate(it) == Fate::Forward);
        all.extend(goes.map(|it| (it, (Light::Changing, "leaving".to_owned()))));
        for (step, progress) in run.progress() {
            let doing = match progress.state {
                State::Running | State::Retrying { .. } => doing(step.action).to_owned(),
                State::Undoing | State::UndoRetrying { .. } => "undoing".to_owned(),
                _ => continue,
            };
            all.insert(&step.subject, (Light::Changing, doing));
        }
        for server in run.parked.keys() {
            all.insert(server, (Light::Degraded, "parked".to_owned()));
        }
    }
    all
}

const fn doing(action: Action) -> &'static str {
    match action {
        Action::Claim => "claiming",
        Action::Preflight => "preflight",
        Action::Prepare => "preparing",
        Action::Network | Action::Routes => "network",
        Action::Init => "init",
        Action::Join => "joining",
        Action::AwaitReady => "almost ready",
        Action::Cordon => "cordoning",
        Action::Drain => "draining",
        Action::Uncordon => "returning",
        Action::StopKubelet | Action::RemoveNode => "leaving",
        Action::Reset => "resetting",
        Action::Clean => "cleaning",
        Action::ProveClean | Action::Release | Action::VerifyPool => "proving",
    }
}
