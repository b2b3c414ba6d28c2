//! What leaves the deck: a text for the clipboard, a pool for k9s.

use crate::deck::{
    effect::Effect,
    equivalent::command_line,
    model::{Model, Screen},
    world::Target,
};
use crate::fleet::PoolName;

/// `c`: what is selected, as text. On a preview the command line that does the same.
pub fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(text) = selected(model) else {
        model.notice = Some("nothing is selected to copy".to_owned());
        return Vec::new();
    };
    model.notice = Some(format!(
        "sent to the terminal's clipboard (OSC 52): {}",
        text.lines().next().unwrap_or_default()
    ));
    vec![Effect::Copy(text)]
}

fn selected(model: &Model) -> Option<String> {
    match model.screen() {
        Screen::Preview(preview) => preview.ready().map(command_line),
        Screen::Problems => {
            let problem = model.problem()?;
            Some(format!("{}: {}", problem.subject, problem.text))
        }
        Screen::History => {
            let key = model.history.selected()?;
            let act = model.world.history.iter().find(|act| act.key == *key)?;
            Some(format!("{} {} {}", act.at, act.by, act.what))
        }
        Screen::Pool(_, members) => members.selected().map(ToString::to_string),
        // All that is marked, else the one under the cursor.
        Screen::Servers => {
            let names = super::chosen(model);
            let names: Vec<&str> = names.iter().map(crate::fleet::ServerName::as_str).collect();
            (!names.is_empty()).then(|| names.join("\n"))
        }
        _ => Some(match model.target()? {
            Target::Pool(name) => name.to_string(),
            Target::Server(name) => name.to_string(),
            Target::Run(id) => id.to_string(),
            Target::Fleet => return None,
        }),
    }
}

/// `o`: leaves the terminal to k9s, or to a shell with kubectl, on the pool that is meant. It hands out the
/// administrator's key of a cluster, so a deck that only reads does not.
pub fn visit(model: &mut Model) -> Vec<Effect> {
    if model.read_only {
        model.notice = Some("read only: k9s could change what it shows".to_owned());
        return Vec::new();
    }
    if let Some(pool) = pool(model) {
        return vec![Effect::Visit(pool)];
    }
    model.notice = Some("no pool is meant here: select one, or a server of one".to_owned());
    Vec::new()
}

/// The pool of what the cursor stands on.
pub fn pool(model: &Model) -> Option<PoolName> {
    let name = match model.target()? {
        Target::Pool(name) => name,
        Target::Server(name) => model.world.server(&name)?.pool.clone()?,
        Target::Run(id) => model.world.run(id)?.plan().request.pool()?.clone(),
        Target::Fleet => return None,
    };
    model.world.pool(&name).map(|row| row.name.clone())
}

/// `m`: the mouse to the deck, or back to the terminal.
pub fn mouse(model: &mut Model) -> Vec<Effect> {
    model.mouse = !model.mouse;
    let now = if model.mouse {
        "the wheel moves here; to mark and copy with the mouse, press m again"
    } else {
        "the mouse is the terminal's again"
    };
    model.notice = Some(now.to_owned());
    vec![Effect::Mouse(model.mouse)]
}
