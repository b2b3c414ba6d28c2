//! Reads what the probe (`assets/steps/probe.sh`) printed: lines of `key=value` between two marks.
//! Must never fail on a line, believe a number that is none, or let a machine's output grow our memory.

use std::{collections::BTreeMap, str::FromStr};

use jiff::Timestamp;

use crate::fleet::{BootId, Bytes, Capacity, Claim, Facts, MachineId, Usage, cluster::Certificate};

const BEGIN: &str = "pooldeck-probe-1";
const END: &str = "pooldeck-probe-end";
/// A longer value is cut: the longest that is honest is a list of mount options or a holder's name.
const LONGEST: usize = 512;
/// More values of one key are left out: a server has fewer addresses and listeners that matter.
const MOST: usize = 256;

/// Why a probe's text could not be read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// The mark at the beginning is missing.
    #[error(
        "the probe said nothing\nhint: run `sh -c 'echo ok'` there by ssh: a login shell that ends by itself does this"
    )]
    Silent,
    /// The mark at the end is missing.
    #[error("the probe was cut off\nhint: nothing to do: it is tried again")]
    CutOff,
}

/// What a server is and does, from the probe's text; `now` is when the text came back, for the clocks' difference.
/// A key that is missing or makes no sense is unknown: empty, zero or none.
///
/// # Errors
/// When the marks at the beginning and the end are not there.
pub fn parse(text: &str, now: Timestamp) -> Result<(Facts, Usage), ProbeError> {
    let values = read(text)?;
    let memory = Bytes(values.number("memory"));
    let available: u64 = values.number("memory_available");
    let facts = Facts {
        hostname: values.text("hostname"),
        machine: values
            .some("machine_id")
            .filter(|id| is_machine_id(id))
            .map(MachineId),
        boot: values.some("boot_id").map(BootId),
        capacity: Capacity::new(values.number("cores"), memory),
        sockets: values.number("sockets"),
        disk_total: Bytes(values.number("disk_total")),
        disk_free: Bytes(values.number("disk_free")),
        os: values.text("os"),
        kernel: values.text("kernel"),
        arch: values.text("arch"),
        clock_ahead: clock_ahead(values.float("clock"), now),
        swap: Bytes(values.number("swap")),
        cgroup: match values.first("cgroup") {
            "v1" => 1,
            "v2" => 2,
            _ => 0,
        },
        ssh_address: values.first("ssh_address").parse().ok(),
        addresses: values.list("address"),
        routes: values.list("route"),
        root: values.first("sudo") == "ok",
        resolves_itself: values.first("dns_self") == "ok",
        containerd: values.some("containerd"),
        kubelet: values.some("kubelet"),
        listeners: values.list("listener"),
        blind: values.some("blind"),
        containers: values.number("container"),
        kubernetes: values.list("kubernetes"),
        cluster: values.some("cluster"),
        marks: values.list("mark"),
        units: values.list("unit"),
        claim: values.claim(),
        by_hand: values.some("by_hand"),
        reboot_required: values.first("reboot_required") == "1",
        certificates: values
            .list("certificate")
            .iter()
            .filter_map(|line| Certificate::read(line))
            .collect(),
    };
    let usage = Usage {
        load: values.float("load1").max(0.0),
        memory: (available > 0 && memory.0 > 0).then(|| Bytes(memory.0.saturating_sub(available))),
        uptime: whole_seconds(values.first("uptime")),
    };
    Ok((facts, usage))
}

/// The values by key, in the order in which they came.
#[derive(Default)]
struct Values<'a>(BTreeMap<&'a str, Vec<String>>);

fn read(text: &str) -> Result<Values<'_>, ProbeError> {
    let mut lines = text.lines().map(|line| line.trim_end_matches('\r'));
    lines
        .by_ref()
        .find(|line| *line == BEGIN)
        .ok_or(ProbeError::Silent)?;
    let mut values = Values::default();
    for line in lines {
        if line == END {
            return Ok(values);
        }
        if let Some((key, value)) = line.split_once('=') {
            let known = values.0.len() < MOST || values.0.contains_key(key);
            if known && key.len() < LONGEST {
                let list = values.0.entry(key).or_default();
                if list.len() < MOST {
                    list.push(
                        value
                            .chars()
                            .filter(|c| !c.is_control())
                            .take(LONGEST)
                            .collect(),
                    );
                }
            }
        }
    }
    Err(ProbeError::CutOff)
}

impl Values<'_> {
    fn first(&self, key: &str) -> &str {
        self.0.get(key).map_or("", |list| list[0].as_str())
    }

    fn text(&self, key: &str) -> String {
        self.first(key).to_owned()
    }

    fn some(&self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|value| !value.is_empty())
    }

    fn number<T: FromStr + Default>(&self, key: &str) -> T {
        self.first(key).parse().unwrap_or_default()
    }

    /// Zero for what is no finite number.
    fn float(&self, key: &str) -> f64 {
        let number: f64 = self.number(key);
        if number.is_finite() { number } else { 0.0 }
    }

    /// Each value once.
    fn list(&self, key: &str) -> Vec<String> {
        let mut all = Vec::new();
        for value in self.0.get(key).into_iter().flatten() {
            if !value.is_empty() && !all.contains(value) {
                all.push(value.clone());
            }
        }
        all
    }

    fn claim(&self) -> Option<Claim> {
        let lines = self.0.get("claim")?;
        Some(Claim::read(lines.iter().map(String::as_str)))
    }
}

/// `/etc/machine-id`: 32 hex digits (machine-id(5)); `uninitialized` is none.
fn is_machine_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|c| c.is_ascii_hexdigit())
}

/// Seconds that the server's clock is ahead; zero when it said no time.
#[expect(clippy::cast_precision_loss, reason = "2⁵³ ms is the year 287396")]
fn clock_ahead(clock: f64, now: Timestamp) -> f64 {
    if clock <= 0.0 {
        return 0.0;
    }
    clock - now.as_millisecond() as f64 / 1000.0
}

/// `3382.53` as /proc/uptime says it.
fn whole_seconds(text: &str) -> u64 {
    text.split('.')
        .next()
        .and_then(|whole| whole.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a Debian 12 server of the lab printed, and a claim.
    const TEXT: &str = include_str!("probe_sample.txt");

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_servers_own_words_become_facts_and_usage() {
        let noise = format!("Welcome to s01!\npooldeck-probe-end\n{TEXT}\nlogout\n");
        let (facts, usage) = parse(&noise, at("2026-11-21T13:30:50.144Z")).unwrap();
        assert_eq!(facts.capacity, Capacity::new(2, Bytes(4_226_105_344)));
        assert_eq!(facts.machine.unwrap().0, "3d1219c7c4c5404aaa1f6d2a48adfda4");
        assert_eq!(
            (facts.os.as_str(), facts.arch.as_str(), facts.cgroup),
            ("debian12", "x86_64", 1)
        );
        assert!(
            (facts.clock_ahead - 0.5).abs() < 0.001,
            "{}",
            facts.clock_ahead
        );
        assert_eq!(facts.ssh_address, Some("10.77.0.11".parse().unwrap()));
        assert_eq!(facts.addresses, ["10.77.0.11/24", "fd00::2/64"]);
        assert_eq!(facts.listeners, ["tcp 389 slapd"]);
        assert_eq!(facts.kubernetes, ["kubelet-running"]);
        assert_eq!(facts.containers, 3);
        assert_eq!(facts.containerd, None);
        assert!(facts.root && facts.resolves_itself && !facts.reboot_required);
        let [certificate] = &facts.certificates[..] else {
            panic!("{:?}", facts.certificates);
        };
        assert_eq!(certificate.ends, at("2027-11-22T02:20:17Z"));
        let claim = facts.claim.unwrap();
        assert_eq!((claim.fleet.as_str(), claim.epoch), ("91c2aa00bb11cc22", 5));
        assert_eq!(
            usage,
            Usage {
                load: 7.87,
                memory: Some(Bytes(226_105_344)),
                uptime: 3382
            }
        );
    }

    #[test]
    fn what_is_missing_or_makes_no_sense_is_unknown() {
        let text = "pooldeck-probe-1\ncores=many\nmemory=-1\nload1=NaN\nmachine_id=uninitialized\n\
                    memory_available=5\nclock=inf\nssh_address=here\nno value\n=\npooldeck-probe-end";
        let (facts, usage) = parse(text, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((facts, usage), (Facts::default(), Usage::default()));
    }

    #[test]
    fn a_text_without_its_marks_is_no_answer() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(parse("hello\n", now), Err(ProbeError::Silent));
        assert_eq!(
            parse("pooldeck-probe-1\ncores=2\n", now),
            Err(ProbeError::CutOff)
        );
        assert_eq!(parse(&TEXT[..TEXT.len() - 5], now), Err(ProbeError::CutOff));
    }

    #[test]
    fn a_machine_that_never_stops_talking_costs_no_memory() {
        let lines = (0..50_000).map(|n| format!("listener=tcp {n} x\nkey{n}=1\n"));
        let lines: String = lines.collect();
        let long = "h".repeat(1_000_000);
        let text = format!("pooldeck-probe-1\n{lines}hostname={long}\npooldeck-probe-end");
        let text = text.replacen("key0=1", "hostname=s01", 1);
        let (facts, _) = parse(&text, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(facts.listeners.len(), MOST);
        assert_eq!(facts.hostname, "s01");
    }

    #[test]
    fn no_value_can_move_a_persons_cursor() {
        let text = "pooldeck-probe-1\nhostname=s01\u{1b}[2J\u{0}\u{9b}x\npooldeck-probe-end";
        let (facts, _) = parse(text, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(facts.hostname, "s01[2Jx");
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let framed = format!("{text}\npooldeck-probe-1\n{text}\npooldeck-probe-end\n{text}");
            drop(parse(&text, Timestamp::UNIX_EPOCH));
            prop_assert!(parse(&framed, Timestamp::MAX).is_ok());
        }

        #[test]
        fn every_known_key_survives_every_value(value in "\\PC*|[0-9.eE+-]{0,40}", at in 0..40usize) {
            let key = TEXT.lines().filter_map(|line| Some(line.split_once('=')?.0)).nth(at);
            let text = format!("pooldeck-probe-1\n{}={value}\npooldeck-probe-end", key.unwrap_or("x"));
            let (facts, usage) = parse(&text, Timestamp::MIN).unwrap();
            prop_assert!(facts.clock_ahead.is_finite() && usage.load.is_finite());
        }
    }
}
