//! `pooldeck pool …`.

use serde_json::{Value, json};

use super::{
    super::{
        Answer, Exit, Failure, Shell,
        args::{CreateArgs, PoolVerb, ResizeArgs},
        confirm, document, open,
        table::{Align, table},
        words::or_dash,
    },
    detail, kubeconfig, server, set,
};
use crate::{
    deck::{
        ui::text::amount,
        world::{Figure, Four, PoolRow},
    },
    fleet::{Capacity, Fleet, Pool, PoolName},
    plan::{Create, Destroy, Request, Resize},
};

/// Does a verb of pools.
///
/// # Errors
/// [`Failure`].
pub fn pool(shell: &mut Shell<'_>, verb: &PoolVerb) -> Answer {
    match verb {
        PoolVerb::List => list(shell),
        PoolVerb::Show { name } => show(shell, name),
        PoolVerb::Kubeconfig { name } => kubeconfig::kubeconfig(shell, name),
        PoolVerb::Set {
            name,
            env,
            protected,
            unprotected,
        } => set::set(shell, name, env.as_deref(), *protected, *unprotected),
        PoolVerb::Create(args) => confirm::request(shell, &create(args)),
        PoolVerb::Resize(args) => confirm::request(shell, &resize(args)?),
        PoolVerb::Destroy {
            name,
            without_drain,
        } => {
            let request = Destroy {
                pool: name.clone(),
                without_drain: *without_drain,
            };
            confirm::request(shell, &Request::Destroy(request))
        }
    }
}

fn create(args: &CreateArgs) -> Request {
    Request::Create(Create {
        pool: args.name.clone(),
        asked: Capacity::new(args.cores, args.memory.unwrap_or_default()),
        control_planes: args.control_planes,
        version: args.version.clone(),
        servers: args.server.iter().cloned().collect(),
        pod_cidr: args.pod_cidr,
        service_cidr: args.service_cidr,
        sources: None,
        accept_less: args.accept_less,
    })
}

fn resize(args: &ResizeArgs) -> Result<Request, Failure> {
    let nothing = args.cores.is_none() && args.memory.is_none();
    if nothing && args.add.is_empty() && args.remove.is_empty() {
        return Err(Failure::Usage(
            "nothing is asked\nhint: give `--cores`, `--memory`, `--add` or `--remove`".to_owned(),
        ));
    }
    Ok(Request::Resize(Resize {
        pool: args.name.clone(),
        cores: args.cores,
        memory: args.memory,
        add: args.add.iter().cloned().collect(),
        remove: args.remove.iter().cloned().collect(),
        shrink: args.shrink,
        accept_less: args.accept_less,
        if_blocked: args.if_blocked.into(),
    }))
}

fn list(shell: &mut Shell<'_>) -> Answer {
    let world = open::world(shell)?;
    if shell.json() {
        let pools: Vec<Value> = world.pools.iter().map(row_document).collect();
        let spare: Vec<Value> = world.spares().map(server::row_document).collect();
        shell.document(&json!({ "pools": pools, "spare": spare }))?;
        return Ok(Exit::Done);
    }
    let mut rows: Vec<[String; 13]> = world.pools.iter().map(cells).collect();
    let spare: Vec<_> = world.spares().map(|row| row.name.clone()).collect();
    let hw = world.capacity(&spare);
    // What could not be seen may be spare, too: then the sum is at least, and nothing is no number.
    let unseen = world.unseen();
    let (count, at_least) = match unseen {
        0 => (format!("{} servers", spare.len()), ""),
        _ => (format!("{} servers, {unseen} unknown", spare.len()), "≥"),
    };
    let sum = |number: String| match spare.len() {
        0 if unseen > 0 => "-".to_owned(),
        _ => format!("{at_least}{number}"),
    };
    rows.push(std::array::from_fn(|column| match column {
        0 => "spare".to_owned(),
        2 => count.clone(),
        8 => sum(hw.cores.to_string()),
        12 => sum(gib(hw.memory.0)),
        _ => String::new(),
    }));
    let right = |name| (name, Align::Right);
    let left = |name| (name, Align::Left);
    let heading = [
        left("POOL"),
        left("ENV"),
        left("STATE"),
        right("CTRL"),
        right("WORK"),
        right("CPU used"),
        right("req"),
        right("max"),
        right("hw"),
        right("GiB used"),
        right("req"),
        right("max"),
        right("hw"),
    ];
    shell.say_all(table(heading, &rows))
}

fn cells(row: &PoolRow) -> [String; 13] {
    let up = |up: Option<usize>, all: usize| match up {
        Some(up) => format!("{up}/{all}"),
        None => format!("-/{all}"),
    };
    let four = |four: &Four, text: fn(u64) -> String| {
        [four.used, four.req, four.max, four.hw]
            .map(|figure| or_dash(figure.map(|figure| shown(figure, text))))
    };
    let [cpu_used, cpu_req, cpu_max, cpu_hw] = four(&row.cpus, cpus);
    let [used, req, max, hw] = four(&row.memory, gib);
    [
        row.name.to_string(),
        or_dash(row.env.as_ref()),
        row.state.to_owned(),
        up(row.controls_up, row.controls),
        up(row.workers_up, row.workers),
        cpu_used,
        cpu_req,
        cpu_max,
        cpu_hw,
        used,
        req,
        max,
        hw,
    ]
}

/// A total of which a part is missing is at least that much.
fn shown(figure: Figure, text: fn(u64) -> String) -> String {
    let least = if figure.partial { "≥" } else { "" };
    format!("{least}{}", text(figure.value))
}

/// As the deck has it: the same number must not be two.
fn cpus(millicores: u64) -> String {
    amount(millicores, 1000)
}

fn gib(bytes: u64) -> String {
    amount(bytes, 1 << 30)
}

fn row_document(row: &PoolRow) -> Value {
    let value = |figure: Option<Figure>| figure.map(|figure| figure.value);
    let four = |four: &Four, unit: &str| {
        json!({
            format!("used_{unit}"): value(four.used),
            format!("req_{unit}"): value(four.req),
            format!("max_{unit}"): value(four.max),
            format!("hw_{unit}"): value(four.hw),
        })
    };
    json!({
        "name": row.name,
        "env": row.env,
        "state": row.state,
        "control_planes": { "ready": row.controls_up, "all": row.controls },
        "workers": { "ready": row.workers_up, "all": row.workers },
        "cpu": four(&row.cpus, "millicores"),
        "memory": four(&row.memory, "bytes"),
    })
}

fn show(shell: &mut Shell<'_>, name: &PoolName) -> Answer {
    let world = open::world(shell)?;
    let pool = find(&world.snapshot.fleet, name)?;
    let members: Vec<_> = world
        .servers
        .iter()
        .filter(|row| row.pool.as_ref() == Some(name))
        .collect();
    if shell.json() {
        let mut value = world.pool(name).map(row_document).unwrap_or_default();
        value["asked"] = document::asked(pool.asked);
        value["version"] = json!(pool.version);
        value["pod_cidr"] = json!(pool.pod_cidr);
        value["service_cidr"] = json!(pool.service_cidr);
        value["endpoint"] = json!(pool.endpoint());
        value["protected"] = json!(pool.protected);
        value["servers"] = members
            .iter()
            .map(|row| server::row_document(row))
            .collect();
        detail::pool_document(&mut value, &world, pool);
        shell.document(&value)?;
        return Ok(Exit::Done);
    }
    let state = world.pool(name).map_or("unknown", |row| row.state);
    let env = or_dash(pool.env.as_ref().map(|env| format!("  {env}")));
    shell.say(format!("{name}{env}  {state}"))?;
    let hw = pool.capacity();
    shell.say_all([
        format!("  asked       {}", pool.asked.asked_words()),
        format!("  hw          {} CPUs, {}", hw.cores, hw.memory),
        format!(
            "  CPUs        {}",
            numbers(world.pool(name).map(|row| &row.cpus), cpus)
        ),
        format!(
            "  GiB         {}",
            numbers(world.pool(name).map(|row| &row.memory), gib)
        ),
        format!("  version     {}", pool.version),
        format!("  endpoint    {}:6443", pool.endpoint()),
        format!("  pods        {}", pool.pod_cidr),
        format!("  services    {}", pool.service_cidr),
        format!(
            "  protected   {}",
            if pool.protected { "yes" } else { "no" }
        ),
        String::new(),
    ])?;
    server::rows(shell, members.into_iter())?;
    let now = shell.now();
    shell.say_all(detail::pool_lines(&world, pool, now))
}

/// The four numbers by their words; unknown is `-`.
fn numbers(four: Option<&Four>, text: fn(u64) -> String) -> String {
    let Four { used, req, max, hw } = four.copied().unwrap_or_default();
    let part = |(word, figure): (&str, Option<Figure>)| {
        let number = figure.map_or_else(|| "-".to_owned(), |figure| shown(figure, text));
        format!("{word} {number}")
    };
    [("used", used), ("req", req), ("max", max), ("hw", hw)]
        .map(part)
        .join("   ")
}

/// The pool of that name.
///
/// # Errors
/// [`Failure::Refused`] when there is none.
pub fn find<'f>(fleet: &'f Fleet, name: &PoolName) -> Result<&'f Pool, Failure> {
    fleet.pools.get(name).ok_or_else(|| none(name))
}

pub(super) fn none(name: &PoolName) -> Failure {
    Failure::Refused(format!(
        "there is no pool `{name}`\nhint: `pooldeck pool list` shows every pool"
    ))
}
