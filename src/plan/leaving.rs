//! What it means for people that servers leave a pool: what may hold it up, and how it is to be confirmed.
//! Must never let a key press take away what a typed name protects.

use super::{IfBlocked, World, deadline::DRAIN_SECONDS, draft::Draft, words};
use crate::fleet::{Capacity, Pool, Role, ServerName};

/// One part in so many, or more, wants the name typed.
const MANY: u128 = 4;

/// Says what may hold the leaving up, and sets how it is confirmed. `lost` of those who leave cannot be asked any more.
pub(super) fn note(
    draft: &mut Draft,
    world: &World<'_>,
    pool: &Pool,
    if_blocked: IfBlocked,
    lost: &[ServerName],
) {
    let gone: Vec<ServerName> = draft
        .effects
        .outgoing
        .iter()
        .map(|it| it.server.clone())
        .collect();
    // Whoever comes has room, too: how much its node will offer is not known before.
    let ends = gone.len() == pool.with_role(Role::Worker).count();
    if draft.effects.incoming.is_empty() && !ends {
        let short = where_all_go(world, pool, |name| gone.contains(name));
        draft.effects.unknown.extend(short);
    }
    draft
        .effects
        .unknown
        .push(room_elsewhere(draft, world, pool));
    for name in &gone {
        if let Some(it) = world.fleet.maintained.get(name) {
            let note = &it.note;
            draft.effects.notes.push(format!(
                "{name} is in maintenance by {}: {}",
                note.who(),
                note.why
            ));
        }
    }
    if lost.len() < draft.effects.outgoing.len() {
        draft.effects.blocked.push(blocked(if_blocked));
    }
    given_up(draft, lost);
    let given_up =
        (!lost.is_empty()).then(|| format!("{} cannot be drained", words::some(lost.iter(), 3)));
    let outgoing = draft.effects.outgoing.iter();
    let much = wants_name(pool, outgoing.map(|it| (&it.server, it.capacity)));
    let why: Vec<String> = given_up.into_iter().chain(much).collect();
    if !why.is_empty() {
        draft.type_name(&pool.name, why.join("; "));
    }
}

/// What it means that servers cannot be drained: nobody there can be asked to stop.
fn given_up(draft: &mut Draft, lost: &[ServerName]) {
    let effects = &mut draft.effects;
    for it in &mut effects.outgoing {
        if lost.contains(&it.server) {
            "finished from the moment its node is deleted".clone_into(&mut it.undo_line);
        }
    }
    // One line each, whole: the captain compares them with what was read.
    for name in lost {
        effects.lost.push(format!(
            "what runs on {name}, and the local data of its pods: out of reach and not Ready, so it is not drained but given up"
        ));
        effects.notes.push(format!(
            "make sure that {name} is off: while it runs out there its pods go on beside those that replace them; it owes its cleaning until it is seen again"
        ));
    }
}

/// How many pods have to find room on the servers that stay.
fn room_elsewhere(draft: &Draft, world: &World<'_>, pool: &Pool) -> String {
    let gone = draft.effects.outgoing.iter().map(|it| &it.server);
    room_for(pods_on(gone, world, pool), "the servers that go")
}

/// What pods asked for, where the workers that stay have less for them. Memory and single pods are not weighed.
pub(super) fn where_all_go(
    world: &World<'_>,
    pool: &Pool,
    goes: impl Fn(&ServerName) -> bool,
) -> Option<String> {
    let nodes = &world.observed.pools.get(&pool.name)?.nodes;
    let (mut asked, mut stays) = (0, 0);
    for (worker, _) in pool.with_role(Role::Worker) {
        // A worker without a node has no pods and takes none.
        let Some(node) = nodes.get(worker.as_str()) else {
            continue;
        };
        asked += node.req_millicores;
        if !goes(worker) && node.ready && !node.cordoned {
            stays += node.max_millicores;
        }
    }
    (stays < asked).then(|| {
        format!(
            "where pods that asked for {} in all go: the workers that stay have {} for them, so some will wait",
            words::cpus(u32::try_from(asked.div_ceil(1000)).unwrap_or(u32::MAX)),
            words::cpus(u32::try_from(stays / 1000).unwrap_or(u32::MAX))
        )
    })
}

/// How many pods run on these servers.
pub(super) fn pods_on<'a>(
    servers: impl IntoIterator<Item = &'a ServerName>,
    world: &World<'_>,
    pool: &Pool,
) -> u32 {
    let nodes = world.observed.pools.get(&pool.name).map(|seen| &seen.nodes);
    let nodes = servers
        .into_iter()
        .filter_map(|name| nodes?.get(name.as_str()));
    nodes.map(|node| node.pods).sum()
}

/// What nobody knows of so many pods.
pub(super) fn room_for(pods: u32, place: &str) -> String {
    format!(
        "whether the {pods} pods on {place} find room elsewhere: pods are not looked at one by one yet"
    )
}

/// What happens to a drain that cannot go on.
pub(super) fn blocked(answer: IfBlocked) -> String {
    let minutes = DRAIN_SECONDS / 60;
    let then = match answer {
        IfBlocked::Wait => "then for a person",
        IfBlocked::Back => "then puts that server back into the pool",
        IfBlocked::Another => {
            "then puts that server back, and the run ends by naming another and the command that takes it"
        }
    };
    format!(
        "a drain that a disruption budget holds up waits up to {minutes} min, {then}; local data, or a pod that nothing brings back, means the same at once; which pods there are is not looked at yet"
    )
}

/// Why it wants the name typed that these go.
pub(super) fn wants_name<'a>(
    pool: &Pool,
    outgoing: impl ExactSizeIterator<Item = (&'a ServerName, Capacity)>,
) -> Option<String> {
    let protected =
        || (pool.protected).then(|| format!("{} is protected, and servers go", pool.name));
    let count = outgoing.len();
    much(pool, count, outgoing.map(|(_, capacity)| capacity).sum()).or_else(protected)
}

/// Why so much going wants the name typed; none when it is little.
fn much(pool: &Pool, outgoing: usize, gone: Capacity) -> Option<String> {
    let all = pool.capacity();
    let workers = pool.with_role(Role::Worker).count();
    let many = |part: u128, whole: u128| part * MANY >= whole && whole > 0;
    let [of_workers, of_cores, of_memory] = [
        many(outgoing as u128, workers as u128),
        many(gone.cores.into(), all.cores.into()),
        many(gone.memory.0.into(), all.memory.0.into()),
    ];
    let parts = [
        of_workers.then(|| format!("{outgoing} of {}", words::count(workers, "worker"))),
        of_cores.then(|| format!("{} of {}", gone.cores, words::cpus(all.cores))),
        of_memory.then(|| format!("{} of {}", gone.memory, all.memory)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| {
        let name = &pool.name;
        format!("a quarter of {name} or more goes: {}", parts.join(", "))
    })
}
