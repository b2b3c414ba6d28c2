//! Looks at what is left of a lost fleet: a probe and the counters of every server, the newest copy of the store, what control planes say.
//! Must never write anything anywhere: it runs checks, fetches and probes, and no unit.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::OpenOptionsExt,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio::time::timeout;

use crate::{
    fleet::{
        Epoch, FleetId, MachineId, PoolName, Role, RunId, Script, Server, ServerName, Verb,
        script::exit,
    },
    plan::{On, script::RunEnv},
    ssh::{Transport, probe},
    store::{
        Store,
        recover::{Copied, Found, Knows, Told, Witness, choose, highest_term},
        snapshot::Snapshot,
        sqlite::Sqlite,
    },
};

/// Servers that are asked at once.
const AT_ONCE: usize = 64;
/// A server that takes a connection and then says nothing is not there.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of a copy that come in one piece: as base64 they stay below what one answer may hold.
const PAGE: usize = 512 << 10;

/// Asks every server of the list; `named` decides where claims name several fleets.
///
/// # Errors
/// Why nothing can be recovered, for people.
pub async fn look<T: Transport>(
    transport: &T,
    listed: &BTreeMap<ServerName, Server>,
    named: Option<&str>,
    now: impl Fn() -> Timestamp + Sync,
) -> Result<Found, String> {
    let servers = witnesses(transport, listed.values().cloned().collect(), &now).await;
    let fleet = choose(&servers, named)?;
    let mut found = Found {
        at: now(),
        fleet,
        servers,
        copy: None,
        unread: Vec::new(),
        told: BTreeMap::new(),
    };
    newest_copy(transport, &mut found).await;
    let unlisted = held_and_not_listed(&found);
    found
        .servers
        .extend(witnesses(transport, unlisted, &now).await);
    found.told = told(transport, &found).await;
    found.at = now();
    Ok(found)
}

async fn witnesses<T: Transport>(
    transport: &T,
    servers: Vec<Server>,
    now: &(impl Fn() -> Timestamp + Sync),
) -> BTreeMap<ServerName, Witness> {
    let each = servers.into_iter().map(|server| async move {
        let witness = witness(transport, server, now).await;
        (witness.server.name.clone(), witness)
    });
    stream::iter(each).buffer_unordered(AT_ONCE).collect().await
}

async fn witness<T: Transport>(
    transport: &T,
    server: Server,
    now: &(impl Fn() -> Timestamp + Sync),
) -> Witness {
    let mut knows = Knows::default();
    let facts = async {
        let probed = timeout(PATIENCE, transport.probe(&server)).await;
        let text = probed.map_err(|_| "it did not answer in time".to_owned())?;
        let text = text.map_err(|error| error.text)?.text;
        let (facts, _) = probe::parse(&text, now()).map_err(|error| error.to_string())?;
        let script = script(
            "witness",
            Verb::Check,
            &server,
            None,
            facts.machine.as_ref(),
        );
        match transport.check(&server, &script).await {
            Ok(answer) if answer.code == exit::OK => knows = Knows::read(&answer.output),
            // Nobody without root's rights ever made it one of ours.
            _ if facts.claim.is_none() => (),
            Ok(answer) => return Err(answer.output),
            Err(error) => return Err(error.text),
        }
        Ok(facts)
    };
    let facts = facts.await;
    Witness {
        server,
        facts,
        knows,
    }
}

/// The newest copy that can be read; a broken one is said, and the next one taken.
async fn newest_copy<T: Transport>(transport: &T, found: &mut Found) {
    let kept = found.servers.values().filter_map(|it| {
        let (fleet, revision) = it.knows.copy.as_ref()?;
        (*fleet == found.fleet.0).then(|| (*revision, it.clone()))
    });
    let mut kept: Vec<(u64, Witness)> = kept.collect();
    kept.sort_by_key(|(revision, it)| (std::cmp::Reverse(*revision), it.server.name.clone()));
    for (revision, it) in kept {
        let copy = match fetched(transport, found, &it).await {
            Ok(bytes) => read(&bytes, &found.fleet),
            Err(why) => Err(why),
        };
        match copy {
            Ok((snapshot, facts)) => {
                found.copy = Some(Copied {
                    server: it.server.name,
                    revision,
                    snapshot,
                    facts,
                });
                return;
            }
            Err(why) => found.unread.push((it.server.name, why)),
        }
    }
}

/// All pages of one copy; one that is replaced meanwhile is begun anew by whoever asks again.
async fn fetched<T: Transport>(
    transport: &T,
    found: &Found,
    it: &Witness,
) -> Result<Vec<u8>, String> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut head = None;
    loop {
        let term = Some((&found.fleet, highest_term(found), None));
        let script = script("fetch-copy", Verb::Fetch, &it.server, term, it.machine())
            .with("POOLDECK_FROM", &bytes.len())
            .with("POOLDECK_COUNT", &PAGE);
        let page = transport.fetch(&it.server, &script).await;
        let page = page.map_err(|error| error.text)?;
        let (first, rest) = page.expose_secret().split_once('\n').unwrap_or_default();
        if head.get_or_insert_with(|| first.to_owned()) != first {
            return Err("another copy took its place while it was read".to_owned());
        }
        let size = first.split_whitespace().nth(2);
        let size: usize = size
            .and_then(|it| it.parse().ok())
            .ok_or("it has no size")?;
        let piece = STANDARD.decode(rest.trim());
        let piece = piece.map_err(|error| format!("it is no base64: {error}"))?;
        if piece.is_empty() && bytes.len() < size {
            return Err("it ends too early".to_owned());
        }
        bytes.extend(piece);
        if size <= bytes.len() {
            return Ok(bytes);
        }
    }
}

/// A copy is a whole store: opened in a place of its own, and brought up to what this pooldeck knows.
fn read(bytes: &[u8], fleet: &FleetId) -> Result<(Snapshot, BTreeMap<String, String>), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("copy.db");
    let mut options = fs::OpenOptions::new();
    let made = options.create_new(true).write(true).mode(0o600).open(&file);
    made.and_then(|mut made| std::io::Write::write_all(&mut made, bytes))
        .map_err(|error| error.to_string())?;
    let all = || {
        let store = Sqlite::open(&file)?;
        Ok((Snapshot::read(&store)?, store.list("")?))
    };
    let read: Result<_, crate::store::StoreError> = all();
    let (snapshot, all) = read.map_err(|error| error.to_string())?;
    if snapshot.fleet.id != *fleet {
        return Err(format!("it is a copy of fleet {}", snapshot.fleet.id));
    }
    let facts = all.into_iter().map(|(key, it)| (key, it.value));
    Ok((snapshot, facts.collect()))
}

/// Servers that the copy holds and the inventory does not have: asked where they were listed last.
fn held_and_not_listed(found: &Found) -> Vec<Server> {
    let Some(copy) = &found.copy else {
        return Vec::new();
    };
    let fleet = &copy.snapshot.fleet;
    let members = fleet.pools.values().flat_map(|pool| pool.members.keys());
    let held = members.chain(fleet.debts.keys()).chain(fleet.busy.keys());
    let missing: BTreeSet<&ServerName> = held
        .filter(|name| !found.servers.contains_key(*name))
        .collect();
    let servers = missing
        .into_iter()
        .filter_map(|name| fleet.servers.get(name));
    servers.cloned().collect()
}

/// What each server that is claimed as a control plane says of its pool.
async fn told<T: Transport>(
    transport: &T,
    found: &Found,
) -> BTreeMap<ServerName, Result<Told, String>> {
    let mut heads: Vec<(Witness, PoolName)> = Vec::new();
    for it in found.servers.values() {
        let claim = it.claim().filter(|claim| claim.is_of(&found.fleet));
        let Some(claim) = claim.filter(|claim| claim.role == Role::ControlPlane.word()) else {
            continue;
        };
        if let Ok(pool) = claim.pool.parse() {
            heads.push((it.clone(), pool));
        }
    }
    let term = (found.fleet.clone(), highest_term(found));
    let each = heads.into_iter().map(|(it, pool)| {
        let term = term.clone();
        async move {
            let told = described(transport, &term, &it, &pool).await;
            (it.server.name, told)
        }
    });
    stream::iter(each).buffer_unordered(AT_ONCE).collect().await
}

async fn described<T: Transport>(
    transport: &T,
    (fleet, epoch): &(FleetId, Epoch),
    it: &Witness,
    pool: &PoolName,
) -> Result<Told, String> {
    let term = Some((fleet, *epoch, Some(pool)));
    let script = script("describe-pool", Verb::Fetch, &it.server, term, it.machine());
    let said = timeout(PATIENCE * 3, transport.fetch(&it.server, &script)).await;
    match said {
        Ok(Ok(said)) => Told::read(said.expose_secret(), pool),
        Ok(Err(error)) => Err(error.text.lines().next().unwrap_or_default().to_owned()),
        Err(_) => Err("it did not answer in time".to_owned()),
    }
}

/// A script that only reads; what it is told of fleet and term lets it pass the fence, which it does not move.
fn script(
    name: &'static str,
    verb: Verb,
    server: &Server,
    term: Option<(&FleetId, Epoch, Option<&PoolName>)>,
    machine: Option<&MachineId>,
) -> Script {
    let nobody = FleetId(String::new());
    let (fleet, epoch, pool) = term.unwrap_or((&nobody, Epoch(0), None));
    let env = RunEnv {
        fleet: fleet.clone(),
        epoch,
        store: String::new(),
        holder: String::new(),
        run: RunId(0),
        pool: pool.cloned(),
        now: Timestamp::UNIX_EPOCH,
        left_out: BTreeSet::new(),
        put_back: BTreeSet::new(),
        overridden: BTreeMap::new(),
    };
    let script = env
        .script(name, verb, &server.name, On::Executor)
        .with("POOLDECK_STEP", &name);
    match machine {
        Some(machine) => script.with("POOLDECK_HOST_MACHINE", machine),
        None => script,
    }
}
