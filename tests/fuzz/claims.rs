//! A claim, as it stands on a server.

use pooldeck::fleet::{Claim, FleetId};

use super::text;

/// Reads it, writes it as the script does, and reads that.
pub fn claims(data: &[u8]) {
    let text = text(data);
    let claim = Claim::read(text.lines());
    let mut lines = vec![
        format!("fleet={}", claim.fleet),
        format!("epoch={}", claim.epoch),
        format!("store={}", claim.store),
        format!("holder={}", claim.holder),
        format!("pool={}", claim.pool),
        format!("role={}", claim.role),
        format!("run={}", claim.run),
        format!("server={}", claim.server),
        format!("at={}", claim.at),
    ];
    lines.extend(
        claim
            .rest
            .iter()
            .map(|(key, value)| format!("{key}={value}")),
    );
    let again = Claim::read(lines.iter().map(String::as_str));
    assert_eq!(again, claim);
    // A claim that nobody signed is nobody's; one that cannot be read is never older than ours.
    assert!(claim.is_of(&FleetId(claim.fleet.clone())));
    assert!(claim.by_name().starts_with("claimed by fleet "));
}
