//! What a passed simulation proves, in numbers: one line, and a file with every kind of fault and every rule by name.

use std::{collections::BTreeMap, fs};

use crate::laws::Law;

/// What happened in histories, counted.
#[derive(Default)]
pub struct Tally {
    pub seeds: u64,
    pub runs: u64,
    pub requests: u64,
    pub commits: u64,
    pub commands: u64,
    pub faults: BTreeMap<String, u64>,
    pub wishes: BTreeMap<&'static str, u64>,
    pub outcomes: BTreeMap<&'static str, u64>,
    pub laws: BTreeMap<Law, u64>,
}

impl Tally {
    /// Adds what others counted.
    pub fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.runs += other.runs;
        self.requests += other.requests;
        self.commits += other.commits;
        self.commands += other.commands;
        sum(&mut self.faults, other.faults);
        sum(&mut self.wishes, other.wishes);
        sum(&mut self.outcomes, other.outcomes);
        sum(&mut self.laws, other.laws);
    }

    /// A fault happened.
    pub fn fault(&mut self, kind: &str) {
        *self.faults.entry(kind.to_owned()).or_default() += 1;
    }

    /// The numbers in one line.
    pub fn line(&self, violations: usize) -> String {
        let kind = |begin: &str| -> u64 {
            let all = self.faults.iter();
            all.filter(|(kind, _)| kind.starts_with(begin))
                .map(|(_, count)| count)
                .sum()
        };
        format!(
            "proof: seeds={} faults={} kills={} zombies={} cuts={} reboots={} power={} lies={} requests={} runs={} commits={} commands={} laws={} looks={} violations={violations}",
            self.seeds,
            kind(""),
            kind("kill"),
            kind("zombie"),
            kind("cut"),
            kind("reboot"),
            kind("power"),
            kind("script"),
            self.requests,
            self.runs,
            self.commits,
            self.commands,
            self.laws.len(),
            self.laws.values().sum::<u64>(),
        )
    }

    /// The same with every kind by name, where `POOLDECK_PROOF` names a file.
    pub fn keep(&self, violations: usize) {
        let Some(file) = std::env::var_os("POOLDECK_PROOF") else {
            return;
        };
        let laws: BTreeMap<String, u64> = self
            .laws
            .iter()
            .map(|(law, count)| (format!("{law:?}"), *count))
            .collect();
        let json = serde_json::json!({
            "seeds": self.seeds,
            "runs": self.runs,
            "requests": self.requests,
            "commits": self.commits,
            "commands": self.commands,
            "faults": self.faults,
            "wishes": self.wishes,
            "outcomes": self.outcomes,
            "laws": laws,
            "violations": violations,
        });
        fs::write(file, format!("{json:#}\n")).unwrap();
    }
}

fn sum<K: Ord>(all: &mut BTreeMap<K, u64>, more: BTreeMap<K, u64>) {
    for (key, count) in more {
        *all.entry(key).or_default() += count;
    }
}
