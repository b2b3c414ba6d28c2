//! Which text belongs to which action: files in `assets/by-hand/`, read into what is said and what is typed.
//! Must never leave an action, or the taking back of one, without its text.

use super::{super::Run, super::State, Block, Task, values};
use crate::{
    fleet::{ServerName, Verb},
    plan::{Action, On, Step, script::RunEnv},
};

/// The texts of a step, one after the other.
pub type Recipe = &'static [&'static str];

macro_rules! text {
    ($name:literal) => {
        include_str!(concat!("../../../assets/by-hand/", $name, ".txt"))
    };
}

/// What does it.
pub(super) const fn apply(action: Action) -> Recipe {
    match action {
        Action::Claim => &[text!("claim")],
        Action::Preflight => &[text!("preflight")],
        Action::Prepare => &[text!("prepare")],
        Action::Network => &[text!("network")],
        Action::Routes => &[text!("routes"), text!("network")],
        Action::Init => &[text!("init")],
        Action::Join => &[text!("join")],
        Action::AwaitReady => &[text!("await-ready")],
        Action::Cordon => &[text!("cordon")],
        Action::Drain => &[text!("drain")],
        Action::Uncordon => &[text!("uncordon")],
        Action::StopKubelet => &[text!("stop-kubelet")],
        Action::RemoveNode => &[text!("remove-node")],
        Action::Reset => &[text!("reset"), text!("take-kubeadm")],
        Action::Clean => &[
            text!("clean"),
            text!("take-kubernetes"),
            text!("take-network"),
            text!("take-prepare"),
            text!("take-notes"),
        ],
        Action::ProveClean => &[text!("prove-clean")],
        Action::Release => &[text!("release")],
        Action::VerifyPool => &[text!("verify-pool")],
    }
}

/// What takes it back; none for what stays, or goes forward only.
pub(super) const fn undo(action: Action) -> Option<Recipe> {
    Some(match action {
        Action::Claim => &[text!("undo-claim")],
        Action::Prepare => &[text!("undo-prepare"), text!("take-prepare")],
        Action::Network => &[text!("undo-network"), text!("take-network")],
        Action::Init | Action::Join => &[
            text!("undo-kubernetes"),
            text!("take-kubeadm"),
            text!("take-kubernetes"),
        ],
        Action::AwaitReady => &[text!("undo-await-ready")],
        Action::Cordon => &[text!("undo-cordon")],
        Action::Preflight
        | Action::Routes
        | Action::Drain
        | Action::Uncordon
        | Action::StopKubelet
        | Action::RemoveNode
        | Action::Reset
        | Action::Clean
        | Action::ProveClean
        | Action::Release
        | Action::VerifyPool => return None,
    })
}

/// The commands of a step of a run.
pub(super) fn task(run: &Run, step: &Step, verb: Verb, env: &RunEnv) -> Task {
    let recipe = match verb {
        Verb::Undo => undo(step.action).unwrap_or_default(),
        _ => apply(step.action),
    };
    let values = values::values(run, step, verb, env);
    let api = api(run).unwrap_or(&step.subject).clone();
    let on = match step.action.on() {
        On::Executor => api.clone(),
        On::Subject => step.subject.clone(),
    };
    let mut task = Task {
        step: Some(step.id),
        action: step.action,
        verb,
        stands: stands(run, step),
        why: String::new(),
        on: on.clone(),
        done_when: String::new(),
        blocks: Vec::new(),
    };
    for section in recipe.iter().flat_map(|text| sections(text)) {
        let (kind, rest) = section.head.split_once(' ').unwrap_or((section.head, ""));
        let body = values.fill(section.body.trim_end());
        let (needed, say) = match rest.strip_prefix("if ").and_then(|it| it.split_once(' ')) {
            Some((key, say)) => (values.has(key), say),
            None => (true, rest),
        };
        let block = |on: &ServerName| Block {
            on: on.clone(),
            say: values.fill(say),
            commands: body.clone(),
        };
        match kind {
            "why" if task.why.is_empty() => task.why = values.fill(say),
            "done" if task.done_when.is_empty() => task.done_when = body,
            "do" if needed => task.blocks.push(block(&on)),
            "api" if needed => task.blocks.push(block(&api)),
            _ => (),
        }
    }
    task
}

/// Where kubectl is.
fn api(run: &Run) -> Option<&ServerName> {
    run.plan().executors.first()
}

/// Where a step stands, for a person.
fn stands(run: &Run, step: &Step) -> String {
    let first = |why: &String| why.lines().next().unwrap_or_default().to_owned();
    match run.of(step.id).map(|progress| &progress.state) {
        None | Some(State::Waiting) => "not begun".to_owned(),
        Some(State::Running) => "at work when this was written".to_owned(),
        Some(State::Retrying { why, .. }) => format!("tried, not so yet: {}", first(why)),
        Some(State::Proved) => "done, and proved".to_owned(),
        Some(State::Failed { why }) => format!("failed: {}", first(why)),
        Some(State::Undoing) => "being taken back when this was written".to_owned(),
        Some(State::UndoRetrying { why, .. }) => format!("not taken back yet: {}", first(why)),
        Some(State::Undone) => "taken back".to_owned(),
        Some(State::UndoFailed { why }) => format!("could not be taken back: {}", first(why)),
    }
}

struct Section<'a> {
    head: &'a str,
    body: &'a str,
}

/// `#: KIND SENTENCE` and the lines below it.
fn sections(text: &str) -> impl Iterator<Item = Section<'_>> {
    let text = text.strip_prefix("#: ").unwrap_or(text);
    text.split("\n#: ").map(|section| {
        let (head, body) = section.split_once('\n').unwrap_or((section, ""));
        Section { head, body }
    })
}
