//! What nobody knows when a plan is made: servers that it works on and that cannot be seen now, control planes that are not Ready.
//! Must never refuse for a silence: the run waits for such a server, and people decide whether that is what they want. Only a host key
//! in doubt is no silence: no waiting makes it right.

use super::{Action, On, PlanError, Step, draft::Draft, world::World};
use crate::fleet::{ServerName, ServerSeen, TroubleKind};

/// Refuses to begin what only a person who looks at a host key could let end.
pub(super) fn refuse(draft: &Draft, world: &World<'_>) -> Result<(), PlanError> {
    let asked = |step: &&Step| step.action.on() == On::Subject;
    let in_doubt = draft.steps.iter().filter(asked).find_map(|step| {
        let seen = world.observed.servers.get(&step.subject)?;
        let trouble = seen.trouble.as_ref()?;
        let keys = [TroubleKind::HostKeyChanged, TroubleKind::HostKeyUnknown];
        keys.contains(&trouble.kind)
            .then_some((&step.subject, trouble))
    });
    let Some((server, trouble)) = in_doubt else {
        return Ok(());
    };
    Err(PlanError::NotUsable {
        server: server.clone(),
        what: "changed",
        why: trouble.kind.words().to_owned(),
        hint: world.hint(server, "trust its key first"),
    })
}

/// Says whom the run will have to wait for.
pub(super) fn note(draft: &mut Draft, world: &World<'_>) {
    let asked = |step: &&Step| step.action.on() == On::Subject;
    let asked = draft.steps.iter().filter(asked);
    let mut subjects: Vec<&ServerName> = asked.map(|step| &step.subject).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let waits = subjects.into_iter().filter_map(|name| {
        let why = unseen(world.observed.servers.get(name))?;
        Some(format!(
            "{name} cannot be seen ({why}): its steps wait until it can"
        ))
    });
    draft.effects.unknown.extend(waits);
    aside(draft, world);
    let (healthy, all) = draft.effects.quorum.before;
    let asks = |step: &Step| step.action.on() == On::Executor;
    if healthy < all && draft.steps.iter().any(asks) {
        draft.effects.unknown.push(format!(
            "{healthy} of {all} control planes are seen Ready: steps that ask the API wait for it"
        ));
    }
}

/// The proof of a pool asks every member, also one that people may have switched off.
fn aside(draft: &mut Draft, world: &World<'_>) {
    let proof = |step: &Step| step.action == Action::VerifyPool;
    if !draft.steps.iter().any(proof) {
        return;
    }
    let members = draft.pool.iter().flat_map(|pool| pool.members.keys());
    let goes = |name: &&ServerName| {
        let mut out = draft.effects.outgoing.iter();
        out.any(|it| it.server == **name)
    };
    let stays = members.filter(|name| !goes(name));
    let aside = stays.filter(|name| world.fleet.maintained.contains_key(*name));
    let said = aside.map(|name| {
        format!("{name} is in maintenance: unless it is up and Ready by then, the proof of the pool fails")
    });
    let said: Vec<String> = said.collect();
    draft.effects.unknown.extend(said);
}

fn unseen(seen: Option<&ServerSeen>) -> Option<String> {
    let Some(seen) = seen else {
        return Some("never seen".to_owned());
    };
    seen.trouble
        .as_ref()
        .map(|trouble| trouble.kind.words().to_owned())
}
