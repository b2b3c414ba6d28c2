//! The processes that a verb can be: the deck, the demo, the captain.
//! Must never hold what a room behind it should hold.

use std::{ffi::OsString, sync::Arc, time::Duration};

use pooldeck::{
    captain::{self, Ending, Options, Source},
    cli::{self, Answer, Drawn, Exit, Failure, Shell, Verb},
    cluster::kube::KubeApi,
    deck, sim,
    ssh::{self, openssh::OpenSsh},
    store::{Store, actor::actor, snapshot::Snapshot},
};

/// Opens the deck on the store, with a captain where there is none. Without an inventory and a store it says what one is.
///
/// # Errors
/// [`Failure`].
pub fn deck(shell: &mut Shell<'_>, drawn: &Drawn) -> Answer {
    let Some(store) = cli::ready_store(shell)? else {
        return shell.say_all([cli::no_inventory().to_string()]);
    };
    look(shell, drawn, &store, kubeconfig(shell))?;
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

fn look(
    shell: &Shell<'_>,
    drawn: &Drawn,
    store: &Arc<dyn Store>,
    kubeconfig: Vec<OsString>,
) -> Answer {
    let mut options = deck::Options::new(actor());
    options.theme.clone_from(&drawn.theme);
    options.look.ascii |= drawn.ascii;
    options.slow_link = drawn.slow_link;
    options.read_only = shell.common.read_only;
    options.kubeconfig = kubeconfig;
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
        } => {
            if *detached {
                leave_session();
            }
            captain(shell, *until_idle, Duration::from_secs(*away))
        }
        Verb::Demo {
            servers,
            seed,
            headless,
        } => demo(shell, drawn, *servers, *seed, *headless),
        // Every other verb was done before; there is no further process.
        _ => Ok(Exit::Done),
    }
}

/// Becomes a demo: a simulated room with its captain, and a deck on it unless it is headless.
fn demo(shell: &mut Shell<'_>, drawn: &Drawn, servers: u32, seed: u64, headless: bool) -> Answer {
    let options = sim::demo::Options {
        servers: servers as usize,
        seed,
    };
    let demo = sim::demo::demo(options, shell.common.store.as_deref())?;
    if headless {
        shell.note(format!(
            "a simulated fleet lives in {place}; try `pooldeck --store {place} pool list`",
            place = demo.place
        ))?;
        demo.wait()?;
        return Ok(Exit::Done);
    }
    look(shell, drawn, &demo.store, Vec::new())
}

/// Becomes the captain of the store, until there is a reason to end.
fn captain(shell: &mut Shell<'_>, until_idle: bool, away: Duration) -> Answer {
    let folder = cli::inventory_place(shell).ok_or_else(cli::no_inventory)?;
    let store = cli::store(shell)?.store;
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
