//! What people type and other programs print in place of a name, an amount or a time.

use jiff::tz::TimeZone;
use pooldeck::{
    fleet::{Bytes, Change, PoolName, ServerName, until::until},
    store::note::ProblemId,
};

use super::{now, text};

/// The first line is read as each of them. A name that is accepted is one for Kubernetes, too.
pub fn names(data: &[u8]) {
    let text = text(data);
    let text = text.lines().next().unwrap_or_default();
    if let Ok(pool) = text.parse::<PoolName>() {
        assert!(is_rfc_1123(pool.as_str()) && pool.as_str() == text);
    }
    if let Ok(server) = text.parse::<ServerName>() {
        let name = server.as_str();
        assert!(name.len() <= 253 && name.split('.').all(is_rfc_1123) && name == text);
    }
    if let Ok(problem) = text.parse::<ProblemId>() {
        assert_eq!(problem.as_str(), text);
    }
    if let Ok(bytes) = text.parse::<Bytes>() {
        assert_eq!(bytes.exact().parse(), Ok(bytes), "{text}");
    }
    if let Ok(change) = text.parse::<Change<u32>>() {
        assert!(u32::try_from(change.total(0)).is_ok(), "{text}");
    }
    if let Ok(change) = text.parse::<Change<Bytes>>() {
        assert!(change.total(0) <= change.total(u64::MAX), "{text}");
    }
    if let Ok(at) = until(text, now(), &TimeZone::UTC) {
        assert!(now() < at);
        assert_eq!(
            until(&at.to_string(), now(), &TimeZone::UTC),
            Ok(at),
            "{text}"
        );
    }
}

/// By the words of the RFC, in other code than the one that is looked at.
fn is_rfc_1123(label: &str) -> bool {
    let bytes = label.as_bytes();
    let end = |c: Option<&u8>| c.is_some_and(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9'));
    let all = bytes
        .iter()
        .all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    bytes.len() <= 63 && all && end(bytes.first()) && end(bytes.last())
}
