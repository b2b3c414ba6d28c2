//! How long an inventory takes to load. Ten thousand servers are to load in under 0.3 s.

#![expect(
    clippy::unwrap_used,
    reason = "a test or a benchmark stops where it cannot go on"
)]

use std::{fmt::Write as _, fs};

use divan::{Bencher, counter::ItemsCount};
use pooldeck::fleet::inventory;

fn main() {
    divan::main();
}

/// Each server written out, in racks of forty, with variables on every level.
#[divan::bench(args = [1_000, 10_000], sample_count = 20)]
fn load(bencher: Bencher<'_, '_>, servers: usize) {
    let mut text =
        String::from("all:\n  vars: {pooldeck_use: true, ansible_user: ops}\n  children:\n");
    for n in 0..servers {
        if n % 40 == 0 {
            writeln!(
                text,
                "    rack{0}:\n      vars: {{pooldeck_zone: z{0}}}\n      hosts:",
                n / 40
            )
            .unwrap();
        }
        writeln!(
            text,
            "        s{n:05}:\n          ansible_host: 10.{}.{}.{}\n          pooldeck_expect_cores: 64\n          pooldeck_expect_memory: 256GB",
            n >> 16, n >> 8 & 255, n & 255,
        )
        .unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hosts.yaml"), text).unwrap();
    bencher.counter(ItemsCount::new(servers)).bench(|| {
        let read = inventory::read(folder.path()).unwrap();
        assert_eq!(read.servers.len(), servers);
        read
    });
}
