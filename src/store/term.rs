//! The lease's rules, the same for every store: who may take it, keep it, give it back, and commit under it.
//! Must never act: it says what the next term is, the store writes it down.

use std::time::Duration;

use super::{LEASE, Lease, StoreError, machine::Moment};
use crate::fleet::Epoch;

/// The lease as it is kept. Epoch 0: nobody ever had it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Term {
    /// Rises with each holder.
    pub epoch: Epoch,
    /// For people.
    pub holder: String,
    /// When it was taken or renewed; none when it was given back.
    pub renewed: Option<Moment>,
}

impl Term {
    /// The term of a captain that takes the lease now; none while somebody has it.
    pub fn next(&self, holder: &str, now: Moment) -> Option<Self> {
        (self.age(&now) > LEASE).then(|| Self {
            epoch: Epoch(self.epoch.0 + 1),
            holder: holder.to_owned(),
            renewed: Some(now),
        })
    }

    /// The same term for another while. A lapsed one that nobody took may go on: no later epoch exists
    /// that it could harm.
    pub fn renew(&self, epoch: Epoch, now: Moment) -> Result<Self, StoreError> {
        self.fence(epoch)?;
        Ok(Self {
            renewed: Some(now),
            ..self.clone()
        })
    }

    /// The term given back; none when it is another's.
    pub fn resign(&self, epoch: Epoch) -> Option<Self> {
        self.fence(epoch).ok().map(|()| Self {
            renewed: None,
            ..self.clone()
        })
    }

    /// The lease of nobody above which the next captain of a store that was made again stands; none while somebody has it.
    pub fn adopted(&self, epoch: Epoch, now: &Moment) -> Option<Self> {
        (self.age(now) > LEASE).then(|| Self {
            epoch: epoch.max(self.epoch),
            holder: String::new(),
            renewed: None,
        })
    }

    /// Refuses every captain but the one of this term.
    pub fn fence(&self, epoch: Epoch) -> Result<(), StoreError> {
        if epoch == self.epoch && self.renewed.is_some() {
            return Ok(());
        }
        Err(StoreError::Fenced {
            now: self.epoch,
            had: epoch,
        })
    }

    /// For those who look.
    pub fn lease(&self, now: &Moment) -> Option<Lease> {
        (self.epoch > Epoch(0)).then(|| Lease {
            epoch: self.epoch,
            holder: self.holder.clone(),
            age: self.age(now),
        })
    }

    fn age(&self, now: &Moment) -> Duration {
        match &self.renewed {
            Some(renewed) if renewed.boot == now.boot => now.since.saturating_sub(renewed.since),
            _ => Duration::MAX,
        }
    }
}
