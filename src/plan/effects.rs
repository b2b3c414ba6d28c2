//! What a plan promises, for people to read before they say yes.

use serde::{Deserialize, Serialize};

use crate::fleet::{Capacity, Role, ServerName};

/// The preview's content. Everything in it is a promise that the captain checks again at confirm.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Effects {
    /// Verb, object and count: `grow web by 2 servers`.
    pub title: String,
    /// Servers that come, with the reason for each choice.
    pub incoming: Vec<Move>,
    /// Servers that go, with the reason for each choice.
    pub outgoing: Vec<Move>,
    /// Workers' hardware now.
    pub before: Capacity,
    /// Workers' hardware after.
    pub after: Capacity,
    /// What was asked for.
    pub asked: Capacity,
    /// What the pool was asked for until now: true again when the run ends without having changed it.
    pub asked_before: Capacity,
    /// Control planes through the change.
    pub quorum: Quorum,
    /// What is lost for good, biggest first.
    pub lost: Vec<String>,
    /// What may hold it up, and what happens then.
    pub blocked: Vec<String>,
    /// Candidates that were left out, and why.
    pub left_out: Vec<LeftOut>,
    /// What nobody knows.
    pub unknown: Vec<String>,
    /// Why nothing is to be done although less was asked for, and what would be needed.
    pub nobody_goes: Option<String>,
    /// Other things worth knowing: reservations, the undo line, sources.
    pub notes: Vec<String>,
    /// A set that is up to 5 % short, when there is one.
    pub offer: Option<Offer>,
    /// How it is to be confirmed.
    pub confirm: Confirm,
}

/// A server that comes or goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Which.
    pub server: ServerName,
    /// As what.
    pub role: Role,
    /// Its hardware.
    pub capacity: Capacity,
    /// Why this one.
    pub why: String,
    /// From where on it is finished instead of undone.
    pub undo_line: String,
}

/// A server that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which.
    pub server: ServerName,
    /// Why.
    pub why: String,
}

/// Voting control planes: before, at the lowest moment, after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quorum {
    /// Healthy of all, now.
    pub before: (u8, u8),
    /// Healthy of all, at the worst moment.
    pub lowest: (u8, u8),
    /// Healthy of all, after.
    pub after: (u8, u8),
}

/// A cheaper set that falls a little short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The workers that would be in the pool.
    pub servers: Vec<ServerName>,
    /// Their hardware.
    pub capacity: Capacity,
    /// For people: `3 servers give 188.1 of 192 GiB`.
    pub text: String,
}

/// How a plan is confirmed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    /// `Y`, or `--yes`.
    #[default]
    Yes,
    /// The name is typed, or `--confirm NAME`; why.
    TypeName {
        /// What is to be typed.
        name: String,
        /// Why a key press is not enough.
        why: String,
    },
}
