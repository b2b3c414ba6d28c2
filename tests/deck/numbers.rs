//! The same number is the same on every screen: read off what is drawn, compared with what is drawn elsewhere.

use std::collections::BTreeMap;

use pooldeck::deck::World;

use crate::{driver::Driver, room7};

/// What a person reads after these keys.
fn screen(keys: &str) -> Vec<String> {
    let mut driver = Driver::new();
    driver.press(keys);
    lines(&driver)
}

/// On a screen on which nothing is left out.
fn lines(driver: &Driver) -> Vec<String> {
    let text = driver.text_at(160, 70);
    text.lines().map(str::to_owned).collect()
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// The cells of a table by their headings: row's first word to heading to cell. Cells stand under their heading, on
/// the side on which the heading ends or begins; so a cell is the word that shares a column with it.
fn table(lines: &[String], first: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let top = lines
        .iter()
        .position(|line| line.trim_start().starts_with(first))
        .unwrap();
    let spans = |line: &str| {
        let mut found: Vec<(usize, usize, String)> = Vec::new();
        for (x, c) in line.chars().enumerate().filter(|(_, c)| !c.is_whitespace()) {
            match found.last_mut() {
                Some((_, end, word)) if *end == x => {
                    *end = x + 1;
                    word.push(c);
                }
                _ => found.push((x, x + 1, c.to_string())),
            }
        }
        found
    };
    let mut heads = spans(&lines[top]);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (_, _, head) in &mut heads {
        // `used` of CPUs and `used` of memory.
        let n = seen.entry(head.clone()).or_default();
        *n += 1;
        if *n > 1 {
            head.push_str(&n.to_string());
        }
    }
    let mut rows = BTreeMap::new();
    // The heading of a group is no row.
    let is_group = |line: &&String| line.ends_with(" servers") || line.ends_with(" server");
    for line in lines[top + 1..].iter().filter(|line| !is_group(line)) {
        let cells = spans(line);
        let Some((_, _, name)) = cells.iter().find(|(_, _, word)| word.len() > 2) else {
            break;
        };
        let mut row = BTreeMap::new();
        for (from, to, head) in &heads {
            let under = cells.iter().find(|(x, end, _)| x < to && from < end);
            if let Some((_, _, word)) = under {
                row.insert(head.clone(), word.trim_end_matches(['!', '?']).to_owned());
            }
        }
        rows.insert(name.clone(), row);
    }
    rows
}

/// The number behind a word: `used 41`, `asked 96`.
fn after(line: &str, word: &str) -> String {
    let words = words(line);
    let at = words
        .iter()
        .position(|it| *it == word)
        .unwrap_or_else(|| panic!("no `{word}` in {line}"));
    words[at + 1]
        .trim_matches(|c: char| !c.is_ascii_digit() && c != '.')
        .to_owned()
}

fn line<'a>(lines: &'a [String], first: &str) -> &'a str {
    let found = lines
        .iter()
        .find(|line| line.trim_start().starts_with(first));
    found.unwrap_or_else(|| panic!("no line `{first}` in {}", lines.join("\n")))
}

const POOLS: [&str; 3] = ["batch", "lab", "web"];

/// Home's keys to a pool's row.
fn to(pool: &str) -> String {
    "j ".repeat(POOLS.iter().position(|it| *it == pool).unwrap())
}

#[test]
fn a_pools_four_numbers_are_the_same_at_home_in_its_own_screen_and_in_its_dialogs() {
    let home = table(&screen(""), "POOL");
    for pool in POOLS {
        let (row, own) = (&home[pool], screen(&format!("{}Enter", to(pool))));
        for (label, suffix) in [("CPUs", ""), ("GiB", "2")] {
            for word in ["used", "req", "max", "hw"] {
                let shown = &row[&format!("{word}{suffix}")];
                assert_eq!(
                    &after(line(&own, label), word),
                    shown,
                    "{pool} {label} {word}"
                );
            }
        }
        let nodes = words(line(&own, "nodes"));
        assert_eq!(row["CTRL"], format!("{}/{}", nodes[1], nodes[3]), "{pool}");
        assert_eq!(row["WORK"], format!("{}/{}", nodes[7], nodes[9]), "{pool}");

        let dialog = screen(&format!("{}R", to(pool)));
        if pool == "batch" {
            continue; // A run works on it.
        }
        assert_eq!(words(line(&dialog, "CPUs"))[1], row["hw"], "{pool}");
        assert_eq!(words(line(&dialog, "memory GiB"))[2], row["hw2"], "{pool}");
        let workers = row["WORK"].split_once('/').unwrap().1;
        assert_eq!(words(line(&dialog, "workers"))[1], workers, "{pool}");
    }
}

#[test]
fn what_a_preview_calls_before_is_what_home_shows_and_its_after_is_what_was_asked() {
    let home = table(&screen(""), "POOL");
    let preview = screen("j j R 1 1 2 Enter");
    let (cpus, gib) = (
        words(line(&preview, "CPUs hw")),
        words(line(&preview, "GiB hw")),
    );
    assert_eq!(
        (cpus[2], gib[2]),
        (home["web"]["hw"].as_str(), home["web"]["hw2"].as_str())
    );
    let dialog = screen("j j R 1 1 2");
    assert!(
        line(&dialog, "CPUs").contains(cpus[3]) && line(&dialog, "memory GiB").contains(gib[3])
    );
}

#[test]
fn a_servers_numbers_are_the_same_in_every_list_on_its_own_screen_and_in_the_dialog() {
    let servers = table(&screen("2"), "SERVER");
    let mut compared = 0;
    for pool in POOLS {
        let own = table(&screen(&format!("{}Enter", to(pool))), "SERVER");
        for (name, row) in &own {
            for head in ["CPUs", "LOAD", "GiB", "USED", "ROLE"] {
                assert_eq!(row[head], servers[name][head], "{name} {head} in {pool}");
                compared += 1;
            }
        }
    }
    assert!(compared > 80, "{compared} numbers were compared");
    let dialog = table(&screen("j j R 1 1 2"), "SERVER");
    for (name, row) in dialog
        .iter()
        .filter(|(name, _)| servers.contains_key(*name))
    {
        for head in ["CPUs", "GiB"] {
            assert_eq!(
                row.get(head),
                servers[name].get(head),
                "{name} {head} in the dialog"
            );
        }
    }
    for name in ["s04", "s17", "s20", "s23"] {
        let mut driver = Driver::new();
        driver.press("2 /");
        driver.type_text(name);
        driver.press("Enter Enter");
        let detail = lines(&driver);
        let hardware = words(line(&detail, "hardware"));
        assert_eq!(hardware[1], servers[name]["CPUs"], "{name}");
        assert_eq!(hardware[hardware.len() - 2], servers[name]["GiB"], "{name}");
        let now = line(&detail, "doing then");
        assert_eq!(after(now, "load"), servers[name]["LOAD"], "{name}");
        assert_eq!(words(now)[4], servers[name]["USED"], "{name}");
    }
}

#[test]
fn a_pools_hardware_is_the_sum_of_its_workers() {
    let home = table(&screen(""), "POOL");
    for pool in POOLS {
        let own = table(&screen(&format!("{}Enter", to(pool))), "SERVER");
        let workers = || own.values().filter(|row| row["ROLE"] == "worker");
        let sum = |head: &str| {
            workers()
                .map(|row| row[head].parse::<u64>().unwrap())
                .sum::<u64>()
        };
        assert_eq!(sum("CPUs").to_string(), home[pool]["hw"], "{pool}");
        assert_eq!(sum("GiB").to_string(), home[pool]["hw2"], "{pool}");
        assert_eq!(
            workers().count().to_string(),
            home[pool]["WORK"].split_once('/').unwrap().1
        );
    }
}

#[test]
fn spare_and_not_usable_are_the_same_two_counts_everywhere() {
    let home = screen("");
    let spare = after(line(&home, "spare"), "spare");
    let mut driver = Driver::new();
    driver.press("2 / s p a r e Enter");
    let listed = table(&lines(&driver), "SERVER");
    assert_eq!(listed.len().to_string(), spare, "{}", driver.text());
    let sum = |head: &str| {
        listed
            .values()
            .map(|row| row[head].parse::<u64>().unwrap())
            .sum::<u64>()
    };
    let hw = words(line(&home, "spare"))[6..]
        .iter()
        .filter(|it| **it != "-")
        .copied()
        .collect::<Vec<_>>();
    assert_eq!(
        hw,
        [sum("CPUs").to_string(), sum("GiB").to_string()],
        "{}",
        home.join("\n")
    );

    let out = line(&home, "not usable").split(", ").count().to_string();
    for keys in ["j j R", "A j Enter"] {
        let dialog = screen(keys);
        let title = &dialog[1];
        assert_eq!(after(title, "spare"), spare, "{title}");
        assert_eq!(after(title, "usable"), out, "{title}");
        let rows = dialog
            .iter()
            .filter(|line| words(line).contains(&"spare") && line.contains('['))
            .count();
        assert_eq!(rows.to_string(), spare, "{}", dialog.join("\n"));
    }

    // With one spare server left nothing can be suggested for a first pool: the sentence has the same two counts.
    let mut snapshot = room7::world().snapshot;
    snapshot.fleet.pools.clear();
    snapshot
        .fleet
        .servers
        .retain(|name, _| ["s17", "s18", "s23"].contains(&name.as_str()));
    let mut driver = Driver::new();
    driver.see(World::of(snapshot, room7::now()));
    let first = lines(&driver);
    let said = first
        .iter()
        .find(|line| line.contains("a pool wants two"))
        .unwrap();
    assert_eq!(
        after(said, "spare"),
        after(line(&first, "spare "), "spare"),
        "{said}"
    );
    assert_eq!(after(said, "usable"), "2", "{said}");
}

#[test]
fn counts_of_servers_problems_and_runs_are_as_many_as_are_listed() {
    let home = screen("");
    let problems = after(line(&home, "PROBLEMS"), "PROBLEMS");
    let running = after(line(&home, "RUNNING"), "RUNNING");
    let from = home
        .iter()
        .position(|line| line.starts_with("PROBLEMS"))
        .unwrap();
    let listed = home[from + 1..]
        .iter()
        .take_while(|line| !line.is_empty())
        .count();
    assert_eq!(listed.to_string(), problems);
    let runs = screen("3");
    let open = runs.iter().filter(|line| line.starts_with('◐')).count();
    assert_eq!(open.to_string(), running, "{}", runs.join("\n"));

    let servers = screen("2");
    let (offered, all) = (words(&servers[0])[3], words(&servers[0])[5]);
    let rows = table(&servers, "SERVER");
    assert_eq!(rows.len().to_string(), all);
    let taken = rows.values().filter(|row| {
        row.get("STATE")
            .is_some_and(|state| !state.starts_with("not"))
    });
    assert_eq!(taken.count().to_string(), offered, "{}", servers.join("\n"));
    assert_eq!(words(&home[0])[3], offered);
}
