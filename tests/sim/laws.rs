//! What must hold at every moment, each rule with its name and how often it was looked at: after each commit, and after each command.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use jiff::Timestamp;
use pooldeck::{
    fleet::{Epoch, PoolName, RunId, Script, ServerName},
    plan::{Action, StepId},
    run::{Event, Fact, Outcome, Run, State},
    sim::{Rack, prng::CANARY},
    store::record::{ServerRecord, key},
};

use crate::view::{View, is_drained, is_head, may_go, moves};

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    /// A server is in one pool at most.
    OnePool,
    /// A server that is claimed for us is in that pool, at work, or owes something: somebody knows of it.
    NoneVanishes,
    /// Who was never offered, or is not ours, is as it was.
    Untouched,
    /// A run takes only what is offered when it is accepted.
    Offered,
    /// What works on a server is a step of a run whose plan names that server.
    Planned,
    /// Nothing begins whose beginning is not stored.
    StoredFirst,
    /// A step is believed only when the world itself is so.
    Seen,
    /// One step at a time changes a server.
    OneStep,
    /// One control plane of a pool at a time comes or goes.
    OneControlPlane,
    /// A pool that lives keeps its only control plane.
    Quorum,
    /// Nobody leaves a pool before its drain was seen to be done.
    Drained,
    /// A disruption budget is overridden only by a person, by its name.
    Budgets,
    /// A claim goes only when nothing of ours is left.
    CleanFirst,
    /// Where a later captain is at work, no older one begins anything.
    Fenced,
    /// What was stored of a run is never written again.
    AppendOnly,
    /// Who failed, or is stuck, says why.
    Reason,
    /// No secret is stored, shown, or told in a script's text.
    NoSecret,
    /// A captain ends only when it is killed, or when a later one is there.
    Captain,
    /// Every ask is answered.
    Answered,
    /// Every run ends once nothing goes wrong any more.
    Ends,
    /// In the end the world is as it is written down.
    Meets,
}

/// How often each rule was looked at, and what the rules remember.
#[derive(Default)]
pub struct Laws {
    pub looked: Mutex<BTreeMap<Law, u64>>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// The newest check of each step, where it ran, and when the world itself said yes to it last.
    checks: BTreeMap<(String, String), (ServerName, Script, Option<Timestamp>)>,
    /// The latest term that began something on a server, and since when.
    terms: BTreeMap<ServerName, (Epoch, Timestamp)>,
    claimed: BTreeSet<ServerName>,
}

impl Laws {
    /// Counts a look at a rule, and writes down that it was broken.
    pub fn must(
        &self,
        law: Law,
        broken: &Mutex<Vec<String>>,
        so: bool,
        how: impl FnOnce() -> String,
    ) {
        *self.looked.lock().unwrap().entry(law).or_default() += 1;
        if !so {
            broken.lock().unwrap().push(format!("{law:?}: {}", how()));
        }
    }

    /// A check was sent, and its answer is on the way back.
    pub fn asked(&self, server: &ServerName, check: &Script, rack: &Rack) {
        let text = |key: &str| check.env.get(key).cloned().unwrap_or_default();
        let so = rack.is_so(server, check).then(|| rack.clock.now());
        let key = (text("POOLDECK_RUN"), text("POOLDECK_STEP"));
        let value = (server.clone(), check.clone(), so);
        self.held.lock().unwrap().checks.insert(key, value);
    }

    /// A script goes to a server.
    pub fn told(&self, script: &Script, broken: &Mutex<Vec<String>>) {
        let told = script.env.values().any(|value| value.contains(CANARY));
        self.must(Law::NoSecret, broken, !told, || {
            format!("the text of {} has one", script.name)
        });
    }

    /// What must hold whatever happened last.
    pub fn look(&self, view: &View<'_>) {
        self.places(view);
        self.began(view);
        let must = |law, so, how: &dyn Fn() -> String| self.must(law, view.broken, so, how);
        let mut busy: BTreeSet<&ServerName> = BTreeSet::new();
        for run in view.snapshot.runs.values().filter(|run| run.is_open()) {
            let mut heads = 0;
            for (step, progress) in run.progress() {
                if matches!(progress.state, State::Running | State::Undoing) {
                    must(Law::OneStep, busy.insert(&step.subject), &|| {
                        format!("two steps change {} at once", step.subject)
                    });
                    heads += usize::from(moves(step) && is_head(view, run, &step.subject));
                }
            }
            must(Law::OneControlPlane, heads < 2, &|| {
                format!("{heads} control planes of run {} at once", run.id())
            });
        }
    }

    /// Who is where: pools, claims, and those who are nobody's.
    fn places(&self, view: &View<'_>) {
        let must = |law, so, how: &dyn Fn() -> String| self.must(law, view.broken, so, how);
        let mut places: BTreeMap<&ServerName, &PoolName> = BTreeMap::new();
        for pool in view.snapshot.fleet.pools.values() {
            for member in pool.members.keys() {
                let other = places.insert(member, &pool.name);
                must(Law::OnePool, other.is_none(), &|| {
                    format!("{member} is in two pools")
                });
            }
        }
        let mut claimed = BTreeSet::new();
        let nothing = ServerRecord::default();
        for (server, claim) in view.rack.claims() {
            let record = view.snapshot.records.get(&server).unwrap_or(&nothing);
            let known = places
                .get(&server)
                .is_some_and(|pool| pool.as_str() == claim.pool);
            let aside = view.aside.lock().unwrap().contains(&server);
            let held = known || aside || record.busy.is_some() || record.debt.is_some();
            must(
                Law::NoneVanishes,
                claim.fleet != view.fleet || held,
                &|| format!("{server} is claimed for {} and nobody knows", claim.pool),
            );
            claimed.insert(server);
        }
        let mut held = self.held.lock().unwrap();
        for server in held.claimed.difference(&claimed) {
            let left = view.rack.traces(server);
            must(Law::CleanFirst, left.is_empty(), &|| {
                format!("{server} was given back with {left:?}")
            });
        }
        held.claimed = claimed;
        for server in view.never {
            let clean = view.rack.machine(server, |it| {
                it.disk.applied.is_empty() && it.disk.claim.is_none()
            });
            must(Law::Untouched, clean == Some(true), &|| {
                format!("{server} was touched")
            });
        }
    }

    /// What began on servers since the last look.
    fn began(&self, view: &View<'_>) {
        for deed in view.rack.begun() {
            let must = |law, so, how: &str| {
                self.must(law, view.broken, so, || format!("{how}: {deed:?}"));
            };
            if deed.script != "keep-copy" {
                let term = self.held.lock().unwrap().terms.get(&deed.server).copied();
                let older =
                    term.is_some_and(|(epoch, since)| deed.epoch < epoch.0 && since < deed.at);
                must(Law::Fenced, !older, "an older captain's work began");
            }
            let run = deed
                .run
                .parse()
                .ok()
                .and_then(|id| view.snapshot.runs.get(&RunId(id)));
            let Some((run, number)) = run.zip(deed.step.parse().ok()) else {
                continue;
            };
            let server = &deed.server;
            let named =
                run.plan().subjects().contains(&server) || run.plan().executors.contains(server);
            must(Law::Planned, named, "the plan does not name that server");
            let (Some(step), Some(progress)) =
                (run.plan().step(StepId(number)), run.of(StepId(number)))
            else {
                must(Law::Planned, false, "the plan has no such step");
                continue;
            };
            let begun = match deed.verb.word() {
                "undo" => progress.undo_began.is_some(),
                _ => progress.began.is_some(),
            };
            must(Law::StoredFirst, begun, "its beginning is not stored");
            if step.action == Action::Drain {
                let overridden = run.all_overridden();
                let of = overridden.get(&step.subject);
                let mut budgets = deed.overrides.split_whitespace();
                let person = budgets.all(|name| of.is_some_and(|all| all.contains(name)));
                must(Law::Budgets, person, "nobody overrode that budget");
            }
            let leaves = moves(step) && step.action != Action::Init && step.action != Action::Join;
            if deed.verb.word() == "apply" && leaves {
                must(
                    Law::Drained,
                    is_drained(view, run, step),
                    "its drain is not done",
                );
                must(
                    Law::Quorum,
                    may_go(view, run, step),
                    "a pool lives without it no more",
                );
            }
        }
    }

    /// What a commit says, before anybody reads it.
    pub fn commit(&self, view: &View<'_>, writes: &BTreeMap<String, Option<String>>) {
        let must = |law, so, how: &dyn Fn() -> String| self.must(law, view.broken, so, how);
        for (name, value) in writes {
            let text = value.as_deref().unwrap_or_default();
            must(Law::NoSecret, !text.contains(CANARY), &|| {
                format!("`{name}` has one")
            });
            let Some((run, event)) = name
                .strip_prefix(key::RUNS)
                .map(|rest| rest.split_once("/event/").unzip())
            else {
                continue;
            };
            let id = run
                .unwrap_or(&name[key::RUNS.len()..])
                .parse()
                .map(RunId)
                .unwrap();
            let (run, Some(number)) = (view.snapshot.runs.get(&id), event) else {
                continue;
            };
            let next = run.is_some_and(|run| format!("{:06}", run.events) == number);
            must(
                Law::AppendOnly,
                next || !view.snapshot.revisions.contains_key(name),
                &|| format!("`{name}` is written again"),
            );
            if let (Some(run), Ok(event)) = (run, serde_json::from_str::<Event>(text)) {
                self.fact(view, run, &event);
            }
        }
    }

    /// What a new fact of a run says, against the world.
    fn fact(&self, view: &View<'_>, run: &Run, event: &Event) {
        let must = |law, so, how: &dyn Fn() -> String| self.must(law, view.broken, so, how);
        let now = view.rack.clock.now();
        match &event.fact {
            Fact::Started { step, executor, .. } | Fact::UndoStarted { step, executor, .. } => {
                let subject = run.plan().step(*step).map(|step| step.subject.clone());
                let host = executor.clone().or(subject).unwrap();
                let mut held = self.held.lock().unwrap();
                let term = held.terms.entry(host).or_insert((event.epoch, now));
                if term.0 < event.epoch {
                    *term = (event.epoch, now);
                }
            }
            Fact::Proved { step } => {
                let held = self.held.lock().unwrap();
                let check = held.checks.get(&(run.id().to_string(), step.0.to_string()));
                // What changed in the very moment may still have been seen.
                let so = check.is_some_and(|(server, check, at)| {
                    *at == Some(now) || view.rack.is_so(server, check)
                });
                let name = run
                    .plan()
                    .step(*step)
                    .map(|step| (step.action.name(), &step.subject));
                must(Law::Seen, held.checks.is_empty() || so, &|| {
                    format!("{name:?} of run {} is not so", run.id())
                });
            }
            Fact::Ended {
                outcome: Outcome::Failed(why) | Outcome::Stuck(why),
            } => {
                must(Law::Reason, !why.trim().is_empty(), &|| {
                    format!("run {} says no reason", run.id())
                });
            }
            _ => (),
        }
    }

    /// Whom a new run takes.
    pub fn accepted(&self, view: &View<'_>, run: &Run) {
        for new in &run.plan().effects.incoming {
            let so = view.snapshot.offers(&new.server) && !view.never.contains(&new.server);
            self.must(Law::Offered, view.broken, so, || {
                format!("{} is not offered", new.server)
            });
        }
    }
}
