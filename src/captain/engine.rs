//! The worker pool: starts what runs say is ready, within bounds, and nothing that a stop, a fence or a storm forbids.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    door::{Door, Input},
    options::{Clock, Options},
    state::State,
    step::Work,
};
use crate::{
    fleet::{RunId, Script, Server, ServerName, Verb},
    plan::{Action, On, Step, StepId, script},
    run::{Fact, Fate, Job, Run, State as StepState},
    ssh::Transport,
};

/// Joins at once in one pool: kubeadm#3181 and #112170 of Kubernetes saw many at once time out.
const JOINS: usize = 24;
/// Executor steps at once on one control plane; sshd's `MaxSessions` is 10.
const EXECUTED: usize = 6;

/// What is at work now.
pub struct Engine<T> {
    transport: Arc<T>,
    to: mpsc::Sender<Input>,
    tasks: JoinSet<()>,
    working: BTreeMap<(RunId, StepId), Job>,
    clock: Clock,
    away: Duration,
}

/// Servers that no step may touch yet: they have not heard of this captain's term.
pub type Unfenced = BTreeSet<ServerName>;

impl<T: Transport> Engine<T> {
    /// An engine at rest.
    #[must_use]
    pub fn new(transport: Arc<T>, to: mpsc::Sender<Input>, options: &Options) -> Self {
        Self {
            transport,
            to,
            tasks: JoinSet::new(),
            working: BTreeMap::new(),
            clock: Arc::clone(&options.clock),
            away: options.away,
        }
    }

    /// A task has ended.
    pub fn ended(&mut self, run: RunId, job: Job) {
        self.working.remove(&(run, job.step));
        while self.tasks.try_join_next().is_some() {}
    }

    /// Nothing is at work.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.working.is_empty()
    }

    /// Starts all that may start now.
    pub fn pump(&mut self, state: &State, holder: &str, unfenced: &Unfenced, held_back: bool) {
        let now = (self.clock)();
        let open = state.snapshot.runs.values().filter(|run| run.is_open());
        for run in open {
            for (job, resumed) in self.jobs(run, now, held_back) {
                let Some(work) = self.work(state, run, job, resumed, holder, now) else {
                    continue;
                };
                // What kubectl does needs no word of the server that it is about, which may be lost.
                let on_subject = work.step.action.on() == On::Subject;
                let touched = [
                    on_subject.then_some(&work.subject.name),
                    work.executor.as_ref().map(|it| &it.name),
                ];
                let touched = touched.map(Option::<&ServerName>::cloned);
                let mut touched = touched.into_iter().flatten();
                let unheard = touched.find(|name| unfenced.contains(name));
                let waits = |server: &ServerName| !work.is_given_up(state, server, now);
                if unheard.as_ref().is_some_and(waits) {
                    continue;
                }
                self.working.insert((run.id(), job.step), job);
                let (to, id) = (self.to.clone(), run.id());
                self.tasks.spawn(async move {
                    match unheard {
                        Some(server) => work.give_up(&server).await,
                        None => work.perform().await,
                    }
                    drop(to.send(Input::Ended { run: id, job }).await);
                });
            }
        }
    }

    /// What of a run may begin, and what was at work when somebody stopped looking.
    fn jobs(&self, run: &Run, now: Timestamp, nothing_new: bool) -> Vec<(Job, bool)> {
        let is_working = |step: StepId| self.working.contains_key(&(run.id(), step));
        let orphans = run.progress().filter_map(|(step, progress)| {
            let verb = match progress.state {
                StepState::Running => Verb::Apply,
                StepState::Undoing => Verb::Undo,
                _ => return None,
            };
            let free = !is_working(step.id) && !run.parked.contains_key(&step.subject);
            let job = Job {
                step: step.id,
                verb,
                attempt: progress.attempt,
            };
            free.then_some((job, true))
        });
        let mut jobs: Vec<(Job, bool)> = orphans.collect();
        if nothing_new {
            return jobs;
        }
        let mut joins = self.count(run, |step| step.action == Action::Join);
        let mut executed = self.count(run, |step| step.action.on() == On::Executor);
        let mut busy = self.subjects_at_work(run);
        for job in run.ready(now) {
            let Some(step) = run.plan().step(job.step) else {
                continue;
            };
            let (is_join, is_executed) = (
                step.action == Action::Join,
                step.action.on() == On::Executor,
            );
            let full = is_join && joins >= JOINS || is_executed && executed >= EXECUTED;
            if full || is_working(step.id) || !busy.insert(step.subject.clone()) {
                continue;
            }
            joins += usize::from(is_join);
            executed += usize::from(is_executed);
            jobs.push((job, false));
        }
        jobs
    }

    fn count(&self, run: &Run, is: impl Fn(&Step) -> bool) -> usize {
        self.steps_at_work(run).filter(|step| is(step)).count()
    }

    fn subjects_at_work(&self, run: &Run) -> BTreeSet<ServerName> {
        self.steps_at_work(run)
            .map(|step| step.subject.clone())
            .collect()
    }

    fn steps_at_work<'a>(&'a self, run: &'a Run) -> impl Iterator<Item = &'a Step> {
        self.working
            .keys()
            .filter(|(id, _)| *id == run.id())
            .filter_map(|(_, step)| run.plan().step(*step))
    }

    fn work(
        &self,
        state: &State,
        run: &Run,
        job: Job,
        resumed: bool,
        holder: &str,
        now: Timestamp,
    ) -> Option<Work<T>> {
        let mut step = run.plan().step(job.step)?.clone();
        let fleet = &state.snapshot.fleet;
        let subject = fleet.servers.get(&step.subject)?.clone();
        let pool = run.plan().pool.as_ref();
        let env = state.run_env(run, holder, now);
        let mint = Work::<T>::mint_for(&step, job.verb, &env);
        let wants = step.action.on() == On::Executor || mint.is_some();
        let executor = if wants {
            Some(executor(state, run)?)
        } else {
            None
        };
        let progress = run.of(job.step)?;
        let began = match job.verb {
            // Neither a pause nor the time without a captain is part of a deadline.
            _ if run.paused.is_some() || run.epoch < state.epoch => None,
            Verb::Undo => progress.undo_began,
            _ => progress.began.map(|began| began + progress.grace),
        };
        if let Some(deadline) = step.env.get_mut("POOLDECK_DEADLINE") {
            let seconds: i64 = deadline.parse().unwrap_or_default();
            *deadline = (seconds + progress.grace.as_secs()).to_string();
        }
        // What it refused, it refuses for every server that it is asked about.
        let is_parked = |it: &Server| run.parked.contains_key(&it.name);
        if executor.as_ref().is_some_and(is_parked) {
            return None;
        }
        let host = match (step.action.on(), &executor) {
            (On::Executor, Some(executor)) => executor,
            _ => &subject,
        };
        let patience = match job.verb {
            // What cannot be taken back now is owed, and paid when the server is there again: one that was waited for is not waited
            // for a second time.
            Verb::Undo => {
                let left = self.away.saturating_sub(silent(state, host, now));
                left.min(Duration::from_secs(step.deadline.into()))
            }
            _ => self.away,
        };
        let of_machine = |script: Script, host: &Server| state.meant_for(script, &host.name);
        let told = |verb| of_machine(script::script(&step, verb, &env, pool), host);
        let (checks, acts) = (told(Verb::Check), told(job.verb));
        let mint = mint.zip(executor.as_ref());
        Some(Work {
            transport: Arc::clone(&self.transport),
            door: Door::new(self.to.clone(), run.id(), job.step),
            job,
            check: checks,
            act: acts,
            mint: mint.map(|(mint, executor)| of_machine(mint, executor)),
            env,
            subject,
            executor,
            resumed,
            ending: run.unwinding.is_some() || run.fate(&step.subject) != Fate::Forward,
            began: began.unwrap_or(now),
            away: self.away,
            patience,
            lost: AtomicU64::new(0),
            clock: Arc::clone(&self.clock),
            step,
        })
    }
}

/// A control plane that can be reached now, else the first: its trouble is then the step's.
fn executor(state: &State, run: &Run) -> Option<Server> {
    let fleet = &state.snapshot.fleet;
    let well = |name: &&ServerName| {
        let seen = state.snapshot.observed.servers.get(*name);
        seen.is_some_and(|seen| seen.trouble.is_none())
    };
    let all = &run.plan().executors;
    let name = all.iter().find(well).or_else(|| all.first())?;
    fleet.servers.get(name).cloned()
}

/// For how long a server that is in trouble has not been seen.
fn silent(state: &State, server: &Server, now: Timestamp) -> Duration {
    let seen = state.snapshot.observed.servers.get(&server.name);
    let last = seen
        .filter(|seen| seen.trouble.is_some())
        .and_then(|seen| seen.seen);
    let silent = last.map(|last| now.duration_since(last));
    silent
        .and_then(|silent| Duration::try_from(silent).ok())
        .unwrap_or_default()
}

/// The fact that wakes a server up whose trouble is over; those that wait for a person go on waiting.
#[must_use]
pub fn unpark(run: &Run, server: &ServerName) -> Option<Fact> {
    let waits = run.parked.contains_key(server) && !run.held.contains(server);
    waits.then(|| Fact::Unparked {
        server: server.clone(),
    })
}
