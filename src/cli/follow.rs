//! Follows a run to its end: a line for each event, the steps' output below them, the outcome's exit code.
//! Must never stop the run: who stops following only stops following.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    Answer, Exit, Failure, Shell, ask::LOOK_EVERY, document, events, open::Opened, summon,
};
use crate::{
    fleet::RunId,
    run::{Event, Outcome, Run, RunRecord},
    store::{
        Store,
        record::{Line, key, seen_key},
        snapshot,
    },
};

/// A run was accepted: says so, and follows it where that is wanted.
///
/// # Errors
/// [`Failure`].
pub fn accepted(shell: &mut Shell<'_>, opened: &Opened, id: RunId, plan: Option<&Value>) -> Answer {
    if shell.waits() {
        shell.note(format!("run {id} has begun"))?;
        return follow(shell, opened, id, plan);
    }
    if shell.json() {
        shell.document(&json!({ "plan": plan, "run": { "id": id } }))?;
    } else {
        shell.say(format!(
            "run {id} has begun\nhint: `pooldeck run show {id} --wait` follows it"
        ))?;
    }
    Ok(Exit::Done)
}

/// A captain that did not come up is started again after so long; its host may be overloaded.
const ATTEND_AGAIN: Duration = Duration::from_secs(10);

/// Follows a run until it ends, or until Ctrl-C.
///
/// # Errors
/// [`Failure`].
pub fn follow(shell: &mut Shell<'_>, opened: &Opened, id: RunId, plan: Option<&Value>) -> Answer {
    let stopped = on_interrupt()?;
    let mut told = Told::default();
    let mut version = None;
    loop {
        if stopped.load(Ordering::Relaxed) {
            shell.note(format!(
                "\nthe run goes on without you\nhint: `pooldeck run show {id}` shows it, `pooldeck run cancel {id}` ends it"
            ))?;
            return Ok(Exit::Cancelled);
        }
        let now = opened.store.version()?;
        if version == Some(now) {
            // A captain that was killed leaves the run to the next one. That it does not come up ends nothing: the run goes on.
            match summon::attend(shell, opened) {
                Ok(()) => thread::sleep(LOOK_EVERY),
                Err(why) => {
                    shell.note(why.to_string())?;
                    thread::sleep(ATTEND_AGAIN);
                }
            }
            continue;
        }
        version = Some(now);
        let (run, news) = read(opened.store.as_ref(), id)?;
        told.tell(shell, opened.store.as_ref(), &run, &news)?;
        if let Some(outcome) = &run.outcome {
            if shell.json() {
                shell.document(&json!({ "plan": plan, "run": document::run(&run) }))?;
            } else {
                for line in events::ending(&run) {
                    shell.say(line)?;
                }
            }
            return Ok(exit(outcome));
        }
    }
}

/// The exit code of an outcome.
#[must_use]
pub const fn exit(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Succeeded => Exit::Done,
        Outcome::SucceededWithout(_) | Outcome::Failed(_) | Outcome::RolledBack => Exit::Refused,
        Outcome::Cancelled => Exit::Cancelled,
        Outcome::Stuck(_) => Exit::Stuck,
    }
}

/// A run and its events, newest last.
///
/// # Errors
/// [`Failure::Refused`] when there is none.
pub fn read(store: &dyn Store, id: RunId) -> Result<(Run, Vec<Event>), Failure> {
    let name = key::run(id);
    let mut events = Vec::new();
    let mut record = None;
    for (key, versioned) in store.list(&name)? {
        if key == name {
            record = Some(snapshot::read::<RunRecord>(&key, &versioned.value)?);
        } else {
            events.push(snapshot::read::<Event>(&key, &versioned.value)?);
        }
    }
    let record = record.ok_or_else(|| {
        Failure::Refused(format!(
            "there is no run {id}\nhint: `pooldeck run list` shows all of them"
        ))
    })?;
    let run = Run::replay(record, events.iter().cloned())
        .map_err(|error| Failure::Refused(error.to_string()))?;
    Ok((run, events))
}

/// What was printed already.
#[derive(Default)]
struct Told {
    events: usize,
    /// The newest printed line of each step.
    lines: BTreeMap<String, Line>,
}

impl Told {
    fn tell(
        &mut self,
        shell: &mut Shell<'_>,
        store: &dyn Store,
        run: &Run,
        events: &[Event],
    ) -> Result<(), Failure> {
        for event in events.iter().skip(self.events) {
            if let Some(line) = events::line(run, event) {
                shell.note(line)?;
            }
        }
        self.events = events.len();
        let outputs = store.seen(&seen_key::run_lines(run.id()))?;
        for step in &run.plan().steps {
            let key = seen_key::lines(run.id(), step.id);
            let Some(text) = outputs.get(&key) else {
                continue;
            };
            let lines: Vec<Line> = snapshot::read(&key, text)?;
            let known = self.lines.get(&key);
            let from = known
                .and_then(|known| lines.iter().rposition(|line| line == known))
                .map_or(0, |at| at + 1);
            for line in &lines[from..] {
                shell.note(format!("          {}  {}", step.subject, line.text))?;
            }
            if let Some(last) = lines.last() {
                self.lines.insert(key, last.clone());
            }
        }
        Ok(())
    }
}

/// Raised by Ctrl-C. The runtime's thread lives as long as the process.
fn on_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    let raised = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&raised);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            flag.store(true, Ordering::Relaxed);
        }
    });
    Ok(raised)
}
