//! What the store asks of the machine: which boot this is, how long it lasts, and chance.
//! Must never ask for the wall clock: a lease must not move when somebody sets the time.

use std::{fs, io::Read, sync::Arc, time::Duration};

use rustix::time::{ClockId, clock_gettime};

use super::StoreError;
use crate::fleet::{BootId, FleetId};

/// A point in time that two processes of one machine agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Times of different boots cannot be compared.
    pub boot: BootId,
    /// Since that boot, time asleep included (`CLOCK_BOOTTIME` of `clock_gettime(2)`).
    pub since: Duration,
}

/// Where a store takes the time from; tests and the simulation bring their own.
pub type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// This machine's clock.
///
/// # Errors
/// [`StoreError::Broken`] when the kernel does not tell its boot id.
pub fn clock() -> Result<Clock, StoreError> {
    let path = "/proc/sys/kernel/random/boot_id";
    let boot = fs::read_to_string(path)
        .map_err(|error| StoreError::Broken(format!("`{path}` cannot be read: {error}")))?;
    let boot = BootId(boot.trim().to_owned());
    Ok(Arc::new(move || Moment {
        boot: boot.clone(),
        since: since_boot(),
    }))
}

fn since_boot() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), nanos)
}

/// A new fleet's id: 16 hex digits of the kernel's randomness.
///
/// # Errors
/// [`StoreError::Broken`] when the kernel gives none.
pub fn new_fleet() -> Result<FleetId, StoreError> {
    let mut bytes = [0; 8];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|error| StoreError::Broken(format!("`/dev/urandom` cannot be read: {error}")))?;
    Ok(FleetId(format!("{:016x}", u64::from_ne_bytes(bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_forward_within_one_boot() {
        let clock = clock().unwrap();
        let (first, second) = (clock(), clock());
        assert_eq!(first.boot, second.boot);
        assert!(first.since > Duration::ZERO && first.since <= second.since);
    }

    #[test]
    fn a_fleet_id_is_sixteen_hex_digits_and_never_the_same() {
        let (one, other) = (new_fleet().unwrap(), new_fleet().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.0.len(), 16);
        assert!(one.0.bytes().all(|digit| digit.is_ascii_hexdigit()));
    }
}
