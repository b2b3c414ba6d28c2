//! What people say that lasts and needs no run: a problem that somebody knows of, a server that somebody works on.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fleet::{Note, ServerName, name::is_label};

/// All [`Acknowledged`], by [`ProblemId`].
pub const ACKNOWLEDGED: &str = "acknowledged/";

/// [`Acknowledged`].
#[must_use]
pub fn acknowledged(problem: &ProblemId) -> String {
    format!("{ACKNOWLEDGED}{problem}")
}

/// All [`crate::fleet::Maintenance`], by server.
pub const MAINTENANCE: &str = "maintenance/";

/// [`crate::fleet::Maintenance`].
#[must_use]
pub fn maintenance(server: &ServerName) -> String {
    format!("{MAINTENANCE}{server}")
}

/// What a person says, to be written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Say {
    /// This problem is known until then: it does not count.
    Acknowledge {
        /// Which.
        problem: ProblemId,
        /// How bad it is now; a worse one is another problem.
        severity: Severity,
        /// Until when.
        until: Timestamp,
        /// Why.
        why: String,
    },
    /// It counts again.
    Unacknowledge(ProblemId),
    /// Somebody works on this server until then; one that is in maintenance already stays so until then.
    Maintain {
        /// Which.
        server: ServerName,
        /// Until when.
        until: Timestamp,
        /// Why.
        why: String,
    },
    /// Nobody works on it any more.
    EndMaintenance(ServerName),
}

/// A problem that somebody knows of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// How bad it was then.
    pub severity: Severity,
    /// By whom, until when, why.
    #[serde(flatten)]
    pub note: Note,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It works, but something is wrong.
    Warning,
    /// It does not work.
    Critical,
}

impl Severity {
    /// The word for tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// A problem's name: what it is about and of which kind, such as `s17/no-ssh`. The same as long as it is the same problem.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProblemId(String);

impl ProblemId {
    /// Of words as people read them.
    #[must_use]
    pub fn of(subject: &str, kind: &str) -> Self {
        Self(format!("{}/{}", slug(subject, "."), slug(kind, "")))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Small letters, digits and single `-` of a text, and what else is kept as it is; never nothing.
fn slug(text: &str, kept: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || kept.contains(c);
    let words = text.split(|c| !is_word(c)).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    if words.is_empty() {
        "unnamed".to_owned()
    } else {
        words.join("-")
    }
}

impl FromStr for ProblemId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_id = |(subject, kind): (&str, &str)| {
            let long = 300 < text.len();
            !long && subject.split('.').all(is_label) && kind.split('-').all(is_label)
        };
        if text.split_once('/').is_some_and(is_id) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "`{}` is no problem's name\nhint: `pooldeck problem list` shows them, such as `s17/no-ssh`",
            text.escape_debug()
        ))
    }
}

impl TryFrom<String> for ProblemId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ProblemId> for String {
    fn from(id: ProblemId) -> Self {
        id.0
    }
}

impl fmt::Display for ProblemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_problem_has_a_name_that_can_be_typed() {
        for (subject, kind, id) in [
            ("s17", "no ssh", "s17/no-ssh"),
            (
                "s17.room7.example",
                "not Ready",
                "s17.room7.example/not-ready",
            ),
            ("run 12", "s05 waits", "run-12/s05-waits"),
            ("web", "…", "web/unnamed"),
        ] {
            assert_eq!(ProblemId::of(subject, kind).as_str(), id);
        }
        for bad in ["", "web", "web/", "/x", "Web/x", "web/x y", "a/b/c"] {
            assert!(bad.parse::<ProblemId>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_problem_is_called_its_name_is_read_again(subject in "[a-z0-9][a-z0-9.-]{0,20}[a-z0-9]", kind in ".{0,40}") {
            prop_assume!(subject.split('.').all(is_label));
            let id = ProblemId::of(&subject, &kind);
            prop_assert_eq!(id.as_str().parse(), Ok(id.clone()));
        }
    }
}
