//! From a request to its run: preview, confirmation, the captain's word, the run's end.
//! Must never change anything before somebody said yes, and never take `--yes` for a name.

use super::{
    Answer, Exit, Failure, Shell, ask, document, follow,
    open::{self, Opened},
    preview, summon,
};
use crate::{
    plan::{Confirm, Plan, Request, plan},
    run::Times,
    store::{
        record::{self, What},
        snapshot::Snapshot,
    },
};

/// Previews a request and, confirmed, has it done.
///
/// # Errors
/// [`Failure`].
pub fn request(shell: &mut Shell<'_>, request: &Request) -> Answer {
    if !shell.common.plan_only {
        shell.may_change()?;
    }
    let opened = open::store(shell)?;
    if !shell.common.read_only {
        summon::captain(shell, &opened)?;
        summon::knowledge(shell, &opened)?;
    }
    let (plan, times) = preview(shell, &opened, request)?;
    is_the_plan(shell, &plan)?;
    if shell.common.plan_only {
        show(shell, &plan, &times)?;
        return Ok(Exit::Done);
    }
    if plan.is_empty() {
        show(shell, &plan, &times)?;
        match &plan.effects.nobody_goes {
            Some(why) => shell.note(format!("there is nothing to do: {why}"))?,
            None => shell.note("there is nothing to do: it is as was asked")?,
        }
        return Ok(Exit::Done);
    }
    if !shell.json() || shell.terminal {
        for line in preview::lines(&plan, &times) {
            shell.note(line)?;
        }
    }
    let typed = confirmed(shell, &plan)?;
    let document = document::plan(&plan);
    let what = What::Confirm {
        plan: Box::new(plan),
        typed,
    };
    match ask::ask(shell, &opened, what)? {
        record::Answer::Run(run) => follow::accepted(shell, &opened, run, Some(&document)),
        record::Answer::Done(text) | record::Answer::Refused(text) => Err(Failure::Refused(text)),
    }
}

fn preview(
    shell: &Shell<'_>,
    opened: &Opened,
    request: &Request,
) -> Result<(Plan, Times), Failure> {
    let snapshot = Snapshot::read(opened.store.as_ref())?;
    if let Some(why) = snapshot.listed.trouble() {
        return Err(Failure::Usage(why));
    }
    let captain = snapshot.captain.as_ref();
    let site = captain.map(record::CaptainSeen::site).unwrap_or_default();
    plan(
        &snapshot.fleet,
        &snapshot.observed,
        request,
        shell.now(),
        &site,
    )
    .map(|plan| (plan, Times::of(&snapshot.runs, None)))
    .map_err(|error| Failure::Refused(error.to_string()))
}

fn show(shell: &mut Shell<'_>, plan: &Plan, times: &Times) -> Result<(), Failure> {
    if shell.json() {
        return shell.document(&document::plan(plan));
    }
    for line in preview::lines(plan, times) {
        shell.say(line)?;
    }
    Ok(())
}

/// `--plan ID`: the preview that was read is the one that is meant.
fn is_the_plan(shell: &Shell<'_>, plan: &Plan) -> Result<(), Failure> {
    let Some(wanted) = &shell.common.plan else {
        return Ok(());
    };
    if wanted.len() < 4 {
        return Err(Failure::Usage(format!(
            "`{wanted}` is too short for a plan's id\nhint: give at least 4 characters of it"
        )));
    }
    if plan.id.0.starts_with(wanted.as_str()) {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "the plan is another one now: `{}` instead of `{wanted}`\nhint: read it with `{} --plan-only`",
        plan.id.short(),
        plan.request
    )))
}

/// Asks the person, or takes the flags at their word. Gives back the name that was typed.
fn confirmed(shell: &mut Shell<'_>, plan: &Plan) -> Result<Option<String>, Failure> {
    match &plan.effects.confirm {
        Confirm::Yes if shell.common.yes => Ok(None),
        Confirm::Yes => match (shell.common.confirm.clone(), plan.request.pool()) {
            (Some(typed), Some(pool)) if typed == pool.as_str() => Ok(Some(typed)),
            (Some(typed), _) => Err(other_name(&typed)),
            (None, _) if shell.terminal => match shell.ask("y confirms, everything else cancels:")? {
                answer if answer == "Y" || answer == "y" => Ok(None),
                _ => Err(not_confirmed()),
            },
            (None, _) => Err(Failure::Refused(
                "nothing was changed: this has to be confirmed, and there is no terminal to ask\nhint: add `--yes`, or `--plan-only` to look"
                    .to_owned(),
            )),
        },
        Confirm::TypeName { name, why } => self::name(shell, name, why).map(Some),
    }
}

/// A name that is typed, or given with `--confirm`; `--yes` never stands for it.
///
/// # Errors
/// [`Failure::Refused`] when it was not given.
pub fn name(shell: &mut Shell<'_>, name: &str, why: &str) -> Result<String, Failure> {
    let typed = match shell.common.confirm.clone() {
        Some(given) if given == name => given,
        Some(given) => return Err(other_name(&given)),
        None if shell.terminal => shell.ask(&format!("{why}\ntype {name} to confirm:"))?,
        None => {
            return Err(Failure::Refused(format!(
                "nothing was changed: {why}, so the name has to be given\nhint: add `--confirm {}`; `--yes` is not enough here",
                word(name)
            )));
        }
    };
    if typed == name {
        Ok(typed)
    } else {
        Err(not_confirmed())
    }
}

/// As a shell takes it for one word.
fn word(name: &str) -> String {
    if name.contains(' ') {
        format!("\"{name}\"")
    } else {
        name.to_owned()
    }
}

fn other_name(typed: &str) -> Failure {
    Failure::Refused(format!(
        "nothing was changed: `{typed}` is not the name that was asked for\nhint: `--confirm` takes the name as the preview writes it"
    ))
}

fn not_confirmed() -> Failure {
    Failure::Refused(
        "nothing was changed\nhint: the same command shows the preview again".to_owned(),
    )
}

/// A yes to something small that has no plan.
///
/// # Errors
/// [`Failure::Refused`] when it was not given.
pub fn yes(shell: &mut Shell<'_>, question: &str) -> Result<(), Failure> {
    if shell.common.yes {
        return Ok(());
    }
    if !shell.terminal {
        return Err(Failure::Refused(format!(
            "nothing was changed: {question}, and there is no terminal to ask\nhint: add `--yes`"
        )));
    }
    match shell.ask(&format!("{question}. y confirms:"))?.as_str() {
        "Y" | "y" => Ok(()),
        _ => Err(not_confirmed()),
    }
}
