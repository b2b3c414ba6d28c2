//! The commands as one text: what is read are a shell's comments, what is typed stands at the margin, in 80 columns.
//! Must never be a script: its parts belong to different servers.

use std::collections::BTreeMap;

use super::{Block, ByHand, End, Part, Task, Way};
use crate::{
    fleet::{RunId, ServerName, Verb},
    plan::On,
    run::Outcome,
};

/// From so many lines on, commands that stand above already are not printed again.
const LONG: usize = 6;
/// Columns of what is read.
const WIDTH: usize = 80;
/// kubectl's way to its cluster, once for each login.
const KUBECONFIG: &str = "export KUBECONFIG=/etc/kubernetes/admin.conf";

impl ByHand {
    /// The whole text; of whoever reads it on a server, that server's own parts come first.
    #[must_use]
    pub fn text(&self, reader: Option<&ServerName>) -> String {
        let mut page = Page::default();
        // Who runs it as a script ends here.
        page.lines.push(format!(
            "exit 1 # to be read, and typed part by part ({})",
            stamp(self.run, self.events)
        ));
        self.head(&mut page);
        if self.ways.is_empty() {
            page.say("Nothing is left to do and nothing is owed.");
            return page.text();
        }
        before(&mut page);
        for way in &self.ways {
            self.way(&mut page, way, reader);
        }
        self.afterwards(&mut page);
        page.text()
    }

    fn head(&self, page: &mut Page) {
        page.rule(&format!("run {}: {}", self.run, self.title));
        page.say("How a person does by hand what is left of it, without pooldeck.");
        let at = self.at.strftime("%Y-%m-%d %H:%M:%S UTC");
        let state = match &self.outcome {
            None => "It is open".to_owned(),
            Some(Outcome::Failed(why) | Outcome::Stuck(why)) => {
                let word = self.outcome.as_ref().map_or("", Outcome::word);
                format!(
                    "It has ended: {word}: {}",
                    why.lines().next().unwrap_or_default()
                )
            }
            Some(outcome) => format!("It has ended: {}", outcome.word()),
        };
        page.say(&format!(
            "{state}. This is what was known at {at}, after event {}. What has been done since is seen by each step's `done when`.",
            self.events
        ));
    }

    fn way(&self, page: &mut Page, way: &Way, reader: Option<&ServerName>) {
        page.rule(match way.end {
            End::Finished => "to finish it",
            End::TakenBack if self.ways.len() > 1 => "or: to take it back",
            End::TakenBack => "to take it back",
            End::Paid => "what is owed: servers that are to be cleaned",
        });
        if way.end == End::Finished && self.outcome.is_none() && self.ways.len() == 1 {
            page.say("There is nothing to take back: a server of this run is past its line, or was not begun with.");
        }
        if way.end == End::TakenBack {
            page.say("Servers that are past their line are finished; each other one is as it was before, but for packages.");
        }
        let own = |part: &&Part| reader == Some(&part.server);
        let (mine, others): (Vec<_>, Vec<_>) = way.parts.iter().partition(own);
        if let Some(reader) = reader.filter(|_| !mine.is_empty()) {
            page.say(&format!(
                "First what is about {reader}, where this lies; then the others, by number."
            ));
        }
        for part in mine.into_iter().chain(others) {
            part_of(page, way, part);
        }
    }

    fn afterwards(&self, page: &mut Page) {
        let id = self.run;
        page.rule("to give it back to pooldeck afterwards");
        if self.outcome.is_none() {
            page.item(&format!("Finished: `pooldeck run resume {id}`. It looks at each step that is left, believes what it sees and not what you say, and does what is not so."));
            page.item(&format!("Taken back: `pooldeck run cancel {id}`. It takes back what it still finds, gives the claims back, and the servers are spare again."));
            page.item("After `pooldeck stop --all`, `pooldeck stop --clear` comes first. A run that stood still for ten minutes waits for one of the two; one that did not goes on by itself as soon as a captain is there.");
        } else {
            page.item("A server that owes is cleaned by itself when it is seen again, or by `pooldeck server clean NAME`: it finds done what you did, and gives the claim back.");
        }
        page.rule("never");
        page.item("Never delete, edit or copy /var/lib/pooldeck/claim while a captain of this fleet may be alive: it says whose the server is, and without it two may take it.");
        page.item("Never flush a firewall (`iptables -F`, `nft flush ruleset`) or a route table: what is ours has our name, all else is somebody else's.");
        page.item("Never `kubeadm reset`, stop or clean a server whose /etc/kubernetes names another cluster.");
        page.item("Never write a token or a key into a file that stays, or onto a command line.");
    }
}

fn before(page: &mut Page) {
    page.rule("before you begin");
    page.item("Either a person works on these servers or pooldeck: `pooldeck stop --all` stops it, where there is a captain still.");
    page.item("On each server, before its first step, this must print nothing; what it prints works there yet, and is waited for:");
    page.code("systemctl list-units --plain --no-legend 'pooldeck-*' | grep running");
    page.item("Everything is typed as root, at the server that is named, in the order of the parts; parts that do not wait for each other may be done side by side. Each step may be typed twice.");
    page.item("`done when`: these commands end well (`echo $?` says 0) when the step is done already. Then go on with the next one.");
    page.item("kubectl works on a control plane after");
    page.code(KUBECONFIG);
}

fn part_of(page: &mut Page, way: &Way, part: &Part) {
    let (number, all, server) = (part.number, way.parts.len(), &part.server);
    let what = [server.as_str(), part.what.as_str()];
    let what: Vec<&str> = what.into_iter().filter(|it| !it.is_empty()).collect();
    page.rule(&format!("part {number} of {all}: {}", what.join(", ")));
    let before = |number: &usize| {
        let found = way.parts.iter().find(|it| it.number == *number);
        found.map(|it| format!("{number} ({})", it.server))
    };
    let after: Vec<String> = part.after.iter().filter_map(before).collect();
    if !after.is_empty() {
        page.say(&format!("After part {}.", after.join(", ")));
    }
    for task in &part.tasks {
        task_of(page, part, task);
    }
}

fn task_of(page: &mut Page, part: &Part, task: &Task) {
    let back = match task.verb {
        Verb::Undo => "take back: ",
        _ => "",
    };
    let number = task
        .step
        .map_or_else(String::new, |step| format!(" {}", step.0));
    let (name, stands) = (task.action.name(), &task.stands);
    page.gap();
    page.say(&format!("STEP{number}  {back}{name}  ({stands})"));
    page.say(&task.why);
    page.gap();
    let with = match task.action.on() {
        On::Executor => ", with kubectl",
        On::Subject => "",
    };
    page.say(&format!("done when (on {}{with}):", task.on));
    page.code(&task.done_when);
    let here = format!("{name} of {}, part {}", part.server, part.number);
    for Block { on, say, commands } in &task.blocks {
        page.gap();
        let elsewhere = *on != task.on;
        let place = if elsewhere {
            format!("On {on}: ")
        } else {
            String::new()
        };
        page.say(&format!("{place}{say}"));
        if commands.lines().count() < LONG {
            page.code(commands);
            continue;
        }
        // A room's worth of servers is cleaned alike: said once, it can still be read.
        if let Some(first) = page.shown.get(commands) {
            let text = format!("(the same commands as above, in {first})");
            page.say(&text);
        } else {
            page.code(commands);
            page.shown.insert(commands.clone(), here.clone());
        }
    }
}

/// Of which run and moment a text is.
pub(super) fn stamp(run: RunId, events: usize) -> String {
    format!("run {run}, event {events}")
}

/// Lines so far.
#[derive(Default)]
struct Page {
    lines: Vec<String>,
    /// Long blocks, and where they stand.
    shown: BTreeMap<String, String>,
}

impl Page {
    fn text(self) -> String {
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }

    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    fn rule(&mut self, title: &str) {
        self.gap();
        let title = plain(title);
        for line in wrap(&title, WIDTH - 2) {
            self.lines.push(format!("# {line}"));
        }
        self.lines.push(format!("# {}", "-".repeat(WIDTH - 2)));
    }

    fn say(&mut self, text: &str) {
        let lines = wrap(&plain(text), WIDTH - 2);
        self.lines
            .extend(lines.iter().map(|line| format!("# {line}")));
    }

    fn item(&mut self, text: &str) {
        let lines = wrap(&plain(text), WIDTH - 4);
        let mark = |n: usize| if n == 0 { "-" } else { " " };
        self.lines.extend(
            lines
                .iter()
                .enumerate()
                .map(|(n, line)| format!("# {} {line}", mark(n))),
        );
    }

    fn code(&mut self, commands: &str) {
        self.lines.extend(commands.lines().map(str::to_owned));
    }
}

/// What came from a server cannot end a comment or draw on a terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else {
            continue;
        };
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
