//! Histories side by side on every CPU, and what they prove in one line.

#![expect(
    clippy::print_stdout,
    reason = "the proof is a line that machines read"
)]

use std::{
    any::Any,
    fmt::Write as _,
    fs::OpenOptions,
    io::Write as _,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use super::{
    doom::{Lived, Moment, Reign},
    tale::Tale,
    told,
};

/// A history without a disturbance: what it tells, and how long it is.
pub struct Undisturbed {
    pub tale: Tale,
    pub told: String,
    pub lived: Lived,
}

/// One history to try.
pub struct Trial<'a> {
    pub of: &'a Undisturbed,
    pub fate: Vec<Moment>,
}

/// What was tried.
#[derive(Debug, Default)]
pub struct Proof {
    pub crash_points: usize,
    pub cuts: usize,
    pub pairs: usize,
    pub requests: usize,
    pub lost: Vec<String>,
}

/// One history: what it tells and how long it was, or why it came to no good end.
fn history(tale: Tale, fate: &[Moment], meant: Option<&str>) -> Result<(String, Lived), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let all = runtime.block_on(async {
        let site = tale.room().await;
        let before = site.store.commits.load(Ordering::SeqCst);
        let reign = Reign::begin(&site, fate);
        let run = tale.live(&site).await;
        // Files of its last units go after its end.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let lived = reign.lived(&site, before);
        // Whoever was killed at the very end has a successor, too, and what is over stays as it is.
        tokio::time::sleep(Duration::from_mins(1)).await;
        site.judge();
        reign.task.abort();
        let told = told::told(&site, run, tale.ends_early());
        let struck = reign.lived(&site, before).struck;
        let difference = meant.map_or_else(String::new, |meant| {
            told::difference(meant, &told, &site.run(run))
        });
        (told, Lived { struck, ..lived }, difference)
    });
    match all {
        (told, lived, difference) if difference.is_empty() => Ok((told, lived)),
        (_, _, difference) => Err(difference),
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_default()
}

/// All of them, each on its own; in the order in which they were asked for.
fn all<I: Sync, O: Send>(items: &[I], each: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, NonZero::get) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let Some(item) = items.get(number) else { break };
                    let result = each(item);
                    done.lock().unwrap().push((number, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What each request comes to when nobody disturbs it.
pub fn undisturbed(tales: &[Tale]) -> Vec<Undisturbed> {
    all(tales, |tale| {
        let (told, lived) = history(*tale, &[], None).unwrap();
        let tale = *tale;
        Undisturbed { tale, told, lived }
    })
}

impl Proof {
    /// Tries them all: each must end as if nothing had been.
    pub fn of(trials: &[Trial<'_>], requests: usize) -> Self {
        let ends = all(trials, |trial| {
            let told = || history(trial.of.tale, &trial.fate, Some(&trial.of.told));
            catch_unwind(AssertUnwindSafe(told)).unwrap_or_else(|panic| Err(said(&*panic)))
        });
        let mut proof = Self {
            requests,
            ..Self::default()
        };
        for (trial, end) in trials.iter().zip(ends) {
            match end {
                // It ended before its moment came: nothing was tried.
                Ok((_, lived)) if lived.struck < trial.fate.len() => (),
                Ok(_) => match trial.fate.as_slice() {
                    [Moment::Link(..)] => proof.cuts += 1,
                    [_] => proof.crash_points += 1,
                    _ => proof.pairs += 1,
                },
                Err(why) => {
                    let (tale, fate) = (trial.of.tale, &trial.fate);
                    proof.lost.push(format!("{tale:?} {fate:?}: {why}"));
                }
            }
        }
        proof
    }

    /// Says it for machines, on standard output and in the file that `POOLDECK_PROOF` names.
    pub fn tell(&self) {
        let Self {
            crash_points,
            cuts,
            pairs,
            requests,
            lost,
        } = self;
        let lost = lost.len();
        println!(
            "proof: crash_points={crash_points} cuts={cuts} pairs={pairs} requests={requests} lost={lost}"
        );
        if let Some(path) = std::env::var_os("POOLDECK_PROOF") {
            let json = serde_json::json!({
                "proof": "crash", "crash_points": crash_points, "cuts": cuts, "pairs": pairs,
                "requests": requests, "lost": lost,
            });
            let mut file = OpenOptions::new().append(true).create(true).open(path);
            writeln!(file.as_mut().unwrap(), "{json}").unwrap();
        }
        let mut text = String::new();
        for why in self.lost.iter().take(10) {
            writeln!(text, "{why}").unwrap();
        }
        assert!(self.lost.is_empty(), "{lost} were lost:\n{text}");
        assert!(*crash_points > 0, "no captain was killed");
    }
}
