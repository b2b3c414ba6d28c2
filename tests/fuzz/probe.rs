//! What a server's probe printed.

use pooldeck::{
    fleet::{Facts, Usage, fit},
    ssh::probe::{ProbeError, parse},
};

use super::{now, text};

/// More than this of one fact would be a server that fills our memory: 256 values of 512 characters, of up to four bytes.
const LARGEST: usize = 256 * 512 * 4 * 2;

/// Reads it. What was read is bounded, moves no cursor, and noise before and behind it changes nothing.
pub fn probe(data: &[u8]) {
    let text = text(data);
    let read = parse(&text, now());
    let framed = format!("pooldeck-probe-1\n{text}\npooldeck-probe-end\n");
    let (facts, usage) = parse(&framed, now()).expect("it has its marks");
    sound(&facts, usage);
    assert_eq!(
        parse(&format!("login\n{framed}bye\n"), now()),
        Ok((facts, usage))
    );
    match read {
        Ok((facts, usage)) => sound(&facts, usage),
        Err(ProbeError::Silent | ProbeError::CutOff) => (),
    }
}

fn sound(facts: &Facts, usage: Usage) {
    assert!(facts.clock_ahead.is_finite() && usage.load.is_finite() && 0.0 <= usage.load);
    for list in [
        &facts.addresses,
        &facts.routes,
        &facts.listeners,
        &facts.kubernetes,
        &facts.marks,
    ] {
        assert!(list.len() <= 256);
    }
    let printed = serde_json::to_string(facts).expect("facts are JSON");
    assert!(printed.len() <= LARGEST * 8);
    assert!(
        !printed.contains("\\u00") && !printed.contains("\\u001b"),
        "{printed}"
    );
    let again: Facts = serde_json::from_str(&printed).expect("what we wrote");
    // A number with a point may lose its last digit on the way; all else is the same.
    let clock_ahead = facts.clock_ahead;
    assert_eq!(
        Facts {
            clock_ahead,
            ..again
        },
        *facts
    );
    drop(fit::checks(facts));
}
