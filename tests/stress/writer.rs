//! One of those who ask: verb after verb, each a process of its own, and what each said.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    thread,
    time::{Duration, Instant},
};

use pooldeck::fleet::{RunId, ServerName};

use crate::Place;

/// Longer than an ask may wait for its answer.
const PATIENCE: Duration = Duration::from_secs(100);

/// What one of them does, over and over.
pub enum Task {
    /// Reads everything.
    Read,
    /// Sets its own server aside and returns it, and one that it shares with another.
    SetAside(ServerName, ServerName),
    /// Knows of a problem, and no longer does.
    Acknowledge,
    /// Makes a pool larger, and cancels that.
    Resize,
}

/// What a verb said and how it ended.
#[derive(Debug)]
pub struct Told {
    pub line: String,
    pub code: i32,
    pub said: String,
    /// It asks the captain for something.
    pub asks: bool,
    /// The run that it was promised.
    pub run: Option<RunId>,
    /// What it does to a server.
    pub about: Option<About>,
    at: Instant,
}

/// A server that is set aside, or given back.
#[derive(Debug)]
pub struct About {
    server: ServerName,
    /// Why it is in maintenance afterwards; none when it no longer is.
    why: Option<String>,
    /// Whoever does so, by the server that is theirs alone.
    by: ServerName,
}

impl Told {
    /// Refused because somebody else was faster.
    pub fn is_conflict(&self) -> bool {
        let words = [
            "changed",
            "works on",
            "busy",
            "nobody works",
            "is not in maintenance",
            "has ended",
            "is another one now",
        ];
        self.code == 1 && words.iter().any(|word| self.said.contains(word))
    }

    /// What no verb may do: end without words, by a signal, or because the store was busy.
    pub fn against(&self) -> Option<String> {
        let bad = [
            "database is locked",
            "database is busy",
            "panicked",
            "malformed",
            "cannot be understood",
        ];
        let wrong = !(0..=3).contains(&self.code)
            || self.said.trim().is_empty()
            || bad.iter().any(|word| self.said.contains(word));
        wrong.then(|| format!("{self:?}"))
    }
}

/// What may stand in the store for each server: the last word of each that spoke of it, for whoever was answered last is right.
pub fn last_words(told: &[Told]) -> BTreeMap<ServerName, BTreeSet<Option<String>>> {
    let mut last: BTreeMap<(&ServerName, &ServerName), &Told> = BTreeMap::new();
    for it in told.iter().filter(|it| it.code == 0) {
        let Some(about) = &it.about else { continue };
        let newest = last.entry((&about.server, &about.by)).or_insert(it);
        if newest.at < it.at {
            *newest = it;
        }
    }
    let mut all: BTreeMap<ServerName, BTreeSet<Option<String>>> = BTreeMap::new();
    for about in last.into_values().filter_map(|it| it.about.as_ref()) {
        all.entry(about.server.clone())
            .or_default()
            .insert(about.why.clone());
    }
    all
}

/// Works until then; every verb that was begun is waited for.
pub fn work(place: &Place, task: &Task, until: Instant) -> Vec<Told> {
    let mut told = Vec::new();
    for turn in 0_u32.. {
        if until < Instant::now() {
            break;
        }
        match task {
            Task::Read => {
                for line in [
                    "pool list -o json",
                    "run list -o json",
                    "server list",
                    "problem list",
                    "doctor -o json",
                ] {
                    told.push(verb(place, line));
                }
            }
            Task::SetAside(own, shared) => {
                for (server, turn) in [(own, turn * 3), (shared, turn * 3 + 1)] {
                    told.push(set_aside(place, server, own, turn));
                    told.push(given_back(place, server, own));
                }
                told.push(set_aside(place, own, own, turn * 3 + 2));
            }
            Task::Acknowledge => {
                told.push(asking(
                    place,
                    "problem ack r2-11/no-ssh --until 2h --reason known",
                ));
                told.push(asking(place, "problem unack r2-11/no-ssh"));
            }
            Task::Resize => {
                let mut grown = asking(place, "pool resize lab --cores +1 --yes --no-wait -o json");
                grown.run = accepted(&grown);
                let run = grown.run;
                told.push(grown);
                if let Some(run) = run {
                    told.push(asking(place, &format!("run cancel {run} --no-wait")));
                }
            }
        }
    }
    told
}

fn set_aside(place: &Place, server: &ServerName, by: &ServerName, turn: u32) -> Told {
    let why = format!("{by}-{turn}");
    let line = format!("server maintain {server} --until 2h --reason {why}");
    about(asking(place, &line), server, by, Some(why))
}

fn given_back(place: &Place, server: &ServerName, by: &ServerName) -> Told {
    let told = asking(place, &format!("server return {server}"));
    about(told, server, by, None)
}

fn about(told: Told, server: &ServerName, by: &ServerName, why: Option<String>) -> Told {
    let (server, by) = (server.clone(), by.clone());
    let about = Some(About { server, why, by });
    Told { about, ..told }
}

/// Runs one verb that asks the captain for something.
pub fn asking(place: &Place, line: &str) -> Told {
    let mut told = verb(place, line);
    told.asks = true;
    told
}

fn accepted(told: &Told) -> Option<RunId> {
    let document = told.said.get(told.said.find('{')?..)?;
    let mut values = serde_json::Deserializer::from_str(document).into_iter::<serde_json::Value>();
    let document = values.next()?.ok()?;
    document["run"]["id"]
        .as_u64()
        .map(RunId)
        .filter(|_| told.code == 0)
}

/// Runs one verb to its end.
pub fn verb(place: &Place, line: &str) -> Told {
    let mut child = place.command(line).spawn().unwrap();
    let (mut out, mut notes) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let begun = Instant::now();
    let (out, notes) = thread::scope(|scope| {
        let out = scope.spawn(move || text(&mut out));
        let notes = scope.spawn(move || text(&mut notes));
        while child.try_wait().unwrap().is_none() {
            if PATIENCE < begun.elapsed() {
                drop(child.kill());
            }
            thread::sleep(Duration::from_millis(5));
        }
        (out.join().unwrap(), notes.join().unwrap())
    });
    Told {
        line: line.to_owned(),
        code: child.wait().unwrap().code().unwrap_or(-1),
        said: format!("{out}\n{notes}"),
        asks: false,
        run: None,
        about: None,
        at: Instant::now(),
    }
}

fn text(from: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}
