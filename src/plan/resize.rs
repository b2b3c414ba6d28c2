//! Another size, or other servers, for a pool.
//! Must never release a server for a wish that lowers nothing, and never take the control plane away.

use super::{
    PlanError, Request, Resize, Step,
    candidates::Survey,
    draft::Draft,
    leaving,
    members::seat,
    pick, reasons, room,
    select::{self, Choice, Worth},
    settings::{self, Supply},
    steps,
    totals::Totals,
    words,
    workers::Settled,
    world::World,
};
use crate::fleet::{Capacity, Pool, Role, ServerName};

/// What a resize comes down to.
struct Turn<'a> {
    /// The pool of now.
    pool: &'a Pool,
    wish: &'a Resize,
    totals: Option<Totals>,
    /// All workers afterwards.
    workers: Vec<Choice<'a>>,
    incoming: Vec<ServerName>,
    outgoing: Vec<ServerName>,
}

/// Plans another size.
pub(super) fn resize(world: &World<'_>, wish: &Resize) -> Result<Draft, PlanError> {
    let pool = world.pool(&wish.pool)?;
    world.cluster(pool)?;
    let mut survey = world.survey();
    room::keep_to(world, pool, &mut survey);
    pick::check_names(world, pool, wish, &survey)?;
    let Settled { workers, offer, .. } = pick::choose(world, pool, wish, &survey)?;
    let turn = turn(pool, wish, workers)?;
    let next = turn.next(world, &survey)?;
    let version = settings::version(&pool.version)?;
    let supply = Supply::of(&pool.sources, &version)?;
    let lost: Vec<ServerName> = turn
        .outgoing
        .iter()
        .filter(|name| world.observed.is_lost(&pool.name, name))
        .cloned()
        .collect();
    let steps = turn.steps(world, &next, &supply, &lost);
    let asked = turn
        .totals
        .as_ref()
        .map_or(next.asked, |totals| totals.asked);
    let mut draft = Draft::of(Request::Resize(wish.clone()), next, steps);
    draft.incoming(&turn.incoming, |name, _| {
        if wish.add.contains(name) {
            "picked by hand".to_owned()
        } else {
            reasons::comes(&turn.workers, name, asked)
        }
    });
    draft.outgoing(&turn.outgoing, |name, _| {
        if wish.remove.contains(name) {
            "picked by hand".to_owned()
        } else {
            reasons::goes(&turn.workers, turn.outgoing.len())
        }
    });
    let effects = &mut draft.effects;
    effects.title = title(pool, turn.incoming.len(), turn.outgoing.len());
    effects.before = pool.capacity();
    effects.after = select::total(&turn.workers);
    effects.asked = asked;
    effects.asked_before = pool.asked;
    effects.quorum.before = world.healthy(pool);
    effects.quorum.lowest = effects.quorum.before;
    effects.quorum.after = effects.quorum.before;
    effects.offer = offer;
    draft.note_survey(&survey);
    if !turn.incoming.is_empty() {
        let supply = format!("Kubernetes {}; {}", pool.version, supply.words());
        draft.effects.notes.insert(0, supply);
        draft.note_reservations();
    }
    if turn.outgoing.is_empty() {
        draft.effects.nobody_goes = turn.nobody_goes();
    } else {
        leaving::note(&mut draft, world, pool, wish.if_blocked, &lost);
    }
    Ok(draft)
}

/// Who comes and who goes, refused when a bare number would take servers away unsaid.
fn turn<'a>(
    pool: &'a Pool,
    wish: &'a Resize,
    workers: Vec<Choice<'a>>,
) -> Result<Turn<'a>, PlanError> {
    if workers.is_empty() {
        return Err(PlanError::NoWorkers {
            hint: format!("`pooldeck pool destroy {}` ends the pool", pool.name),
        });
    }
    let goes = |name: &&ServerName| !workers.iter().any(|it| it.name == *name);
    let members = pool.with_role(Role::Worker).map(|(name, _)| name);
    let outgoing: Vec<ServerName> = members.filter(goes).cloned().collect();
    let comes = workers.iter().filter(|it| !it.member);
    let incoming = comes.map(|it| it.name.clone()).collect();
    let totals = Totals::of(pool, wish);
    let bare = totals.as_ref().map(|totals| &totals.bare);
    let unsaid = outgoing.iter().any(|name| !wish.remove.contains(name));
    if let Some(bare) = bare.filter(|bare| unsaid && !wish.shrink && !bare.is_empty()) {
        return Err(PlanError::WouldShrink(bare.clone()));
    }
    Ok(Turn {
        pool,
        wish,
        totals,
        workers,
        incoming,
        outgoing,
    })
}

impl Turn<'_> {
    /// The pool from the run's first moment on: newcomers in it, those who leave still in it.
    fn next(&self, world: &World<'_>, survey: &Survey<'_>) -> Result<Pool, PlanError> {
        let mut next = self.pool.clone();
        let after = select::total(&self.workers);
        next.asked = if let Some(totals) = &self.totals {
            totals.kept
        } else {
            // Servers that come by hand bring their part of the wish, servers that go take it with them.
            let asked = self.pool.asked + self.added();
            Capacity::new(asked.cores.min(after.cores), asked.memory.min(after.memory))
        };
        for name in &self.incoming {
            if let Some(it) = survey.candidates.iter().find(|it| it.name() == name) {
                let member = seat(world.fleet, &next, it, Role::Worker)?;
                next.members.insert(name.clone(), member);
            }
        }
        Ok(next)
    }

    fn added(&self) -> Capacity {
        let comes = self.workers.iter().filter(|it| !it.member);
        select::total(comes)
    }

    fn steps(
        &self,
        world: &World<'_>,
        next: &Pool,
        supply: &Supply,
        lost: &[ServerName],
    ) -> Vec<Step> {
        if self.incoming.is_empty() && self.outgoing.is_empty() {
            return Vec::new();
        }
        steps::change(&steps::Change {
            pool: next,
            fleet: world.fleet,
            supply,
            incoming: &self.incoming,
            outgoing: &self.outgoing,
            lost,
        })
    }

    /// Why a wish to have less takes nobody away, and what would: the worker whose leaving asks for the least more.
    fn nobody_goes(&self) -> Option<String> {
        let totals = self.totals.as_ref().filter(|totals| totals.lowers)?;
        let (asked, all) = (totals.asked, select::total(&self.workers));
        let worth = Worth::of(asked);
        let missing = |it: &Choice<'_>| asked.less(all.less(it.capacity));
        let members = self.workers.iter().filter(|it| it.member);
        let first = members.min_by_key(|it| (worth.of_capacity(missing(it)), it.name))?;
        let left = all.less(first.capacity);
        let reasons = [
            (left.cores < asked.cores).then(|| words::cpus(asked.cores)),
            (left.memory < asked.memory).then(|| asked.memory.to_string()),
        ];
        let kept = reasons
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" and ");
        let (cores, memory) = (
            left.cores.min(asked.cores),
            asked.memory.min(left.memory.whole_mib()).exact(),
        );
        let name = &self.pool.name;
        let alone = self.workers.len() == 1;
        let hint = if alone {
            format!("`pooldeck pool destroy {name}` ends the pool")
        } else {
            format!(
                "`pooldeck pool resize {name} --cores {cores} --memory {memory} --shrink` lets {} go",
                first.name
            )
        };
        let unnamed = self.unnamed(left, asked);
        Some(format!(
            "no server can go: without {} the pool has {}, less than the {kept} that it is asked for{unnamed}\nhint: {hint}",
            first.name,
            words::size(left)
        ))
    }

    /// A total that was not named stays as it was asked.
    fn unnamed(&self, left: Capacity, asked: Capacity) -> &'static str {
        match (self.wish.cores, self.wish.memory) {
            (_, None) if left.memory < asked.memory => {
                "; memory was not named, so it stays as it was asked"
            }
            (None, _) if left.cores < asked.cores => {
                "; CPUs were not named, so they stay as they were asked"
            }
            _ => "",
        }
    }
}

fn title(pool: &Pool, comes: usize, goes: usize) -> String {
    let name = &pool.name;
    match (comes, goes) {
        (0, 0) => format!("{name} stays as it is"),
        (n, 0) => format!("grow {name} by {}", words::count(n, "server")),
        (0, n) => format!("shrink {name} by {}", words::count(n, "server")),
        (n, m) => format!("change {name}: {} in, {m} out", words::count(n, "server")),
    }
}
