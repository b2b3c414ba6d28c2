//! The processes that a verb can be: the deck, the wall, the demo, the captain.
//! Must never hold what a room behind it should hold.

use std::{ffi::OsString, io, path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use pooldeck::{
    captain::{self, Ending, Options, Source},
    cli::{self, Answer, Drawn, Exit, Failure, HangArgs, RecoverArgs, Shell, Verb, WallArgs},
    cluster::kube::KubeApi,
    deck, sim,
    ssh::{self, openssh::OpenSsh},
    store::{
        Store,
        actor::actor,
        place::{Around, Place},
        snapshot::Snapshot,
    },
    wall::{
        self,
        place::{Wanted, hang_for},
        source,
    },
};

/// Opens the deck on the store, with a captain where there is none. Without an inventory and a store it says what one is.
///
/// # Errors
/// [`Failure`].
pub fn deck(shell: &mut Shell<'_>, drawn: &Drawn) -> Answer {
    let Some(store) = cli::ready_store(shell)? else {
        return shell.say_all([cli::no_inventory().to_string()]);
    };
    let mut options = options_of(shell, drawn);
    options.kubeconfig = kubeconfig(shell);
    look(&store, options)?;
    for run in Snapshot::read(&*store)?
        .runs
        .values()
        .filter(|run| run.is_open())
    {
        let (id, title) = (run.id(), &run.plan().effects.title);
        shell.note(format!(
            "run {id} goes on: {title}; `pooldeck run show {id}` follows it"
        ))?;
    }
    Ok(Exit::Done)
}

fn options_of(shell: &Shell<'_>, drawn: &Drawn) -> deck::Options {
    let mut options = deck::Options::new(actor());
    options.theme.clone_from(&drawn.theme);
    options.look.ascii |= drawn.ascii;
    options.slow_link = drawn.slow_link;
    options.read_only = shell.common.read_only;
    options
}

fn look(store: &Arc<dyn Store>, options: deck::Options) -> Answer {
    deck::deck(Arc::clone(store), options)
        .map_err(|report| Failure::Refused(format!("{report:#}")))?;
    Ok(Exit::Done)
}

/// This program again, as the verb that prints a pool's kubeconfig: the deck itself opens no connection.
fn kubeconfig(shell: &Shell<'_>) -> Vec<OsString> {
    let Ok(program) = std::env::current_exe() else {
        return Vec::new();
    };
    let mut command = vec![program.into_os_string()];
    if let Some(store) = &shell.common.store {
        command.extend(["--store".into(), store.into()]);
    }
    if let Some(inventory) = &shell.common.inventory {
        command.extend(["--inventory".into(), inventory.into()]);
    }
    command.extend(["pool", "kubeconfig"].map(OsString::from));
    command
}

/// Becomes one of the other processes.
///
/// # Errors
/// [`Failure`].
pub fn process(shell: &mut Shell<'_>, verb: &Verb, drawn: &Drawn) -> Answer {
    match verb {
        Verb::Captain {
            until_idle,
            away,
            detached,
            hang,
        } => {
            if *detached {
                leave_session();
            }
            captain(shell, *until_idle, Duration::from_secs(*away), hang)
        }
        Verb::Recover(args) => recover(shell, args),
        Verb::Wall(args) => wall(shell, args),
        Verb::Demo {
            servers,
            seed,
            headless,
        } => demo(shell, drawn, *servers, *seed, *headless),
        // Every other verb was done before; there is no further process.
        _ => Ok(Exit::Done),
    }
}

/// What a person has to know who looks at a demo.
const DEMO: &str = "a demo: no server is real, and beside you a simulated operator resizes batch; its runs bear that name";

/// Becomes a demo: a simulated room with its captain, and a deck on it unless it is headless.
fn demo(shell: &mut Shell<'_>, drawn: &Drawn, servers: u32, seed: u64, headless: bool) -> Answer {
    shell.may_change()?;
    let options = sim::demo::Options {
        servers: servers as usize,
        seed,
    };
    let mut demo = sim::demo::demo(options, shell.common.store.as_deref())?;
    let place = Place::choose(Some(&demo.place), &Around::here()?)?;
    // Dropped before the demo: its folder may be a temporary one.
    let _hanging = hang_for(&demo.store, &place, Wanted::default())?;
    if headless {
        shell.note(format!(
            "a simulated fleet lives in {place}; try `pooldeck --store {place} pool list`\n{DEMO}",
            place = demo.place
        ))?;
        demo.wait()?;
        return Ok(Exit::Done);
    }
    let mut options = options_of(shell, drawn);
    options.greeting = Some(DEMO.to_owned());
    look(&demo.store, options)
}

/// Looks at the servers as the captain does, and lets the verb say what is to be made of it.
fn recover(shell: &mut Shell<'_>, args: &RecoverArgs) -> Answer {
    cli::recover(shell, args, |servers, fleet| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        runtime.block_on(async {
            let ssh = OpenSsh::new(ssh::openssh::Options::from_env());
            let ssh = ssh.map_err(|error| error.to_string())?;
            captain::recover::look(&ssh, servers, fleet, Timestamp::now).await
        })
    })
}

/// Becomes the wall, or prints the view for one elsewhere.
fn wall(shell: &mut Shell<'_>, args: &WallArgs) -> Answer {
    let source = if let Some(via) = &args.via {
        let via = via.parse();
        wall::Source::Via(via.map_err(|why| Failure::Usage(format!("`--via`: {why}")))?)
    } else {
        let store = shell.common.store.as_deref();
        let file = wall::place::find(args.view.clone(), store)?;
        if args.feed {
            return feed(shell, &file);
        }
        wall::Source::File(file)
    };
    let options = wall::Options {
        source,
        page_seconds: args.page_seconds,
        dim: args.dim,
        look: deck::Look::of(|name| std::env::var(name).ok()),
        now: Timestamp::now,
    };
    wall::wall(options).map_err(|report| Failure::Refused(format!("{report:#}")))?;
    Ok(Exit::Done)
}

/// Prints what the wall would hear, until nobody reads it any more.
fn feed(shell: &mut Shell<'_>, file: &Path) -> Answer {
    let mut said = Ok(());
    source::follow(file, Timestamp::now, |feed| {
        let line = serde_json::to_string(&feed).map_err(io::Error::from);
        said = line.and_then(|line| {
            writeln!(shell.out, "{line}")?;
            shell.out.flush()
        });
        said.is_ok()
    });
    said.map_err(Failure::from)?;
    Ok(Exit::Done)
}

/// Becomes the captain of the store, until there is a reason to end.
fn captain(shell: &mut Shell<'_>, until_idle: bool, away: Duration, hang: &HangArgs) -> Answer {
    let folder = cli::inventory_place(shell).ok_or_else(cli::no_inventory)?;
    let opened = cli::store(shell)?;
    let wanted = Wanted {
        file: hang.view.clone(),
        group: hang.view_group.clone(),
        room: hang.room.clone(),
    };
    let _hanging = hang_for(&opened.store, &opened.place, wanted)?;
    let store = opened.store;
    let options = Options {
        away,
        ..Options::here(Source::Folder(folder), until_idle)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(refused)?;
    let ending = runtime.block_on(async {
        let ssh = Arc::new(OpenSsh::new(ssh::openssh::Options::from_env()).map_err(refused)?);
        let ending = captain::captain(
            store,
            Arc::clone(&ssh),
            Arc::new(KubeApi::new(ssh)),
            options,
        )
        .await;
        ending.map_err(Failure::from)
    })?;
    match ending {
        Ending::NotNeeded => {
            shell.note("another captain holds the lease: this one is not needed")?;
        }
        Ending::Idle => shell.note("nobody looks and nothing runs: the captain ends")?,
        Ending::Terminated => {
            shell.note("the captain was told to end; what runs on servers goes on there")?;
        }
        Ending::Fenced(why) => return Err(Failure::Refused(why)),
    }
    Ok(Exit::Done)
}

/// Leaves the terminal's session, so that a log-out ends nothing.
#[expect(
    unsafe_code,
    reason = "setsid has no safe form; it only fails for a group leader, which stays where it is"
)]
fn leave_session() {
    // SAFETY: setsid takes no pointers and touches no memory of ours.
    unsafe { libc::setsid() };
}

fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::Refused(error.to_string())
}
