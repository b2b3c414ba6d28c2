//! What is waited for before the process ends.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

/// How many commits are on their way.
#[derive(Debug, Clone, Default)]
pub struct Pending(Arc<(Mutex<usize>, Condvar)>);

impl Pending {
    /// Waits until nothing is pending, at most so long.
    pub fn wait(&self, most: Duration) {
        let (count, changed) = &*self.0;
        let held = count.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_timeout_while(held, most, |count| *count > 0));
    }
}
