//! Names of servers and pools: RFC 1123 labels, because they become node names, file names and parts of unit names.
//! Must never hold a name that was not checked.

use std::{borrow::Borrow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is no name. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not `[a-z0-9]([-a-z0-9]*[a-z0-9])?` of at most 63 characters.
    #[error(
        "`{0}` is not a valid name\nhint: use 1 to 63 lower-case letters, digits and `-`, with a letter or digit at both ends (RFC 1123)"
    )]
    NotALabel(String),
    /// A word that has a meaning of its own.
    #[error("`{0}` is a word that pooldeck uses itself\nhint: choose another pool name")]
    Reserved(String),
}

/// True for an RFC 1123 label: what Kubernetes accepts as a node's name without dots.
#[must_use]
pub fn is_label(text: &str) -> bool {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                $check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name!(
    /// A server's name in the inventory; also its node's name in a cluster.
    ServerName,
    server_name
);
name!(
    /// A pool's name; also the first label of its cluster's endpoint.
    PoolName,
    pool_name
);

/// Dots are allowed in a server's name (a fully qualified one), each part being a label, 253 characters at most.
fn server_name(text: &str) -> Result<(), NameError> {
    if text.len() <= 253 && text.split('.').all(is_label) {
        Ok(())
    } else {
        Err(NameError::NotALabel(text.to_owned()))
    }
}

fn pool_name(text: &str) -> Result<(), NameError> {
    match text {
        "spare" | "all" => Err(NameError::Reserved(text.to_owned())),
        _ if is_label(text) => Ok(()),
        _ => Err(NameError::NotALabel(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_named_by_an_rfc_1123_label_that_is_not_a_word_of_ours() {
        for good in ["web", "a", "lab-2", "0x"] {
            assert!(good.parse::<PoolName>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "Web",
            "-a",
            "a-",
            "a.b",
            "spare",
            "all",
            "a_b",
            &"x".repeat(64),
        ] {
            assert!(bad.parse::<PoolName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_server_may_be_named_by_a_full_domain_name_but_never_by_an_option() {
        assert!("s01.room7.example".parse::<ServerName>().is_ok());
        for bad in ["-oProxyCommand=x", "s01.", "a..b", "S01", "a b"] {
            assert!(bad.parse::<ServerName>().is_err(), "{bad}");
        }
    }
}
