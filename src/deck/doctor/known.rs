//! What the list of problems says already and belongs here: the fleet's and the runs' problems, and servers that no record explains.
//! Each with the command that is the way out.

use super::{
    super::world::{Problem, Target},
    Area, Finding, World,
};
use crate::fleet::{RunId, ServerName, TroubleKind};

/// Kinds of servers' problems that are more than a server that is off.
const UNEXPLAINED: [(&str, &str); 3] = [
    (
        "no-node",
        "look whether its kubelet runs (`systemctl status kubelet` on it)",
    ),
    (
        "not-listed",
        "write it into the inventory again, or take it out of its pool",
    ),
    (
        "leftovers",
        "`pooldeck server clean SERVER` shows what would be removed, and asks",
    ),
];

/// Host keys are a person's to judge.
const KEYS: [(TroubleKind, &str); 3] = [
    (
        TroubleKind::HostKeyUnknown,
        "`pooldeck server trust SERVER` shows the key and asks",
    ),
    (
        TroubleKind::HostKeyChanged,
        "find out why first; if it was installed anew: `ssh-keygen -R` its address, then `pooldeck server trust SERVER`",
    ),
    (
        TroubleKind::Stranger,
        "if it was replaced on purpose: `pooldeck server forget SERVER`",
    ),
];

pub(super) fn all(world: &World) -> Vec<Finding> {
    let counted = world.problems.iter().filter(|it| it.acknowledged.is_none());
    counted.filter_map(|it| finding(world, it)).collect()
}

fn finding(world: &World, problem: &Problem) -> Option<Finding> {
    let (area, todo) = match &problem.target {
        Target::Fleet => of_fleet(problem),
        Target::Run(run) => (Area::Runs, of_run(world, *run, problem)),
        Target::Server(server) => (Area::Servers, of_server(world, server, problem)?),
        Target::Pool(_) => return None,
    };
    let severity = problem.severity();
    let text = problem.text.as_str();
    Some(Finding::new(severity, (area, &problem.subject), text, todo))
}

fn kind(problem: &Problem) -> &str {
    let id = problem.id.as_str();
    id.split_once('/').map_or(id, |(_, kind)| kind)
}

fn of_fleet(problem: &Problem) -> (Area, String) {
    let (area, todo) = match kind(problem) {
        "stopped" => (Area::Captain, "`pooldeck stop --clear` lifts it"),
        "holds-back" => (Area::Captain, "it goes on by itself when they are back"),
        "no-copy" => (
            Area::Copies,
            "look at the server that it names; it is tried again by itself",
        ),
        "inventory" => (
            Area::Inventory,
            "`pooldeck inventory check` names every mistake with its line",
        ),
        "store-full" => (Area::Store, "free some space there"),
        _ => (Area::Captain, "`pooldeck problem list` says more"),
    };
    (area, todo.to_owned())
}

fn of_run(world: &World, id: RunId, problem: &Problem) -> String {
    let Some(run) = world.run(id) else {
        return String::new();
    };
    let subject = |end: &str| kind(problem).strip_suffix(end).map(str::to_owned);
    let is = |server: &ServerName, name: &str| {
        server.as_str().replace('.', "-").eq_ignore_ascii_case(name)
    };
    match kind(problem) {
        "stuck" | "failed" => format!(
            "`pooldeck run show {id}` names the step; once it is seen to, `pooldeck problem ack {} --until 7d --reason WHY`",
            problem.id
        ),
        "paused" => {
            format!("`pooldeck run resume {id}` goes on, `pooldeck run cancel {id}` ends it")
        }
        _ => {
            let blocked = subject("-blocked");
            let blocked = blocked.and_then(|name| run.blockades().find(|it| is(it.server, &name)));
            if let Some(it) = blocked {
                return format!(
                    "`pooldeck run answer {id} {} put-back`, or keep-waiting, another, evict",
                    it.server
                );
            }
            let held =
                subject("-waits").is_some_and(|name| run.held.iter().any(|it| is(it, &name)));
            let goes = if held {
                format!("`pooldeck run resume {id}` once that is seen to")
            } else {
                "it goes on by itself once that is right".to_owned()
            };
            format!("{goes}; `pooldeck run cancel {id}` ends it")
        }
    }
}

fn of_server(world: &World, server: &ServerName, problem: &Problem) -> Option<String> {
    let of_kind = UNEXPLAINED
        .iter()
        .find(|(known, _)| *known == kind(problem));
    let seen = world.snapshot.observed.servers.get(server);
    let trouble = seen.and_then(|seen| Some(seen.trouble.as_ref()?.kind));
    let of_key = KEYS.iter().find(|(known, _)| Some(*known) == trouble);
    let todo = of_kind
        .map(|(_, todo)| *todo)
        .or(of_key.map(|(_, todo)| *todo))?;
    Some(todo.replace("SERVER", server.as_str()))
}
