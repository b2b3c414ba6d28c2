//! Keeps copies of the store on two servers that we hold: after each run, and every five minutes during one.
//! Must never hold up anything: what cannot be kept now is kept later, and said.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::task::JoinSet;

use super::{options::Options, state::State};
use crate::{
    fleet::{RunId, Script, Server, ServerName, ServerSeen, Verb, script::exit},
    plan::{On, script::RunEnv},
    run::Run,
    ssh::{Transport, UnitName, UnitState},
    store::{Revision, copies::Copies},
};

/// Of a lost machine and a lost server, one may be lost at once.
const COPIES: usize = 2;
/// While a run is open; what happened since is on its servers, as claims and results.
const EVERY: SignedDuration = SignedDuration::from_mins(5);
/// After a copy that could not be kept everywhere.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// A copy goes through memory, as text, on both sides.
const LARGEST: usize = 32 << 20;

/// What was kept, and when.
#[derive(Debug, Default)]
pub struct Keeper {
    tasks: JoinSet<Result<ServerName, String>>,
    copies: Option<Copies>,
    kept: Option<(Revision, usize)>,
    tried: Option<Timestamp>,
    sent: Option<Revision>,
    trouble: Option<String>,
}

impl Keeper {
    /// Why there is no copy of late; none when all is well or there is nobody to keep one.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }

    /// The newest copies that this captain has kept.
    #[must_use]
    pub const fn copies(&self) -> Option<&Copies> {
        self.copies.as_ref()
    }

    fn keeps(&mut self, server: ServerName, at: Timestamp) {
        let Some(revision) = self.sent else { return };
        let same = self.copies.take().filter(|it| it.revision == revision);
        let mut servers = same.map(|it| it.servers).unwrap_or_default();
        servers.insert(server);
        self.copies = Some(Copies {
            at,
            revision,
            servers,
        });
    }

    /// Keeps a copy when it is time.
    pub fn pump<T: Transport>(
        &mut self,
        state: &State,
        transport: &Arc<T>,
        options: &Options,
        now: Timestamp,
    ) {
        while let Some(done) = self.tasks.try_join_next() {
            match done {
                Ok(Ok(server)) => self.keeps(server, now),
                Ok(Err(why)) => (self.kept, self.trouble) = (None, Some(why)),
                Err(_) => (),
            }
        }
        if !self.tasks.is_empty() || !self.is_due(state, now) {
            return;
        }
        let servers = keepers(state);
        if servers.is_empty() {
            return;
        }
        self.tried = Some(now);
        let bytes = match state.store.copy() {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(why) => {
                self.trouble = Some(why.to_string());
                return;
            }
        };
        self.trouble = None;
        self.kept = Some((state.snapshot.revision, ended(state)));
        self.sent = Some(state.snapshot.revision);
        if bytes.len() > LARGEST {
            let megabytes = bytes.len() >> 20;
            self.trouble = Some(format!("the store has {megabytes} MiB, too much to copy"));
            return;
        }
        let text = Arc::<str>::from(STANDARD.encode(&bytes));
        for server in servers {
            let script = script(state, options, &server, now);
            let unit = UnitName(format!(
                "pooldeck-{}-copy-{}",
                state.snapshot.fleet.id, state.snapshot.revision
            ));
            let (transport, text) = (Arc::clone(transport), Arc::clone(&text));
            self.tasks.spawn(async move {
                keep(transport.as_ref(), &server, &unit, script, &text).await?;
                Ok(server.name)
            });
        }
    }

    fn is_due(&self, state: &State, now: Timestamp) -> bool {
        let since = self.tried.map(|at| now.duration_since(at));
        let Some((revision, runs)) = self.kept else {
            return since.is_none_or(|since| AGAIN_AFTER <= since);
        };
        let open = state.snapshot.runs.values().any(Run::is_open);
        let late = open && since.is_none_or(|since| EVERY <= since);
        revision != state.snapshot.revision && (runs != ended(state) || late)
    }
}

fn ended(state: &State) -> usize {
    let runs = state.snapshot.runs.values();
    runs.filter(|run| !run.is_open()).count()
}

/// Two members that answer, control planes first, of two pools where there are two.
fn keepers(state: &State) -> Vec<Server> {
    let (fleet, observed) = (&state.snapshot.fleet, &state.snapshot.observed);
    let well = |server: &&Server| {
        let seen = observed.servers.get(&server.name);
        let claimed = |seen: &&ServerSeen| {
            let claim = seen.facts.as_ref().and_then(|facts| facts.claim.as_ref());
            claim.is_some_and(|claim| claim.is_of(&fleet.id))
        };
        seen.filter(claimed)
            .is_some_and(|seen| seen.trouble.is_none())
    };
    let pools = fleet.pools.values();
    let mut members: Vec<(usize, &Server)> = pools
        .flat_map(|pool| {
            let mut members: Vec<_> = pool.members.iter().collect();
            members.sort_by_key(|(name, member)| (member.role, (*name).clone()));
            let servers = members
                .into_iter()
                .filter_map(|(name, _)| fleet.servers.get(name));
            servers.filter(well).enumerate()
        })
        .collect();
    members.sort_by_key(|(nth, _)| *nth);
    let servers = members.into_iter().map(|(_, server)| server.clone());
    servers.take(COPIES).collect()
}

fn script(state: &State, options: &Options, server: &Server, now: Timestamp) -> Script {
    let snapshot = &state.snapshot;
    let env = RunEnv {
        fleet: snapshot.fleet.id.clone(),
        epoch: state.epoch,
        store: snapshot.place.clone(),
        holder: options.holder.clone(),
        run: snapshot.runs.keys().last().copied().unwrap_or(RunId(0)),
        pool: snapshot
            .fleet
            .pool_of(&server.name)
            .map(|pool| pool.name.clone()),
        now,
        left_out: std::collections::BTreeSet::new(),
        put_back: std::collections::BTreeSet::new(),
        overridden: std::collections::BTreeMap::new(),
    };
    // It changes nothing that a step looks at, so it waits for none: like what an executor does.
    let script = env
        .script("keep-copy", Verb::Apply, &server.name, On::Executor)
        .with("POOLDECK_STEP", &"copy")
        .with("POOLDECK_REVISION", &snapshot.revision);
    state.meant_for(script, &server.name)
}

async fn keep<T: Transport>(
    transport: &T,
    server: &Server,
    unit: &UnitName,
    mut script: Script,
    text: &str,
) -> Result<(), String> {
    script.secret = Some(SecretString::from(text.to_owned()));
    let mut said = String::new();
    let mut line = |text: String| {
        if !text.starts_with("hint:") {
            said = text;
        }
    };
    let ended = transport.run(server, unit, &script, &mut line).await;
    drop(transport.forget(server, std::slice::from_ref(unit)).await);
    let why = match ended {
        Ok(UnitState::Finished { code: exit::OK, .. }) => return Ok(()),
        Ok(_) => said,
        Err(error) => error.text.lines().next().unwrap_or_default().to_owned(),
    };
    Err(format!("{}: {why}", server.name))
}
