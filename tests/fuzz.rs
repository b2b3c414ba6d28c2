//! Every input that is kept in tests/fuzz/corpus, through every target: what once was wrong stays mended, without cargo-fuzz.

#[path = "fuzz/targets.rs"]
mod targets;

use std::{collections::BTreeSet, fs, path::Path};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/corpus");

#[test]
fn no_input_that_is_kept_breaks_any_target() {
    let mut inputs = 0;
    for (own, _) in targets::TARGETS {
        let folder = Path::new(CORPUS).join(own);
        for entry in fs::read_dir(&folder).unwrap() {
            let file = entry.unwrap().path();
            let data = fs::read(&file).unwrap();
            inputs += 1;
            for (name, target) in targets::TARGETS {
                let end = std::panic::catch_unwind(|| target(&data));
                assert!(end.is_ok(), "{name} breaks at {}", file.display());
            }
        }
    }
    assert!(inputs >= 70, "{inputs} inputs are left");
}

#[test]
fn every_target_has_a_program_and_a_corpus_that_is_small() {
    let manifest = include_str!("fuzz/Cargo.toml");
    let programs = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"bin/"));
    let programs: BTreeSet<&str> = programs
        .filter_map(|rest| rest.strip_suffix(".rs\""))
        .collect();
    let names = targets::TARGETS.iter().map(|(name, _)| *name);
    assert_eq!(programs, names.collect());
    for (name, _) in targets::TARGETS {
        let folder = Path::new(CORPUS).join(name);
        let sizes = fs::read_dir(folder).unwrap();
        let sizes = sizes.map(|entry| entry.unwrap().metadata().unwrap().len());
        let (count, size) = sizes.fold((0, 0), |(count, all), one| (count + 1, all + one));
        assert!(
            (5..=99).contains(&count) && size < 300_000,
            "{name}: {count} files of {size} bytes"
        );
    }
}
