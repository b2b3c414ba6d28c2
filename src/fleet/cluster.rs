//! What a cluster says of itself beside its pods: pressed nodes and warnings; and when certificates end.
//! Must never hold an object of the API, nor more of them than a person reads.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A condition that a node should not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressure {
    /// Which.
    pub kind: PressureKind,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// The conditions of a node beside Ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PressureKind {
    /// `MemoryPressure`: pods are evicted.
    Memory,
    /// `DiskPressure`: images go, then pods.
    Disk,
    /// `PIDPressure`.
    Pid,
    /// `NetworkUnavailable`.
    Network,
}

impl PressureKind {
    /// The kind of a condition's type; none for those that mean something else.
    #[must_use]
    pub fn of_condition(text: &str) -> Option<Self> {
        Some(match text {
            "MemoryPressure" => Self::Memory,
            "DiskPressure" => Self::Disk,
            "PIDPressure" => Self::Pid,
            "NetworkUnavailable" => Self::Network,
            _ => return None,
        })
    }

    /// Two words for a table.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Memory => "low memory",
            Self::Disk => "low disk",
            Self::Pid => "low on PIDs",
            Self::Network => "no network",
        }
    }
}

/// Events of type Warning that have one reason and are about one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// `BackOff`.
    pub reason: String,
    /// `pod shop/api-1`.
    pub object: String,
    /// What the newest of them says, cut.
    pub message: String,
    /// How many there were.
    pub count: u64,
    /// When the newest was.
    pub last: Timestamp,
}

/// A certificate of a control plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// `apiserver.crt`, below `/etc/kubernetes/pki`.
    pub file: String,
    /// When it ends.
    pub ends: Timestamp,
}

impl Certificate {
    /// From the probe's line: `20271122022017 apiserver.crt`, in UTC.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let (ends, file) = line.split_once(' ')?;
        // A year with a sign is one to strptime, and to no certificate.
        if ends.len() != 14 || !ends.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", ends).ok()?;
        let ends = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        Some(Self {
            file: file.to_owned(),
            ends,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificates_line_is_read_and_what_is_none_is_unknown() {
        let read = Certificate::read("20271122022017 etcd/server.crt").unwrap();
        assert_eq!(read.file, "etcd/server.crt");
        assert_eq!(read.ends.to_string(), "2027-11-22T02:20:17Z");
        for line in [
            "",
            "apiserver.crt",
            "2027 x.crt",
            "20271322022017 x.crt",
            "-0070101000000 x.crt",
        ] {
            assert_eq!(Certificate::read(line), None, "{line}");
        }
    }
}
