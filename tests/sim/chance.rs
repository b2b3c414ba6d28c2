//! Everything at once, by seed: histories on every core, each alone in its own time; a broken law names its seed.

#![expect(
    clippy::print_stdout,
    reason = "a seed and its history are what a failure is repeated from"
)]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use crate::{
    history::{Told, live},
    proof::Tally,
};

/// Histories at once.
const THREADS: usize = 2;
/// So many in an ordinary run of the tests, which is to be short.
const SEEDS: u64 = 60;
/// After so many broken histories the others say nothing new.
const ENOUGH: usize = 5;

/// A line of a history.
pub fn print(text: &str) {
    println!("{text}");
}

fn history(seed: u64, talks: bool) -> Told {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(live(seed, talks))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Lives one history; what it broke, when it did.
fn judge(seed: u64, talks: bool, all: &Mutex<Tally>) -> Option<String> {
    let told = catch_unwind(AssertUnwindSafe(|| history(seed, talks)));
    let broken = match told {
        Ok(told) => {
            all.lock().unwrap().add(told.tally);
            told.broken
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            vec![text.unwrap_or_else(|| "a panic".to_owned())]
        }
    };
    (!broken.is_empty()).then(|| {
        let text = broken.iter().take(3).cloned().collect::<Vec<_>>().join("\n  ");
        format!("seed {seed}: {text}\n  again: POOLDECK_SEED={seed} cargo test --test sim whatever_goes_wrong -- --nocapture")
    })
}

#[test]
fn whatever_goes_wrong_no_law_is_broken_and_every_run_ends() {
    let (first, count) = match number("POOLDECK_SEED") {
        Some(seed) => (seed, number("POOLDECK_SEEDS").unwrap_or(1)),
        None => (0, number("POOLDECK_SEEDS").unwrap_or(SEEDS)),
    };
    let talks = number("POOLDECK_SEED").is_some() && count == 1;
    let (next, all) = (AtomicU64::new(first), Mutex::new(Tally::default()));
    let broken = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS.min(usize::try_from(count).unwrap()) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= first + count || broken.lock().unwrap().len() >= ENOUGH {
                        return;
                    }
                    // Judged before the lock is taken: the other one is not to wait.
                    let told = judge(seed, talks, &all);
                    broken.lock().unwrap().extend(told);
                }
            });
        }
    });
    let (all, broken) = (all.into_inner().unwrap(), broken.into_inner().unwrap());
    println!("{}", all.line(broken.len()));
    all.keep(broken.len());
    assert!(
        broken.is_empty(),
        "{} of {} histories:\n{}",
        broken.len(),
        all.seeds,
        broken.join("\n")
    );
}

#[test]
fn one_seed_is_one_history_byte_for_byte() {
    for seed in (0..11).chain([99]) {
        let (one, other) = (history(seed, false).log, history(seed, false).log);
        let first = one.iter().zip(&other).position(|(one, other)| one != other);
        assert_eq!(
            (first.map(|at| (&one[at], &other[at])), one.len()),
            (None, other.len()),
            "seed {seed}, commit {first:?}"
        );
    }
}
